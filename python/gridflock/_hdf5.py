# SPDX-License-Identifier: Apache-2.0
"""What several modules do with results files through h5py: the reader, merging, segments."""

from __future__ import annotations

import fcntl
import os
from typing import Any

from .errors import IoError

BLOCK_ROWS = 60  # as the writer cuts its blocks
_BLOCK_COLUMNS = 256
_MAGIC = b"\x89HDF\r\n\x1a\n"
_SCALES = ("DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME")


def text_of(value: Any) -> Any:
    """Bytes as text; anything else as it is."""
    return value.decode("utf-8") if isinstance(value, bytes) else value


def require_hdf5(path: str | os.PathLike[str]) -> None:
    """Raises IoError when `path` cannot be read or is not HDF5."""
    try:
        with open(path, "rb") as file:
            head = file.read(len(_MAGIC))
    except OSError as e:
        raise IoError(f"{path}: {e.strerror}", str(path)) from e
    if head != _MAGIC:
        raise IoError(
            f"{path}: is not an HDF5 file (a results file is expected here, not a text or scenario "
            "file)",
            str(path),
        )


def require_replaceable(path: str | os.PathLike[str]) -> None:
    """Nobody's file is lost: IoError when `path` is being written, or neither HDF5 nor empty."""
    if not os.path.exists(path):
        return
    if os.path.isfile(path):
        with open(path, "rb") as file:
            is_ours = file.read(len(_MAGIC)) in (b"", _MAGIC, b"\0" + _MAGIC[1:])
        if is_ours:
            if _is_being_written(path):
                raise being_written(path)
            return
    raise IoError(
        f"{path}: exists and holds no results; choose another name for the results, or delete it "
        "first",
        str(path),
    )


def being_written(path: str | os.PathLike[str]) -> IoError:
    """The error of who would write where another does."""
    return IoError(
        f"{path}: another run is writing it; wait for its end or choose another name", str(path)
    )


def _is_being_written(path: str | os.PathLike[str]) -> bool:
    """A run holds a record lock on its file, which this one would meet."""
    try:
        with open(path, "r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False  # told by whoever writes
    return False


def segment_path(path: str, number: int) -> str:
    """Where a segment lies: day.h5, 2 -> day.0002.h5; segment 0 is day.h5 itself."""
    stem, suffix = os.path.splitext(path)
    return f"{stem}.{number:04}{suffix}" if number else path


def set_text(target: Any, name: str, text: str, room: int = 0) -> None:
    """A text attribute of fixed length, at least `room` bytes."""
    import h5py
    import numpy as np

    raw = text.encode()
    dtype = h5py.string_dtype("utf-8", max(len(raw), room, 1))
    target.attrs.create(name, np.array(raw, dtype=dtype), dtype=dtype)


def copy_attribute(source: Any, target: Any, name: str) -> None:
    """With its shape and type."""
    stored = source.attrs.get_id(name)
    target.attrs.create(name, source.attrs[name], shape=stored.shape, dtype=stored.dtype)


def copy_attributes(source: Any, target: Any) -> None:
    """All but those of dimension scales, which `make_scale` and attaching write."""
    for name in source.attrs:
        if name not in _SCALES:
            copy_attribute(source, target, name)


def make_scale(source: Any, target: Any) -> None:
    """Makes `target` a dimension scale if `source` is one."""
    if source.attrs.get("CLASS", b"") == b"DIMENSION_SCALE":
        target.make_scale(text_of(source.attrs.get("NAME", "")))


def dims_of(dataset: Any) -> list[str]:
    """Names of a dataset's dimension scales; "" where it has none."""
    return [d[0].name.rsplit("/", 1)[-1] if len(d) else "" for d in dataset.dims]


def chunk_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Blocks of samples [time, world, variant, ...], cut as the writer cuts them."""
    row = shape[1:]
    cells = 1
    for n in row:
        cells *= n
    if cells <= _BLOCK_COLUMNS:
        return (BLOCK_ROWS, *(max(n, 1) for n in row))
    return (BLOCK_ROWS, *(1 for _ in row[:-1]), min(max(row[-1], 1), _BLOCK_COLUMNS))
