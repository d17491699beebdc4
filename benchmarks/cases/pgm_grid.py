# SPDX-License-Identifier: Apache-2.0
"""pgm-grid: the grid of PowerGridModel/power-grid-model-benchmark, rebuilt from its numbers.

A stiff 10 kV source at 1.05 pu feeds 100 feeders of 10 buses each by 0.8 to 1.2 km of one cable
type; each bus has an asymmetric constant-power load of 0.32 to 0.48 MW at power factor 0.95; 1000
steps scale each phase of each load by 0.5 to 1.5. Random numbers are our own draw.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .case import Case, spread_blocks

CABLE = {"r1": 0.063, "x1": 0.103, "c1": 0.4e-6, "r0": 0.156, "x0": 0.1, "c0": 0.66e-6}
BASE_V = 10e3
SOURCE = {"u_ref": 1.05, "sk": 1e20, "rx_ratio": 0.1, "z01_ratio": 1.0}
POWER_FACTOR = 0.95


def build(folder: Path, size: str) -> Case:
    """Build the case; "tiny" has 2 feeders of 3 buses and 10 steps."""
    feeders, buses, steps = (2, 3, 10) if size == "tiny" else (100, 10, 1000)
    rng = np.random.default_rng(0)
    count = feeders * buses
    node = np.arange(1, count + 1)
    upstream = np.where((node - 1) % buses == 0, 0, node - 1)
    length = rng.uniform(0.8, 1.2, count)
    p = rng.uniform(0.32e6 / 3, 0.48e6 / 3, (count, 3))
    q = p * np.sqrt(1 - POWER_FACTOR**2) / POWER_FACTOR
    scaling = rng.uniform(0.5, 1.5, (steps, count, 3))

    rows = [f"l{n}_{phase}" for n in node for phase in (1, 2, 3)]
    lines = [
        "clear",
        "set defaultbasefrequency=50",
        f"new circuit.grid bus1=n0 basekv={BASE_V / 1e3} pu={SOURCE['u_ref']}"
        f" mvasc3={SOURCE['sk'] / 1e6} mvasc1={SOURCE['sk'] / 1e6}"
        f" x1r1={1 / SOURCE['rx_ratio']} x0r0={1 / SOURCE['rx_ratio']}",
        "new linecode.cable nphases=3 units=km basefreq=50"
        f" r1={CABLE['r1']} x1={CABLE['x1']} r0={CABLE['r0']} x0={CABLE['x0']}"
        f" c1={CABLE['c1'] * 1e9} c0={CABLE['c0'] * 1e9}",
    ]
    for n, up, km in zip(node, upstream, length, strict=True):
        lines.append(
            f"new line.c{n} bus1=n{up} bus2=n{n} linecode=cable length={float(km)!r} units=km"
        )
    for row, (kw, kvar) in zip(
        rows, zip(p.ravel() / 1e3, q.ravel() / 1e3, strict=True), strict=True
    ):
        bus, phase = row[1:].split("_")
        lines.append(
            f"new load.{row} phases=1 bus1=n{bus}.{phase} kv={BASE_V / 1e3 / 3**0.5!r}"
            f" kw={float(kw)!r} kvar={float(kvar)!r} model=1 vminpu=0.1 vmaxpu=2"
        )
    lines += [f"set voltagebases=[{BASE_V / 1e3}]", "calcvoltagebases"]
    folder.mkdir(parents=True, exist_ok=True)
    dss = folder / "case.dss"
    text = "\n".join(lines) + "\n"
    dss.write_text(text)

    return Case(
        name="pgm-grid",
        what=f"{count + 1} buses, {count} asymmetric constant-power loads, {steps} steps",
        dss=dss,
        drive="power",
        step_s=3600,
        output="magnitudes",
        loads=rows,
        rated_p_w=p.ravel(),
        rated_q_var=q.ravel(),
        profiles=scaling.reshape(steps, -1).T,
        profile_of=np.arange(3 * count)[:, None],
        blocks=spread_blocks(steps, min(10, steps), -(-steps // min(10, steps))),
        peers=["power-grid-model", "dss-python"],
        arrays={
            "node_name": np.array([f"n{n}" for n in range(count + 1)]),
            "node_u_rated": np.full(count + 1, BASE_V),
            "line_from": upstream,
            "line_to": node,
            "source": np.array(list(SOURCE.values())),
            "row_node": np.repeat(node, 3),
            "row_phase": np.tile([0, 1, 2], count),
            **{name: per_km * length for name, per_km in CABLE.items()},
        },
    )
