# SPDX-License-Identifier: Apache-2.0
"""Where two runs part: the first tick, the rooms, and the entities that differ there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ._hdf5 import text_of
from ._time import wall_text
from .errors import Error
from .rerun import in_full
from .results import Results

_LANE = ("world", "variant")
_SOON_NS = 3600 * 10**9
_END_NS = 2**63 - 1
_NOT_DATA = ("created", "status_reason", "git_hash", "library_version")


@dataclass(frozen=True)
class Difference:
    """The first thing that differs between two runs.

    Attributes
    ----------
    time : int or None
        Nanoseconds since 1970, UTC, of the first tick that differs; None: not tied to a time.
    world : int or None
    variant : str or None
        Of the first run.
    rooms : tuple of str
        Rooms whose hashes differ at that tick, in the order of a step; empty when none were
        recorded.
    entities : tuple of str
        What was recorded of that tick, or of the first one after it, and differs: samples
        ("device.soc batteries/3: 0.5 against 0.49") and rows of tables.
    text : str
        All of it in words.
    """

    time: int | None
    world: int | None
    variant: str | None
    rooms: tuple[str, ...]
    entities: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return self.text


def diff(
    a: Results,
    b: Results,
    variant: str | None = None,
    against: str | None = None,
    rerun: bool = False,
) -> Difference | None:
    """The first difference of two results, or None when all lanes are equal.

    Parameters
    ----------
    a, b
        Results; the same object twice to compare variants of one run.
    variant, against
        One variant of each; by default every variant with the one of its name.
    rerun
        Name the tick, the rooms and the entities even where the files did not record them: both
        lanes run again, from the files alone, with hashes and everything else at every step.
    """
    pairs = list(_pairs(a, b, variant, against))
    if not pairs:
        raise Error(f"{a.path} and {b.path} have no world and variant in common")
    tick = _first_hash(a, b, pairs)
    if tick is None:  # samples carry the start of their interval, so hashes are nearer
        recorded = [t for t in (_first_sample(a, b, pairs), _first_event(a, b, pairs)) if t]
        if not recorded:
            return _first_row(a, b, pairs)
        tick = (*min(recorded, key=lambda t: t[0]), ())
    time, pair, rooms = tick
    told = _told(a, b, pair, time)
    if rerun:
        time, rooms, told = _told_in_full(a, b, pair, time) or (time, rooms, told)
    return _difference(a, b, time, pair, rooms, told)


def only_in_one(a: Results, b: Results) -> str:
    """Worlds, variants, groups, variables, tables and times that only one of two files holds."""

    def parts(res: Results) -> dict[str, list[str]]:
        return {
            "variant": res.variants,
            "world": [str(w) for w in res.worlds],
            "group": res.groups,
            "table": res.tables,
            "variable": [f"{g}.{k}" for g in res.groups for k in res.keys(g)],
        }

    x, y = parts(a), parts(b)
    told = []
    for res, mine, other in ((a, x, y), (b, y, x)):
        found = []
        for kind in mine:
            only = [n for n in mine[kind] if n not in other[kind]]
            if kind == "variable":
                only = [n for n in only if n.split(".")[0] in other["group"]]
            if only:
                more = f" and {len(only) - 5} more" if len(only) > 5 else ""
                found.append(f"{kind} {', '.join(only[:5])}{more}")
        if found:
            told.append(f"only in {res.path}: {'; '.join(found)}")
    times = _times(a, b)
    return "; ".join([*told, times] if times else told)


def _times(a: Results, b: Results) -> str:
    """What only one of two files goes on with, and from when, in words."""

    def end(res: Results, name: str) -> int:
        with res._file() as file:
            if name not in file or not len(file[name]["time"]):
                return -1
            return int(file[name]["time"][-1])

    names = [*a.groups, *(["hashes"] if "hashes" in a.tables and "hashes" in b.tables else [])]
    ends = []
    for name in names:
        x, y = end(a, name), end(b, name)
        if x != y:
            ends.append((min(x, y), x > y, name))
    if not ends:
        return ""
    last, is_a, name = max(ends)
    zone = str(a.attrs.get("zone") or "UTC")
    since = f" after {_instant_text(last, zone)}" if last >= 0 else ""
    return f"only in {(a if is_a else b).path}: {name}{since}"


def _told_in_full(
    a: Results, b: Results, pair: _Pair, time: int
) -> tuple[int, tuple[str, ...], _Told] | None:
    """Tick, rooms and entities by both lanes run again; None when that shows no more."""
    other = b.variants[pair.b[1]]
    for until in (time + _SOON_NS, _END_NS):  # what State has may show in a variable only later
        with (
            in_full(a, pair.world, pair.variant, until) as x,
            in_full(b, pair.world, other, until) as y,
        ):
            lanes = next(_pairs(x, y, pair.variant, other))
            first = _first_hash(x, y, [lanes])
            if first is None:
                continue
            told = _told(x, y, lanes, first[0])
        if told.entities:
            return first[0], first[2], told
    return None


@dataclass(frozen=True)
class _Pair:
    """One lane of each run, by position."""

    world: int
    variant: str
    a: tuple[int, int]
    b: tuple[int, int]


def _pairs(a: Results, b: Results, variant: str | None, against: str | None) -> Iterator[_Pair]:
    names = [variant] if variant is not None else a.variants
    for name in names:
        other = against or name
        if other not in b.variants:
            if variant is None and against is None:
                continue
            b._variant_index(other)
        i, j = a._variant_index(name), b._variant_index(other)
        for world in a.worlds:
            if world in b.worlds:
                yield _Pair(world, name, (a.worlds.index(world), i), (b.worlds.index(world), j))


def _lane_rows(res: Results, table: str, lane: tuple[int, int]) -> dict[str, Any]:
    """Columns of a table, of one lane, in the order of recording; {} without the table."""
    with res._file() as file:
        if table not in file or "world" not in file[table]:
            return {}
        group = file[table]
        keep = (group["world"][:] == lane[0]) & (group["variant"][:] == lane[1])
        return {k: group[k][:][keep] for k in group if k not in (*_LANE, "row")}


def _both_rows(
    a: Results, b: Results, table: str, pair: _Pair
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Rows of a lane of both. A file that is not ended holds the first rows of its table: no more
    are taken of the other, and none of what is told at the end, which has no time."""
    x, y = _lane_rows(a, table, pair.a), _lane_rows(b, table, pair.b)
    if a.path == b.path or not x or not y or (_is_ended(a) and _is_ended(b)):
        return x, y
    if "time" not in x:
        return {}, {}
    counts = len(x["time"]), len(y["time"])
    most = min(n for n, res in zip(counts, (a, b), strict=True) if not _is_ended(res))
    return {k: v[:most] for k, v in x.items()}, {k: v[:most] for k, v in y.items()}


def _is_ended(res: Results) -> bool:
    return res.status in ("complete", "failed")


def _first_hash(
    a: Results, b: Results, pairs: list[_Pair]
) -> tuple[int, _Pair, tuple[str, ...]] | None:
    import numpy as np

    best: tuple[int, _Pair, tuple[str, ...]] | None = None
    for pair in pairs:
        x, y = _lane_rows(a, "hashes", pair.a), _lane_rows(b, "hashes", pair.b)
        if not x or not y:
            continue
        rooms = _room_order(a)
        time, ia, ib = np.intersect1d(x["time"], y["time"], return_indices=True)
        differs = {r: x[r][ia] != y[r][ib] for r in rooms if r in y}
        anywhere = np.any(list(differs.values()), axis=0)
        if not anywhere.any():
            continue
        k = int(np.argmax(anywhere))
        if best is None or time[k] < best[0]:
            best = int(time[k]), pair, tuple(r for r in differs if differs[r][k])
    return best


def _room_order(res: Results) -> list[str]:
    known = [
        "profile",
        "device",
        "powerflow",
        "comms",
        "asset",
        "dispatch",
        "forecast",
        "market",
        "settle",
        "journal",
    ]
    keys = res.keys("hashes")
    return [r for r in known if r in keys] + [k for k in keys if k not in (*known, "row", "time")]


def _lane_samples(res: Results, path: str, lane: tuple[int, int]) -> tuple[Any, Any, Any]:
    """Time, raw values [time, entity] and labels of a variable in one lane."""
    group, _, name = path.partition("/")
    with res._file() as file:
        dataset = file[group][name]
        raw = dataset[:, lane[0], lane[1]]
        raw = raw.reshape(len(raw), dataset.shape[3] if dataset.ndim > 3 else 1)
        entity = dataset.dims[3][0].name.rsplit("/", 1)[-1] if dataset.ndim > 3 else None
        labels = [text_of(v) for v in file[group][entity][:]] if entity else [""]
        return file[group]["time"][: len(dataset)], raw, labels


def _variables(a: Results, b: Results) -> list[str]:
    found = []
    with a._file() as x, b._file() as y:
        for group in a.groups:
            for name, dataset in x[group].items():
                has_lanes = len(dataset.dims) >= 3 and len(dataset.dims[1]) > 0
                if has_lanes and group in y and name in y[group]:
                    found.append(f"{group}/{name}")
    return found


def _first_sample(a: Results, b: Results, pairs: list[_Pair]) -> tuple[int, _Pair] | None:
    import numpy as np

    best: tuple[int, _Pair] | None = None
    for pair in pairs:
        for path in _variables(a, b):
            ta, x, _ = _lane_samples(a, path, pair.a)
            tb, y, _ = _lane_samples(b, path, pair.b)
            time, ia, ib = np.intersect1d(ta, tb, return_indices=True)
            if x.shape[1] != y.shape[1]:
                raise Error(f"{path}: {x.shape[1]} entities against {y.shape[1]}")
            x, y = x[ia], y[ib]
            same = (x == y) | ((x != x) & (y != y))
            differs = ~same.all(axis=1)
            if differs.any() and (best is None or time[np.argmax(differs)] < best[0]):
                best = int(time[np.argmax(differs)]), pair
    return best


@dataclass(frozen=True)
class _Told:
    """What was recorded and differs, all at one instant, ns; None when nothing does."""

    time: int | None
    entities: tuple[str, ...]


def _told(a: Results, b: Results, pair: _Pair, time: int) -> _Told:
    """What differs at that instant, or at the first one after it."""
    found: dict[int, list[str]] = {}
    for source in (_rows_apart, _samples_apart):  # rows tell whom a step met, samples what came
        for at, told in source(a, b, pair, time):
            found.setdefault(at, []).extend(told)
    if not found:
        return _Told(None, ())
    first = min(found)
    return _Told(first, tuple(found[first]))


def _samples_apart(
    a: Results, b: Results, pair: _Pair, time: int
) -> Iterator[tuple[int, list[str]]]:
    """For each variable the first instant of unequal samples, with the entities."""
    import numpy as np

    for path in _variables(a, b):
        ta, x, labels = _lane_samples(a, path, pair.a)
        tb, y, _ = _lane_samples(b, path, pair.b)
        if x.shape[1] != y.shape[1]:
            name = path.replace("/", ".")
            yield time, [f"{name}: {x.shape[1]} entities against {y.shape[1]}"]
            continue
        instants, ia, ib = np.intersect1d(ta, tb, return_indices=True)
        x, y = x[ia], y[ib]
        differs = ~((x == y) | ((x != x) & (y != y)))
        rows = np.flatnonzero(differs.any(axis=1) & (instants >= time))
        if not len(rows):
            continue
        k = int(rows[0])
        scale = make_scale(a, path)
        told = [
            f"{path.replace('/', '.')} {labels[e]}".strip()
            + f": {_number(x[k, e], scale)} against {_number(y[k, e], scale)}"
            for e in np.flatnonzero(differs[k])
        ]
        at = int(instants[k])
        if path.startswith("meter/") and len(ta) > 1:  # a read tells of all its interval
            at += int(ta[1] - ta[0])
        yield at, told


def _rows_apart(a: Results, b: Results, pair: _Pair, time: int) -> Iterator[tuple[int, list[str]]]:
    """For each table the first instant whose rows are not the same, with these rows."""
    for table in a.tables:
        if table not in b.tables or table == "hashes":
            continue
        x, y = (_rows_by_time(rows, time) for rows in _both_rows(a, b, table, pair))
        at = min((t for t in x.keys() | y.keys() if x.get(t) != y.get(t)), default=None)
        if at is None:
            continue
        p, q = x.get(at, []), y.get(at, [])
        mine, theirs = [r for r in p if r not in q], [r for r in q if r not in p]
        told = []
        for k in range(max(len(mine), len(theirs))):
            one = mine[k] if k < len(mine) else None
            other = theirs[k] if k < len(theirs) else None
            told.append(_row_text(a, table, one, other))
        yield at, told or [f"{table}: {len(p)} rows against {len(q)}"]


def _first_event(a: Results, b: Results, pairs: list[_Pair]) -> tuple[int, _Pair] | None:
    found = [(at, pair) for pair in pairs for at, _ in _rows_apart(a, b, pair, 0)]
    return min(found, key=lambda f: f[0]) if found else None


def _rows_by_time(rows: dict[str, Any], since: int) -> dict[int, list[dict[str, Any]]]:
    """Rows as they were recorded; None for what is missing, so that it equals itself."""
    columns = {k: v.tolist() for k, v in rows.items()}
    found: dict[int, list[dict[str, Any]]] = {}
    for k, at in enumerate(columns.pop("time", ())):
        if at >= since:
            row = {c: None if v[k] != v[k] else v[k] for c, v in columns.items()}
            found.setdefault(at, []).append(row)
    return found


def _row_text(
    res: Results, table: str, one: dict[str, Any] | None, other: dict[str, Any] | None
) -> str:
    """What two rows share names them; what they do not share is told of both."""

    def cells(row: dict[str, Any], keys: list[str]) -> str:
        return ", ".join(f"{k} {_cell(res, table, k, row[k])}" for k in keys)

    if one is None or other is None:
        only = one or other or {}
        whose = "first" if other is None else "second"
        return f"{table} {cells(only, list(only))}: only in the {whose}"
    same, apart = ([k for k in one if (one[k] == other[k]) is is_same] for is_same in (True, False))
    told = f"{cells(one, apart)} against {cells(other, apart)}"
    return f"{table} {cells(one, same)}: {told}" if same else f"{table}: {told}"


def make_scale(res: Results, path: str) -> tuple[float, Any]:
    with res._file() as file:
        attrs = file[path].attrs
        return float(attrs.get("scale_factor", 1.0)), attrs.get("_FillValue")


def _number(raw: Any, scale: tuple[float, Any]) -> str:
    if scale[1] is not None and raw == scale[1]:
        return "missing"
    return f"{raw * scale[0]:.10g}"


def _first_row(a: Results, b: Results, pairs: list[_Pair]) -> Difference | None:
    import numpy as np

    for table in a.tables:
        if table not in b.tables or table == "hashes":
            continue
        for pair in pairs:
            x, y = _both_rows(a, b, table, pair)
            for key in x:
                if len(x[key]) != len(y[key]):
                    what = f"{table}: {len(x[key])} rows against {len(y[key])}"
                    return _difference(a, b, None, pair, (), _Told(None, (what,)))
                unequal = x[key] != y[key]
                if x[key].dtype.kind == "f":
                    unequal &= ~(np.isnan(x[key]) & np.isnan(y[key]))
                if unequal.any():
                    k = int(np.argmax(unequal))
                    told = [_cell(res, table, key, v[key][k]) for res, v in ((a, x), (b, y))]
                    what = f"{table}.{key} row {k}: {told[0]} against {told[1]}"
                    return _difference(a, b, None, pair, (), _Told(None, (what,)))
    return None


def _cell(res: Results, table: str, key: str, value: Any) -> Any:
    """A value of a table as people read it: instants as wall time."""
    if value is None or value != value:
        return "missing"
    with res._file() as file:
        units = text_of(file[table][key].attrs.get("units", ""))
    if not units.startswith("nanoseconds since") or not 0 <= int(value) < _END_NS:
        return text_of(value)
    return _instant_text(int(value), str(res.attrs.get("zone") or "UTC"))


def _instant_text(ns: int, zone: str) -> str:
    """Wall time, with seconds and their part where there are some."""
    rest = ns % 60_000_000_000
    seconds = (f":{rest / 1e9:012.9f}" if rest % 10**9 else f":{rest // 10**9:02}") if rest else ""
    return f"{wall_text(ns, zone)}{seconds} {zone}"


def _difference(
    a: Results,
    b: Results,
    time: int | None,
    pair: _Pair,
    rooms: tuple[str, ...],
    told: _Told,
) -> Difference:
    other = b.variants[pair.b[1]]
    lane = f"world {pair.world}, {pair.variant}"
    if other != pair.variant:
        lane += f" against {other}"
    zone = str(a.attrs.get("zone") or "UTC")
    text = f"{lane}: " + (
        f"first differs in the step at {wall_text(time, zone)} {zone}" if time else "differs"
    )
    if rooms:
        text += f"; rooms: {', '.join(rooms)}"
    entities = told.entities
    if entities:
        shown = "; ".join(entities[:5])
        more = f"; and {len(entities) - 5} more" if len(entities) > 5 else ""
        is_later = time is not None and told.time is not None and told.time != time
        when = f"at {_instant_text(told.time or 0, zone)}: " if is_later else ""
        text += f"; {when}{shown}{more}"
    return Difference(time, pair.world, pair.variant, rooms, entities, text)
