# SPDX-License-Identifier: Apache-2.0
"""The benchmarks that are programs of their own: built once, run on one core."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def build(target: str) -> Path:
    """Builds a program of benchmarks/CMakeLists.txt, and returns where it is."""
    where = ROOT / "build" / "bench" / "native"
    here = Path(__file__).parent
    subprocess.run(["cmake", "-S", here, "-B", where, "-G", "Ninja"], check=True, stdout=2)
    subprocess.run(["cmake", "--build", where, "--target", target], check=True, stdout=2)
    return where / target


def call(command: list[str | Path], core: int | None = None) -> str:
    """Standard output of a command, on one core if given."""

    def pin() -> None:
        if core is not None:
            os.sched_setaffinity(0, {core})

    done = subprocess.run(command, check=True, capture_output=True, text=True, preexec_fn=pin)
    return done.stdout
