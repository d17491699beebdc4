# SPDX-License-Identifier: Apache-2.0
"""Where the data and the C++ library that come with gridflock lie."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import IoError


def data_dirs() -> list[str]:
    """Folders with feeders/, weather/, markets/, comms/, shapes/: $GRIDFLOCK_DATA, then our own."""
    here = Path(__file__).resolve().parent
    candidates = [Path(p) for p in os.environ.get("GRIDFLOCK_DATA", "").split(os.pathsep) if p]
    candidates += [here / "scenarios", here.parents[1] / "scenarios"]
    return [str(p) for p in candidates if (p / "markets").is_dir()]


def data_file(*parts: str) -> Path:
    """A file of the data that comes with gridflock."""
    for folder in data_dirs():
        path = Path(folder, *parts)
        if path.is_file():
            return path
    name = "/".join(parts)
    raise IoError(f"{name}: the data of gridflock is not installed", name)


def golden_file(name: str) -> Path:
    """A table of OpenDSS's voltages that `gridflock selftest` solves again."""
    here = Path(__file__).resolve().parent
    for folder in (here / "selftest_tables", here.parents[1] / "tests" / "validation" / "golden"):
        if (folder / name).is_file():
            return folder / name
    raise IoError(f"{name}: the tables of the self-test are not installed", name)


def cmake_dir() -> str:
    """The folder with gridflockConfig.cmake, for ``-Dgridflock_DIR=``."""
    path = Path(__file__).resolve().parent / "lib" / "cmake" / "gridflock"
    if not (path / "gridflockConfig.cmake").is_file():
        raise IoError(
            f"{path}: has no gridflockConfig.cmake; this is not an installed package", str(path)
        )
    return str(path)
