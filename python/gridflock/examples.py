# SPDX-License-Identifier: Apache-2.0
"""Scenarios to begin with."""

from __future__ import annotations

import os
from pathlib import Path

from ._data import data_file
from .errors import Error
from .scenario import Scenario

_FEEDERS = {"ieee123": "ieee123/ieee123.dss"}


def suburb(
    feeder: str | os.PathLike[str] = "ieee123",
    homes: int = 300,
    pv: float = 0.4,
    battery: float = 0.2,
    seed: int = 42,
) -> Scenario:
    """Homes on a feeder, some with PV, some with a battery, for one summer day.

    Parameters
    ----------
    feeder
        "ieee123", or the path of a .dss script.
    homes
        Number of homes, apportioned to the feeder's spot loads.
    pv, battery
        Shares of the homes; a battery sits behind a meter that has PV, so `battery` <= `pv`.
    seed
        Of every random draw.
    """
    if not 0 <= battery <= pv <= 1:
        raise Error(f"shares must obey 0 <= battery <= pv <= 1, not battery={battery}, pv={pv}")
    sc = Scenario.load(data_file("suburb", "suburb.toml"))
    sc.variants = {}
    sc.seed = seed
    name = os.fspath(feeder)
    sc.feeder.file = _FEEDERS.get(name) or str(Path(name).resolve())
    sc.fleet["homes"].count = homes
    sc.fleet["roofs"].behind = {"homes": pv}
    sc.fleet["batteries"].behind = {"roofs": battery / pv if pv else 0}
    sc.dispatch = None
    return sc


def demo() -> Scenario:
    """The demo: an evening of sixty batteries, an outage, late and bad batches, and the money.

    Two days of meters to be sold into, four variants side by side: demo, perfect, mended, no_vpp.
    """
    return Scenario.load(data_file("demo", "demo.toml"))


def names() -> list[str]:
    """Examples that `gridflock new --example` knows."""
    return ["demo", "suburb"]


def text(name: str) -> str:
    """The scenario file of an example."""
    if name not in names():
        raise Error(f"no example '{name}': {', '.join(names())}")
    return data_file(name, f"{name}.toml").read_text(encoding="utf-8")
