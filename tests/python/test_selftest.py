# SPDX-License-Identifier: Apache-2.0
"""The self-test passes on a sound installation and says what is wrong with another."""

import pytest
from click.testing import CliRunner
from gridflock import selftest
from gridflock.cli import main


def test_a_sound_installation_passes():
    done = CliRunner().invoke(main, ["selftest"])
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert len(lines) == len(selftest.CHECKS) + 1
    assert all(line.startswith("ok ") for line in lines[:-1])


def test_a_voltage_that_is_another_fails_and_says_what_to_report(tmp_path, monkeypatch):
    table = selftest.golden_file("ieee123.csv").read_text()
    row = next(s for s in table.splitlines() if s.startswith("1,1,"))
    cells = row.split(",")
    wrong = ",".join([*cells[:3], f"{float(cells[3]) + 2e-6:.12f}", cells[4]])
    (tmp_path / "ieee123.csv").write_text(table.replace(row, wrong))
    monkeypatch.setattr(selftest, "golden_file", lambda name: tmp_path / name)
    monkeypatch.setattr(selftest, "CHECKS", {"power flow": selftest._power_flow})
    done = CliRunner().invoke(main, ["selftest"])
    assert done.exit_code == 1
    assert "FAILED" in done.output and "1e-6 is the bar" in done.output
    assert "1 of 1 failed" in done.output and "Python 3" in done.output


def test_random_numbers_that_are_others_fail(monkeypatch):
    monkeypatch.setattr(selftest._core, "philox4x64", lambda counter, key: [0, 0, 0, 0])
    with pytest.raises(selftest.Failed):
        selftest._random_numbers(None)


def test_the_folder_of_cmake_files_is_printed():
    done = CliRunner().invoke(main, ["--cmakedir"])
    assert done.exit_code == 0
    assert done.output.strip().endswith("gridflock/lib/cmake/gridflock")
