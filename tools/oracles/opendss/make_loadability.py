# SPDX-License-Identifier: Apache-2.0
"""Node voltages of IEEE 13 near the most load it can carry, as OpenDSS solves it.

    python make_loadability.py ROOT     writes tests/validation/golden/ieee13_heavy.csv

The script is tests/validation/cases/heavy/ieee13_heavy.dss: every load constant power down to 0.1 pu.
The load multiplier rises to 2.658; OpenDSS solves no more at 2.66; each solution starts from the
last. Controls off, tolerance 1e-10. Rows: loadmult, bus, node, volt, degrees.
"""

from __future__ import annotations

import csv
import math
import sys
from pathlib import Path

from make_golden import solve

from dss import dss

KEPT = (2.0, 2.4, 2.5, 2.6, 2.64, 2.65, 2.656, 2.658)
STEPS = 50  # to each of them from the one before


def voltages() -> list[tuple[str, int, float, float]]:
    """Rows (bus, node, volt, degrees) of the circuit as it is solved."""
    rows = []
    for index in range(dss.ActiveCircuit.NumBuses):
        bus = dss.ActiveCircuit.Buses(index)
        volts = [float(v) for v in bus.Voltages]
        for k, node in enumerate(bus.Nodes):
            re_, im = volts[2 * k], volts[2 * k + 1]
            angle = math.degrees(math.atan2(im, re_))
            rows.append((bus.Name.lower(), int(node), math.hypot(re_, im), angle))
    return sorted(rows)


def main() -> None:
    root = Path(sys.argv[1])
    solve(root / "tests/validation/cases/heavy/ieee13_heavy.dss")
    solution = dss.ActiveCircuit.Solution
    with (root / "tests/validation/golden/ieee13_heavy.csv").open("w", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(("loadmult", "bus", "node", "v_volt", "angle_deg"))
        before = 1.0
        for kept in KEPT:
            for k in range(1, STEPS + 1):
                solution.LoadMult = before + (kept - before) * k / STEPS
                solution.MaxIterations = 5000
                solution.Tolerance = 1e-10
                solution.Solve()
            before = kept
            print(f"{kept}: converged {solution.Converged}, {solution.Iterations} iterations")
            for bus, node, volt, angle in voltages():
                table.writerow((kept, bus, node, f"{volt:.9f}", f"{angle:.10f}"))


if __name__ == "__main__":
    main()
