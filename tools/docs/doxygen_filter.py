# SPDX-License-Identifier: Apache-2.0
"""Turns headers into what Doxygen understands: doxygen_filter.py FROM TO copies a tree of them.

The docstrings name their fields in plain words ("Errors  ShapeError when ..."); here each becomes a
paragraph with that title. Angle brackets and backslashes in prose are text, not commands. The
nested inline namespace, which old versions of Doxygen do not parse, is written out.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

FIELDS = "Shape|Unit|Changes|Errors|Source|Returns|TOML|Accuracy|Price|Note"
START = re.compile(rf"^(?:({FIELDS}) {{2,}}|({FIELDS}): +|(Changes|Accuracy) +)(.*)$")
INSIDE = re.compile(rf"(?<=[.;)]) (?:({FIELDS})(?: {{2,}}|: +))")
COMMENT = re.compile(r"^(\s*)///(<?)( ?)(.*)$")
TRAILING = re.compile(r"^(.*?)(\s*///<)(.*)$")


def prose(text: str) -> str:
    """Text with nothing that Doxygen would take for markup, spans of code aside."""
    parts = re.split(r"(`[^`]*`)", text)
    for i in range(0, len(parts), 2):
        part = parts[i].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        part = part.replace("\\", "\\\\").replace("@", "\\@").replace("#", "\\#")
        parts[i] = re.sub(r"([*~])", r"\\\1", part)
    return "".join(parts)


def comment(indent: str, text: str) -> list[str]:
    """Lines of one line of a docstring."""
    out = []
    pieces = INSIDE.split(text)
    first = pieces[0]
    found = START.match(first)
    if found:
        name = found[1] or found[2] or found[3]
        out += [f"{indent}/// @par {name}", f"{indent}/// {prose(found[4])}"]
    else:
        out.append(f"{indent}/// {prose(first.strip())}")
    for name, rest in zip(pieces[1::2], pieces[2::2], strict=True):
        out += [f"{indent}/// @par {name}", f"{indent}/// {prose(rest.strip())}"]
    return out


def converted(text: str) -> str:
    out: list[str] = []
    for line in text.splitlines():
        line = re.sub(r"^namespace gridflock::inline v0", "namespace gridflock", line)
        if re.match(r"^\s*friend [\w<>:]+;$", line):  # says nothing to a reader
            continue
        found = COMMENT.match(line)
        if found and not found[2]:
            out += comment(found[1], found[4])
            continue
        found = TRAILING.match(line)
        if found:
            line = found[1] + found[2] + prose(found[3])
        out.append(line)
    return "\n".join(out) + "\n"


def convert(source: Path, target: Path) -> None:
    for header in sorted(source.rglob("*.hpp")):
        out = target / header.relative_to(source)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(converted(header.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
