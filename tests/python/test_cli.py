# SPDX-License-Identifier: Apache-2.0
"""The command line as a user meets it: a process, its output, its exit code."""

import json
import os
import signal
import subprocess
import sys
import time

import gridflock as gf
import pytest
from gridflock._data import data_file

PLAIN = ["--set", "time.warmup=0 s", "--set", "market.region="]  # nothing to sell, no need to learn
SMALL = [*PLAIN, "--set", "time.duration=1 h"]
LONG = [*PLAIN, "--set", "time.duration=365 days"]


def gridflock(*args, **kwargs):
    return subprocess.run(
        [sys.executable, "-m", "gridflock.cli", *map(str, args)],
        capture_output=True,
        text=True,
        timeout=120,
        **kwargs,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    done = gridflock("new", folder / "evening.toml", "--example", "suburb")
    assert done.returncode == 0, done.stderr
    done = gridflock(
        "run",
        folder / "evening.toml",
        "-o",
        folder / "day.h5",
        "--seed",
        7,
        "--set",
        "dispatch.limit_kw=2500",
        "--threads",
        2,
        *SMALL,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_version():
    assert gf.__version__ in gridflock("--version").stdout


def test_new_does_not_replace_a_file_unless_told(folder):
    assert gridflock("new", folder / "evening.toml").returncode == 2
    assert gridflock("new", folder / "evening.toml", "--force").returncode == 0


def test_validate_tells_every_fault_with_its_line(folder, tmp_path):
    assert gridflock("validate", folder / "evening.toml").returncode == 0
    bad = tmp_path / "bad.toml"
    bad.write_text('format = 1\n[coms]\nloss = 1\n[time]\nstep = "-1 min"\n')
    done = gridflock("validate", bad)
    assert done.returncode == 2
    assert "bad.toml:2" in done.stderr and "comms" in done.stderr
    assert gridflock("validate", tmp_path / "absent.toml").returncode == 2


def test_run_applies_seed_and_overrides(folder):
    res = gf.open_results(folder / "day.h5")
    assert res.attrs["seed"] == "7"
    assert "limit_kw = 2500" in res.scenario_text


def test_a_bad_override_is_bad_input(folder):
    done = gridflock("run", folder / "evening.toml", "-o", folder / "x.h5", "--set", "comms.los=1")
    assert done.returncode == 2 and "loss" in done.stderr
    assert not (folder / "x.h5").exists()
    assert (
        gridflock("run", folder / "evening.toml", "-o", folder / "x.h5", "--set", "x").returncode
        == 2
    )


def test_an_output_that_cannot_be_written_is_bad_input(folder):
    done = gridflock("run", folder / "evening.toml", "-o", "/nonexistent/day.h5", *SMALL)
    assert done.returncode == 2 and "/nonexistent/day.h5" in done.stderr


def test_info_and_table_print_what_a_file_holds(folder):
    info = gridflock("info", folder / "day.h5")
    assert info.returncode == 0
    assert "complete" in info.stdout and "with_vpp, no_vpp" in info.stdout
    table = gridflock("table", folder / "day.h5")
    assert table.returncode == 0 and "peak at the feeder head" in table.stdout
    assert gridflock("info", folder / "evening.toml").returncode == 2


def test_report_writes_one_page(folder):
    pytest.importorskip("jinja2")
    done = gridflock("report", folder / "day.h5", "-o", folder / "day.html")
    assert done.returncode == 0, done.stderr
    assert "<svg" in (folder / "day.html").read_text()


def wait_for_a_megabyte(out):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (not out.exists() or out.stat().st_size < 1_000_000):
        time.sleep(0.05)
    time.sleep(0.5)


def test_ctrl_c_keeps_what_is_written(folder):
    out = folder / "stopped.h5"
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gridflock.cli",
            "run",
            str(folder / "evening.toml"),
            "-o",
            str(out),
            *LONG,
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for_a_megabyte(out)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1 and "interrupted" in stderr
    with pytest.warns(gf.IncompleteResultsWarning):
        res = gf.open_results(out)
    assert res.status == "interrupted"
    assert len(res.samples("head.p_kw").values) > 0


def test_a_killed_run_keeps_its_flushed_blocks(folder):
    out = folder / "killed.h5"
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gridflock.cli",
            "run",
            str(folder / "evening.toml"),
            "-o",
            str(out),
            *LONG,
        ],
        stderr=subprocess.DEVNULL,
    )
    wait_for_a_megabyte(out)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=60)
    with pytest.warns(gf.IncompleteResultsWarning, match="running"):
        res = gf.open_results(out)
    values = res.head.p_kw.values
    assert values.shape[0] >= 60 and (values > 0).all()


def test_powerflow_exports_voltages_and_a_summary(tmp_path):
    feeder = data_file("feeders", "ieee13", "IEEE13Nodeckt.dss")
    done = gridflock(
        "powerflow", feeder, "--export", tmp_path / "v.csv", "--json", tmp_path / "s.json"
    )
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "v.csv").read_text().splitlines()
    assert lines[0] == "bus,node,v_volt,v_pu,angle_deg"
    summary = json.loads((tmp_path / "s.json").read_text())
    assert set(summary) == {
        "buses",
        "nodes",
        "converged",
        "iterations",
        "residual",
        "losses_w",
        "total_p_w",
        "total_q_var",
        "seconds",
        "elements",
    }
    assert set(summary["seconds"]) == {"parse", "build", "factor", "solve"}
    assert summary["nodes"] == len(lines) - 1 and summary["converged"] is True


def test_powerflow_refuses_what_it_cannot_do(tmp_path):
    feeder = data_file("feeders", "ieee13", "IEEE13Nodeckt.dss")
    assert gridflock("powerflow", feeder, "--controls", "static").returncode == 2
    assert gridflock("powerflow", tmp_path / "absent.dss").returncode == 2
