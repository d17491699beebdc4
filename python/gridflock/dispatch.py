# SPDX-License-Identifier: Apache-2.0
"""Dispatch strategies: those that come with gridflock, and the base of your own.

Signs: injection into the grid is positive, so a discharging battery has p > 0; `head_p_kw` is
positive into the feeder; what counts consumption is called demand.
"""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from .errors import CheckpointError, Error, Fault, ScenarioError

_KILO = 1e-3


_OWN_KEYS = ("limit_kw", "every", "expiry", "ramp")  # of [dispatch]; the rest are parameters


def _table(strategy: str, settings: dict[str, Any]) -> dict[str, Any]:
    own = {k: v for k, v in settings.items() if k in _OWN_KEYS}
    rest = {k: v for k, v in settings.items() if k not in _OWN_KEYS}
    return {"strategy": strategy, **own, **({"parameters": rest} if rest else {})}


class BuiltIn:
    """A strategy that the simulator has built in, with its settings by key."""

    def __init__(self, strategy: str, **settings: Any) -> None:
        self.strategy = strategy
        self.settings = {k: v for k, v in settings.items() if v is not None}

    def to_table(self) -> dict[str, Any]:
        """How a scenario names this strategy."""
        return _table(self.strategy, self.settings)

    def __repr__(self) -> str:
        inside = ", ".join(f"{k}={v!r}" for k, v in self.settings.items())
        return f"gridflock.dispatch.{type(self).__name__}({inside})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BuiltIn) and self.to_table() == other.to_table()


class PeakShaving(BuiltIn):
    """Keep the feeder head below `limit_kw`, sharing by state of charge. Never bids."""

    def __init__(self, limit_kw: float, **settings: Any) -> None:
        super().__init__("peak_shaving", limit_kw=limit_kw, **settings)


class Proportional(BuiltIn):
    """Keep the feeder head below `limit_kw`, sharing by available power."""

    def __init__(self, limit_kw: float, **settings: Any) -> None:
        super().__init__("proportional", limit_kw=limit_kw, **settings)


class FollowAward(BuiltIn):
    """Bid, and deliver what was awarded against the baseline."""

    def __init__(self, **settings: Any) -> None:
        super().__init__("follow_award", **settings)


class SelfConsumption(BuiltIn):
    """Ask for nothing: every unit stays in its default control."""

    def __init__(self, **settings: Any) -> None:
        super().__init__("self_consumption", **settings)


class Observation:
    """What was *received* up to now, with its age. Every array is read-only.

    Attributes
    ----------
    head_p_kw, baseline_demand_kw, award_kw : [lane]
        Power at the feeder head, the aggregation's baseline, the reduction sold for now (0: none).
    p_kw, p_min_kw, p_max_kw, soc, age_s : [device, lane]
        Power, limits as available now, state of charge, seconds since the measurement.
        NaN: not known.
    site_net_kw, demand_kw, pv_kw : [site, lane]
        Net injection at the meter, household demand, PV power.
    mask : [lane]
        1 where a decision is wanted.
    now : [lane]
        Nanoseconds since 1970, UTC.
    """

    head_p_kw: np.ndarray
    baseline_demand_kw: np.ndarray
    award_kw: np.ndarray
    p_kw: np.ndarray
    p_min_kw: np.ndarray
    p_max_kw: np.ndarray
    soc: np.ndarray
    age_s: np.ndarray
    site_net_kw: np.ndarray
    demand_kw: np.ndarray
    pv_kw: np.ndarray
    mask: np.ndarray
    now: np.ndarray

    def __init__(self, views: dict[str, np.ndarray]) -> None:
        # Copies in kW: they stay valid when a strategy keeps them.
        for name, view in views.items():
            is_power = name.endswith("_w")
            array = view * _KILO if is_power else view.copy()
            array.flags.writeable = False
            setattr(self, name[:-2] + "_kw" if is_power else name, array)

    @property
    def time(self) -> np.ndarray:
        """`now` as datetime64, UTC."""
        return self.now.astype("datetime64[ns]")


class Command:
    """What a strategy fills: `p_kw` [device, lane], NaN = default control."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.p_kw = np.full(shape, np.nan)


class Strategy:
    """Base of strategies written in Python. Override `decide`.

    Keyword arguments become attributes, so that settings need no constructor:

    >>> class Proportional(gf.Strategy):
    ...     def decide(self, obs, out):
    ...         need = (obs.head_p_kw + obs.p_kw.sum(axis=0) - self.limit_kw).clip(0)
    ...         share = obs.p_max_kw / obs.p_max_kw.sum(axis=0).clip(1e-9)
    ...         out.p_kw[:] = (share * need).clip(obs.p_min_kw, obs.p_max_kw)
    >>> sc.dispatch = Proportional(limit_kw=2800)

    Each run gets a copy, one a lane block. Treat every lane (last axis) as if it were alone.
    """

    bids: bool = False
    """Whether the fleet is offered to the market."""

    def __init__(self, **settings: Any) -> None:
        self._settings = settings
        for name, value in settings.items():
            setattr(self, name, value)

    def reset(self, info: dict[str, Any]) -> None:
        """Start of a run, and of one that is restored or forked, before `restore`. `info`: lanes,
        units, site_of, power_kw, energy_kwh, every_s, lifetime_s."""

    def decide(self, obs: Observation, out: Command) -> None:
        """Write `out.p_kw` for the tick."""
        raise NotImplementedError(f"{type(self).__name__} has no decide()")

    def state(self) -> Any:
        """What a checkpoint saves; all attributes unless overridden."""
        return self.__dict__

    def restore(self, state: Any) -> None:
        """Take back what `state` gave."""
        self.__dict__.update(state)

    def to_table(self) -> dict[str, Any]:
        """How a scenario names this strategy."""
        numbers = {
            k: v
            for k, v in getattr(self, "_settings", {}).items()
            if isinstance(v, (int, float)) and not isinstance(v, bool)
        }
        return _table(reference(type(self)), numbers)

    def __repr__(self) -> str:
        inside = ", ".join(f"{k}={v!r}" for k, v in getattr(self, "_settings", {}).items())
        return f"{type(self).__name__}({inside})"


class Adapter:
    """Stands between the simulator (SI, one call a tick) and a `Strategy`.

    `text` is the strategy's source: what was saved goes on with no other.
    """

    def __init__(self, strategy: Strategy, text: str) -> None:
        self._strategy = strategy
        self._text = text

    def reset(self, setup: dict[str, Any]) -> None:
        info = dict(setup)
        info["power_kw"] = np.asarray(info.pop("power_w"), float) * _KILO
        info["energy_kwh"] = np.asarray(info.pop("energy_j"), float) / 3.6e6
        info["site_of"] = np.asarray(info["site_of"], int)
        self._strategy.reset(info)

    def decide(self, views: dict[str, np.ndarray], out_w: np.ndarray) -> None:
        obs = Observation(views)
        command = Command(out_w.shape)
        self._strategy.decide(obs, command)
        p_kw = np.asarray(command.p_kw, float)
        if p_kw.shape != out_w.shape:
            raise Error(f"{self._strategy!r} wrote p_kw of shape {p_kw.shape}, not {out_w.shape}")
        lanes = obs.mask.astype(bool)
        out_w[:, lanes] = p_kw[:, lanes] / _KILO

    def save(self) -> bytes:
        return pickle.dumps((self._text, self._strategy.state()))

    def restore(self, saved: bytes) -> None:
        text, state = pickle.loads(saved)
        if text != self._text:
            raise CheckpointError("its source is another than that of the checkpoint")
        self._strategy.restore(state)

    def bids(self) -> bool:
        return bool(self._strategy.bids)


def same_rest(a: Strategy, b: Strategy) -> bool:
    """Whether two instances differ at most in numbers, which a scenario holds for each use."""

    def rest(strategy: Strategy) -> bytes:
        numbers = strategy.to_table()
        known = {*numbers, *numbers.get("parameters", {}), "_settings"}
        kept = {k: v for k, v in sorted(strategy.__dict__.items()) if k not in known}
        return pickle.dumps(kept)

    if a is b:
        return True
    try:
        return type(a) is type(b) and rest(a) == rest(b)
    except Exception:
        return False  # what cannot be compared counts as different


def reference(cls: type) -> str:
    """The name of a class in a scenario: "package.module:Class"."""
    return f"{cls.__module__}:{cls.__qualname__}"


def find(name: str) -> type[Strategy]:
    """The strategy class called "package.module:Class"."""
    module, _, qualname = name.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in qualname.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as e:
        fault = Fault(
            "", 0, "dispatch.strategy", name, "an importable class", str(e), f"{name}: {e}"
        )
        raise ScenarioError(f"no strategy '{name}': {e}", [fault]) from e
    if not (inspect.isclass(found) and hasattr(found, "decide")):
        raise ScenarioError(f"'{name}' is no strategy: it needs a method decide(obs, out)")
    return cast(type[Strategy], found)


def entry_points() -> dict[str, str]:
    """Strategies that installed packages offer: name -> "package.module:Class"."""
    from importlib.metadata import entry_points as installed

    return {e.name: e.value for e in installed(group="gridflock.strategies")}


def factory(name: str, prototype: Strategy | None) -> Callable[[dict[str, float]], Adapter]:
    """What the simulator calls once a lane block to get its own instance."""

    text = source(name, prototype)[1]

    def make(parameters: dict[str, float]) -> Adapter:
        settings = dict(parameters)
        if "limit_w" in settings:
            settings["limit_kw"] = settings.pop("limit_w") * _KILO
        if prototype is None:
            return Adapter(find(name)(**settings), text)
        strategy = copy.deepcopy(prototype)
        for key, value in settings.items():
            setattr(strategy, key, value)
        return Adapter(strategy, text)

    return make


def source(name: str, prototype: Strategy | None) -> tuple[str, str]:
    """Version of the package and source text of a strategy, as far as they can be had."""
    cls = type(prototype) if prototype is not None else find(name)
    module = importlib.import_module(cls.__module__)
    version = str(getattr(importlib.import_module(cls.__module__.split(".")[0]), "__version__", ""))
    try:
        return version, inspect.getsource(cls)
    except (OSError, TypeError):
        return version, f"# source of {reference(cls)} not available ({module.__name__})\n"
