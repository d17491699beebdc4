# SPDX-License-Identifier: Apache-2.0
"""One power flow of a .dss file, without a study around it."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from dataclasses import dataclass, field
from typing import Any

from . import _core
from ._write import write_whole
from .errors import Fault, ScenarioError


@dataclass(frozen=True)
class Powerflow:
    """A solved snapshot.

    Attributes
    ----------
    summary : dict
        buses, nodes, converged, iterations, residual (componentwise), losses_w, total_p_w (positive
        into the feeder), total_q_var, seconds {parse, build, factor, solve}.
    voltages : list of (bus, node, v_volt, v_pu, angle_deg)
        One row a node; v_pu is NaN where the bus has no base.
    """

    summary: dict[str, Any]
    voltages: list[tuple[str, int, float, float, float]]
    warnings: list[Fault] = field(default_factory=list)
    failure: str = ""

    @property
    def converged(self) -> bool:
        """Whether the power flow was solved."""
        return bool(self.summary["converged"])

    def write_csv(self, path: str | os.PathLike[str]) -> None:
        """Write `bus,node,v_volt,v_pu,angle_deg`, every number with all its digits."""
        text = io.StringIO()
        out = csv.writer(text, lineterminator="\n")
        out.writerow(["bus", "node", "v_volt", "v_pu", "angle_deg"])
        for bus, node, volt, pu, angle in self.voltages:
            out.writerow([bus, node, repr(volt), "" if math.isnan(pu) else repr(pu), repr(angle)])
        write_whole(path, text.getvalue())

    def write_json(self, path: str | os.PathLike[str]) -> None:
        """Write the summary."""
        write_whole(path, json.dumps(self.summary, indent=2) + "\n")


def powerflow(
    file: str | os.PathLike[str],
    *,
    tolerance: float = 1e-10,
    max_iterations: int = 100,
    controls: str = "off",
    taps: str | os.PathLike[str] | None = None,
) -> Powerflow:
    """Solve the circuit that a .dss script describes.

    Parameters
    ----------
    file
        The script; its commands act in order and the last circuit counts.
    tolerance
        Largest complex voltage change, pu.
    controls
        "off": taps and capacitor states as the script leaves them.
    taps
        CSV file `transformer,winding,tap` that overrides them.

    Raises
    ------
    ScenarioError
        With every fault, each with file and line.
    IoError
        When a file cannot be read.
    """
    if not tolerance > 0 or math.isinf(tolerance):
        raise ScenarioError(f"tolerance is {tolerance}, it must be a number > 0 (pu), like 1e-10")
    raw = _core.powerflow(
        os.fspath(file), tolerance, max_iterations, controls, os.fspath(taps or "")
    )
    voltages = raw.pop("voltages")
    warnings = raw.pop("warnings")
    failure = raw.pop("failure")
    return Powerflow(raw, voltages, warnings, failure)
