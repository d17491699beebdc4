# SPDX-License-Identifier: Apache-2.0
"""Power flow without a study around it: read a circuit, solve it once, solve it many times.

>>> circuit = gf.powerflow.read("IEEE123Master.dss")
>>> gf.powerflow.solve(circuit).summary["losses_w"]
>>> gf.powerflow.batch(circuit, p, q, dt="15 min").v_pu_min
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _core
from ._write import write_whole
from .errors import Fault, ScenarioError

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr

__all__ = ["Circuit", "Powerflow", "Reading", "batch", "read", "solve"]


class Reading(NamedTuple):
    """How one element of a script was read: "exact", "approximated" (how) or "ignored" (why)."""

    element: str
    verdict: str
    reason: str
    file: str
    line: int


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
    readings : list of Reading
        How each element of the script was read: exactly, approximated (how), or ignored (why).
    """

    summary: dict[str, Any]
    voltages: list[tuple[str, int, float, float, float]]
    warnings: list[Fault] = field(default_factory=list)
    failure: str = ""
    readings: list[Reading] = field(default_factory=list)

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
        """Write the summary, and how each element was read under `elements`."""
        elements = [r._asdict() for r in self.readings]
        write_whole(path, json.dumps({**self.summary, "elements": elements}, indent=2) + "\n")

    def write_report(self, path: str | os.PathLike[str]) -> None:
        """Write `element,verdict,reason,file,line`: how each element of the script was read."""
        text = io.StringIO()
        out = csv.writer(text, lineterminator="\n")
        out.writerow(Reading._fields)
        out.writerows(self.readings)
        write_whole(path, text.getvalue())


class Circuit:
    """A circuit that a .dss script describes, read once and solved as often as wanted.

    `read` makes it. It does not change, so threads may share it; it pickles as its path.
    """

    def __init__(self, core: _core.Circuit, origin: tuple[str, str, str]) -> None:
        self._core = core
        self._origin = origin

    @property
    def name(self) -> str:
        """The name that the script gives."""
        return self._core.name

    @property
    def path(self) -> str:
        """The script."""
        return self._origin[0]

    @cached_property
    def buses(self) -> list[str]:
        """Names of the buses, lower case."""
        return self._core.buses

    @cached_property
    def nodes(self) -> list[str]:
        """Names of the nodes, "bus.1", in the order of every array of voltages."""
        return self._core.nodes

    @cached_property
    def node_base_v(self) -> np.ndarray:
        """Base voltage of each node, line to neutral, V; 0 where the bus has none."""
        import numpy as np

        return np.array(self._core.node_base_v)

    @property
    def loads(self) -> list[str]:
        """Names of the loads, "load.s1a", in the order of the columns of `batch`."""
        return self.elements[: self._core.load_count]

    @property
    def generators(self) -> list[str]:
        """Names of generators, PV systems and storages, such as "pvsystem.roof"."""
        return self.elements[self._core.load_count :]

    @cached_property
    def elements(self) -> list[str]:
        """Names of all that `batch` drives by name, loads before generators."""
        return self._core.elements

    @property
    def p_w(self) -> np.ndarray:
        """Nominal active power of each of `elements`, W, + into the grid (loads are negative)."""
        return self._core.nominal_va.real.copy()

    @property
    def q_var(self) -> np.ndarray:
        """Nominal reactive power of each of `elements`, var, + into the grid."""
        return self._core.nominal_va.imag.copy()

    @property
    def warnings(self) -> list[Fault]:
        """What of the script was passed over, each with file and line."""
        return self._core.warnings

    @property
    def readings(self) -> list[Reading]:
        """How each element of the script was read, in order of creation."""
        return [Reading(*row) for row in self._core.readings]

    @property
    def files(self) -> list[str]:
        """The files that were read, in order."""
        return self._core.files

    def forward_error_pu(self) -> float:
        """How far rounding alone may move a voltage of the solution, pu.

        An estimate from the solved circuit as the script has it. Impedances of micro-ohms and parts
        that nothing holds to ground make it large. Slow: one sweep a node.
        """
        return self._core.forward_error_pu()

    def __repr__(self) -> str:
        return (
            f"Circuit({self.name!r}: {len(self.buses)} buses, {len(self.nodes)} nodes, "
            f"{len(self.loads)} loads, {len(self.generators)} generators)"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return _read, self._origin


def read(
    path: str | os.PathLike[str],
    *,
    controls: str = "off",
    taps: str | os.PathLike[str] | None = None,
) -> Circuit:
    """Read the circuit that a .dss script describes.

    Parameters
    ----------
    path
        The script; its commands act in order and the last circuit counts.
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
    return _read(os.fspath(path), controls, os.fspath(taps or ""))


def _read(path: str, controls: str, taps: str) -> Circuit:
    return Circuit(_core.read_circuit(path, controls, taps), (path, controls, taps))


def solve(
    circuit: Circuit | str | os.PathLike[str],
    *,
    tolerance: float = 1e-10,
    max_iterations: int = 100,
    controls: str = "off",
    taps: str | os.PathLike[str] | None = None,
) -> Powerflow:
    """Solve a circuit, or the one that a .dss script describes, once.

    Parameters
    ----------
    circuit
        From `read`, or the path of a script.
    tolerance
        Largest complex voltage change, pu.
    controls, taps
        As in `read`, when `circuit` is a path.

    Raises
    ------
    ScenarioError
        With every fault, each with file and line.
    IoError
        When a file cannot be read.
    """
    if not tolerance > 0 or math.isinf(tolerance):
        raise ScenarioError(f"tolerance is {tolerance}, it must be a number > 0 (pu), like 1e-10")
    if isinstance(circuit, Circuit):
        if taps is not None or controls != "off":
            raise ScenarioError("controls and taps belong to gf.powerflow.read(path, taps=...)")
        raw = _core.powerflow_of(circuit._core, tolerance, max_iterations)
    else:
        raw = _core.powerflow(
            os.fspath(circuit), tolerance, max_iterations, controls, os.fspath(taps or "")
        )
    voltages = raw.pop("voltages")
    warnings = raw.pop("warnings")
    failure = raw.pop("failure")
    readings = [Reading(*row) for row in raw.pop("readings")]
    return Powerflow(raw, voltages, warnings, failure, readings)


def batch(
    circuit: Circuit | str | os.PathLike[str],
    p: Any = None,
    q: Any = None,
    *,
    elements: Sequence[str] | str | None = None,
    scale: Any = None,
    groups: Sequence[int] | Sequence[str] | None = None,
    dt: str | float | timedelta = "1 min",
    start: str = "base",
    limits: tuple[float, float] = (0.95, 1.05),
    tolerance: float = 1e-8,
    max_iterations: int = 100,
    refine: bool = False,
    output: str | Sequence[str] = "statistics",
    nodes: Sequence[str] | str | None = None,
    threads: int = 1,
    lanes: int | None = None,
    instructions: str | None = None,
    progress: bool | Callable[[float], None] | None = None,
) -> xr.Dataset:
    """Solve many power flows of one circuit in one call: scenarios x time.

    Arrays are [step, element, scenario] and used as they lie in memory: no layout, stride or
    broadcast (`numpy.broadcast_to`) of float64 is copied. Scenarios side by side in memory are the
    fastest. A dimension of step or scenario that is 1 goes for all. Lists, tuples and tables of
    `scale` by name are converted; an array of another type is refused, not copied.

    Parameters
    ----------
    p, q
        Powers of `elements`, W and var, + into the grid: a load is negative. float64,
        [step, element, scenario] or, for one scenario, [step, element]. They take the place of the
        nominal powers and keep the load's model; None keeps the nominal ones (0 at a node).
    elements
        What the columns of p and q drive: "load.s1a", "generator.g1", or a node for a device of its
        own, "bus.1" (to ground) or "bus.1.2" (from 1 to 2). None: all loads, as `circuit.loads`.
    scale
        Multipliers of the loads that p and q do not drive and that the script does not fix:
        [step], [step, scenario], or with `groups` [step, group] or [step, group, scenario]; or a
        table {name: [step] or [step, scenario]} with `groups` of names.
    groups
        Of each load of the circuit, the number or name of its group.
    dt
        Length of a step: "1 min", a timedelta, or seconds.
    start
        "base": each step from the circuit without loads, so that steps share a block. "previous":
        each from the step before.
    limits
        Voltage band, pu, of the minutes outside.
    tolerance, max_iterations
        Largest complex change of a voltage in the last iteration, pu; iterations of each try.
    refine
        Whether each solution goes on to a componentwise residual of 1e-12.
    output
        "statistics", "voltages", "magnitudes", or several of them.
    nodes
        Of the voltages and statistics: "bus.1", or "bus" for all of its nodes. None: all.
    threads, lanes, instructions
        How it is computed; not a bit of the results depends on them. Lanes are 1, 8, 16 or 32;
        instructions portable, avx2 or avx512. None: what suits circuit and machine.
    progress
        True, False or a callable of the share that is done; silent without a terminal.

    Returns
    -------
    xarray.Dataset
        Always, [step, scenario]: status (0 = solved, see its attributes), iterations, residual
        (componentwise), p_kw and q_kvar out of the sources, loss_kw; solved [scenario]: how many.
        With statistics, [node, scenario]: v_pu_min, v_pu_max, v_pu_mean, minutes_low,
        minutes_high; [scenario]: energy_kwh, losses_kwh, peak_kw (of p_kw). Failed solves are left
        out. With voltages, [step, node, scenario]: v (complex, V) and v_pu; with magnitudes v_pu.

    Raises
    ------
    ShapeError
        Arrays that do not fit each other or the circuit, or are not float64.
    ScenarioError
        Names that the circuit does not have, numbers that are not finite or out of range.

    Warns
    -----
    LaneFailedWarning
        When a power flow was not solved; its voltages are missing.
    """
    from ._batch import Batch

    if not isinstance(circuit, Circuit):
        circuit = read(circuit)
    options = {
        "dt": dt,
        "start": start,
        "limits": limits,
        "tolerance": tolerance,
        "max_iterations": max_iterations,
        "refine": refine,
        "threads": threads,
        "lanes": lanes,
        "instructions": instructions,
    }
    work = Batch(circuit, options)
    work.drive(p, q, elements)
    work.multiply(scale, groups)
    return work.run(output, nodes, progress)
