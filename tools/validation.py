# SPDX-License-Identifier: Apache-2.0
"""Make docs/validation.md: our power flow against OpenDSS, circuit by circuit.

    python tools/validation.py                   write the page
    python tools/validation.py --check           say where the page is not what this makes
    python tools/validation.py --live PYTHON     ask OpenDSS itself (PYTHON has dss-python) instead
                                                 of the committed tables, at every node

Runs with the installed package. Times differ from run to run; all else must be the same.
"""

from __future__ import annotations

import argparse
import cmath
import csv
import math
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import gridflock as gf

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "validation.md"
TABLES = ROOT / "tests" / "validation" / "golden"
CASES = "tests/validation/cases"
BAR = 1e-6  # pu
RESIDUAL = 1e-12
FINEST = 1e-15  # residuals below are rounding
FLOOR = 1e-9  # differences below are shown as such: the tables hold no more digits

OWN = "table of the origin"  # how a note starts where OpenDSS did not make the table

Voltages = dict[tuple[str, int], complex]


@dataclass(frozen=True)
class Case:
    """One circuit of the page."""

    name: str
    script: str  # under the root of this tree
    table: str = ""  # under TABLES; "" where OpenDSS has no answer
    bar_pu: float = BAR
    note: str = ""  # why the bar is another, why the table is not of OpenDSS, or why there is none


@dataclass
class Row:
    """What came out."""

    case: Case
    nodes: int
    compared: int
    iterations: int
    dv_pu: float
    at: str
    residual: float
    ms: float
    failure: str = ""
    rounding_pu: float = 0  # ten times the estimated forward error, where the bar needs it

    @property
    def wrong(self) -> str:
        """What is not as it must be, or ""."""
        if self.case.table and self.failure:
            return self.failure
        if not self.residual <= RESIDUAL and not self.failure:
            return f"residual {self.residual:.1e}"
        if not self.dv_pu <= self.case.bar_pu:
            return f"{self.dv_pu:.1e} pu at {self.at}, the bar is {self.case.bar_pu:.1e}"
        if self.case.bar_pu > BAR and not (self.case.note and self.case.bar_pu < self.rounding_pu):
            return "a bar of its own that rounding does not explain"
        return ""

    def cells(self) -> list[str]:
        """Of a line of the page; the last, the time, differs from run to run."""
        dv = f"{self.dv_pu:.0e}" if self.dv_pu >= FLOOR else f"< {FLOOR:.0e}"
        compared = str(self.compared) if self.compared else "none"
        solved = [str(self.iterations), f"{max(self.residual, FINEST):.0e}"]
        return [
            self.case.name,
            str(self.nodes),
            compared,
            dv if self.compared else "",
            f"{self.case.bar_pu:.0e}" if self.compared else "",
            *(solved if not self.failure else ["not solved", ""]),
            f"{self.ms:.1f}",
        ]


WITHOUT = [
    Case(
        "ieee118",
        f"{CASES}/ieee118/master_file.dss",
        note="OpenDSS does not converge with its normal algorithm; its other one, NCIM, leaves out "
        "the impedance of the source that the script declares. No other oracle was used.",
    ),
    *(
        Case(
            f"four_wire_delta_{which.lower()}",
            f"{CASES}/four_wire_delta/Kersting4wire_{which}.dss",
            note="Its motor is a user-written model in a Windows library, without which OpenDSS "
            "does not go on; we leave the motor out and say so. No other oracle was used.",
        )
        for which in ("Lagging", "Leading")
    ),
    Case(
        "ieee9500",
        f"{CASES}/ieee9500/ieee9500_base.dss",
        note="OpenDSS diverges: the script puts wye-connected storages on a delta island of 480 V.",
    ),
]


def indexed() -> list[Case]:
    """The circuits that have a table."""
    with (TABLES / "index.csv").open() as stream:
        return [
            Case(r["name"], r["file"], r["table"], float(r["bar_pu"]), r["note"] or "")
            for r in csv.DictReader(stream)
        ]


def read_table(path: Path) -> Voltages:
    """Complex voltages of a table."""
    with path.open() as stream:
        rows = csv.DictReader(line for line in stream if not line.startswith("#"))
        return {
            (r["bus"], int(r["node"])): cmath.rect(
                float(r["v_volt"]), math.radians(float(r["angle_deg"]))
            )
            for r in rows
        }


def ask_opendss(python: str, script: Path) -> Voltages:
    """Complex voltages of OpenDSS, computed now."""
    maker = ROOT / "tools" / "oracles" / "opendss" / "make_golden.py"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "table.csv"
        command = [python, str(maker), str(script), str(out)]
        subprocess.run(command, timeout=300, check=True, capture_output=True)
        return read_table(out)


def bases(solved: gf.powerflow.Powerflow) -> dict[tuple[str, int], float]:
    """Volts that count as 1 pu: of the bus, or the largest voltage of a bus that has no base."""
    largest: dict[str, float] = defaultdict(float)
    for bus, _, volt, _, _ in solved.voltages:
        largest[bus] = max(largest[bus], volt)
    return {
        (bus, node): (volt / pu if pu > 0 else largest[bus] or 1.0)
        for bus, node, volt, pu, _ in solved.voltages
    }


def largest_difference(ours: Voltages, theirs: Voltages, base: dict) -> tuple[float, str]:
    """Largest |dV| in pu and where; infinite when a node is not ours."""
    if not theirs.keys() <= ours.keys():
        return math.inf, "other nodes"
    dv, at = max((abs(ours[k] - theirs[k]) / base[k], k) for k in theirs)
    return dv, f"{at[0]}.{at[1]}"


def measure(case: Case, python: str | None) -> Row:
    """Solve one circuit and compare it."""
    script = ROOT / case.script
    begin = time.perf_counter()
    circuit = gf.powerflow.read(script)
    solved = gf.powerflow.solve(circuit, tolerance=1e-10, max_iterations=400)
    ms = 1e3 * (time.perf_counter() - begin)
    s = solved.summary
    row = Row(case, s["nodes"], 0, s["iterations"], 0, "", s["residual"], ms, solved.failure)
    if row.failure or not case.table:
        return row
    ours = {
        (bus, node): cmath.rect(volt, math.radians(angle))
        for bus, node, volt, _, angle in solved.voltages
    }
    is_live = python and not case.note.startswith(OWN)
    theirs = ask_opendss(python, script) if is_live else read_table(TABLES / case.table)
    row.compared = len(theirs)
    row.dv_pu, row.at = largest_difference(ours, theirs, bases(solved))
    if case.bar_pu > BAR:
        row.rounding_pu = 10 * circuit.forward_error_pu()
    return row


HEAD = ["circuit", "nodes", "compared", "largest dV, pu", "bar, pu", "iterations", "residual", "ms"]
INTRODUCTION = """# Validation of the power flow

Node voltages of gridflock against those of OpenDSS (dss_capi 0.14.5), as complex numbers, for every
circuit of `tests/validation`. Both read the same script: controls off, taps and capacitors as the
script leaves them, tolerance 1e-10.

* **compared**: nodes in the committed table, every 5th or 7th of the large feeders;
  `tools/validation.py --live` compares all.
* **largest dV**: over these nodes, |V - V of OpenDSS| in pu of the base of the bus (of its largest
  voltage, where it has no base).
* **bar**: 1e-6 pu; a wider one only where ten times the estimated rounding error of the solution
  is wider still, explained below.
* **residual**: of our own equations, componentwise |Y V - I| / (|Y| |V| + |I|), at most 1e-12. It
  is tied to no other tool.
* **ms**: reading the script, building, ordering, factoring and solving once, on the machine that
  made this page; all else is the same in every run.

Made by `python tools/validation.py` from the tables of `tests/validation/golden`, which
`tools/oracles/opendss` makes. A test compares this page with what the script makes.
"""


def table(rows: list[Row]) -> list[str]:
    """Lines of a table."""
    out = ["| " + " | ".join(HEAD) + " |", "|---|" + "---:|" * (len(HEAD) - 1)]
    return out + ["| " + " | ".join(row.cells()) + " |" for row in rows]


def page(feeders: list[Row], parts: list[Row], without: list[Row]) -> str:
    """The whole page."""
    lines = [INTRODUCTION, "## Feeders", "", *table(feeders), ""]
    lines += ["## Connections, and one feature of an element each", "", *table(parts), ""]
    lines += ["## Where OpenDSS has no answer", "", *table(without), ""]
    lines += [f"* **{row.case.name}**: {row.case.note}" for row in without]
    every = feeders + parts
    lines += ["", "## Bars that are not 1e-6 pu", ""]
    for row in every:
        if row.case.bar_pu > BAR:
            estimate = f"ten times the estimated rounding error is {row.rounding_pu:.0e} pu"
            lines.append(f"* **{row.case.name}**, node {row.at}: {row.case.note}; {estimate}.")
    lines += ["", "## Tables that are not of OpenDSS", ""]
    lines += [f"* **{r.case.name}**: {r.case.note}." for r in every if r.case.note.startswith(OWN)]
    return "\n".join(lines) + "\n"


def same(made: str, found: str) -> list[str]:
    """Lines of the page that are not what was made; times do not count."""

    def key(line: str) -> str:
        return line.rpartition(" | ")[0] if line.startswith("| ") else line

    a, b = made.splitlines(), found.splitlines()
    if len(a) != len(b):
        return [f"{len(b)} lines instead of {len(a)}"]
    return [f"{y!r} instead of {x!r}" for x, y in zip(a, b, strict=True) if key(x) != key(y)]


def make(python: str | None = None) -> tuple[str, list[str]]:
    """The page, and what of it is not as it must be."""
    feeders, parts = [], []
    for case in indexed():
        (parts if "/cases/" in f"/{case.table}" else feeders).append(measure(case, python))
    without = [measure(case, None) for case in WITHOUT]
    wrong = [f"{row.case.name}: {row.wrong}" for row in feeders + parts + without if row.wrong]
    return page(feeders, parts, without), wrong


def main() -> int:
    """Write or check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--live", metavar="PYTHON")
    args = parser.parse_args()
    made, wrong = make(args.live)
    if args.check:
        wrong += same(made, PAGE.read_text())
    else:
        PAGE.write_text(made)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
