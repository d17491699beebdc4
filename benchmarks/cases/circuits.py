# SPDX-License-Identifier: Apache-2.0
"""The circuits of this repository and the few facts of their scripts that the cases need.

Loads, powers and shapes are read from the text here, so that a case is the same whichever
contestant is installed.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .case import ROOT

FOLDERS = [ROOT / "tests" / "validation" / "cases", ROOT / "scenarios" / "feeders"]
NEW = re.compile(r'^\s*new\s+(?:object\s*=\s*)?"?(\w+)\.([^\s"]+)"?\s*(.*)$', re.IGNORECASE)


def find(name: str) -> Path:
    """A file (`folder/entry.dss`) under the repository's circuits."""
    for folder in FOLDERS:
        if (folder / name).exists():
            return folder / name
    raise SystemExit(f"no {name} under {', '.join(map(str, FOLDERS))}")


@dataclass
class LoadLine:
    """One `new load` line."""

    name: str
    p_w: float
    q_var: float
    yearly: str


def statements(file: Path, kind: str):
    """(name, rest of the line) of every `new KIND.name ...` of one file."""
    text = file.read_bytes().decode("utf-8-sig", errors="replace").replace("\0", "")
    for line in text.splitlines():
        found = NEW.match(line.split("!")[0] if kind != "loadshape" else line)
        if found and found[1].lower() == kind:
            yield found[2].lower(), found[3]


def word(rest: str, name: str, default: str = "") -> str:
    """The value of `name=value` in a line."""
    found = re.search(rf"(?:^|[\s,]){name}\s*=\s*([^\s,]+)", rest, re.IGNORECASE)
    return found[1] if found else default


def loads(file: Path) -> list[LoadLine]:
    """The loads of one file, in its order; powers are NaN where the file does not give kW."""
    out = []
    for name, rest in statements(file, "load"):
        kw = float(word(rest, "kw", "nan"))
        factor = float(word(rest, "pf", "0.88"))
        kvar = word(rest, "kvar")
        q = float(kvar) if kvar else kw * math.tan(math.acos(abs(factor)))
        out.append(LoadLine(name, kw * 1e3, q * 1e3, word(rest, "yearly").lower()))
    return out


def shapes(file: Path) -> dict[str, np.ndarray]:
    """The load shapes of one file: multipliers in the text or one number a line of a file."""
    out = {}
    for name, rest in statements(file, "loadshape"):
        found = re.search(r"mult\s*=\s*\(([^)]*)\)", rest, re.IGNORECASE)
        if not found:
            continue
        source = re.match(r"\s*file\s*=\s*(\S+)", found[1], re.IGNORECASE)
        text = (file.parent / source[1]).read_text() if source else found[1]
        out[name] = np.array([float(v) for v in re.split(r"[,\s]+", text.strip()) if v])
    return out
