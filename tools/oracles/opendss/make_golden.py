# SPDX-License-Identifier: Apache-2.0
"""Node voltages of a .dss file as OpenDSS solves it, in the columns of `gridflock powerflow`.

The script is run with its solve, show, plot and export lines taken out, controls off, then solved once
at tolerance 1e-10 with up to 100 iterations. Nodes are written in order of bus and node.

    python make_golden.py FILE.dss OUT.csv            one file
    python make_golden.py --index ROOT [NAME ...]     the tables of tests/validation/golden/index.csv

A table of the index holds every node, or every n-th where a feeder is large. Cases of the
PowerModelsDistribution set whose origin ships its own solution take the table from there when the note
says so.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import re
import sys
from pathlib import Path

from dss import dss

SKIPPED = re.compile(
    r"^\s*(solve|show|plot|export|visualize|fileedit|closedi|help)\b", re.IGNORECASE
)
CALL = re.compile(r"^\s*(redirect|compile)\s+(?P<name>.+?)\s*$", re.IGNORECASE)


def find(folder: Path, name: str) -> Path:
    """The file meant, whatever its case and slashes."""
    name = name.strip().strip("\"'()[]{}").split("!")[0].strip().strip("\"'()[]{}")
    at = folder
    for part in name.replace("\\", "/").split("/"):
        if part in ("", "."):
            continue
        if part == ".." or (at / part).exists():
            at = at / part
            continue
        same = [p for p in at.iterdir() if p.name.lower() == part.lower()]
        if not same:
            dotted = [p for p in at.iterdir() if p.name.lower() == part.lower() + ".dss"]
            if not dotted:
                raise FileNotFoundError(f"{name} under {folder}")
            same = dotted
        at = same[0]
    return at


def commands(file: Path):
    """Every command of the script in order, files it calls laid in; (folder, line)."""
    is_comment = False
    text = file.read_bytes().decode("utf-8-sig", errors="replace").replace("\0", "")
    for line in text.splitlines():
        if line.startswith("/*"):
            is_comment = True
        if not is_comment and line.strip():
            call = CALL.match(line.split("!")[0])
            if call:
                yield from commands(find(file.parent, call["name"]))
            elif not SKIPPED.match(line):
                yield file.parent, line
        if "*/" in line:
            is_comment = False


def solve(file: Path, tolerance: float = 1e-10, iterations: int = 100) -> list[tuple]:
    """Rows (bus, node, volt, pu, degrees) and prints what OpenDSS says of the run."""
    here = os.getcwd()
    dss.AllowForms = False
    dss.AllowChangeDir = True
    dss.ClearAll()
    dss.Text.Command = "set defaultbasefrequency=60"
    try:
        for folder, line in commands(file.resolve()):
            os.chdir(folder)
            try:
                dss.Text.Command = line
            except Exception as error:  # noqa: BLE001  a script goes on after a message
                print(f"{file.name}: {line.strip()[:80]}: {error}", file=sys.stderr)
    finally:
        os.chdir(here)
    solution = dss.ActiveCircuit.Solution
    dss.Text.Command = "set controlmode=off"
    dss.Text.Command = "set mode=snapshot"
    solution.MaxIterations = iterations
    solution.Tolerance = tolerance
    solution.Solve()
    print(
        f"{file.name}: converged {solution.Converged}, {solution.Iterations} iterations, "
        f"losses {dss.ActiveCircuit.Losses[0]:.6f} W, "
        f"total {-dss.ActiveCircuit.TotalPower[0] * 1e3:.6f} W"
    )
    rows = []
    for index in range(dss.ActiveCircuit.NumBuses):
        bus = dss.ActiveCircuit.Buses(index)
        base = bus.kVBase * 1e3
        volts = bus.Voltages
        for k, node in enumerate(bus.Nodes):
            re_, im = float(volts[2 * k]), float(volts[2 * k + 1])
            size = math.hypot(re_, im)
            rows.append(
                (
                    bus.Name.lower(),
                    int(node),
                    size,
                    size / base if base else float("nan"),
                    math.degrees(math.atan2(im, re_)),
                )
            )
    return sorted(rows, key=lambda r: (r[0], r[1]))


def write(rows: list[tuple], out: Path, nodes: int = 0) -> None:
    """`nodes` is how many the circuit has when `rows` are a part of them."""
    with out.open("w", newline="") as stream:
        if nodes > len(rows):
            stream.write(f"# {len(rows)} of {nodes} nodes\n")
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(("bus", "node", "v_volt", "v_pu", "angle_deg"))
        for bus, node, volt, pu, angle in rows:
            table.writerow((bus, node, f"{volt:.9f}", f"{pu:.12f}", f"{angle:.10f}"))


def of_origin(script: Path) -> list[tuple]:
    """The same rows from the solution that the origin ships beside the script: V and rad."""
    buses = json.loads((script.parent / "solution" / f"{script.stem}.json").read_text())["bus"]
    # these circuits state one voltage base: 0.4 kV
    base = 400 / math.sqrt(3)
    return sorted(
        (bus, int(node), volt, volt / base, math.degrees(rows["va"][node]))
        for bus, rows in buses.items()
        for node, volt in rows["vm"].items()
    )


def make_index(root: Path, names: list[str]) -> None:
    golden = root / "tests/validation/golden"
    with (golden / "index.csv").open(newline="") as stream:
        cases = [c for c in csv.DictReader(stream) if not names or c["name"] in names]
    for case in cases:
        script = root / case["file"]
        is_of_origin = case["note"].startswith("table of the origin")
        rows = of_origin(script) if is_of_origin else solve(script, iterations=1000)
        (golden / case["table"]).parent.mkdir(parents=True, exist_ok=True)
        write(rows[:: int(case["every"])], golden / case["table"], len(rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", action="store_true")
    parser.add_argument("source", type=Path)
    parser.add_argument("rest", nargs="*")
    args = parser.parse_args()
    if args.index:
        make_index(args.source, args.rest)
    else:
        write(solve(args.source), Path(args.rest[0]))


if __name__ == "__main__":
    main()
