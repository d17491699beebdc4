# SPDX-License-Identifier: Apache-2.0
"""One page a room of the C++ API: its README, then each header: why it is there, what it declares."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

FIELDS = "Source|Accuracy|Errors|Unit|Shape"
INDEX = """\
# C++ API

`#include <gridflock/gridflock.hpp>` has what an application needs: `load_scenario`, `compile`, `Simulation`,
`Ensemble`, `MemorySink`, `Hdf5Sink`, the errors and times. The rest is one header a type, in rooms; includes go
from higher rooms to lower ones only ([rooms](../../concepts/rooms.md)). Everything lives in `gridflock`, inside an
inline namespace `v0`; types of `core` stand in `gridflock` itself, those of a room in a namespace of its name.

Docstrings name the *shape* of arrays, *units* (SI inside the library), what a call *changes*, its *errors* and the
*source* of its equations.

```{toctree}
:maxdepth: 1

ROOMS
```
"""


def leading_comment(text: str) -> list[str]:
    """The comment between the licence and `#pragma once`, without its slashes."""
    lines = []
    for line in text.splitlines()[1:]:
        if not line.startswith("//"):
            break
        lines.append(line[3:] if line.startswith("// ") else line[2:])
    return lines


def escaped(line: str) -> str:
    parts = re.split(r"(`[^`]*`)", line)
    for i in range(0, len(parts), 2):
        parts[i] = re.sub(r"([\\*_\[\]{}<>#|$~^@])", r"\\\1", parts[i])
    return "".join(parts)


def prose(lines: list[str]) -> str:
    """Markdown of a comment: what is indented or aligned stays as it is, the rest is prose."""
    out: list[str] = []
    for block in "\n".join(lines).split("\n\n"):
        rows = block.split("\n")
        is_table = any(r.startswith("  ") for r in rows) or any(
            re.search(r"\S {3,}\S", r) for r in rows
        )
        if is_table:
            out.append("```text\n" + "\n".join(rows) + "\n```")
        else:
            text = "\n".join(escaped(r) for r in rows)
            out.append(
                re.sub(rf"^({FIELDS}):?  ?", r"\n**\1:** ", text, flags=re.MULTILINE).strip()
            )
    return "\n\n".join(out)


def readme(path: Path) -> tuple[str, str]:
    """Title and body of a room's README, its headings one level down."""
    first, _, rest = path.read_text(encoding="utf-8").partition("\n")
    body = re.sub(
        r"^#+ *Decisions.*$|^\**Decisions\**$", "\n**Decisions**\n", rest, flags=re.MULTILINE
    )
    body = re.sub(r"^(?=\*\*[A-Z])", "\n", body, flags=re.MULTILINE)  # a paragraph each
    return first.lstrip("# ").split(":")[0], re.sub(r"\n{3,}", "\n\n", body).strip()


def page(room: Path) -> str:
    title, body = readme(room / "README.md")
    out = [f"# {title}", body]
    for header in sorted(room.glob("*.hpp")):
        text = header.read_text(encoding="utf-8")
        out.append(f"## `{room.name}/{header.name}`")
        out.append(prose(leading_comment(text)))
        out.append(f"```{{doxygenfile}} gridflock/{room.name}/{header.name}\n```")
    return "\n\n".join(out) + "\n"


def prepare(xml: Path) -> None:
    """Readies Doxygen's XML for pages by header, before Breathe reads it.

    The index names a file by its last part; here by its path, as the pages ask for it. Functions,
    enumerations and the like stand with their namespace, which has many files; here with the header
    that declares them. Namespaces themselves are left out: each would be declared anew by each file.
    Private members, which the XML always has, go.
    """
    for path in [*xml.glob("class*.xml"), *xml.glob("struct*.xml")]:
        tree = ElementTree.parse(path)
        compound = tree.getroot().find("compounddef")
        for section in compound.findall("sectiondef"):
            if section.get("kind").startswith("private"):
                compound.remove(section)
        tree.write(path, encoding="utf-8", xml_declaration=True)
    members = members_by_file(xml)
    index = ElementTree.parse(xml / "index.xml")
    for entry in index.getroot().iter("compound"):
        if entry.get("kind") != "file":
            continue
        path = xml / f"{entry.get('refid')}.xml"
        tree = ElementTree.parse(path)
        compound = tree.getroot().find("compounddef")
        place = compound.find("location").get("file")
        entry.find("name").text = place
        for space in compound.findall("innernamespace"):
            compound.remove(space)
        for section in reversed(members.get(place, [])):
            compound.insert(list(compound).index(compound.find("location")), section)
        tree.write(path, encoding="utf-8", xml_declaration=True)
    index.write(xml / "index.xml", encoding="utf-8", xml_declaration=True)


def members_by_file(xml: Path) -> dict[str, list[ElementTree.Element]]:
    """Sections of the members of all namespaces, by the file that declares them."""
    found: dict[str, dict[str, ElementTree.Element]] = {}
    for path in sorted(xml.glob("namespacegridflock*.xml")):
        for section in ElementTree.parse(path).getroot().iter("sectiondef"):
            kind = section.get("kind")
            for member in section.findall("memberdef"):
                place = member.find("location").get("declfile") or member.find("location").get(
                    "file"
                )
                of_file = found.setdefault(place, {})
                if kind not in of_file:
                    of_file[kind] = ElementTree.Element("sectiondef", {"kind": kind})
                member.find("name").text = member.findtext("qualifiedname")
                of_file[kind].append(member)
    order = ("enum", "typedef", "var", "func")
    return {f: [s[k] for k in order if k in s] for f, s in found.items()}


def write(include: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rooms = sorted(p.parent for p in include.glob("*/README.md"))
    texts = {f"{room.name}.md": page(room) for room in rooms}
    texts["index.md"] = INDEX.replace("ROOMS", "\n".join(room.name for room in rooms))
    for path in folder.glob("*.md"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
