# SPDX-License-Identifier: Apache-2.0
"""The house rules that no compiler checks: who may include whom, sizes, banned calls, READMEs.

A room is a folder of ``include/gridflock`` with its twin in ``src``. ``LEVEL`` and ``IMPORTS`` are
the table of the design: includes go from a higher level to a lower one, and only to rooms named.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

LEVEL = {
    "core": 0,
    "des": 1, "grid": 1, "profile": 1, "record": 1, "asset": 1, "journal": 1,
    "powerflow": 2, "device": 2, "comms": 2, "market": 2, "frequency": 2,
    "control": 3, "forecast": 3, "settle": 3, "chain": 3,
    "dispatch": 4,
    "vpp": 5, "scenario": 5,
    "sim": 6, "dss": 6,
    "io": 7,
}  # fmt: skip


def rooms_up_to(level: int) -> set[str]:
    return {room for room, its in LEVEL.items() if its <= level}


IMPORTS = {
    "core": set(),
    "des": {"core"},
    "grid": {"core"},
    "profile": {"core"},
    "record": {"core"},
    "asset": {"core"},
    "journal": {"core"},
    "powerflow": {"core", "grid"},
    "device": {"core"},
    "comms": {"core", "des", "asset"},
    "market": {"core", "asset"},
    "frequency": {"core"},
    "control": {"core", "grid", "powerflow"},
    "forecast": {"core", "asset"},
    "settle": {"core", "asset", "market", "journal"},
    "chain": {"core", "des", "comms", "asset", "journal"},
    "dispatch": {"core", "asset", "forecast", "market"},
    "vpp": rooms_up_to(4),
    "scenario": rooms_up_to(4),
    "sim": rooms_up_to(5),
    "dss": {"core", "grid", "profile", "powerflow", "device", "control", "scenario"},
    "io": rooms_up_to(6),
}

TRANSCENDENTAL = re.compile(
    r"\bstd::(?:exp|exp2|expm1|log|log2|log10|log1p|pow|sqrt|cbrt|hypot|sin|cos|tan|asin|acos|atan"
    r"|atan2|sinh|cosh|tanh|asinh|acosh|atanh|erf|erfc|tgamma|lgamma|fma|polar|arg)(?:f|l)?\s*[(<;]"
)
# A variable with static storage that can change: no parenthesis, so not a function; no const.
MUTABLE_STATIC = re.compile(
    r"^[ \t]*(?:inline[ \t]+)?(?:static|thread_local)\b"
    r"(?![^;\n]*\b(?:const|constexpr|constinit)\b)[^()\n]*[=;{][^()\n]*$",
    re.MULTILINE,
)
# What the process has one of: HDF5, and so the lock on it.
PROCESS_WIDE = {"src/io/h5.cpp"}
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX)\b")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
COMMENT_OR_STRING = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.DOTALL)


def code_only(text: str) -> str:
    """The text with comments and the insides of strings blanked, line numbers kept."""

    def blank(match: re.Match) -> str:
        token = match.group()
        return '""' if token.startswith('"') else "\n" * token.count("\n")

    return COMMENT_OR_STRING.sub(blank, text)


def cpp_files(*folders: str) -> list[Path]:
    found = []
    for folder in folders:
        found += [p for p in (ROOT / folder).rglob("*") if p.suffix in {".hpp", ".cpp"}]
    return sorted(found)


def room_of(path: Path) -> str | None:
    """The room that owns a file; None for the top (gridflock.hpp and what composes the rooms)."""
    parts = path.relative_to(ROOT).parts
    inside = parts[2:] if parts[0] == "include" else parts[1:]
    return inside[0] if len(inside) > 1 else None


def refused_includes(room: str | None, text: str) -> list[str]:
    """Includes in a room's file that the table does not allow."""
    refused = []
    for _, target in INCLUDE.findall(text):
        parts = target.removeprefix("gridflock/").split("/")
        if target == "gridflock/version.hpp" or room is None:
            continue
        if len(parts) == 1:
            if target.startswith("gridflock/"):
                refused.append(target)
        elif parts[0] in LEVEL and parts[0] != room and parts[0] not in IMPORTS[room]:
            refused.append(target)
    return refused


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def existing_rooms() -> list[str]:
    folders = list((ROOT / "include/gridflock").iterdir()) + list((ROOT / "src").iterdir())
    return sorted({folder.name for folder in folders if folder.is_dir() and any(folder.iterdir())})


def test_the_table_only_goes_downwards():
    for room, imports in IMPORTS.items():
        for other in imports:
            assert LEVEL[other] < LEVEL[room], f"{room} may not import {other}"


def test_every_folder_is_a_room_of_the_table():
    unknown = [room for room in existing_rooms() if room not in LEVEL]
    assert unknown == [], f"not in the design: {unknown}"


def test_the_checker_sees_an_upward_include():
    assert refused_includes("core", '#include "gridflock/grid/circuit.hpp"\n')
    assert refused_includes("grid", '#include "grid/parse.hpp"\n#include "sim/plan.hpp"\n')
    assert refused_includes("dispatch", "#  include <gridflock/device/pv.hpp>\n")
    assert refused_includes("io", '#include "gridflock/gridflock.hpp"\n')
    assert not refused_includes("sim", '#include "gridflock/vpp/monitor.hpp"\n#include <vector>\n')


def test_includes_go_down_only():
    broken = {}
    for path in cpp_files("include", "src"):
        room = room_of(path)
        if room in LEVEL or room is None:
            refused = refused_includes(room, path.read_text())
            if refused:
                broken[relative(path)] = refused
    assert broken == {}


def test_the_build_allows_no_more_than_the_table():
    text = (ROOT / "CMakeLists.txt").read_text()
    calls = re.findall(r"gridflock_room\((\w+)([^)]*)\)", text)
    assert calls
    for room, rest in calls:
        uses = re.search(r"USES\s+([\w\s]*?)\s*(?:PRIVATE_LIBS|$)", rest)
        named = set(uses.group(1).split()) if uses else set()
        assert named <= IMPORTS[room], f"{room} is linked with {named - IMPORTS[room]}"


def test_public_headers_include_std_and_gridflock_only():
    broken = {}
    for path in cpp_files("include"):
        foreign = [
            target
            for mark, target in INCLUDE.findall(path.read_text())
            if not target.startswith("gridflock/")
            and (mark == '"' or not re.fullmatch(r"\w+", target))
        ]
        if foreign:
            broken[relative(path)] = foreign
    assert broken == {}


def test_only_io_sees_hdf5():
    offenders = [
        relative(path)
        for path in cpp_files("include", "src")
        if room_of(path) != "io" and re.search(r"#\s*include\s*[<\"]hdf5", path.read_text())
    ]
    assert offenders == []


def test_no_transcendental_of_the_c_library_below_io():
    broken = []
    for path in cpp_files("include", "src"):
        if LEVEL.get(room_of(path) or "", 9) < LEVEL["io"]:
            for number, line in enumerate(code_only(path.read_text()).splitlines(), 1):
                if TRANSCENDENTAL.search(line):
                    broken.append(f"{relative(path)}:{number}: {line.strip()}")
    assert broken == []


@pytest.mark.parametrize(
    "call", ["std::exp(x)", "std::pow(a, b)", "std::sqrt(2.0)", "std::sinf(x)"]
)
def test_the_ban_on_transcendentals_knows(call):
    assert TRANSCENDENTAL.search(f"y = {call};")
    assert not TRANSCENDENTAL.search(code_only(f"// y = {call};"))
    assert not TRANSCENDENTAL.search(f"y = {call};".replace("std::", "math::"))


def test_no_static_that_can_change():
    broken = []
    for path in cpp_files("include", "src"):
        if relative(path) in PROCESS_WIDE:
            continue
        for match in MUTABLE_STATIC.finditer(code_only(path.read_text())):
            broken.append(f"{relative(path)}: {match.group().strip()}")
    assert broken == []


def test_the_ban_on_statics_knows():
    assert MUTABLE_STATIC.search("    static int counter = 0;\n")
    assert MUTABLE_STATIC.search("thread_local Cache cache;\n")
    assert not MUTABLE_STATIC.search("    static constexpr int depth = 3;\n")
    assert not MUTABLE_STATIC.search("    static Fleet read(const File& file);\n")


def sources() -> list[Path]:
    found = cpp_files("include", "src", "tests", "examples", "python", "benchmarks")
    for folder in ("python", "tests", "tools", "examples", "cmake", ".ci", "include"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {".py", ".sh", ".cmake", ".in"} or path.name == "CMakeLists.txt":
                found.append(path)
    return sorted({p for p in found if "__pycache__" not in p.parts} | {ROOT / "CMakeLists.txt"})


def test_every_source_names_its_licence():
    without = [
        relative(path)
        for path in sources()
        if "SPDX-License-Identifier: Apache-2.0" not in path.read_text()[:400]
    ]
    assert without == []


def test_files_stay_short():
    long = {}
    for path in sources():
        limit = 800 if relative(path).startswith("tests/") else 600
        lines = len(path.read_text().splitlines())
        if lines > limit:
            long[relative(path)] = lines
    assert long == {}, "a room that should be two, or a type that should be one"


def test_nothing_lands_unfinished():
    broken = [
        relative(path)
        for path in sources()
        if not relative(path).startswith("tests/") and UNFINISHED.search(path.read_text())
    ]
    assert broken == []


def test_every_header_is_guarded():
    without = [
        relative(path) for path in cpp_files("include") if "#pragma once" not in path.read_text()
    ]
    assert without == []


def readme_faults(text: str) -> list[str]:
    faults = []
    if len(text.splitlines()) > 40:
        faults.append(f"{len(text.splitlines())} lines, at most 40")
    lower = re.sub(r"[*_#`]", "", text.lower())
    for part in ("belongs here", "does not", "imports", "start reading at"):
        if part not in lower:
            faults.append(f"says nothing of '{part}'")
    return faults


def test_every_room_has_a_short_readme():
    broken = {}
    for room in existing_rooms():
        path = ROOT / "include/gridflock" / room / "README.md"
        faults = readme_faults(path.read_text()) if path.exists() else ["missing"]
        if faults:
            broken[room] = faults
    assert broken == {}
