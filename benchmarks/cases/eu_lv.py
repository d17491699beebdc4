# SPDX-License-Identifier: Apache-2.0
"""eu-lv: the European low-voltage feeder, a day of minutes for 100 draws of household profiles."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from .case import Case, wrap
from .circuits import find, loads


def number(path: Path) -> int:
    """The number in a file's name."""
    return int(re.findall(r"\d+", path.stem)[-1])


def build(folder: Path, size: str) -> Case:
    """Build the case; "tiny" has 2 draws of 6 minutes."""
    master = find("LVTestCase/Master.dss")
    rows = loads(master.parent / "Loads.txt")
    files = sorted((master.parent / "Daily_1min_100profiles").glob("*.txt"), key=number)
    profiles = np.array([np.loadtxt(f) for f in files])
    draws = 100
    if size == "tiny":
        profiles, draws = profiles[:, 1080:1086], 2
    rng = np.random.default_rng(0)
    profile_of = (
        np.stack([rng.permutation(len(files))[: len(rows)] for _ in range(draws)], axis=1)
        if len(files) >= len(rows)
        else rng.integers(len(files), size=(len(rows), draws))
    )
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
        blocks=[(s, a, min(block, steps - a)) for s in watched for a in range(0, steps, block)],
    )
