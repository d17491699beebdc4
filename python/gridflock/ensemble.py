# SPDX-License-Identifier: Apache-2.0
"""Many worlds and variants of one scenario, on threads, processes or a cluster.

>>> ens = gf.Ensemble(sc, worlds=200, variants={"off": {"dispatch": None}}).run(threads=2)
>>> ens.head.p_kw.mean("world")
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from . import _core
from ._hdf5 import being_written, require_replaceable
from ._merge import merge
from ._progress import reporter
from .errors import CheckpointError, Error, IoError, LaneFailedWarning
from .results import Results, require_nothing_lost
from .scenario import Scenario, whole

_WIDTH = 8  # lanes a block: two registers of AVX-512, four of AVX2


class Ensemble:
    """`worlds` times `variants` of a scenario.

    A world is its weather, people, failures and network noise; variants are what is done about it.
    Every world meets every variant, so differences between variants are exact. What a lane does is
    the same bit for bit for any number of threads, block width, executor and shard.

    Parameters
    ----------
    scenario
        What is run.
    worlds
        How many, from world 0 on; by default the scenario's own number.
    variants
        Overrides by name, as for `Scenario.run`; by default the scenario's own.
    """

    def __init__(
        self,
        scenario: Scenario,
        worlds: int | None = None,
        variants: Mapping[str, Mapping[str, Any] | None] | None = None,
    ) -> None:
        if not isinstance(scenario, Scenario):
            raise Error(f"scenario is {scenario!r}, it must be a Scenario: gf.load_scenario(path)")
        self.scenario = scenario.copy()
        if worlds is not None:
            self.scenario._set("worlds", worlds)
        if variants is not None:
            self.scenario._set("variants", variants)

    @property
    def worlds(self) -> int:
        """How many."""
        return int(self.scenario.worlds)

    def run(
        self,
        duration: Any = None,
        step: Any = None,
        *,
        out: str | os.PathLike[str] | None = None,
        threads: int = 1,
        width: int = _WIDTH,
        executor: Executor | None = None,
        resume: bool = False,
        progress: bool | Callable[[float], None] | None = None,
    ) -> Results:
        """Run all lanes and return the results, with the dimensions world and variant.

        Parameters
        ----------
        duration, step
            As for `Scenario.run`.
        out
            The results file; parts of it wait in the folder ``<out>.parts`` until all are there.
        threads
            Of this process, each with one block of lanes at a time.
        width
            Lanes a block: more share the work of a power flow, fewer need less memory.
        executor
            Any `concurrent.futures.Executor` to run shards in place of threads: processes, or
            ``dask.distributed.Client.get_executor()``. Its workers write into the folder of parts,
            so they must see the same disk.
        resume
            Go on with the parts that an interrupted run has left; finished ones are not run again,
            and nothing is when `out` holds this very run, complete.
        progress
            As for `Scenario.run`; with an executor it moves as tasks end.

        Warns
        -----
        LaneFailedWarning
            When lanes failed, in this process or elsewhere; `Results.failures` has them all.
        """
        whole("threads", threads)
        whole("width", width)
        if executor is not None and not hasattr(executor, "submit"):
            raise Error(f"executor is {executor!r}, it must be a concurrent.futures.Executor")
        sc = _timed(self.scenario, duration, step)
        target = Path(out) if out is not None else Path(_temporary())
        require_replaceable(target)
        with folder_of_parts(target, is_kept=out is not None) as folder:
            if resume and _core.is_complete(os.fspath(target), _digest(sc)):
                clear(folder)
                return Results(target)
            if resume:
                require_nothing_lost(target)
                if os.path.exists(f"{target}.checkpoint"):
                    raise CheckpointError(
                        f"{target}.checkpoint: is of a run that is no ensemble; go on with that "
                        "one, or remove it to start anew"
                    )
            else:
                clear(folder)
            if executor is None:
                paths = _run_parts(sc, (0, self.worlds), folder, width, threads, progress)
            else:
                paths = _scatter(executor, sc, self.worlds, folder, width, progress)
            merge(paths, target)
            clear(folder)
        with contextlib.suppress(FileNotFoundError):
            os.remove(f"{target}.checkpoint")  # of a run whose results these replace
        results = Results(target, is_temporary=out is None)
        warn_of_failures(results)
        return results

    def run_shard(
        self,
        shard: str,
        out: str | os.PathLike[str],
        duration: Any = None,
        step: Any = None,
        *,
        threads: int = 1,
        width: int = _WIDTH,
        resume: bool = True,
        progress: bool | Callable[[float], None] | None = None,
    ) -> Path:
        """Run one share of the worlds, "i/n" (1/n to n/n), for `gridflock.merge`.

        Writes ``<out>`` with ``.i-of-n`` before its ending, and a manifest beside it.
        """
        from . import shards

        whole("threads", threads)
        whole("width", width)
        return shards.run(self, shard, out, duration, step, threads, width, resume, progress)


@contextlib.contextmanager
def folder_of_parts(target: Path, is_kept: bool = True) -> Iterator[Path]:
    """The folder ``<target>.parts``, of this run alone as long as the context lasts.

    It goes when nothing is left in it; parts stay for a run that goes on, unless not `is_kept`.
    Raises IoError when it cannot be made, or another run has it.
    """
    folder = Path(f"{target}.parts")
    handle = -1
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as e:
            raise IoError(f"{folder}: {e.strerror}", str(folder)) from e
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise being_written(target) from None
        except OSError:
            pass  # a file system without such locks
        try:
            yield folder
        finally:
            if not is_kept:
                clear(folder)
            with contextlib.suppress(OSError):
                folder.rmdir()  # when nothing is in it
    finally:
        if handle >= 0:
            os.close(handle)


def clear(folder: Path) -> None:
    """Removes the parts in a folder; what is not ours stays."""
    for part in folder.glob("part-*.h5*"):
        part.unlink()


def _timed(scenario: Scenario, duration: Any, step: Any) -> Scenario:
    from datetime import timedelta

    sc = scenario.copy()
    for path, value in (("time.duration", duration), ("time.step", step)):
        if isinstance(value, timedelta):
            value = f"{value.total_seconds():g} s"
        if value is not None:
            sc._set(path, value)
    return sc


def _prepared(sc: Scenario) -> tuple[Scenario, dict[str, Any], list[Any], list[Any]]:
    """A copy with its inputs found; its strategies in Python, root attributes and their texts."""
    sc = sc.copy()
    sc._open()
    plugins, attributes, inputs = sc._plugins()
    return sc, plugins, [*attributes, ("ensemble_worlds", str(sc.worlds))], inputs


def _digest(sc: Scenario) -> str:
    """The `run_digest` of the whole ensemble's results."""
    sc, plugins, attributes, inputs = _prepared(sc)
    return _core.run_digest(sc._core, plugins, [], attributes, inputs)


def _run_parts(
    sc: Scenario,
    worlds: tuple[int, int],
    folder: str | os.PathLike[str],
    width: int,
    threads: int,
    progress: Any = False,
) -> list[str]:
    """Runs worlds [first, last) into a folder of parts; returns their paths."""
    sc, plugins, attributes, inputs = _prepared(sc)
    with reporter(progress) as report:
        paths, _, _ = _core.run_parts(
            sc._core,
            os.fspath(folder),
            plugins,
            worlds,
            width,
            threads,
            True,
            report,
            attributes,
            inputs,
        )
    return list(paths)


def warn_of_failures(results: Results) -> None:
    """Warns the caller's caller when lanes failed. The file tells it, wherever they ran."""
    failures = results.failures
    if failures:
        warnings.warn(
            f"{len(failures)} lanes failed; the first: {failures[0]}",
            LaneFailedWarning,
            stacklevel=3,
        )


def _scatter(
    executor: Executor, sc: Scenario, worlds: int, folder: Path, width: int, progress: Any
) -> list[str]:
    workers = int(getattr(executor, "_max_workers", 0) or os.cpu_count() or 1)
    share = max(1, -(-worlds // (4 * workers)))
    folder = folder.resolve()
    with reporter(progress, "worlds") as report:
        futures: list[Any] = []
        paths: list[str] = []
        try:
            for w in range(0, worlds, share):
                part = (w, min(w + share, worlds))
                futures.append(executor.submit(_run_parts, sc, part, str(folder), width, 1))
            for number, future in enumerate(futures, 1):
                paths += future.result()
                if report is not None:
                    report(0, number, len(futures))
        except BaseException:
            for future in futures:
                future.cancel()
            raise
    return paths


def _temporary() -> str:
    handle, path = tempfile.mkstemp(suffix=".h5", prefix="gridflock-")
    os.close(handle)
    os.unlink(path)
    return path


def shares(worlds: int, count: int) -> Sequence[tuple[int, int]]:
    """[first, last) of each of `count` shards: whole worlds, as even as they go."""
    if not 1 <= count <= worlds:
        raise Error(f"{count} shards of {worlds} worlds: give 1 to {worlds}")
    return [(worlds * i // count, worlds * (i + 1) // count) for i in range(count)]
