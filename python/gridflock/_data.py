# SPDX-License-Identifier: Apache-2.0
"""Where the data that comes with gridflock lies."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import IoError


def data_dirs() -> list[str]:
    """Folders with feeders/, weather/, markets/, comms/, shapes/: $GRIDFLOCK_DATA, then our own."""
    here = Path(__file__).resolve().parent
    candidates = [Path(p) for p in os.environ.get("GRIDFLOCK_DATA", "").split(os.pathsep) if p]
    candidates += [here / "data", here.parents[1] / "scenarios"]
    return [str(p) for p in candidates if (p / "markets").is_dir()]


def data_file(*parts: str) -> Path:
    """A file of the data that comes with gridflock."""
    for folder in data_dirs():
        path = Path(folder, *parts)
        if path.is_file():
            return path
    name = "/".join(parts)
    raise IoError(f"{name}: the data of gridflock is not installed", name)
