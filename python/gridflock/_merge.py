# SPDX-License-Identifier: Apache-2.0
"""Parts of an ensemble, each with some worlds and variants, made into one results file.

What the merged file holds does not depend on how the lanes were parted: samples stand at their
world and variant, rows of tables are ordered by world, variant and order of recording.

A scenario with `record.segment` gets its results in segments: samples by their time, tables that
tell of lanes in the last one, the others in each.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

import tomllib

from . import _core
from ._hdf5 import (
    BLOCK_ROWS,
    chunk_of,
    copy_attribute,
    copy_attributes,
    dims_of,
    make_scale,
    require_hdf5,
    require_replaceable,
    segment_path,
    set_text,
    text_of,
)
from ._time import parse_ns
from .errors import Error, IoError

_MOST_OPEN = 200
_OWN = ("lanes", "shard", "status", "status_reason", "created")


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
    if isinstance(parts, str | os.PathLike):
        parts = [parts]
    paths = sorted({os.path.abspath(os.fspath(p)) for p in parts})
    if not paths:
        raise Error("nothing to merge: give the shards")
    require_replaceable(out)
    if os.path.abspath(os.fspath(out)) in paths:
        raise Error(f"{out}: is one of the shards; choose another name for the merged results")
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

        require_hdf5(path)
        try:
            self.file = h5py.File(path, "r")
        except OSError as e:
            raise IoError(f"{path}: HDF5 cannot open it: {e}", path) from e
        attrs = self.file.attrs
        if text_of(attrs.get("format", "")) != "gridflock-results":
            raise IoError(f"{path}: is HDF5, but no gridflock results file", path)
        self.path = path
        self.status = text_of(attrs.get("status", "unknown"))
        self.scenario = text_of(attrs.get("scenario_sha256", ""))
        self.run = text_of(attrs.get("run_digest", ""))
        group = next(g for g in self.file.values() if "world" in g and "row" not in g)
        self.worlds = [int(w) for w in group["world"][:]]
        self.variants = [text_of(v) for v in group["variant"][:]]
        everything = [[w, v] for w in self.worlds for v in range(len(self.variants))]
        self.lanes = json.loads(text_of(attrs["lanes"])) if "lanes" in attrs else everything


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
        if p.run != first.run:
            raise Error(
                f"{p.path}: was run with other inputs, strategies or another version of the "
                f"library than {first.path}"
            )
        for w, v in p.lanes:
            if (w, v) in seen:
                raise Error(f"world {w}, {p.variants[v]}: is in {seen[w, v]} and in {p.path}")
            seen[w, v] = p.path
    worlds = sorted({w for w, _ in seen})
    if not is_whole:
        return worlds
    count = int(text_of(first.file.attrs.get("ensemble_worlds", max(worlds) + 1)))
    missing = [w for w in range(count) for v in range(len(first.variants)) if (w, v) not in seen]
    if missing:
        raise Error(f"worlds {', '.join(map(str, sorted(set(missing))[:10]))} are not all there")
    return worlds


def _write(paths: Sequence[str], out: str, is_whole: bool = True) -> None:
    with _opened(paths) as parts:
        worlds = _check(parts, is_whole)
        ends = _segment_ends(parts) if is_whole else []
        _require_room(out, parts, is_one_file=not ends)
        edges: list[int | None] = [None, *ends] if ends else [None, None]
        for number, (begin, end) in enumerate(zip(edges, edges[1:], strict=False)):
            path = segment_path(out, number)
            temporary = f"{path}.merging"
            with _writing(temporary) as file:
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


def _require_room(out: str, parts: list[_Part], is_one_file: bool) -> None:
    """Asked first: HDF5 does not survive a full disk well."""
    import resource

    first = parts[0]
    need = sum(_stored(p.file) for p in parts) + os.path.getsize(first.path) - _stored(first.file)
    need = need * 9 // 10  # it can come out smaller
    room = shutil.disk_usage(os.path.dirname(os.path.abspath(out))).free
    why = errno.ENOSPC
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    if is_one_file and limit != resource.RLIM_INFINITY and limit < room:
        room, why = limit, errno.EFBIG
    if need > room:
        raise IoError(
            f"{out}: {os.strerror(why)}: merging needs about {need / 1e6:.1f} MB, there are "
            f"{room / 1e6:.1f} MB; what was to be merged is kept",
            out,
        )


@contextlib.contextmanager
def _writing(path: str) -> Iterator[Any]:
    """A new file; when that fails it goes, and one error tells why."""
    import h5py

    file = None
    try:
        file = h5py.File(path, "w")
        yield file
        file.close()
    except (OSError, RuntimeError) as e:  # h5py raises either when the disk is full
        if isinstance(e, Error):
            raise
        if file is not None:
            with contextlib.suppress(Exception):
                file.close()
        with contextlib.suppress(OSError):
            os.remove(path)
        raise IoError(
            f"{path}: merging failed ({_reason(e, path)}); what was to be merged is kept", path
        ) from e


def _reason(error: BaseException, path: str) -> str:
    """The system's word out of HDF5's: it is somewhere in the chain of errors."""
    seen: BaseException | None = error
    while seen is not None:
        if found := re.search(r"error message = '([^']+)'", str(seen)):
            return found[1]
        seen = seen.__context__
    free = shutil.disk_usage(os.path.dirname(os.path.abspath(path))).free
    return str(error) if free > 1 << 20 else os.strerror(errno.ENOSPC)


def _is_group_of_samples(group: Any) -> bool:
    return "time" in group and "world" in group and "row" not in group


def _segment_ends(parts: list[_Part]) -> list[int]:
    """Ends of the segments that the scenario asks for, ns, each with samples; none: one file."""
    import numpy as np

    first = parts[0].file
    scenario = tomllib.loads(bytes(first["inputs/0"][:]).decode())
    length, most = _core.parse_segment_limit(scenario.get("record", {}).get("segment", ""))
    times = [p.file[g]["time"][:] for p in parts for g in p.file if _is_group_of_samples(p.file[g])]
    time = np.unique(np.concatenate(times))
    if not (length or most) or not len(time):
        return []
    start = int(time[0])
    if length:
        start = parse_ns(text_of(first.attrs["start"]))
    else:
        stored = sum(_stored(p.file) for p in parts)
        length = -(-(int(time[-1]) + 1 - start) // max(1, -(-stored // most)))
    return [int(start + (k + 1) * length) for k in np.unique((time - start) // length)]


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
            copy_attribute(first, file, name)
    statuses = {p.status for p in parts}
    set_text(file, "status", "complete" if "complete" in statuses else "failed", 16)
    set_text(file, "status_reason", "", 4096)
    set_text(file, "created", max(text_of(p.file.attrs.get("created", "")) for p in parts))
    if not is_whole:
        lanes = sorted(lane for p in parts for lane in p.lanes)
        set_text(file, "lanes", json.dumps(lanes))


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
    copy_attributes(first, group)
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
        elif "world" in dims_of(source):
            made = _stacked(group, parts, f"{name}/{key}", time, worlds)
        else:
            first.copy(source, group, key, without_attrs=True)
            made = group[key]
        copy_attributes(source, made)
        make_scale(source, made)
    for key in sorted(first):
        for axis, scale in enumerate(dims_of(first[key])):
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
        chunks=chunk_of(shape),
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
    for begin in range(0, len(time), BLOCK_ROWS):
        end = min(begin + BLOCK_ROWS, len(time))
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
    copy_attributes(first, group)
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
        copy_attributes(source, made)
        make_scale(source, made)
    for key in sorted(first):
        if key != "row" and dims_of(first[key])[0] == "row":
            group[key].dims[0].attach_scale(group["row"])
