# SPDX-License-Identifier: Apache-2.0
"""Run one benchmark case: ours and its peers, by turns, on one core, compared at equal accuracy.

    python benchmarks/run.py --case pgm-grid --json out.json

`ours` is the gridflock of the interpreter that runs this (or of --python). Each peer has an
environment of its own under build/bench, made when first needed from tools/oracles/NAME.
"""

from __future__ import annotations

import argparse
import datetime
import json
import statistics
import sys
from pathlib import Path
from typing import Any

import cases
import first_answer
from cases.case import Case
from compare import EXACT_PU, max_dv_pu
from contestant import PEERS, WORK, Contestant, Refusal, python_of
from machine import describe

VARIANTS: dict[str, list[dict[str, Any]]] = {
    "dss-python": [{"tolerance": t} for t in (1e-4, 1e-6, 1e-8)],
    "power-grid-model": [
        {"method": "iterative_current", "tolerance": 1e-8},
        {"method": "newton_raphson", "tolerance": 1e-8},
        {"method": "linear_current", "tolerance": 1e-8},
        {"method": "linear", "tolerance": 1e-8},
    ],
}
# What a peer's own equations give, where they differ from the reference's by more than rounding:
# the accuracy that ours must match is counted against this too, and the smaller one holds.
OWN_REFERENCE = {"power-grid-model": {"method": "newton_raphson", "tolerance": 1e-10}}
APPROXIMATE = {"linear_current", "linear"}  # no iteration to a tolerance: timed, not the headline
LADDER = [m * 10.0**-k for k in range(2, 12) for m in (1.0, 0.3)]


class Bench:
    """One case with its contestants under way."""

    def __init__(self, folder: Path, peers: list[str], python: str, core: int) -> None:
        self.folder = folder
        self.contestants: dict[str, Contestant] = {}
        self.facts: dict[str, dict[str, Any]] = {}
        self.start("gridflock", python, core)
        for peer in peers:
            self.start(peer, python_of(peer), core)

    def start(self, name: str, python: str, core: int) -> None:
        """Start one and let it prepare."""
        its = self.contestants[name] = Contestant(name, python, core)
        self.facts[name] = its.ask("prepare", folder=str(self.folder))

    def end(self) -> None:
        """End them all."""
        for its in self.contestants.values():
            its.end()

    def reference(self) -> tuple[Path, dict[str, Any]]:
        """Voltages to compare with: OpenDSS far below any timed tolerance, else our own."""
        path = self.folder / "reference.npz"
        if "dss-python" in self.contestants:
            what = self.contestants["dss-python"].ask(
                "reference", voltages_to=str(path), tolerance=1e-10
            )
            return path, {"by": "dss-python at tolerance 1e-10", **what}
        self.contestants["gridflock"].ask("sample", tolerance=1e-12, voltages_to=str(path))
        return path, {"by": "gridflock at tolerance 1e-12 (no peer installed)"}

    def accuracy(self, name: str, what: str, settings: dict[str, Any], reference: Path) -> float:
        """Largest |dV| that a contestant reaches with these settings."""
        path = self.folder / f"{name}.npz"
        self.contestants[name].ask(what, **settings, voltages_to=str(path))
        return max_dv_pu(path, reference)[0]

    def peer_accuracy(
        self, name: str, settings: dict[str, Any], reference: Path
    ) -> tuple[float, float]:
        """|dV| against the reference, and the least it can be said to have reached."""
        dv = self.accuracy(name, "run", settings, reference)
        if name not in OWN_REFERENCE:
            return dv, dv
        own = self.folder / f"{name}-own.npz"
        if not own.exists():
            self.contestants[name].ask("run", **OWN_REFERENCE[name], voltages_to=str(own))
        return dv, min(dv, max_dv_pu(self.folder / f"{name}.npz", own)[0])

    def ladder(self, reference: Path) -> list[tuple[float, float]]:
        """(tolerance, |dV| reached) of ours, from loose to tight, until it no longer improves."""
        steps: list[tuple[float, float]] = []
        for tolerance in LADDER:
            dv = self.accuracy("gridflock", "sample", {"tolerance": tolerance}, reference)
            steps.append((tolerance, dv))
            if dv < EXACT_PU / 100:
                break
        return steps


def as_good(steps: list[tuple[float, float]], dv: float) -> tuple[float, float]:
    """Our loosest tolerance that is at least as accurate as `dv`; else our best."""
    for tolerance, reached in steps:
        if reached <= max(dv, EXACT_PU):
            return tolerance, reached
    return min(steps, key=lambda s: s[1])


def summary(answers: list[dict[str, Any]], solves: int, scale: float = 1) -> dict[str, Any]:
    """Best and median of repeated times of so many solves."""
    times = [a["seconds"] * scale for a in answers]
    best = min(times)
    return {
        "seconds": best,
        "wall_seconds": min(a["wall_seconds"] * scale for a in answers),
        "median_seconds": statistics.median(times),
        "repeats": len(times),
        "solves_per_second": solves / best,
    }


def interleave(
    bench: Bench, plan: list[dict[str, Any]], repeat: int
) -> dict[float, list[dict[str, Any]]]:
    """Run every variant and ours beside it, `repeat` times round; answers land in the plan."""
    ours: dict[float, list[dict[str, Any]]] = {}
    for _ in range(repeat):
        for entry in plan:
            its = bench.contestants[entry["peer"]]
            entry["answers"].append(its.ask("run", **entry["settings"]))
            tolerance = entry["ours_tolerance"]
            answer = bench.contestants["gridflock"].ask("run", tolerance=tolerance)
            ours.setdefault(tolerance, []).append(answer)
        if not plan:
            ours.setdefault(1e-8, []).append(
                bench.contestants["gridflock"].ask("run", tolerance=1e-8)
            )
    return ours


def peer_entry(entry: dict[str, Any], ours: dict[str, Any], solves: int) -> dict[str, Any]:
    """What the file says of one variant of a peer."""
    ran = entry["answers"][0]["solves"]
    scale = solves / ran
    its = summary(entry["answers"], solves, scale)
    its |= {
        "settings": entry["settings"],
        "solves_run": ran,
        "is_scaled": ran != solves,
        "iterations": entry["answers"][0].get("iterations"),
        "failed": entry["answers"][0]["failed"],
        "max_dv_pu": entry["max_dv_pu"],
        "own_dv_pu": entry["own_dv_pu"],
        "is_approximate": entry["settings"].get("method") in APPROXIMATE,
        "ratio": its["seconds"] / ours["seconds"],
        "median_ratio": its["median_seconds"] / ours["median_seconds"],
        "ours_tolerance": entry["ours_tolerance"],
        "ours_max_dv_pu": entry["ours_max_dv_pu"],
        "ours_seconds": ours["seconds"],
        "is_equal_accuracy": entry["ours_max_dv_pu"] <= max(entry["own_dv_pu"], EXACT_PU),
    }
    return its


def ours_entry(answers: list[dict[str, Any]], tolerance: float, solves: int) -> dict[str, Any]:
    """What the file says of ours at one tolerance."""
    out = summary(answers, solves)
    extra = {k: v for k, v in answers[0].items() if k not in (*out, "solves")}
    return out | extra | {"tolerance": tolerance}


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """One batch case, from building it to the dictionary of the JSON file."""
    folder = WORK / "cases" / f"{args.case}-{args.size}"
    case = cases.BATCHES[args.case](folder, args.size)
    for old in folder.glob("*.npz"):
        old.unlink()
    case.write(folder)
    peers = [p for p in case.peers if p in args.peers]
    machine = describe(args.core)
    bench = Bench(folder, peers, args.python, args.core)
    try:
        reference, how = bench.reference()
        steps = bench.ladder(reference)
        plan: list[dict[str, Any]] = []
        for peer in peers:
            for settings in VARIANTS[peer]:
                dv, own = bench.peer_accuracy(peer, settings, reference)
                tolerance, reached = as_good(steps, own)
                plan.append(
                    {
                        "peer": peer,
                        "settings": settings,
                        "max_dv_pu": dv,
                        "own_dv_pu": own,
                        "answers": [],
                        "ours_tolerance": tolerance,
                        "ours_max_dv_pu": reached,
                    }
                )
        raw = interleave(bench, plan, args.repeat)
    finally:
        bench.end()
    ours = {t: ours_entry(a, t, case.solves) for t, a in raw.items()}
    return assemble(case, machine, bench.facts, how, steps, plan, ours)


def assemble(
    case: Case,
    machine: dict[str, Any],
    facts: dict[str, dict[str, Any]],
    how: dict[str, Any],
    steps: list[tuple[float, float]],
    plan: list[dict[str, Any]],
    ours: dict[float, dict[str, Any]],
) -> dict[str, Any]:
    """The fields of the JSON file; a peer's headline is its variant with the smallest ratio."""
    peers: dict[str, Any] = {}
    for peer in {entry["peer"]: None for entry in plan}:
        variants = [
            peer_entry(e, ours[e["ours_tolerance"]], case.solves) for e in plan if e["peer"] == peer
        ]
        head = min((v for v in variants if not v["is_approximate"]), key=lambda v: v["ratio"])
        peers[peer] = {
            "version": facts[peer]["version"],
            "seconds": head["seconds"],
            "ratio": head["ratio"],
            "headline": head["settings"],
            "variants": variants,
        }
    first = next(iter(peers.values()), None)
    tolerance = (
        next(
            (v["ours_tolerance"] for v in first["variants"] if v["settings"] == first["headline"]),
            None,
        )
        if first
        else next(iter(ours))
    )
    return {
        "case": case.name,
        "what": case.what,
        "date": datetime.date.today().isoformat(),
        "machine": machine,
        "solves": case.solves,
        "ours": {"version": facts["gridflock"]["version"], **ours[tolerance]},
        "ours_prepare_seconds": facts["gridflock"].get("prepare_seconds"),
        "peers": peers,
        "max_dv_pu": dict(steps).get(tolerance, steps[-1][1]),
        "reference": how,
        "ours_accuracy": [{"tolerance": t, "max_dv_pu": dv} for t, dv in steps],
    }


def tell(result: dict[str, Any]) -> None:
    """One line a contestant."""
    ours = result["ours"]
    print(f"{result['case']}: {result['what']}")
    print(
        f"  gridflock {ours['seconds']:.4g} s  {ours.get('solves_per_second', 0):.4g} solves/s"
        f"  |dV| {result['max_dv_pu']:.1e} pu"
    )
    for name, peer in result["peers"].items():
        for v in peer["variants"]:
            settings = " ".join(str(s) for s in v["settings"].values())
            print(
                f"  {name} {settings}: {v['seconds']:.4g} s{' (scaled)' if v['is_scaled'] else ''}"
                f"  |dV| {v['max_dv_pu']:.1e}; ours {v['ours_seconds']:.4g} s at"
                f" {v['ours_max_dv_pu']:.1e}: {v['ratio']:.1f} x"
            )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--case", required=True, choices=cases.NAMES)
    parser.add_argument("--json", type=Path, help="where the result goes")
    parser.add_argument("--size", choices=("full", "tiny"), default="full")
    parser.add_argument("--repeat", type=int, default=3, help="rounds of every contestant")
    parser.add_argument("--core", type=int, default=0, help="the core all of them run on")
    parser.add_argument("--python", default=sys.executable, help="the interpreter with gridflock")
    parser.add_argument("--peers", default=",".join(PEERS), help="which peers, or none")
    args = parser.parse_args()
    args.peers = [p for p in args.peers.split(",") if p and p != "none"]
    unknown = [p for p in args.peers if p not in PEERS]
    if unknown:
        parser.error(f"no peer named {unknown[0]}; there are {', '.join(PEERS)}")
    return args


def main() -> int:
    """Run the case, tell and write the result."""
    args = arguments()
    try:
        result = first_answer.measure(args) if args.case == "first-answer" else measure(args)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1
    tell(result)
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(result, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
