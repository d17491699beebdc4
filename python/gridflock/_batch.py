# SPDX-License-Identifier: Apache-2.0
"""What `powerflow.batch` does: checks the arrays, hands them on as they are, labels the answer."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core
from ._progress import reporter
from .errors import Error, Fault, LaneFailedWarning, ScenarioError, ShapeError

if TYPE_CHECKING:
    import xarray as xr

    from .powerflow import Circuit

OUTPUTS = ("statistics", "voltages", "magnitudes")
LANES = (1, 8, 16, 32)
STATUS = ("ok", "not converged", "not finite", "singular", "limit reached")
UNITS = {
    "status": "1",
    "iterations": "1",
    "residual": "1",
    "solved": "1",
    "p_kw": "kW",
    "q_kvar": "kvar",
    "loss_kw": "kW",
    "v_pu_min": "1",
    "v_pu_max": "1",
    "v_pu_mean": "1",
    "minutes_low": "min",
    "minutes_high": "min",
    "energy_kwh": "kWh",
    "losses_kwh": "kWh",
    "peak_kw": "kW",
    "v": "V",
    "v_pu": "1",
}


def fault(path: str, found: Any, rule: str, remedy: str) -> ScenarioError:
    """One thing wrong with an argument."""
    text = f"{path}: {found}: {rule}; {remedy}"
    return ScenarioError(text, [Fault("", 0, path, str(found), rule, remedy, text)])


def as_floats(name: str, value: Any) -> np.ndarray:
    """The array itself, never a copy; lists and numbers are converted."""
    if isinstance(value, (list, tuple, int, float)):
        try:
            return np.asarray(value, dtype=np.float64)
        except ValueError as e:
            raise ShapeError(f"{name}: {e}") from e
    array = np.asarray(value)
    if array.dtype != np.float64 or not array.dtype.isnative:
        raise ShapeError(
            f"{name}: is of type {array.dtype}, must be float64; "
            f"{name}.astype(numpy.float64) makes the copy that this call does not make"
        )
    return array


def seconds(dt: str | float | timedelta) -> float:
    """Length of a step."""
    if isinstance(dt, timedelta):
        value = dt.total_seconds()
    elif isinstance(dt, str):
        value = _core.parse_duration_s(dt)
    else:
        value = float(dt)
    if not value > 0 or math.isinf(value):
        raise fault("dt", dt, "must be longer than 0", 'write it as "1 min"')
    return value


class Batch:
    """One call, from arguments to a dataset."""

    def __init__(self, circuit: Circuit, options: Mapping[str, Any]) -> None:
        self.circuit = circuit
        self.settings = _settings(options)
        self.arrays = _core.BatchArrays()
        self.elements = circuit._core.find_elements([])
        self.group_of_load: list[int] = []
        self._p: np.ndarray | None = None
        self._q: np.ndarray | None = None
        self._scale: np.ndarray | None = None

    def drive(self, p: Any, q: Any, elements: Sequence[str] | str | None) -> None:
        """Take the powers and what they drive."""
        if p is None and q is None:
            if elements is not None:
                raise ShapeError("elements: need p or q, the powers of these elements")
            return
        names = [elements] if isinstance(elements, str) else elements
        names = self.circuit.loads if names is None else list(names)
        self.elements = self.circuit._core.find_elements(names)
        nominal = self._nominal()
        self._p = self._powers("p", p, nominal.real)
        self._q = self._powers("q", q, nominal.imag)

    def _nominal(self) -> np.ndarray:
        """Nominal powers of the driven elements; 0 at a node."""
        known = self.circuit._core.nominal_va
        at = np.array(self.elements.index, dtype=int)
        out = np.zeros(at.size, dtype=complex)
        out[at < known.size] = known[at[at < known.size]]
        return out

    def _powers(self, name: str, value: Any, nominal: np.ndarray) -> np.ndarray:
        if value is None:
            return np.ascontiguousarray(nominal)[None, :, None]
        array = as_floats(name, value)
        if array.ndim == 2:
            array = array[:, :, None]
        if array.ndim != 3:
            raise ShapeError(
                f"{name}: has {array.ndim} dimensions, must be [step, element, scenario] or "
                "[step, element]"
            )
        if array.shape[1] != self.elements.count:
            raise ShapeError(
                f"{name}: has {array.shape[1]} elements in dimension 1, there are "
                f"{self.elements.count} (loads of the circuit, or as `elements` names them)"
            )
        return array

    def multiply(self, scale: Any, groups: Sequence[int] | Sequence[str] | None) -> None:
        """Take the multipliers and who is in which group."""
        if scale is None:
            if groups is not None:
                raise ShapeError("groups: need scale, the multipliers of these groups")
            return
        loads = self.circuit.loads
        if groups is not None and len(groups) != len(loads):
            raise ShapeError(f"groups: has {len(groups)} entries, the circuit {len(loads)} loads")
        if isinstance(scale, Mapping):
            self._scale = self._named_scale(scale, groups)
            return
        array = as_floats("scale", scale)
        if array.ndim == 1:
            array = array[:, None, None]
        elif array.ndim == 2:
            array = array[:, None, :] if groups is None else array[:, :, None]
        if array.ndim != 3:
            raise ShapeError(
                f"scale: has {array.ndim} dimensions, must be [step], [step, scenario] or "
                "[step, group, scenario]"
            )
        if groups is None:
            if array.shape[1] != 1:
                raise ShapeError(f"scale: has {array.shape[1]} groups, `groups` says whose")
        else:
            self.group_of_load = _numbers(groups, array.shape[1])
        self._scale = array

    def _named_scale(self, scale: Mapping[str, Any], groups: Any) -> np.ndarray:
        if groups is None:
            raise ShapeError("scale: is a table by name, `groups` must name each load's entry")
        names = list(scale)
        for i, g in enumerate(groups):
            if g not in scale:
                raise fault(
                    f"groups[{i}]", repr(g), "must be a name of scale", f"known: {', '.join(names)}"
                )
        rows = []
        for name in names:
            row = as_floats(f"scale[{name!r}]", scale[name])
            if row.ndim not in (1, 2):
                raise ShapeError(f"scale[{name!r}]: must be [step] or [step, scenario]")
            rows.append(row[:, None] if row.ndim == 1 else row)
        self.group_of_load = [names.index(g) for g in groups]
        try:
            return np.stack(np.broadcast_arrays(*rows), axis=1)
        except ValueError as e:
            shapes = ", ".join(f"{n} {list(r.shape)}" for n, r in zip(names, rows, strict=True))
            raise ShapeError(f"scale: {shapes} do not fit each other") from e

    def _fit(self) -> None:
        """Find steps and scenarios, and let what is single go for all."""
        given = {"p": self._p, "q": self._q, "scale": self._scale}
        sizes = []
        for axis, word in ((0, "steps"), (2, "scenarios")):
            found = {n: a.shape[axis] for n, a in given.items() if a is not None}
            if 0 in found.values():
                raise ShapeError(f"{min(found, key=lambda n: found[n])}: has no {word}")
            several = {n: k for n, k in found.items() if k != 1}
            if len(set(several.values())) > 1:
                text = ", ".join(f"{n} has {k}" for n, k in several.items())
                raise ShapeError(f"{text} {word}: they must be equal, or 1")
            sizes.append(max(found.values(), default=1))
        self.arrays.steps, self.arrays.scenarios = sizes
        for name, array in given.items():
            if array is None:
                continue
            whole = np.broadcast_to(array, (sizes[0], array.shape[1], sizes[1]))
            setattr(self.arrays, name, whole)
        if self._scale is not None:
            self.arrays.groups = self._scale.shape[1]

    def run(self, output: str | Sequence[str], nodes: Any, progress: Any) -> xr.Dataset:
        """Solve and label."""
        wanted = [output] if isinstance(output, str) else list(output)
        for word in wanted:
            if word not in OUTPUTS:
                raise fault("output", repr(word), "unknown", f"known: {', '.join(OUTPUTS)}")
        self._fit()
        core = self.circuit._core
        names = [nodes] if isinstance(nodes, str) else nodes
        at = list(range(len(self.circuit.nodes))) if names is None else core.find_nodes(list(names))
        if not at:
            raise ShapeError("nodes: names none")
        shape = (self.arrays.steps, len(at), self.arrays.scenarios)
        if "voltages" in wanted:
            self.arrays.v = _room(shape, np.complex128)
        if "voltages" in wanted or "magnitudes" in wanted:
            self.arrays.v_pu = _room(shape, np.float64)
        self.settings.with_statistics = "statistics" in wanted
        with reporter(progress, label="solving") as tick:
            raw = _core.batch(
                core, self.arrays, self.elements, self.group_of_load, at, self.settings, tick
            )
        self._blank(raw, at)
        data = self._dataset(raw, at)
        _warn_of_failures(raw["status"])
        return data

    def _blank(self, raw: dict[str, Any], at: list[int]) -> None:
        """Put NaN where there is no answer: solves that failed, pu of nodes without a base."""
        failed = raw["status"] != 0
        if failed.any():
            for name in ("head_p_w", "head_q_var", "losses_w"):
                raw[name][failed] = np.nan
            for array in (self.arrays.v, self.arrays.v_pu):
                if array is not None:
                    array[np.broadcast_to(failed[:, None, :], array.shape)] = np.nan
        without = self.circuit.node_base_v[at] == 0
        if without.any():
            for name in raw.keys() & {"v_pu_min", "v_pu_max", "v_pu_mean"}:
                raw[name][without] = np.nan
            if self.arrays.v_pu is not None:
                self.arrays.v_pu[:, without] = np.nan

    def _dataset(self, raw: dict[str, Any], at: list[int]) -> xr.Dataset:
        import xarray as xr

        solve, node, lane = ("step", "scenario"), ("node", "scenario"), ("scenario",)
        held: dict[str, tuple[tuple[str, ...], np.ndarray]] = {
            "status": (solve, raw["status"]),
            "iterations": (solve, raw["iterations"]),
            "residual": (solve, raw["residual"]),
            "p_kw": (solve, raw["head_p_w"] / 1e3),
            "q_kvar": (solve, raw["head_q_var"] / 1e3),
            "loss_kw": (solve, raw["losses_w"] / 1e3),
            "solved": (lane, (raw["status"] == 0).sum(axis=0)),
        }
        if self.settings.with_statistics:
            for name in ("v_pu_min", "v_pu_max", "v_pu_mean", "minutes_low", "minutes_high"):
                held[name] = (node, raw[name])
            held["energy_kwh"] = (lane, raw["energy_wh"] / 1e3)
            held["losses_kwh"] = (lane, raw["losses_wh"] / 1e3)
            held["peak_kw"] = (lane, raw["peak_w"] / 1e3)
        for name in ("v", "v_pu"):
            if (array := getattr(self.arrays, name)) is not None:
                held[name] = (("step", "node", "scenario"), array)
        names = self.circuit.nodes
        data = xr.Dataset(
            {name: (dims, values, {"units": UNITS[name]}) for name, (dims, values) in held.items()},
            coords={
                "node": [names[i] for i in at],
                "node_base_v": ("node", self.circuit.node_base_v[at], {"units": "V"}),
            },
            attrs={
                "circuit": self.circuit.name,
                "step_s": self.settings.step_s,
                "tolerance": self.settings.tolerance,
                "limits_pu": [self.settings.low_pu, self.settings.high_pu],
                "lanes": raw["lanes"],
                "instructions": raw["instructions"],
            },
        )
        data["status"].attrs.update(
            flag_values=list(range(len(STATUS))),
            flag_meanings=" ".join(s.replace(" ", "_") for s in STATUS),
        )
        return data


def _settings(options: Mapping[str, Any]) -> _core.BatchSettings:
    s = _core.BatchSettings()
    s.step_s = seconds(options["dt"])
    if options["start"] not in ("base", "previous"):
        raise fault("start", repr(options["start"]), "unknown", "known: base, previous")
    s.starts_from_previous = options["start"] == "previous"
    low, high = options["limits"]
    if not low < high:
        raise fault("limits", options["limits"], "must be low, high", "(0.95, 1.05) is usual")
    s.low_pu, s.high_pu = low, high
    if not 0 < options["tolerance"] < math.inf:
        raise fault("tolerance", options["tolerance"], "must be above 0", "1e-8 is usual")
    s.tolerance = options["tolerance"]
    s.refine = bool(options["refine"])
    for name in ("max_iterations", "threads"):
        value = options[name]
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise fault(name, repr(value), "must be a whole number above 0", "leave it out")
        setattr(s, name, value)
    if options["lanes"] is not None:
        if options["lanes"] not in LANES:
            raise fault("lanes", options["lanes"], "must be 1, 8, 16 or 32", "leave it out")
        s.lanes = options["lanes"]
    s.instructions = options["instructions"] or ""
    return s


def _numbers(groups: Sequence[Any], count: int) -> list[int]:
    out = []
    for i, g in enumerate(groups):
        if isinstance(g, str) or not 0 <= int(g) < count or int(g) != g:
            rule = f"must be a number from 0 to {count - 1}, the groups of scale"
            raise fault(f"groups[{i}]", repr(g), rule, "names need a table as scale")
        out.append(int(g))
    return out


def _room(shape: tuple[int, int, int], dtype: Any) -> np.ndarray:
    size = math.prod(shape) * np.dtype(dtype).itemsize
    try:
        return np.empty(shape, dtype)
    except (MemoryError, ValueError) as e:
        raise Error(
            f"voltages of {shape[0]} steps, {shape[1]} nodes and {shape[2]} scenarios take "
            f"{size / 2**30:.1f} GiB, which is not there; "
            'output="statistics" keeps none of them, nodes=[...] some'
        ) from e


def _warn_of_failures(status: np.ndarray) -> None:
    failed = np.argwhere(status != 0)
    if not len(failed):
        return
    step, scenario = (int(i) for i in failed[0])
    warnings.warn(
        f"{len(failed)} of {status.size} power flows were not solved, the first at step {step}, "
        f"scenario {scenario}: {STATUS[status[step, scenario]]}",
        LaneFailedWarning,
        stacklevel=4,
    )
