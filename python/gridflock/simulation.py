# SPDX-License-Identifier: Apache-2.0
"""A simulation that the caller steps: look into it, save it as bytes, go on from there, fork it.

>>> sim = gf.Simulation(sc)
>>> sim.advance_until("2024-07-15T17:00")
>>> saved, other = sim.checkpoint(), sim.fork()
>>> sim.advance_for("1 h")
>>> sim.read("head.p_kw").sel(variant="no_vpp")
"""

from __future__ import annotations

import functools
import os
import warnings
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core
from ._hdf5 import require_replaceable
from ._progress import reporter
from ._stop import uninterrupted
from ._time import instant_ns
from .errors import Error, IoError, LaneFailedWarning
from .results import Results, failure_text
from .scenario import Progress, Scenario, Variants

if TYPE_CHECKING:
    import xarray as xr


class Simulation:
    """All variants (and worlds) of a scenario, side by side, stepped by the caller.

    What acts on it is in the scenario: strategies, and what variants do otherwise. The caller looks
    in, saves and goes on; to compare two courses, run them as two variants.

    Pickles as its scenario and the bytes of `checkpoint`, so whoever loads it needs the scenario's
    files at their places; a results file stays with the original. One thread at a time uses it.
    Ctrl-C comes between two steps and leaves all as it is there (a second one at once). After an
    exception of a strategy it cannot go on.

    Parameters
    ----------
    scenario
        What is simulated; a copy is taken.
    variants
        As for `Scenario.run`: overrides by name, or names of those to run.
    out
        Record into this results file, as `Scenario.run` does: at the end it is complete. Leave a
        ``with`` block, or `close`, to end it before, as interrupted. When it cannot be written, the
        step that finds out raises IoError at its end; the simulation goes on without it.

    Raises
    ------
    ScenarioError
        With every fault.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        variants: Variants = None,
        out: str | os.PathLike[str] | None = None,
    ) -> None:
        self._scenario, self._chosen = _prepared(scenario, variants)
        self._out = _results_path(out)
        plugins, attributes, inputs = self._scenario._plugins()
        self._core = _core.Simulation.begin(
            self._scenario._core,
            plugins,
            self._chosen,
            self._out,
            attributes,
            inputs,
            self._scenario._is_changed,
        )
        self._told = 0
        self._frames: dict[str, xr.DataArray] = {}

    @classmethod
    def restore(
        cls, scenario: Scenario, checkpoint: bytes, *, variants: Variants = None
    ) -> Simulation:
        """Go on where `checkpoint` was taken: every later bit is that of the straight run.

        Scenario and variants must be those it was taken of, and so must be the source of each
        Python strategy's class, as far as it can be had (not what the class calls). Its part of the
        checkpoint is a pickle of its attributes, which count: restore only what you trust.

        Raises
        ------
        CheckpointError
            Not a checkpoint, damaged, of another study or version.
        """
        if not isinstance(checkpoint, (bytes, bytearray, memoryview)):
            raise Error(f"checkpoint is a {type(checkpoint).__name__}, it must be bytes")
        sc, chosen = _prepared(scenario, variants)
        core = _core.Simulation.restore(sc._core, sc._plugins()[0], chosen, bytes(checkpoint))
        return cls._of(sc, chosen, core)

    @classmethod
    def _of(cls, scenario: Scenario, chosen: list[str], core: Any) -> Simulation:
        self = cls.__new__(cls)
        self._scenario, self._chosen, self._core = scenario, chosen, core
        self._out, self._frames = "", {}
        self._told = len(core.failures)
        return self

    # Time

    @property
    def begin(self) -> np.datetime64:
        """Where it begins (the warm-up, if there is one), UTC."""
        return np.datetime64(self._core.begin_ns, "ns")

    @property
    def start(self) -> np.datetime64:
        """Where the warm-up ends, UTC: from here on the feeder is solved, and there is something to
        `read`."""
        return np.datetime64(self._core.start_ns, "ns")

    @property
    def now(self) -> np.datetime64:
        """Start of the next step, UTC."""
        return np.datetime64(self._core.now_ns, "ns")

    @property
    def end(self) -> np.datetime64:
        """Where it ends, UTC."""
        return np.datetime64(self._core.end_ns, "ns")

    @property
    def done(self) -> bool:
        """Whether it has come to its end."""
        return bool(self._core.now_ns >= self._core.end_ns)

    def step(self) -> None:
        """Advance by one step of ``[time]``; at the end, nothing."""
        self._advance(self._core.now_ns + self._core.step_ns)

    def advance_for(self, duration: str | timedelta | np.timedelta64) -> None:
        """Advance until `duration` ("1 h", a timedelta) has passed, by whole steps."""
        self._advance(self._core.now_ns + _duration_ns(duration))

    def advance_until(self, time: Any, *, progress: Progress = False) -> None:
        """Advance until `now` has reached an instant, by whole steps, or to the end; when it has
        already, do nothing.

        Parameters
        ----------
        time
            A datetime64 or ns since 1970, both UTC as `now` is; or a datetime or ISO 8601, which
            without an offset are wall time in the scenario's zone.
        progress
            As for `Scenario.run`.
        """
        self._advance(instant_ns(time, str(self._scenario.time.zone)), progress)

    def run(self, *, progress: Progress = None) -> None:
        """Advance to the end; `progress` as for `Scenario.run`."""
        self._advance(self._core.end_ns, progress)

    def _advance(self, until_ns: int, progress: Progress = False) -> None:
        until_ns = min(until_ns, self._core.end_ns)
        with uninterrupted() as is_stopped, reporter(progress) as report:
            self._core.advance(until_ns, report, is_stopped)
        failures = self.failures[self._told :]
        self._told += len(failures)
        for failure in failures:
            warnings.warn(f"a variant failed: {failure}", LaneFailedWarning, stacklevel=3)

    # What is in it

    @property
    def scenario(self) -> Scenario:
        """A copy of what is simulated."""
        return self._scenario.copy()

    @property
    def variants(self) -> list[str]:
        """Their names."""
        return list(self._core.variants)

    @property
    def worlds(self) -> list[int]:
        """Their numbers."""
        return sorted({world for world, _ in self._core.lanes})

    @property
    def failures(self) -> list[str]:
        """Lanes that stopped on the way, in words; the others go on."""
        names = self._core.variants
        return [
            failure_text(world, names[variant], np.datetime64(ns, "ns"), *why)
            for world, variant, ns, *why in self._core.failures
        ]

    def read(self, variable: str) -> xr.DataArray:
        """A variable as the last step left it, named and with the unit it has in results.

        Parameters
        ----------
        variable
            Of head, node, device or site: "head.p_kw", "device.soc". What is measured at instants
            of its own (meter, telemetry, fleet) and tables are in results only.

        Returns
        -------
        DataArray [world, variant] or [world, variant, node | device | site]
            A copy, not rounded as results are; its coordinate `time` is the start of that step, as
            in results. NaN: no value, or the lane has failed.

        Raises
        ------
        Error
            Unknown, not of this study, or no step was made since the warm-up.
        """
        values = self._core.read(str(variable))
        name = str(variable).partition(".")[2]
        frame = self._frame(str(variable))
        shown = frame.copy(data=values.reshape(frame.shape))  # with coordinates of its own
        begin_ns = self._core.now_ns - self._core.step_ns
        shown["time"].variable.values = np.asarray(np.datetime64(begin_ns, "ns"))
        shown.name = name
        return shown

    def _frame(self, variable: str) -> xr.DataArray:
        """An array of the variable's shape, coordinates and unit: making one is what takes time."""
        if variable not in self._frames:
            import xarray as xr

            entry = _variables()[variable]
            coords: dict[str, Any] = {"world": self.worlds, "variant": self.variants}
            if entry["entity"]:
                coords[entry["entity"]] = self._core.labels(variable.partition(".")[0])
            axes = list(coords)
            empty = np.empty([len(c) for c in coords.values()])
            coords["time"] = self.now
            units = {"units": entry["unit"]}
            self._frames[variable] = xr.DataArray(empty, coords, axes, attrs=units)
        return self._frames[variable]

    def hash(self, variant: str | None = None, world: int | None = None, room: str = "") -> int:
        """64-bit hash of the state of one lane, or of one room's part of it ("device").

        Equal for the same lane however it was run; the first variant and world by default. That
        of `hashes` in results is taken as the step is recorded, before the sums of an interval
        that it closes begin anew.
        """
        variants, worlds = self.variants, self.worlds
        v, w = variants[0] if variant is None else variant, worlds[0] if world is None else world
        for value, known in ((v, variants), (w, worlds)):
            if value not in known:
                raise Error(f"no {value!r} in this simulation: {', '.join(map(str, known))}")
        lanes = self._core.lanes
        return int(self._core.hash(lanes.index((w, variants.index(v))), str(room)))

    # Saving

    def checkpoint(self) -> bytes:
        """The run as bytes, for `restore`; C++ reads and writes the same.

        Raises
        ------
        CheckpointError
            Naming the strategy that cannot be saved.
        """
        with uninterrupted():
            return bytes(self._core.checkpoint())

    def fork(self) -> Simulation:
        """A second run from here on, without a results file. By itself it does the same; what
        should differ is a variant.

        Raises
        ------
        CheckpointError
            Naming the strategy that cannot be saved.
        """
        with uninterrupted():
            return self._of(self._scenario, self._chosen, self._core.fork())

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickle, (type(self), self._scenario, self._chosen, self.checkpoint())

    # Results

    def close(self) -> None:
        """End the results file, as interrupted when the run has not come to its end."""
        self._core.close()

    def results(self) -> Results:
        """The results file, once it has ended: at the end of the run, or by `close`.

        Raises
        ------
        Error
            When there is none, or it goes on.
        """
        if not self._out:
            raise Error("this simulation has no results file: Simulation(scenario, out='day.h5')")
        if not self._core.has_ended:
            raise Error(f"{self._out}: the run is at {self.now}; close() ends its results before")
        return Results(self._out)

    def __enter__(self) -> Simulation:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Simulation({self._scenario!r}, at {self.now} of {self.end})"


def _prepared(scenario: Scenario, variants: Variants) -> tuple[Scenario, list[str]]:
    if not isinstance(scenario, Scenario):
        raise Error(f"scenario is {scenario!r}, it must be a Scenario: gf.load_scenario(path)")
    sc = scenario.copy()
    chosen = sc._choose(variants)
    sc._open()
    return sc, chosen


def _results_path(out: str | os.PathLike[str] | None) -> str:
    if out is None:
        return ""
    if not isinstance(out, (str, os.PathLike)) or not os.fspath(out):
        raise Error(f"out is {out!r}, it must be the path of a results file")
    path = os.fspath(out)
    folder = os.path.dirname(os.path.abspath(path))
    if not os.path.isdir(folder):
        raise IoError(f"{path}: there is no folder {folder}", path)
    require_replaceable(path)
    return path


def _duration_ns(duration: str | timedelta | np.timedelta64) -> int:
    if isinstance(duration, np.timedelta64) and not np.isnat(duration):
        duration = timedelta(microseconds=int(duration.astype("timedelta64[us]").astype(int)))
    if isinstance(duration, timedelta):
        ns = (duration // timedelta(microseconds=1)) * 1000
    elif isinstance(duration, str):
        ns = round(_core.parse_duration_s(duration) * 1e9)
    else:
        raise Error(f"duration is {duration!r}, write it as '1 h' or a timedelta")
    if ns <= 0:
        raise Error(f"duration is {duration!r}, it must be more than 0")
    return ns


@functools.cache
def _variables() -> dict[str, dict[str, Any]]:
    return {v["key"]: v for v in _core.variables()} | {v["name"]: v for v in _core.variables()}


def _unpickle(
    cls: type[Simulation], scenario: Scenario, chosen: list[str], checkpoint: bytes
) -> Simulation:
    return cls.restore(scenario, checkpoint, variants=chosen or None)
