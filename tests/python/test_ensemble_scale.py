# SPDX-License-Identifier: Apache-2.0
"""Ensembles of many worlds, by strategies in Python, and by every instruction set."""

import os
import subprocess
import sys
import time

import gridflock as gf
import pytest
from conftest import small
from gridflock.diff import diff
from gridflock.rerun import rerun, unequal
from gridflock.shards import merge_shards

WORLDS = 200
PLUGIN = """
import gridflock as gf


class Stubborn(gf.Strategy):
    '''Shares by power, and gives way a little more each time that the limit is passed.'''

    calls = 0

    def decide(self, obs, out):
        over_kw = (obs.head_p_kw + obs.p_kw.sum(axis=0) - self.limit_kw).clip(0)
        self.calls += int((over_kw > 0).any())
        share = obs.p_max_kw / obs.p_max_kw.sum(axis=0).clip(1e-9)
        out.p_kw[:] = (share * over_kw * (1 + 0.01 * self.calls)).clip(obs.p_min_kw, obs.p_max_kw)
"""


def tiny(**changes):
    sc = small(**{"time.duration": "20 min", "fleet.homes.count": 5, **changes})
    sc.record.hashes = True
    return sc


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    out = tmp_path_factory.mktemp("many") / "many.h5"
    return gf.Ensemble(tiny(), worlds=WORLDS).run(out=out, threads=2)


def test_two_hundred_worlds_differ_and_each_is_itself(many, tmp_path, monkeypatch):
    assert many.head.p_kw.sizes["world"] == WORLDS
    hashes = many.rows("hashes")
    last = hashes[hashes["time"] == hashes["time"].max()]
    assert last["device"].nunique() == WORLDS and set(last["world"]) == set(range(WORLDS))
    monkeypatch.setattr("gridflock._merge._MOST_OPEN", 20)  # parts are merged in two rounds
    parts = gf.Ensemble(tiny(), worlds=WORLDS).run(out=tmp_path / "parts.h5", width=5)
    assert unequal(many, parts) == ""
    assert diff(tiny(worlds=3).run(out=tmp_path / "three.h5"), many) is None


def test_memory_does_not_grow_with_the_number_of_worlds(tmp_path):
    script = (
        "import resource, sys; sys.path.insert(0, sys.argv[1]); import gridflock as gf;"
        "from test_ensemble_scale import tiny;"
        "gf.Ensemble(tiny(), worlds=int(sys.argv[2])).run(out=sys.argv[3], width=4).close();"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    here = os.path.dirname(__file__)

    def peak_kb(worlds):
        command = [sys.executable, "-c", script, here, str(worlds), str(tmp_path / f"{worlds}.h5")]
        return int(subprocess.run(command, check=True, capture_output=True, timeout=200).stdout)

    assert peak_kb(WORLDS) < 1.25 * peak_kb(8)


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    (tmp_path / "stubborn.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    import stubborn

    yield stubborn
    sys.modules.pop("stubborn")


def test_a_strategy_in_python_has_the_bits_of_its_single_run_in_every_shard(plugin, tmp_path):
    sc = tiny(**{"time.duration": "1 h"})
    sc.dispatch = plugin.Stubborn(limit_kw=100)
    ens = gf.Ensemble(sc, worlds=4)
    whole = ens.run(out=tmp_path / "whole.h5", width=1)
    assert diff(gf.Ensemble(sc, worlds=4).run(out=tmp_path / "two.h5", threads=2), whole) is None
    shards = [ens.run_shard(f"{i}/3", tmp_path / "s.h5") for i in (1, 2, 3)]
    merge_shards(shards, tmp_path / "merged.h5")
    assert unequal(whole, gf.open_results(tmp_path / "merged.h5")) == ""
    again = rerun(whole)
    assert (again.is_equal, again.what) == (True, "") and again.hashes == 4 * 60
    (tmp_path / "stubborn.py").write_text(PLUGIN.replace("0.01", "0.02"))
    import linecache

    linecache.checkcache()
    with pytest.raises(gf.Error, match="not the one that"):
        rerun(whole)


def test_a_strategy_in_python_goes_on_with_what_it_remembers(plugin, tmp_path):
    sc = tiny(**{"time.duration": "4 days", "fleet.homes.count": 40})
    sc.dispatch = plugin.Stubborn(limit_kw=100)
    sc.save(tmp_path / "s.toml")
    command = [sys.executable, "-m", "gridflock.cli", "run", str(tmp_path / "s.toml"), "-o"]
    subprocess.run([*command, str(tmp_path / "whole.h5")], check=True, timeout=200)
    process = subprocess.Popen([*command, str(tmp_path / "out.h5")], stderr=subprocess.DEVNULL)
    while not (tmp_path / "out.h5").exists() and process.poll() is None:
        time.sleep(0.005)
    time.sleep(0.3)
    process.terminate()
    assert process.wait(timeout=60) == 1
    assert (tmp_path / "out.h5.checkpoint").exists()
    subprocess.run([*command, str(tmp_path / "out.h5"), "--resume"], check=True, timeout=200)
    whole, out = gf.open_results(tmp_path / "whole.h5"), gf.open_results(tmp_path / "out.h5")
    assert unequal(whole, out) == ""


@pytest.mark.parametrize("instructions", ["portable", "avx2", "avx512"])
def test_every_instruction_set_gives_the_same_bits(many, tmp_path, instructions):
    tiny(worlds=3).save(tmp_path / "s.toml")
    command = [sys.executable, "-m", "gridflock.cli", "run", str(tmp_path / "s.toml"), "-o"]
    environment = os.environ | {"GRIDFLOCK_INSTRUCTIONS": instructions}
    out = tmp_path / "out.h5"
    done = subprocess.run([*command, str(out)], env=environment, capture_output=True, text=True)
    if "a set that this machine has" in done.stderr:
        pytest.skip(f"this machine has no {instructions}")
    assert done.returncode == 0, done.stderr
    assert diff(gf.open_results(out), many) is None


def test_a_study_with_its_market_has_the_same_hashes_however_it_is_run(tmp_path):
    """Bids, awards, an outage, attacks and settlements, each room and tick of four lanes."""
    sc = gf.examples.demo()
    sc.time.warmup = sc.time.duration = "2 days"
    sc.record.hashes = True
    ensemble = gf.Ensemble(sc, worlds=2, variants={"demo": {}, "mended": {"comms.outage": []}})
    one = ensemble.run(out=tmp_path / "one.h5", width=1)
    assert len(one.rows("hashes")) == 2 * 2 * 4 * 1440
    assert {"postings", "awards", "settlement"} <= {t for t in one.tables if len(one.rows(t))}
    assert unequal(one, ensemble.run(out=tmp_path / "wide.h5", width=3, threads=2)) == ""
    command = [sys.executable, "-m", "gridflock.cli", "rerun", str(tmp_path / "one.h5"), "--quiet"]
    environment = os.environ | {"GRIDFLOCK_INSTRUCTIONS": "portable"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.stdout == f"equal, {len(one.rows('hashes'))} hashes among it\n", done.stderr


def test_an_unknown_instruction_set_is_one_clear_error(tmp_path):
    tiny().save(tmp_path / "s.toml")
    done = subprocess.run(
        [sys.executable, "-m", "gridflock.cli", "run", str(tmp_path / "s.toml"), "-o", "x.h5"],
        env=os.environ | {"GRIDFLOCK_INSTRUCTIONS": "sse9"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0 and done.stderr.count("error:") == 1
    assert "sse9" in done.stderr and "portable, avx2 or avx512" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_determinism_page_holds_equal_hashes():
    page = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "determinism.md")
    with open(page) as file:
        text = file.read()
    for part in text.split("\n## ")[1:]:
        rows = [r.split(" | ") for r in part.splitlines() if r.startswith("| ") and "---" not in r]
        cells = rows[1:]
        assert len(cells) > 5
        assert len({r[-1] for r in cells}) == 1
        assert any("stopped" in r[3] for r in cells)
        assert len({r[0] for r in cells}) > 1
