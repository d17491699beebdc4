# SPDX-License-Identifier: Apache-2.0
"""Repeats a run from its results file alone, and says whether every bit came out again."""

from __future__ import annotations

import contextlib
import os
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import _core
from . import dispatch as _dispatch
from .errors import Error, IncompleteResultsWarning, IoError, ScenarioError
from .results import Results
from .scenario import Scenario


@dataclass(frozen=True)
class Rerun:
    """Outcome of a repetition.

    Attributes
    ----------
    is_equal : bool
        Every dataset of the new file is that of the old one, bit for bit; recorded hashes included.
    hashes : int
        Rows of recorded hashes that were compared, one a tick and lane.
    what : str
        The first dataset that is not equal; "" when none.
    """

    is_equal: bool
    hashes: int
    what: str


def rerun(
    results: Results | str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    progress: Any = None,
    threads: int = 1,
) -> Rerun:
    """Run again what a results file was made from: its scenario, inputs and strategies.

    Files come out of the results file, checked against their SHA-256; a Python strategy is imported
    and its source must be the one that was run.

    Raises
    ------
    Error
        When the run was not complete, or the source of a strategy has changed.
    IoError
        When an embedded file does not match its hash.
    """
    res = results if isinstance(results, Results) else Results(results)
    if res.status not in ("complete", "failed"):
        raise Error(f"{res.path}: the run is {res.status}; only a run to the end can be repeated")
    _require_whole(res)
    if out is not None and Path(out).exists() and Path(out).samefile(res.path):
        raise Error(f"{out}: is what is to be repeated; choose another name for the new results")
    with tempfile.TemporaryDirectory(prefix="gridflock-rerun-") as folder:
        scenario = _restore(res, _study(folder))
        target = Path(out) if out is not None else Path(folder) / "again.h5"
        new = _run(res, scenario, target, progress, threads)
        what = unequal(res, new)
        hashes = len(res.rows("hashes")) if "hashes" in res.tables else 0
        new.close()
    return Rerun(not what, hashes, what)


def _require_whole(res: Results) -> None:
    if "lanes" in res.attrs:
        raise Error(f"{res.path}: holds some lanes of an ensemble; merge all shards and give that")
    if int(res.attrs.get("segment", 0)) > 0:
        raise Error(f"{res.path}: is one segment of a run; give the first, which stands for all")


@contextlib.contextmanager
def in_full(res: Results, world: int, variant: str, until: int) -> Iterator[Results]:
    """A lane again, all recorded at every step, hashes too, at least to the instant `until`, ns.

    The results go when the context ends. Raises as `rerun` does.
    """
    with tempfile.TemporaryDirectory(prefix="gridflock-rerun-") as folder:
        sc = _restore(res, _study(folder))
        sc.record.every = sc.time.step
        sc.record.segment = ""
        sc.record.hashes = True
        sc.record.variables = [v["key"] for v in _core.variables()]
        plugins = sc._plugins()[0]
        path = str(Path(folder) / "full.h5")
        if "ensemble_worlds" in res.attrs:
            lanes = len(res.variants)
            worlds = (world, world + 1)
            path = _core.run_parts(sc._core, folder, plugins, worlds, lanes, 1, False)[0][0]
        else:
            reached = [0]
            _core.run(
                sc._core,
                path,
                plugins,
                [variant],
                lambda begin, now, end: reached.__setitem__(0, now),
                is_stopped=lambda: reached[0] > until,
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", IncompleteResultsWarning)  # it went as far as asked
            full = Results(path)
        with full:
            yield full


def _study(folder: str) -> Path:
    base = Path(folder) / "a" / "b" / "c" / "study"  # room for names that go up
    base.mkdir(parents=True)
    return base


def _run(res: Results, sc: Scenario, out: Path, progress: Any, threads: int) -> Results:
    from .ensemble import Ensemble

    if "ensemble_worlds" in res.attrs:
        return Ensemble(sc).run(out=out, progress=progress, threads=threads)
    return sc.run(out=out, progress=progress, variants=res.variants)


def _restore(res: Results, base: Path) -> Scenario:
    """The scenario, with its input files in `base`."""
    text = res.scenario_text
    core = _core.Scenario.read(text)  # what it names need not be there yet
    overrides = {}
    for name in res.inputs():
        if name == "scenario.toml":
            continue
        if name.startswith("strategy/"):
            _check_strategy(res, name)
            continue
        wanted = _place(core, name)
        if wanted is None:
            continue
        key, relative = wanted
        if os.path.isabs(relative):
            relative = Path(relative).name
            if key:
                overrides[key] = relative
        _write(base, relative, res.input(name))
    sc = Scenario.parse(text, base, overrides)
    object.__setattr__(sc, "_is_changed", False)
    return sc


def _place(core: Any, name: str) -> tuple[str, str] | None:
    """(key that names it, path relative to the study) of an embedded file."""
    feeder = str(core.get("feeder.file") or "")
    if name in ("feeder.file", "weather.file", "market.file"):
        return name, str(core.get(name))
    if name.startswith("feeder.file:"):
        beside = Path(feeder).name if os.path.isabs(feeder) else feeder
        return "", os.path.join(os.path.dirname(beside), name.partition(":")[2])
    if name == "market.region":
        return "", f"markets/{core.get('market.region')}.toml"
    if name == "comms.preset":
        return "", f"comms/{core.get('comms.preset')}.toml"
    if name.startswith("shapes."):
        return "", f"shapes/{name.partition('.')[2]}.toml"
    return None


def _write(base: Path, relative: str, content: bytes) -> None:
    path = Path(os.path.normpath(base / relative))
    top = base.parents[3]
    if not path.is_relative_to(top):
        raise IoError(f"an embedded file wants to lie outside of the study: {relative}", relative)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _check_strategy(res: Results, name: str) -> None:
    reference = name.removeprefix("strategy/").removesuffix(".py")
    target = _dispatch.entry_points().get(reference, reference)
    try:
        _, text = _dispatch.source(target, None)
    except ScenarioError as e:
        raise Error(
            f"strategy {reference}: cannot be imported here ({e}); run in the folder of its module "
            f"or put that on PYTHONPATH (a class of a script needs a module of its own); its "
            f"source is in the file: Results.input({name!r})"
        ) from e
    if text.encode() != res.input(name):
        raise Error(
            f"strategy {reference}: its source is not the one that {res.path} was made with; that "
            f"is in the file: Results.input({name!r})"
        )


def unequal(a: Results, b: Results) -> str:
    """What of two files is not equal bit for bit, in words; "" when nothing."""
    import numpy as np

    def names(group: Any) -> list[str]:
        found: list[str] = []
        group.visititems(lambda n, o: found.append(n) if hasattr(o, "shape") else None)
        return sorted(n for n in found if not n.startswith("inputs/"))

    with a._file() as x, b._file() as y:
        if names(x) != names(y):
            return f"datasets: {sorted(set(names(x)) ^ set(names(y)))}"
        for name in names(x):
            p, q = x[name][()], y[name][()]
            if p.shape != q.shape:
                return f"{name}: {p.shape} against {q.shape}"
            same = np.array_equal(p, q, equal_nan=p.dtype.kind == "f")
            if not same:
                return name
    return ""
