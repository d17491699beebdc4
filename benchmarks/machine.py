# SPDX-License-Identifier: Apache-2.0
"""The machine that a figure was measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def read(path: str) -> str:
    """The text of a small file, "" where there is none."""
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def describe(core: int) -> dict[str, object]:
    """Processor, caches, system and the load on it now."""
    model = [line for line in read("/proc/cpuinfo").splitlines() if line.startswith("model name")]
    cache = f"/sys/devices/system/cpu/cpu{core}/cache"
    return {
        "processor": model[0].split(":", 1)[1].strip() if model else platform.processor(),
        "family": next(
            (
                f"family {f.split(':')[1].strip()}"
                for f in read("/proc/cpuinfo").splitlines()
                if f.startswith("cpu family")
            ),
            "",
        ),
        "cores": os.cpu_count(),
        "core": core,
        "l1": read(f"{cache}/index0/size"),
        "l2": read(f"{cache}/index2/size"),
        "l3": read(f"{cache}/index3/size"),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_average": round(os.getloadavg()[0], 2),
    }
