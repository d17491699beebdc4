# SPDX-License-Identifier: Apache-2.0
"""Text files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from .errors import IoError


def write_whole(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` beside `path`, then move it there. On failure nothing is left behind.

    Raises
    ------
    IoError
        With the path and what to do.
    """
    path = Path(path)
    content = text.encode("utf-8")
    is_special = path.exists() and not path.is_file()  # a pipe or a device: no moving there
    part = path if is_special else path.with_name(path.name + ".part")
    try:
        part.write_bytes(content)
        if part != path:
            os.replace(part, path)
    except OSError as e:
        if part != path:
            with contextlib.suppress(OSError):
                part.unlink()
        raise IoError(f"{path}: {_reason(e, path, len(content))}", str(path)) from e


def _reason(e: OSError, path: Path, size: int) -> str:
    if e.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
        need = max(1, -(-size // 1_000_000))
        return f"{e.strerror}: free {need} MB or choose another place"
    if e.errno == errno.ENOENT:
        return f"no folder {path.parent}: make it or choose another place"
    return f"{e.strerror}: choose another place"
