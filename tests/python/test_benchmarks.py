# SPDX-License-Identifier: Apache-2.0
"""The benchmarks still run, on grids too small to time, and their page shows their results."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "benchmarks" / "run.py"


def installed(peer):
    """Whether a peer's environment was made on this machine."""
    return (ROOT / "build" / "bench" / f"venv-{peer}" / "requirements.txt").exists()


def run_case(case, folder, peers):
    out = folder / f"{case}.json"
    call = [sys.executable, str(RUN), "--case", case, "--size", "tiny", "--repeat", "1"]
    done = subprocess.run(
        [*call, "--peers", ",".join(peers) or "none", "--json", str(out)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(out.read_text())


def test_a_benchmark_runs_without_peers_and_tells_what_it_measured(tmp_path):
    result = run_case("pgm-grid", tmp_path, [])
    assert result["case"] == "pgm-grid"
    assert result["solves"] == 10
    assert result["machine"]["cores"] >= 1
    ours = result["ours"]
    assert ours["seconds"] > 0
    assert ours["solves_per_second"] == pytest.approx(10 / ours["seconds"])
    assert 1 < ours["iterations"] < 20
    assert ours["residual"] < 1e-6
    assert ours["failed"] == 0


@pytest.mark.parametrize("case", ["pgm-grid", "first-answer"])
def test_ours_and_opendss_agree_on_what_a_benchmark_solves(case, tmp_path):
    if not installed("dss-python"):
        pytest.skip("dss-python's environment is not made; benchmarks/run.py makes it")
    result = run_case(case, tmp_path, ["dss-python"])
    assert result["max_dv_pu"] < 1e-7
    peer = result["peers"]["dss-python"]
    assert peer["ratio"] == pytest.approx(peer["seconds"] / result["ours"]["seconds"])
    for variant in peer["variants"]:
        assert variant["max_dv_pu"] < 1e-4


def test_a_case_that_is_not_there_is_refused_by_name(tmp_path):
    done = subprocess.run(
        [sys.executable, str(RUN), "--case", "ckt99"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "ieee8500-year" in done.stderr


def test_the_page_shows_the_figures_of_the_results():
    script = ROOT / "benchmarks" / "report.py"
    done = subprocess.run([sys.executable, str(script), "--check"], timeout=60)
    assert done.returncode == 0, "run python benchmarks/report.py"
