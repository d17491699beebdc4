# SPDX-License-Identifier: Apache-2.0
"""A year of a feeder, controls off: ieee123 by the minute; ieee8500, ckt5 and ckt7 by the hour.

ckt5 and ckt7 have yearly shapes of their own. The IEEE feeders have none and take the three
measured ones of ckt5: 80 % of the loads the residential one, the others a commercial one; by the
minute they are interpolated, with 5 % of noise.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .case import Case, spread_blocks, wrap
from .circuits import LoadLine, find, loads, shapes

HOURS = 8760


def borrowed() -> np.ndarray:
    """ckt5's residential and two commercial shapes: [profile, hour]."""
    its = shapes(find("ckt5/Master_ckt5.dss").parent / "Loadshapes_ckt5.dss")
    return np.array([its[n] for n in ("residential", "commercial_sm", "commercial_md")])


def minutes(hourly: np.ndarray, steps: int) -> np.ndarray:
    """Interpolated to minutes, with noise."""
    rng = np.random.default_rng(1)
    at = np.arange(steps) / 60
    smooth = np.array([np.interp(at, np.arange(HOURS), row, period=HOURS) for row in hourly])
    return smooth * (1 + 0.05 * rng.standard_normal(smooth.shape))


def case(
    name: str,
    what: str,
    dss: Path,
    rows: list[LoadLine],
    profiles: np.ndarray,
    of: np.ndarray,
    blocks: list[tuple[int, int, int]],
    step_s: float = 3600,
) -> Case:
    """The common part."""
    return Case(
        name=name,
        what=f"{what}, {len(rows)} loads, {profiles.shape[1]} steps of {step_s:g} s, controls off",
        dss=dss,
        drive="scale",
        step_s=step_s,
        loads=[row.name for row in rows],
        rated_p_w=np.array([row.p_w for row in rows]),
        rated_q_var=np.array([row.q_var for row in rows]),
        profiles=profiles,
        profile_of=of[:, None],
        blocks=blocks,
    )


def spread_over_loads(count: int) -> np.ndarray:
    """Which of the borrowed shapes each load takes."""
    return np.random.default_rng(2).choice(3, size=count, p=[0.8, 0.1, 0.1])


def ieee123(folder: Path, size: str) -> Case:
    """IEEE 123-node feeder, a year of minutes."""
    master = find("ieee123/IEEE123Master.dss")
    rows = loads(next(p for p in master.parent.iterdir() if p.name.lower() == "ieee123loads.dss"))
    steps = 20 if size == "tiny" else HOURS * 60
    profiles = minutes(borrowed(), steps)
    blocks = spread_blocks(steps, 4, 5) if size == "tiny" else spread_blocks(steps, 20, 2628)
    return case(
        "ieee123-year",
        "IEEE 123",
        wrap(folder, master),
        rows,
        profiles,
        spread_over_loads(len(rows)),
        blocks,
        60,
    )


def ieee8500(folder: Path, size: str) -> Case:
    """IEEE 8500-node feeder with unbalanced loads, a year of hours."""
    master = find("ieee8500/Master-unbal.dss")
    rows = loads(master.parent / "UnbalancedLoads.DSS")
    steps = 6 if size == "tiny" else HOURS
    profiles = borrowed()[:, :steps]
    blocks = spread_blocks(steps, 2, 3) if size == "tiny" else spread_blocks(steps, 12, 73)
    return case(
        "ieee8500-year",
        "IEEE 8500 unbalanced",
        wrap(folder, master),
        rows,
        profiles,
        spread_over_loads(len(rows)),
        blocks,
    )


def own(
    name: str,
    master: Path,
    rows: list[LoadLine],
    its: dict[str, np.ndarray],
    folder: Path,
    size: str,
) -> Case:
    """A feeder whose loads name their yearly shapes."""
    names = sorted({row.yearly for row in rows})
    steps = 6 if size == "tiny" else HOURS
    profiles = np.array([its[n] for n in names])[:, :steps]
    of = np.array([names.index(row.yearly) for row in rows])
    blocks = spread_blocks(steps, 2, 3) if size == "tiny" else spread_blocks(steps, 12, 73)
    return case(name, f"EPRI {name}", wrap(folder, master), rows, profiles, of, blocks)


def ckt5(folder: Path, size: str) -> Case:
    """EPRI circuit 5."""
    master = find("ckt5/Master_ckt5.dss")
    rows = loads(master.parent / "Loads_ckt5.dss")
    return own("ckt5", master, rows, shapes(master.parent / "Loadshapes_ckt5.dss"), folder, size)


def ckt7(folder: Path, size: str) -> Case:
    """EPRI circuit 7, with the neighbouring feeders lumped at the substation."""
    master = find("ckt7/Master_ckt7.dss")
    rows = loads(master.parent / "Substation_ckt7.dss") + loads(master.parent / "Loads_ckt7.dss")
    its = shapes(master.parent / "Loadshapes_ckt7.dss")
    return own("ckt7", master, rows, its, folder, size)
