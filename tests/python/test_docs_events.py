# SPDX-License-Identifier: Apache-2.0
"""docs/events.md: its Python runs, and its C++ is that of the C++ tests, word for word."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "events.md"
COMPILED = ("tests/unit/des/example_test.cpp", "tests/unit/comms/example_test.cpp")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("number", range(3))
def test_the_python_of_the_page_runs(number, capsys):
    found = blocks("python")
    assert len(found) == 3
    source = found[number]
    names: dict[str, object] = {}
    if number > 0:
        exec("import gridflock as gf", names)
    exec(compile(source, f"{PAGE.name}:{number}", "exec"), names)
    assert "never said" not in capsys.readouterr().out


def test_the_cpp_of_the_page_is_compiled_and_run_by_the_tests():
    compiled = "\n".join((ROOT / path).read_text() for path in COMPILED)
    lines = "\n".join(line.strip() for line in compiled.splitlines())
    found = blocks("cpp")
    assert len(found) == 5
    for block in found:
        assert "\n".join(line.strip() for line in block.strip().splitlines()) in lines


@pytest.mark.parametrize("name", ["kernel", "messages"])
def test_the_tables_of_the_page_are_those_of_the_measurements(name):
    folder = ROOT / "benchmarks" / name
    shown = subprocess.run(
        [sys.executable, folder / "run.py", "--from-json", folder / "results.json"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    assert shown in PAGE.read_text()
