# SPDX-License-Identifier: Apache-2.0
"""The page of agreement with OpenDSS is what its script makes, and every bar on it is met."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("validation", ROOT / "tools" / "validation.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["validation"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made(tool):
    return tool.make()


def test_every_circuit_is_as_close_to_opendss_as_it_must_be(made):
    assert made[1] == []


def test_the_page_is_what_the_script_makes(tool, made):
    assert tool.same(made[0], tool.PAGE.read_text()) == []


def test_a_number_of_the_page_that_is_another_is_seen_but_a_time_is_not(tool, made):
    page = made[0]
    row = next(line for line in page.splitlines() if line.startswith("| ieee123 |"))
    cells = row.split(" | ")
    slower = page.replace(row, " | ".join([*cells[:-1], "999.9 |"]))
    assert tool.same(page, slower) == []
    for i in range(1, 7):
        other = [*cells[:i], "7", *cells[i + 1 :]]
        assert len(tool.same(page, page.replace(row, " | ".join(other)))) == 1


def test_no_circuit_is_within_its_bar_when_its_table_is_not(tool):
    case = next(c for c in tool.indexed() if c.name == "ieee13")
    assert not tool.measure(case, None).wrong
    other = tool.Case("x", case.script, "ieee34mod1.csv")
    assert "inf" in tool.measure(other, None).wrong
    tight = tool.Case("x", case.script, case.table, 1e-12)
    assert re.search(r"pu at \w+\.\d, the bar is 1.0e-12", tool.measure(tight, None).wrong)
