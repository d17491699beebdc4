# SPDX-License-Identifier: Apache-2.0
"""Parts of an ensemble, each with some worlds and variants, made into one results file.

What the merged file holds does not depend on how the lanes were parted: samples stand at their
world and variant, rows of tables are ordered by world, variant and order of recording.

A scenario with `record.segment` gets its results in segments: samples by their time, tables that
tell of lanes in the last one, the others in each.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

import tomllib

from . import _core
from ._time import parse_ns
from .errors import Error, IoError
from .results import _require_hdf5, _text

_BLOCK_ROWS = 60  # as the writer cuts its blocks
_BLOCK_COLUMNS = 256
_MOST_OPEN = 200
_OWN = ("lanes", "part_digest", "shard", "status", "status_reason", "created")
_SCALES = ("DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME")


def merge(parts: Sequence[str | os.PathLike[str]], out: str | os.PathLike[str]) -> None:
    """Write one results file from parts or shards that together hold each lane once.

    Raises
    ------
    Error
        When parts belong to different runs, a lane is missing or is there twice, or a part has
        not been run to its end.
    IoError
        When a part is no results file.
    """
    paths = sorted({os.path.abspath(os.fspath(p)) for p in parts})
    if not paths:
        raise Error("nothing to merge: give the shards")
    if len(paths) <= _MOST_OPEN:
        _write(paths, os.fspath(out))
        return
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(out))) as folder:
        some = []
        for i in range(0, len(paths), _MOST_OPEN):
            some.append(os.path.join(folder, f"{i:06}.h5"))
            _write(paths[i : i + _MOST_OPEN], some[-1], is_whole=False)
        merge(some, out)


def gather(parts: Sequence[str | os.PathLike[str]], out: str | os.PathLike[str]) -> None:
    """Like `merge`, for some of the lanes: the file can be a part again."""
    _write([os.path.abspath(os.fspath(p)) for p in parts], os.fspath(out), is_whole=False)


class _Part:
    def __init__(self, path: str) -> None:
        import h5py

        _require_hdf5(path)  # type: ignore[arg-type]
        try:
            self.file = h5py.File(path, "r")
        except OSError as e:
            raise IoError(f"{path}: HDF5 cannot open it: {e}", path) from e
        attrs = self.file.attrs
        if _text(attrs.get("format", "")) != "gridflock-results":
            raise IoError(f"{path}: is HDF5, but no gridflock results file", path)
        self.path = path
        self.status = _text(attrs.get("status", "unknown"))
        self.scenario = _text(attrs.get("scenario_sha256", ""))
        group = next(g for g in self.file.values() if "world" in g and "row" not in g)
        self.worlds = [int(w) for w in group["world"][:]]
        self.variants = [_text(v) for v in group["variant"][:]]
        everything = [[w, v] for w in self.worlds for v in range(len(self.variants))]
        self.lanes = json.loads(_text(attrs["lanes"])) if "lanes" in attrs else everything


@contextlib.contextmanager
def _opened(paths: Sequence[str]) -> Iterator[list[_Part]]:
    parts: list[_Part] = []
    try:
        for path in paths:
            parts.append(_Part(path))
        yield sorted(parts, key=lambda p: p.lanes)
    finally:
        for p in parts:
            p.file.close()


def _check(parts: list[_Part], is_whole: bool) -> list[int]:
    first = parts[0]
    seen: dict[tuple[int, int], str] = {}
    for p in parts:
        if p.status not in ("complete", "failed"):
            raise Error(f"{p.path}: is {p.status}; run it to its end before merging")
        if (p.scenario, p.variants) != (first.scenario, first.variants):
            raise Error(f"{p.path}: is of another scenario than {first.path}")
        for w, v in p.lanes:
            if (w, v) in seen:
                raise Error(f"world {w}, {p.variants[v]}: is in {seen[w, v]} and in {p.path}")
            seen[w, v] = p.path
    worlds = sorted({w for w, _ in seen})
    if not is_whole:
        return worlds
    count = int(_text(first.file.attrs.get("ensemble_worlds", max(worlds) + 1)))
    missing = [w for w in range(count) for v in range(len(first.variants)) if (w, v) not in seen]
    if missing:
        raise Error(f"worlds {', '.join(map(str, sorted(set(missing))[:10]))} are not all there")
    return worlds


def _write(paths: Sequence[str], out: str, is_whole: bool = True) -> None:
    import h5py

    with _opened(paths) as parts:
        worlds = _check(parts, is_whole)
        ends = _segment_ends(parts) if is_whole else []
        edges: list[int | None] = [None, *ends] if ends else [None, None]
        for number, (begin, end) in enumerate(zip(edges, edges[1:], strict=False)):
            path = segment_path(out, number)
            temporary = f"{path}.merging"
            with h5py.File(temporary, "w") as file:
                _root(file, parts, is_whole)
                if ends:
                    file.attrs["segment"] = number
                if number + 1 == len(ends):
                    file.attrs["segments"] = len(ends)
                for name in sorted(parts[0].file):
                    source = parts[0].file[name]
                    if _is_group_of_samples(source):
                        _samples(file, parts, name, worlds, (begin, end))
                    elif "row" in source:
                        _table(file, parts, name, worlds, end is None or number + 1 == len(ends))
                    else:
                        parts[0].file.copy(source, file, name)
            os.replace(temporary, path)


def segment_path(path: str, number: int) -> str:
    """Where a segment lies: day.h5, 2 -> day.0002.h5; segment 0 is day.h5 itself."""
    stem, suffix = os.path.splitext(path)
    return f"{stem}.{number:04}{suffix}" if number else path


def _is_group_of_samples(group: Any) -> bool:
    return "time" in group and "world" in group and "row" not in group


def _segment_ends(parts: list[_Part]) -> list[int]:
    """Ends of the segments that the scenario asks for, ns; empty for one file."""
    first = parts[0].file
    scenario = tomllib.loads(bytes(first["inputs/0"][:]).decode())
    length, most = _core.parse_segment_limit(scenario.get("record", {}).get("segment", ""))
    times = [p.file[g]["time"][:] for p in parts for g in p.file if _is_group_of_samples(p.file[g])]
    times = [t for t in times if len(t)]
    if not (length or most) or not times:
        return []
    low, high = min(int(t.min()) for t in times), max(int(t.max()) for t in times)
    if length:
        start = parse_ns(_text(first.attrs["start"]))
        low = start + (low - start) // length * length
    else:
        stored = sum(_stored(p.file) for p in parts)
        length = -(-(high + 1 - low) // max(1, -(-stored // most)))
    return list(range(low + length, high + 1 + length, length))


def _stored(file: Any) -> int:
    """Bytes of what grows with time."""
    sizes: list[int] = []
    file.visititems(
        lambda _, d: sizes.append(d.id.get_storage_size() if d.maxshape[:1] == (None,) else 0)
        if hasattr(d, "maxshape")
        else None
    )
    return sum(sizes)


def _root(file: Any, parts: list[_Part], is_whole: bool) -> None:
    first = parts[0].file
    for name in first.attrs:
        if name not in _OWN:
            _copy_attribute(first, file, name)
    statuses = {p.status for p in parts}
    _set_text(file, "status", "complete" if "complete" in statuses else "failed", 16)
    _set_text(file, "status_reason", "", 4096)
    _set_text(file, "created", max(_text(p.file.attrs.get("created", "")) for p in parts))
    if not is_whole:
        lanes = sorted(lane for p in parts for lane in p.lanes)
        _set_text(file, "lanes", json.dumps(lanes))


def _set_text(target: Any, name: str, text: str, room: int = 0) -> None:
    import h5py
    import numpy as np

    raw = text.encode()
    dtype = h5py.string_dtype("utf-8", max(len(raw), room, 1))
    target.attrs.create(name, np.array(raw, dtype=dtype), dtype=dtype)


def _copy_attribute(source: Any, target: Any, name: str) -> None:
    stored = source.attrs.get_id(name)
    target.attrs.create(name, source.attrs[name], shape=stored.shape, dtype=stored.dtype)


def _copy_attributes(source: Any, target: Any) -> None:
    for name in source.attrs:
        if name not in _SCALES:
            _copy_attribute(source, target, name)


def _scale(source: Any, target: Any) -> None:
    if source.attrs.get("CLASS", b"") == b"DIMENSION_SCALE":
        target.make_scale(_text(source.attrs.get("NAME", "")))


def _dims(dataset: Any) -> list[str]:
    """Names of a dataset's dimension scales; "" where it has none."""
    return [d[0].name.rsplit("/", 1)[-1] if len(d) else "" for d in dataset.dims]


def _chunk(shape: tuple[int, ...]) -> tuple[int, ...]:
    row = shape[1:]
    cells = 1
    for n in row:
        cells *= n
    if cells <= _BLOCK_COLUMNS:
        return (_BLOCK_ROWS, *(max(n, 1) for n in row))
    return (_BLOCK_ROWS, *(1 for _ in row[:-1]), min(max(row[-1], 1), _BLOCK_COLUMNS))


def _samples(
    file: Any,
    parts: list[_Part],
    name: str,
    worlds: list[int],
    stretch: tuple[int | None, int | None],
) -> None:
    import numpy as np

    first = parts[0].file[name]
    group = file.create_group(name)
    _copy_attributes(first, group)
    time = np.unique(np.concatenate([p.file[name]["time"][:] for p in parts]))
    begin, end = stretch
    if begin is not None:
        time = time[time >= begin]
    if end is not None:
        time = time[time < end]
    for key in sorted(first):
        source = first[key]
        if key == "time":
            made = group.create_dataset(key, data=time, maxshape=(None,), chunks=(512,))
        elif key == "world":
            made = group.create_dataset(key, data=np.array(worlds, source.dtype))
        elif "world" in _dims(source):
            made = _stacked(group, parts, f"{name}/{key}", time, worlds)
        else:
            first.copy(source, group, key, without_attrs=True)
            made = group[key]
        _copy_attributes(source, made)
        _scale(source, made)
    for key in sorted(first):
        for axis, scale in enumerate(_dims(first[key])):
            if scale and scale != key:
                group[key].dims[axis].attach_scale(group[scale])


def _stacked(group: Any, parts: list[_Part], path: str, time: Any, worlds: list[int]) -> Any:
    """A dataset [time, world, variant, ...] with each part's lanes in their places."""
    import numpy as np

    source = parts[0].file[path]
    shape = (len(time), len(worlds), *source.shape[2:])
    made = group.create_dataset(
        path.rsplit("/", 1)[-1],
        shape,
        source.dtype,
        maxshape=(None, *shape[1:]),
        chunks=_chunk(shape),
        fillvalue=source.fillvalue,
        compression="gzip",
        compression_opts=1,
        shuffle=True,
    )
    at = {w: i for i, w in enumerate(worlds)}
    rows, first = [], []  # of each part: where its rows go, and the first one that does
    for p in parts:
        own = p.file[path].parent["time"][:]
        a, b = np.searchsorted(own, (time[0], time[-1] + 1)) if len(time) else (0, 0)
        rows.append(np.searchsorted(time, own[a:b]))
        first.append(int(a))
    for begin in range(0, len(time), _BLOCK_ROWS):
        end = min(begin + _BLOCK_ROWS, len(time))
        block = np.full((end - begin, *shape[1:]), source.fillvalue, source.dtype)
        for p, row, at_first in zip(parts, rows, first, strict=True):
            a, b = np.searchsorted(row, (begin, end))
            values = p.file[path][at_first + a : at_first + b]
            for w, v in p.lanes:
                block[row[a:b] - begin, at[w], v] = values[:, p.worlds.index(w), v]
        made[begin:end] = block
    return made


def _table(file: Any, parts: list[_Part], name: str, worlds: list[int], is_last: bool) -> None:
    import numpy as np

    first = parts[0].file[name]
    group = file.create_group(name)
    _copy_attributes(first, group)
    has_lanes = "world" in first and "variant" in first
    takers = parts if has_lanes else parts[:1]
    order: Any = slice(None)
    world = np.empty(0, int)
    if has_lanes:
        numbers = [np.array(p.worlds, int)[p.file[name]["world"][:]] for p in takers]
        world = np.searchsorted(worlds, np.concatenate(numbers))
        variant = np.concatenate([p.file[name]["variant"][:] for p in takers])
        order = np.lexsort((np.arange(len(world)), variant, world))
        if not is_last:
            order = order[:0]
    for key in sorted(first):
        source = first[key]
        if key == "world":
            values = world[order].astype(source.dtype)
        elif key == "row":
            values = np.arange(sum(len(p.file[name][key]) for p in takers), dtype=source.dtype)
            values = values if is_last or not has_lanes else values[:0]
        else:
            values = np.concatenate([p.file[name][key][:] for p in takers])[order]
        made = group.create_dataset(
            key, data=values, dtype=source.dtype, maxshape=(None,), chunks=(512,)
        )
        _copy_attributes(source, made)
        _scale(source, made)
    for key in sorted(first):
        if key != "row" and _dims(first[key])[0] == "row":
            group[key].dims[0].attach_scale(group["row"])
