# SPDX-License-Identifier: Apache-2.0
"""Scenarios: the description of a study, by attribute.

Every key, its unit, range and default come from the field tables of the C++ library; nothing is
written twice. ``sc.comms.loss = 0.02`` sets the key ``loss`` of ``[comms]``.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from . import _core
from . import dispatch as _dispatch
from ._data import data_dirs
from ._progress import reporter
from ._stop import on_signals
from ._write import write_whole
from .errors import Error, Fault, GridflockWarning, LaneFailedWarning, ScenarioError
from .results import Results, require_nothing_lost

Progress = bool | Callable[[float], None] | None
Variants = Mapping[str, Mapping[str, Any] | None] | list[str] | None


@functools.cache
def _fields() -> dict[str, dict[str, Any]]:
    """Field docs by path, without "[]"."""
    return {d["path"].replace("[]", ""): d for d in _core.fields()}


def _plain(path: str) -> str:
    return re.sub(r"\[[^\]]*\]", "", path)


def fields() -> list[dict[str, Any]]:
    """Every key of a scenario: path, type, unit, range, default, doc, choices."""
    return list(_core.fields())


def scenario_schema() -> dict[str, Any]:
    """The JSON Schema of scenario files."""
    return dict(json.loads(_core.scenario_schema()))


class Section:
    """A table of a scenario: its keys are attributes."""

    def __init__(self, scenario: Scenario, path: str) -> None:
        object.__setattr__(self, "_scenario", scenario)
        object.__setattr__(self, "_path", path)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._scenario._get(f"{self._path}.{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        self._scenario._set(f"{self._path}.{name}", value)

    def __dir__(self) -> list[str]:
        prefix = _plain(self._path) + "."
        return [
            p[len(prefix) :]
            for p in _fields()
            if p.startswith(prefix) and "." not in p[len(prefix) :]
        ]

    def to_dict(self) -> dict[str, Any]:
        """The section as plain values."""
        return dict(self._scenario._core.get(self._path))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Section) and self.to_dict() == other.to_dict()

    def __repr__(self) -> str:
        return f"[{self._path}] {self.to_dict()!r}"


class SectionList:
    """A list of tables, by number or by name: ``sc.fleet["roofs"].rated_kw``."""

    def __init__(self, scenario: Scenario, path: str) -> None:
        self._scenario = scenario
        self._path = path

    def _items(self) -> list[dict[str, Any]]:
        return list(self._scenario._core.get(self._path) or [])

    def __len__(self) -> int:
        return len(self._items())

    def __getitem__(self, key: int | str) -> Section:
        items = self._items()
        if isinstance(key, str):
            names = [str(i.get("name", "")) for i in items]
            if key not in names:
                raise KeyError(f"no '{key}' in [[{self._path}]]: {', '.join(names)}")
            key = names.index(key)
        if not -len(items) <= key < len(items):
            raise IndexError(f"[[{self._path}]] has {len(items)} entries")
        return Section(self._scenario, f"{self._path}[{key % len(items)}]")

    def __iter__(self) -> Iterator[Section]:
        return (self[i] for i in range(len(self)))

    def append(self, **values: Any) -> None:
        """Add an entry."""
        self._scenario._set(self._path, [*self._items(), values])

    def __repr__(self) -> str:
        return f"[[{self._path}]] x {len(self)}"


class Scenario:
    """A study: feeder, weather, fleets, messages, market, dispatch, and how long.

    Make one with `gridflock.load_scenario`, `Scenario.parse` or `gridflock.examples`.
    """

    def __init__(self, core: Any = None) -> None:
        object.__setattr__(self, "_core", core if core is not None else _core.Scenario())
        object.__setattr__(self, "_prototypes", {})  # of strategies in Python: of dispatch,
        object.__setattr__(self, "_rivals", {})  # and of variants
        object.__setattr__(self, "_is_changed", core is None)

    # Reading and writing

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], overrides: Mapping[str, Any] | None = None
    ) -> Scenario:
        """Read a scenario file. Raises ScenarioError with every fault."""
        sc = cls(_core.Scenario.load(os.fspath(path), _texts(overrides), data_dirs()))
        object.__setattr__(sc, "_is_changed", bool(overrides))
        return sc

    @classmethod
    def parse(
        cls,
        text: str,
        base_dir: str | os.PathLike[str] = ".",
        overrides: Mapping[str, Any] | None = None,
        name: str = "",
    ) -> Scenario:
        """Read a scenario from TOML text; relative names start at `base_dir`."""
        texts = _texts(overrides)
        sc = cls(_core.Scenario.parse(text, os.fspath(base_dir), texts, data_dirs(), True, name))
        object.__setattr__(sc, "_is_changed", bool(overrides))
        return sc

    def to_toml(self) -> str:
        """TOML text that reads back equal; keys that hold their default are left out."""
        return str(self._core.to_toml())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the TOML text to a file."""
        write_whole(path, self.to_toml())

    def validate(self) -> list[Fault]:
        """Every fault at once; empty when the scenario can run."""
        core = self._core.copy()
        with contextlib.suppress(Error):  # told by validate
            core.open_inputs(data_dirs())
        faults = list(core.validate())
        if not len(self.fleet):
            faults.append(self._no_fleet())
        plugins: dict[str, Any] = {}
        try:
            plugins = self._plugins()[0]
        except ScenarioError as e:
            told = {f.path for f in faults}
            found = e.faults or [_fault(self.file, "dispatch.strategy", "", str(e), "")]
            faults += [f for f in found if f.path not in told]
        if not faults:
            try:
                _core.run_digest(core, plugins, [], [], [], False)  # what only a run would tell
            except ScenarioError as e:
                faults += e.faults
        return faults

    def _no_fleet(self) -> Fault:
        remedy = "add a [[fleet]] with its units"
        return _fault(self.file, "fleet", "", "needs at least one", remedy)

    def copy(self) -> Scenario:
        """An independent copy."""
        other = Scenario(self._core.copy())
        other._take_strategies(self._prototypes, self._rivals)
        object.__setattr__(other, "_is_changed", self._is_changed)
        return other

    def _take_strategies(self, prototypes: dict[str, Any], rivals: dict[str, Any]) -> None:
        self._prototypes.update(prototypes)
        self._rivals.update({name: dict(uses) for name, uses in rivals.items()})

    def replace(self, changes: Mapping[str, Any] | None = None, **more: Any) -> Scenario:
        """A copy with some keys changed: ``sc.replace(dispatch=None)``,
        ``sc.replace({"comms.loss": 0.1})``."""
        other = self.copy()
        for path, value in {**(changes or {}), **more}.items():
            other._set(path, value)
        return other

    def variant(self, name: str) -> Scenario:
        """The scenario with one variant's overrides applied."""
        other = Scenario(self._core.apply_variant(name))
        own = {k: uses[name] for k, uses in self._rivals.items() if name in uses}
        other._take_strategies(self._prototypes | own, {})
        object.__setattr__(other, "_is_changed", True)
        return other

    @property
    def file(self) -> str:
        """The file it was read from, or ""."""
        return str(self._core.file)

    # Attributes

    def _get(self, path: str) -> Any:
        try:
            value = self._core.get(path)
        except ScenarioError as e:
            raise AttributeError(str(e)) from e
        doc = _fields().get(_plain(path))
        if isinstance(value, list) and doc and doc["is_section"]:
            return SectionList(self, path)
        if isinstance(value, dict) and doc and doc["is_section"]:
            return Section(self, path)
        return value

    def _set(self, path: str, value: Any) -> None:
        object.__setattr__(self, "_is_changed", True)
        if path == "dispatch":
            self._set_dispatch(value)
        elif path == "market" and value is None:
            self._core.set(path, {"region": "", "file": ""})
        elif path == "variants":
            self._core.clear_variants()
            self._rivals.clear()
            _require_overrides(value)
            if value:
                self._core.set(path, {k: self._overrides(v, k) for k, v in dict(value).items()})
        elif isinstance(value, Section):
            self._core.set(path, value.to_dict())
        else:
            self._core.set(path, value)

    def _set_dispatch(self, value: Any) -> None:
        if value is None or value is False:
            self._core.set("dispatch", False)
            return
        if isinstance(value, Section):
            value = value.to_dict()
        if isinstance(value, type) and hasattr(value, "to_table"):
            raise Error(
                f"dispatch = {value.__name__}: is a class; make one: {value.__name__}(...), "
                "with its settings"
            )
        if hasattr(value, "to_table"):
            self._remember(value)
            # A new strategy: the settings of the old one go.
            self._core.clear_parameters()
            value = {"enabled": True, **value.to_table()}
            if "limit_kw" not in value:
                self._core.set("dispatch.limit_kw", None)
        self._core.set("dispatch", value)

    def _remember(self, strategy: Any, variant: str = "") -> None:
        if not isinstance(strategy, _dispatch.Strategy):
            return
        name = _dispatch.reference(type(strategy))
        if variant:
            self._rivals.setdefault(name, {})[variant] = strategy
        else:
            self._prototypes[name] = strategy

    def _prototype(self, name: str, is_base: bool) -> Any:
        """The instance that runs copy. Raises ScenarioError when uses of it need different ones."""
        uses: dict[str, Any] = dict(self._rivals.get(name, {}))
        if is_base and name in self._prototypes:
            uses = {"dispatch": self._prototypes[name], **uses}
        first = next(iter(uses), "")
        for other, strategy in uses.items():
            if not _dispatch.same_rest(uses[first], strategy):
                rule = f"differs between {first} and {other} in more than numbers"
                remedy = "give each of them a class of its own"
                fault = _fault(self.file, "dispatch.strategy", name, rule, remedy)
                raise ScenarioError(fault.text, [fault])
        return uses.get(first)

    def _overrides(self, overrides: Mapping[str, Any] | None, variant: str) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for path, value in dict(overrides or {}).items():
            if path == "dispatch" and value is None:
                value = False
            if hasattr(value, "to_table"):
                self._remember(value, variant)
                value = value.to_table()
            out[path] = value
        return out

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._set(name, value)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(p for p in _fields() if "." not in p)]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scenario) and self.to_toml() == other.to_toml()

    def __repr__(self) -> str:
        return f"Scenario({self.file or 'in memory'}, seed={self.seed}, {self.time.duration!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        base_dir = os.path.abspath(self._core.base_dir or ".")
        return _unpickle, (self.to_toml(), base_dir, dict(self._prototypes), dict(self._rivals))

    # Running

    def run(
        self,
        duration: str | timedelta | None = None,
        step: str | timedelta | None = None,
        *,
        out: str | os.PathLike[str] | None = None,
        variants: Variants = None,
        progress: Progress = None,
        seed: int | None = None,
        threads: int | None = None,
        resume: bool = False,
        checkpoint_every: float | str | timedelta | None = 300.0,
        segment: str | timedelta | None = None,
    ) -> Results:
        """Run the study and return its results.

        Parameters
        ----------
        duration, step
            As in ``[time]``: "1 day", "1 min"; or a timedelta.
        out
            The results file; without it a temporary one that goes with the returned object.
        variants
            Overrides by name, run side by side in the same world: ``{"off": {"dispatch": None}}``;
            or a list of names to run only some of the scenario's variants.
        progress
            True, False, or a callable that gets the share done (0 to 1); by default shown when
            standard error is a terminal.
        seed
            In place of the scenario's.
        threads
            Upper limit. Variants of one world are one block, and a block is one thread's work.
        resume
            Go on from ``<out>.checkpoint``, which Ctrl-C, SIGTERM, a full disk or a kill leave; the
            results are those of an uninterrupted run. Without that file, start anew; but when `out`
            holds this very run, complete, nothing is run again.
        checkpoint_every
            Wall time between checkpoints, s, "5 min" or a timedelta; 0 after each step, None only
            when the run is stopped. Without `out` there are none.
        segment
            In place of the scenario's `record.segment`: after each "1 day" (or each "2 GB") the
            results go on in a file of their own, day.h5, day.0001.h5, ...; each is whole by itself,
            and `open_results("day.h5")` shows them as one. Needs `out`.

        Raises
        ------
        ScenarioError
            With every fault, before anything runs.
        KeyboardInterrupt
            After Ctrl-C; what was simulated is in the file, with the status "interrupted", and a
            checkpoint beside it.
        CheckpointError
            When the checkpoint is damaged or of another run, or a strategy cannot be saved.
        IoError
            When the file cannot be written; what was flushed is kept.
        """
        if threads is not None:
            whole("threads", threads)
        if isinstance(checkpoint_every, timedelta):
            checkpoint_every = checkpoint_every.total_seconds()
        if isinstance(checkpoint_every, str):
            checkpoint_every = _core.parse_duration_s(checkpoint_every)
        if checkpoint_every is not None and not checkpoint_every >= 0:
            raise Error(f"checkpoint_every is {checkpoint_every}, it must be 0 s or more, or None")
        sc = self.copy()
        for path, value in (
            ("time.duration", duration),
            ("time.step", step),
            ("seed", seed),
            ("record.segment", segment),
        ):
            if isinstance(value, timedelta):
                value = f"{value.total_seconds():g} s"
            if value is not None:
                sc._set(path, value)
        chosen = sc._choose(variants)
        sc._open()
        results_path = os.fspath(out) if out is not None else _temporary()
        plugins, attributes, inputs = sc._plugins()
        resume = resume and out is not None
        if resume and os.path.exists(results_path):
            run = _core.run_digest(sc._core, plugins, chosen, attributes, inputs, sc._is_changed)
            if _core.is_complete(results_path, run):
                with contextlib.suppress(FileNotFoundError):
                    os.remove(f"{results_path}.checkpoint")
                return Results(results_path)
        if resume and not os.path.exists(f"{results_path}.checkpoint"):
            require_nothing_lost(results_path)
            resume = False
        keeps = contextlib.nullcontext() if out is None else on_signals()
        with (
            reporter(progress) as report,
            keeps as is_stopped,
            _kept_unless_failed(results_path if out is None else ""),
        ):
            failure, stopped, warning = _core.run(
                sc._core,
                results_path,
                plugins,
                chosen,
                report,
                attributes,
                inputs,
                sc._is_changed,
                is_stopped,
                resume,
                checkpoint_every if out is not None else None,
                out is None,
            )
        if warning:
            warnings.warn(warning, GridflockWarning, 2)
        if stopped:
            raise KeyboardInterrupt
        if failure:
            warnings.warn(f"a variant failed: {failure}", LaneFailedWarning, stacklevel=2)
        return Results(results_path, is_temporary=out is None)

    def _choose(self, variants: Variants) -> list[str]:
        """Takes overrides as the scenario's variants; names of those to run, [] for all."""
        if isinstance(variants, Mapping):
            self._set("variants", variants)
        elif variants is not None:
            return _names(variants)
        return []

    def _open(self) -> None:
        """Finds the inputs of a study that is to run; it must have a fleet."""
        self._core.open_inputs(data_dirs())
        if not len(self.fleet):
            fault = self._no_fleet()
            raise ScenarioError(fault.text, [fault])

    def _plugins(self) -> tuple[dict[str, Any], list[Any], list[Any]]:
        """Python strategies of the scenario and its variants, with where they come from."""
        tables = {"": self._core.get("dispatch") or {}}
        for variant in self._core.get("variants") or {}:
            tables[variant] = self._core.apply_variant(variant).get("dispatch") or {}
        keys: dict[str, set[str]] = {}
        offered = _dispatch.entry_points()
        of_base = set()  # strategies whose instance is that of [dispatch] in some lane
        for variant, table in tables.items():
            name = str(table.get("strategy", ""))
            if table.get("enabled", True) and variant not in self._rivals.get(name, {}):
                of_base.add(name)
            if ":" in name or (name in offered and name not in _core.strategies()):
                keys.setdefault(name, {"limit_w"}).update(table.get("parameters") or {})
        plugins, attributes, inputs = {}, [], []
        for name, known in keys.items():
            prototype = self._prototype(name, name in of_base)
            target = offered.get(name, name)
            plugins[name] = (sorted(known), _dispatch.factory(target, prototype))
            version, text = _dispatch.source(target, prototype)
            attributes.append((f"strategy {name}", version))
            inputs.append((f"strategy/{name}.py", text))
        return plugins, attributes, inputs


@contextlib.contextmanager
def _kept_unless_failed(path: str) -> Iterator[None]:
    """A temporary file that nobody will read goes."""
    try:
        yield
    except BaseException:
        if path:
            with contextlib.suppress(OSError):
                os.remove(path)
        raise


def _names(variants: Any) -> list[str]:
    if not isinstance(variants, Iterable):
        raise Error(f"variants is {variants!r}: give overrides by name, or names of variants")
    names = [variants] if isinstance(variants, str) else list(variants)
    twice = sorted({str(n) for n in names if names.count(n) > 1})
    if twice:
        raise Error(f"variants: {', '.join(twice)} is there twice; each runs once")
    if not all(isinstance(n, str) for n in names):
        raise Error(f"variants is {variants!r}: give names of variants")
    return names


def _require_overrides(variants: Any) -> None:
    if variants is not None and not isinstance(variants, Mapping):
        raise Error(f"variants is {variants!r}: give overrides by name, a dict of dicts")
    for name, overrides in dict(variants or {}).items():
        if not isinstance(name, str) or not name:
            raise Error(f"variants: {name!r} is no name of a variant")
        if overrides is not None and not isinstance(overrides, Mapping):
            raise Error(
                f"variants: {name} is {overrides!r}, it must be a dict of overrides "
                "({'dispatch': None}) or None"
            )


def whole(name: str, value: Any) -> int:
    """A count of at least 1. Raises Error with its name."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < 1:
        raise Error(f"{name} is {value!r}, it must be a whole number of at least 1")
    return int(value)


def load_scenario(
    path: str | os.PathLike[str], overrides: Mapping[str, Any] | None = None
) -> Scenario:
    """Read a scenario file; `overrides` maps dotted paths to values, as ``--set`` does."""
    return Scenario.load(path, overrides)


def _fault(file: str, path: str, found: str, rule: str, remedy: str) -> Fault:
    where = f"{file}: " if file else ""
    text = f"{where}{path}: {rule}" + (f" ({remedy})" if remedy else "")
    return Fault(file, 0, path, found, rule, remedy, text)


def _texts(overrides: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    def text(value: Any) -> str:
        return value if isinstance(value, str) else json.dumps(value)

    return [(path, text(value)) for path, value in (overrides or {}).items()]


def _temporary() -> str:
    handle, path = tempfile.mkstemp(suffix=".h5", prefix="gridflock-")
    os.close(handle)
    return path


def _unpickle(
    text: str, base_dir: str, prototypes: dict[str, Any], rivals: dict[str, Any]
) -> Scenario:
    sc = Scenario.parse(text, base_dir or ".")
    sc._take_strategies(prototypes, rivals)
    return sc
