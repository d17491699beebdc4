# SPDX-License-Identifier: Apache-2.0
"""Malformed scripts through Python and the program: an error with its place, exit code 2."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import gridflock as gf
import pytest
from gridflock._data import data_file

CORPUS = Path(__file__).parents[1] / "corpus"


def expected():
    with open(CORPUS / "expected.csv", newline="") as table:
        return list(csv.DictReader(table))


def gridflock(*args):
    return subprocess.run(
        [sys.executable, "-m", "gridflock.cli", *map(str, args)],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=20,
    )


def test_every_malformed_script_raises_one_fault_with_its_place():
    rows = expected()
    assert len(rows) >= 200
    for row in rows:
        with pytest.raises(gf.ScenarioError) as caught:
            gf.powerflow.solve(CORPUS / row["file"])
        assert len(caught.value.faults) == 1, row["file"]
        fault = caught.value.faults[0]
        assert fault.line == int(row["line"]), row["file"]
        assert Path(fault.file).is_file(), row["file"]
        assert row["says"] in str(fault), row["file"]


@pytest.mark.parametrize("row", expected()[:: len(expected()) // 20], ids=lambda r: r["file"])
def test_the_program_ends_with_2_and_says_where(row):
    done = gridflock("powerflow", CORPUS / row["file"])
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    first, last = done.stderr.splitlines()[0], done.stderr.splitlines()[-1]
    assert first.startswith("error: ") and f":{row['line']}: " in first
    assert row["says"] in first
    assert last == "1 fault"


def test_the_report_says_how_each_element_was_read(tmp_path):
    script = tmp_path / "main.dss"
    script.write_text(
        "new circuit.c basekv=4.16 bus1=a\nnew line.l bus1=a bus2=b\n"
        "new load.x bus1=b kwatt=5\nnew monitor.m element=line.l\n"
    )
    done = gridflock("powerflow", script, "--report", tmp_path / "r.csv", "--json", tmp_path / "s")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader((tmp_path / "r.csv").open(newline="")))
    assert [(r["element"], r["verdict"], r["line"]) for r in rows] == [
        ("vsource.source", "exact", "1"),
        ("line.l", "exact", "2"),
        ("load.x", "approximated", "3"),
        ("monitor.m", "ignored", "4"),
    ]
    assert rows[2]["reason"] == "property 'kwatt' is unknown"
    assert rows[2]["file"] == str(script)
    elements = json.loads((tmp_path / "s").read_text())["elements"]
    assert [e["reason"] for e in elements] == [r["reason"] for r in rows]
    feeder = gf.powerflow.solve(data_file("feeders", "ieee13", "IEEE13Nodeckt.dss"))
    assert {r.verdict for r in feeder.readings} == {"exact", "ignored"}
    assert all(r.element.startswith("regcontrol.") for r in feeder.readings if r.reason)
