# SPDX-License-Identifier: Apache-2.0
"""eu-lv: the European low-voltage feeder, a day of minutes for 100 draws of its own profiles."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from .case import Case, wrap
from .circuits import find, loads, statements, word

SOURCE = {"u_ref": 1.05, "sk": 3**0.5 * 11e3 * 3000, "rx_ratio": 0.25, "z01_ratio": 1.0}
R_PU, X_PU = 0.004, 0.04  # of the transformer: 0.2 % a winding, XHL = 4
TRANSFORMER = {"u1": 11e3, "u2": 416.0, "sn": 800e3, "uk": (R_PU**2 + X_PU**2) ** 0.5}
TRANSFORMER |= {"pk": R_PU * 800e3, "i0": 0.0, "p0": 0.0, "clock": 1}


def number(path: Path) -> int:
    """The number in a file's name."""
    return int(re.findall(r"\d+", path.stem)[-1])


def for_pgm(folder: Path, rows: list[str]) -> dict[str, np.ndarray]:
    """The same feeder as power-grid-model wants it: sourcebus, then the low-voltage buses."""
    codes = {
        name: {f: float(word(rest, f)) for f in ("r1", "x1", "c1", "r0", "x0", "c0")}
        for name, rest in statements(folder / "LineCode.txt", "linecode")
    }
    lines = [rest for _, rest in statements(folder / "Lines.txt", "line")]
    place: dict[str, int] = {"sourcebus": 0, "1": 1}
    for rest in lines:
        for end in ("bus1", "bus2"):
            place.setdefault(word(rest, end), len(place))
    buses = {n: word(rest, "bus1") for n, rest in statements(folder / "Loads.txt", "load")}
    at = [buses[name].split(".") for name in rows]
    code = [codes[word(rest, "linecode").lower()] for rest in lines]
    km = np.array([float(word(rest, "length")) / 1e3 for rest in lines])
    return {
        "node_name": np.array(list(place)),
        "node_u_rated": np.array([11e3] + [416.0] * (len(place) - 1)),
        "line_from": np.array([place[word(rest, "bus1")] for rest in lines]),
        "line_to": np.array([place[word(rest, "bus2")] for rest in lines]),
        **{f: np.array([c[f] for c in code]) * km for f in ("r1", "x1", "r0", "x0")},
        **{f: np.array([c[f] for c in code]) * km * 1e-9 for f in ("c1", "c0")},
        "source": np.array(list(SOURCE.values())),
        "transformer": np.array(list(TRANSFORMER.values())),
        "row_node": np.array([place[bus] for bus, _ in at]),
        "row_phase": np.array([int(phase) - 1 for _, phase in at]),
    }


def build(folder: Path, size: str) -> Case:
    """Build the case; "tiny" has 2 draws of 6 minutes."""
    master = find("european_lv/Master.dss")
    rows = loads(master.parent / "Loads.txt")
    files = sorted((master.parent / "Daily_1min_100profiles").glob("*.txt"), key=number)
    profiles = np.array([np.loadtxt(f) for f in files])
    draws = 100
    if size == "tiny":
        profiles, draws = profiles[:, 1080:1086], 2
    rng = np.random.default_rng(0)
    profile_of = rng.integers(len(files), size=(len(rows), draws))
    steps = profiles.shape[1]
    block = -(-steps // 8)
    watched = range(min(draws, 5))
    return Case(
        name="eu-lv",
        what=f"906 buses, {len(rows)} constant-power loads, {steps} minutes x {draws} draws",
        # The feeder runs near 1.09 of the loads' 230 V: without this they would all be impedances.
        dss=wrap(folder, master, ["batchedit load..* vminpu=0.1 vmaxpu=2"]),
        drive="power",
        step_s=60,
        loads=[row.name for row in rows],
        rated_p_w=np.array([row.p_w for row in rows]),
        rated_q_var=np.array([row.q_var for row in rows]),
        profiles=profiles,
        profile_of=profile_of,
        peers=["dss-python", "power-grid-model"],
        arrays=for_pgm(master.parent, [row.name for row in rows]),
        blocks=[(s, a, min(block, steps - a)) for s in watched for a in range(0, steps, block)],
    )
