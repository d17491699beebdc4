# SPDX-License-Identifier: Apache-2.0
"""Scenarios to begin with."""

from __future__ import annotations

import os
from pathlib import Path

from ._data import data_file
from .errors import Error
from .scenario import Scenario

_FEEDERS = {
    "ieee13": "ieee13/IEEE13Nodeckt.dss",
    "ieee34": "ieee34/ieee34Mod1.dss",
    "ieee37": "ieee37/ieee37.dss",
    "ieee123": "ieee123/ieee123.dss",
}


def suburb(
    feeder: str | os.PathLike[str] = "ieee123",
    homes: int = 300,
    pv: float = 0.4,
    battery: float = 0.2,
    seed: int = 42,
) -> Scenario:
    """Homes on a feeder, some with PV, some with a battery, for one summer day.

    No dispatch and no market: `sc.dispatch = ...` adds the one, ``sc.market.region = "demo"`` the
    other.

    Parameters
    ----------
    feeder
        "ieee13", "ieee34", "ieee37", "ieee123", or the path of a .dss script.
    homes
        Number of homes, apportioned to the feeder's spot loads.
    pv, battery
        Shares of the homes; a battery sits behind a meter that has PV, so `battery` <= `pv`.
        0 leaves the fleet out.
    seed
        Of every random draw.
    """
    if not 0 <= battery <= pv <= 1:
        raise Error(f"shares must obey 0 <= battery <= pv <= 1, not battery={battery}, pv={pv}")
    sc = Scenario.load(data_file("suburb", "suburb.toml"))
    sc.variants = {}
    sc.seed = seed
    name = os.fspath(feeder)
    if name not in _FEEDERS and not Path(name).is_file():
        raise Error(f"feeder '{name}': no such file, and none of {', '.join(_FEEDERS)}")
    sc.feeder.file = _FEEDERS.get(name) or str(Path(name).resolve())
    sc.fleet["homes"].count = homes
    sc.fleet["roofs"].behind = {"homes": pv or 1}
    sc.fleet["batteries"].behind = {"roofs": battery / pv if battery else 1}
    absent = {name for name, share in (("roofs", pv), ("batteries", battery)) if share == 0}
    if absent:
        kept = [f.to_dict() for f in sc.fleet if f.name not in absent]
        sc.fleet = kept
    if pv == 0:  # no devices that could have rows
        sc.record.variables = [v for v in sc.record.variables if not v.startswith("device.")]
    sc.dispatch = None
    sc.market = None
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
