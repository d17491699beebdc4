# SPDX-License-Identifier: Apache-2.0
"""Segments: the results of one run in a file for each stretch of simulated time.

day.h5, day.0001.h5, ... share their scenario and the time at which the run began; what an older
run of that name left behind does not belong to them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ._hdf5 import (
    chunk_of,
    copy_attributes,
    dims_of,
    make_scale,
    require_replaceable,
    segment_path,
    set_text,
    text_of,
)
from .errors import IoError

_SAME = ("created", "scenario_sha256")
_OWN = ("segment", "segments", "status", "status_reason")


def segments_of(path: Path) -> list[Path]:
    """The segments that begin with `path`; empty when it is no first segment.

    Raises
    ------
    IoError
        When one is missing that the last one counts.
    """
    import h5py

    found: list[Path] = []
    count = 0
    while True:
        at = Path(segment_path(str(path), len(found)))
        if not at.exists() or not h5py.is_hdf5(at):
            break
        with h5py.File(at, "r") as file:
            attrs = {k: text_of(file.attrs.get(k, "")) for k in (*_SAME, "segment", "segments")}
        if attrs["segment"] == "" or int(attrs["segment"]) != len(found):
            break
        if not found:
            first = attrs
        elif any(attrs[k] != first[k] for k in _SAME):
            break
        found.append(at)
        count = int(attrs["segments"] or 0)
        if count:
            break
    return found


def join(parts: list[Path], out: Path, is_virtual: bool = False) -> None:
    """One results file of all segments; `is_virtual` makes it refer to them and copy nothing."""
    import h5py

    require_replaceable(out)
    files = [h5py.File(p, "r") for p in parts]
    try:
        temporary = out.with_name(f"{out.name}.joining")
        with h5py.File(temporary, "w", libver="latest" if is_virtual else None) as file:
            for name in files[0].attrs:
                if name not in _OWN:
                    file.attrs.create(
                        name, files[0].attrs[name], dtype=files[0].attrs.get_id(name).dtype
                    )
            set_text(file, "status", text_of(files[-1].attrs["status"]), 16)
            set_text(file, "status_reason", text_of(files[-1].attrs.get("status_reason", "")), 2048)
            for name in files[0]:
                _group(file, files, name, is_virtual)
        os.replace(temporary, out)
    finally:
        for f in files:
            f.close()


def _group(file: Any, files: list[Any], name: str, is_virtual: bool) -> None:
    first = files[0][name]
    if not any(d.maxshape[:1] == (None,) for d in first.values()):
        files[0].copy(first, file, name)
        return
    is_fixed = "row" in first and "world" not in first  # told again in each segment
    takers = files[:1] if is_fixed else files
    group = file.create_group(name)
    copy_attributes(first, group)
    for key in first:
        source = first[key]
        if source.maxshape[:1] != (None,):
            first.copy(source, group, key, without_attrs=True)
        elif key == "row" or not is_virtual:
            _copied(group, [f[name] for f in takers], key)
        else:
            _referred(group, [f[name] for f in takers], key)
        copy_attributes(source, group[key])
        make_scale(source, group[key])
    for key in first:
        for axis, scale in enumerate(dims_of(first[key])):
            if scale and scale != key:
                group[key].dims[axis].attach_scale(group[scale])


def _rows(group: Any, key: str) -> int:
    """Rows that are whole: a killed run may have left some datasets longer than their axis."""
    axis = "row" if "row" in group else "time"
    return int(min(group[axis].shape[0], group[key].shape[0]))


def _copied(group: Any, parts: list[Any], key: str) -> None:
    import numpy as np

    source = parts[0][key]
    shape = (sum(_rows(p, key) for p in parts), *source.shape[1:])
    packed = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
    made = group.create_dataset(
        key,
        shape,
        source.dtype,
        maxshape=(None, *shape[1:]),
        chunks=chunk_of(shape) if len(shape) > 1 else (512,),
        fillvalue=source.fillvalue if source.dtype.kind != "O" else None,
        **(packed if len(shape) > 1 else {}),
    )
    if key == "row":
        made[:] = np.arange(shape[0], dtype=source.dtype)
        return
    at = 0
    for p in parts:
        n = _rows(p, key)
        made[at : at + n] = p[key][:n]
        at += n


def _referred(group: Any, parts: list[Any], key: str) -> None:
    import h5py

    source = parts[0][key]
    counts = [_rows(p, key) for p in parts]
    layout = h5py.VirtualLayout((sum(counts), *source.shape[1:]), source.dtype)
    at = 0
    for p, n in zip(parts, counts, strict=True):
        if n:
            layout[at : at + n] = h5py.VirtualSource(p[key])[:n]
        at += n
    fill = source.fillvalue if source.dtype.kind != "O" else None
    group.create_virtual_dataset(key, layout, fillvalue=fill)


def missing(parts: list[Path]) -> str:
    """What says that segments are missing; "" when they are all there."""
    import h5py

    with h5py.File(parts[-1], "r") as file:
        count = int(file.attrs.get("segments", 0))
        status = text_of(file.attrs.get("status", ""))
    if status == "complete" and count != len(parts):
        return f"{parts[-1]}: is not the last segment; the ones after it are missing"
    return ""


def view(path: Path, folder: Path) -> Path:
    """A file that shows the segments which begin with `path` as one; `path` when it is alone.

    Raises
    ------
    IoError
        When segments are missing.
    """
    parts = segments_of(path)
    if not parts:
        return path
    if what := missing(parts):
        raise IoError(what, str(path))
    if len(parts) == 1:
        return path
    out = folder / path.name
    join([p.absolute() for p in parts], out, is_virtual=True)
    return out
