# SPDX-License-Identifier: Apache-2.0
"""Ensembles: the same results however they were parted, stopped and put together."""

import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import gridflock as gf
import h5py
import numpy as np
import pytest
from conftest import small
from gridflock._data import data_file
from gridflock.diff import diff
from gridflock.rerun import Rerun, rerun, unequal
from gridflock.shards import merge_shards

OFF = {"on": {}, "off": {"dispatch": None}}


def study(**changes):
    sc = small(**{"time.duration": "1 h", "fleet.homes.count": 10, **changes})
    sc.dispatch = gf.dispatch.PeakShaving(limit_kw=500)
    sc.record.hashes = True
    return sc


@pytest.fixture(scope="module")
def five(tmp_path_factory):
    """Five worlds, two variants, one thread, blocks of one lane."""
    out = tmp_path_factory.mktemp("five") / "five.h5"
    return gf.Ensemble(study(), worlds=5, variants=OFF).run(out=out, width=1)


def test_results_have_the_dimensions_world_and_variant(five):
    assert five.head.p_kw.sizes["world"] == 5
    assert list(five.head.p_kw["variant"].values) == ["on", "off"]
    spread = five.head.p_kw.isel(variant=1).std("world").max()
    assert float(spread) > 0
    assert set(five.rows("hashes")["world"]) == set(range(5))


def test_each_lane_is_the_single_run(five, tmp_path):
    sc = study(worlds=2).replace(variants=OFF)
    alone = sc.run(out=tmp_path / "alone.h5")
    assert alone.worlds == [0, 1]
    assert diff(alone, five) is None


@pytest.mark.parametrize(("threads", "width"), [(1, 10), (2, 3), (3, 2)])
def test_threads_and_width_change_nothing(five, tmp_path, threads, width):
    out = tmp_path / "other.h5"
    other = gf.Ensemble(study(), worlds=5, variants=OFF).run(out=out, threads=threads, width=width)
    assert unequal(five, other) == ""
    assert not (tmp_path / "other.h5.parts").exists()


@pytest.mark.parametrize("count", [1, 2, 5])
def test_merge_does_not_know_how_many_shards_there_were(five, tmp_path, count):
    ens = gf.Ensemble(study(), worlds=5, variants=OFF)
    shards = [ens.run_shard(f"{i}/{count}", tmp_path / "s.h5") for i in range(1, count + 1)]
    merge_shards(reversed(shards), tmp_path / "merged.h5")
    assert unequal(five, gf.open_results(tmp_path / "merged.h5")) == ""


def test_merge_refuses_what_is_missing_twice_or_foreign(tmp_path):
    ens = gf.Ensemble(study(), worlds=2, variants=OFF)
    one = ens.run_shard("1/2", tmp_path / "s.h5")
    with pytest.raises(gf.Error, match="worlds 1 are not all there"):
        merge_shards([one], tmp_path / "m.h5")
    whole = ens.run_shard("1/1", tmp_path / "t.h5")
    with pytest.raises(gf.Error, match="world 0"):
        merge_shards([one, whole], tmp_path / "m.h5")
    other = gf.Ensemble(study(seed=9), worlds=2, variants=OFF).run_shard("2/2", tmp_path / "s.h5")
    with pytest.raises(gf.Error, match="another scenario"):
        merge_shards([one, other], tmp_path / "m.h5")
    one.write_bytes(one.read_bytes()[:-100] + b"x" * 100)
    with pytest.raises(gf.IoError, match="not what its manifest says"):
        merge_shards([one], tmp_path / "m.h5")
    assert not (tmp_path / "m.h5").exists()


def test_a_finished_shard_is_not_run_again(tmp_path):
    ens = gf.Ensemble(study(), worlds=2, variants=OFF)
    path = ens.run_shard("1/2", tmp_path / "s.h5")
    before = path.stat().st_mtime_ns
    assert ens.run_shard("1/2", tmp_path / "s.h5") == path
    assert path.stat().st_mtime_ns == before
    path.write_bytes(b"damaged")
    ens.run_shard("1/2", tmp_path / "s.h5")
    assert gf.open_results(path).status == "complete"


def test_an_interrupted_ensemble_goes_on_with_its_parts(five, tmp_path):
    out = tmp_path / "e.h5"

    def stop(share):
        if share > 0.4:
            raise KeyboardInterrupt

    ens = gf.Ensemble(study(), worlds=5, variants=OFF)
    with pytest.raises(KeyboardInterrupt):
        ens.run(out=out, width=2, progress=stop)
    parts = sorted((tmp_path / "e.h5.parts").glob("*.h5"))
    done = {p: p.stat().st_mtime_ns for p in parts if _status(p) == "complete"}
    assert 0 < len(done) < 5
    kept = []

    def look(share):
        kept.append(all(p.stat().st_mtime_ns == t for p, t in done.items()))

    res = ens.run(out=out, width=2, resume=True, progress=look)
    assert kept and all(kept)
    assert unequal(five, res) == ""


def _status(path):
    with h5py.File(path) as f:
        status = f.attrs["status"]
    return status.decode() if isinstance(status, bytes) else str(status)


def _processes():
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    return ProcessPoolExecutor(2, mp_context=get_context("spawn"))


def _dask():
    distributed = pytest.importorskip("distributed", reason="dask is not installed")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
    )
    client = distributed.Client(cluster)
    executor = client.get_executor()
    close = executor.shutdown

    def shutdown(*args, **kwargs):
        close(*args, **kwargs)
        client.close()
        cluster.close()

    executor.shutdown = shutdown
    return executor


@pytest.mark.parametrize("make", [lambda: ThreadPoolExecutor(2), _processes, _dask])
def test_any_executor_gives_the_same_file(five, tmp_path, make):
    executor = make()
    try:
        out = tmp_path / "x.h5"
        told = []
        ensemble = gf.Ensemble(study(), worlds=5, variants=OFF)
        res = ensemble.run(out=out, executor=executor, progress=told.append)
        assert unequal(five, res) == ""
        assert told == sorted(told) and told[-1] == 1
    finally:
        executor.shutdown()


def test_a_lane_that_failed_in_another_process_is_told_to_the_caller(tmp_path):
    sc = gf.examples.demo()
    sc = sc.replace({"fleet.batteries.power_kw": 2000, "fleet.batteries.energy_kwh": 4000})
    sc.time.duration = "2 days"
    executor = _processes()
    try:
        with pytest.warns(gf.LaneFailedWarning, match="1 lanes failed; the first: world 0, on"):
            res = gf.Ensemble(sc, worlds=1, variants=OFF).run(
                out=tmp_path / "failed.h5", executor=executor
            )
    finally:
        executor.shutdown()
    (failure,) = res.failures
    assert failure.startswith("world 0, on failed at 2024-07-1") and "do not b" in failure


# Repeat, compare


def test_rerun_repeats_hash_for_hash(five, evening):
    done = rerun(five)
    assert done.is_equal and done.hashes == 5 * 2 * 60, done
    assert rerun(evening).is_equal


def test_rerun_needs_the_file_alone_and_tells_what_differs(tmp_path):
    folder = tmp_path / "study"
    shutil.copytree(data_file("feeders/ieee13/IEEE13Nodeckt.dss").parent, folder / "net")
    sc = study()
    text = sc.to_toml()
    sc = gf.Scenario.parse(text, folder)
    sc.feeder.file = "net/IEEE13Nodeckt.dss"
    res = sc.run(out=tmp_path / "day.h5")
    shutil.rmtree(folder)
    assert rerun(res).is_equal
    with h5py.File(tmp_path / "day.h5", "r+") as f:
        f["head/p_kw"][7, 0, 0] += 1
    done = rerun(gf.open_results(tmp_path / "day.h5"))
    assert not done.is_equal and done.what == "head/p_kw"


@pytest.mark.parametrize("is_own", [False, True])
def test_rerun_finds_what_the_text_of_a_study_names(tmp_path, is_own):
    """A shape, a preset and a region are names of files, ours or beside the study."""
    folder = tmp_path / "study"
    folder.mkdir()
    text = data_file("suburb/suburb.toml").read_text().replace('"5 days"', '"1 day"')
    if is_own:
        for kind, name in ("shapes", "residential"), ("comms", "lte-m"), ("markets", "demo"):
            (folder / kind).mkdir()
            own = data_file(f"{kind}/{name}.toml").read_text()
            (folder / kind / "own.toml").write_text(f"# ours\n{own}")
            text = text.replace(f'"{name}"', '"own"')
        text = text.replace('model = "own"', 'model = "residential"')
    (folder / "evening.toml").write_text(text)
    res = gf.load_scenario(folder / "evening.toml").run(out=tmp_path / "day.h5")
    assert res.scenario_text == text
    shutil.rmtree(folder)
    assert rerun(res) == Rerun(True, 0, "")
    if is_own:
        assert res.input("comms.preset").startswith(b"# ours")


def test_rerun_refuses_a_changed_input_and_a_run_not_ended(tmp_path, five):
    shutil.copy(five.path, tmp_path / "day.h5")
    with h5py.File(tmp_path / "day.h5", "r+") as f:
        dataset = next(d for d in f["inputs"].values() if d.attrs.get("name") == b"weather.file")
        dataset[3] ^= 1
    with pytest.raises(gf.IoError, match="weather.file"):
        rerun(gf.open_results(tmp_path / "day.h5"))


def test_diff_names_the_first_tick_the_room_and_the_entity(tmp_path):
    sc = study(**{"record.every": "1 min", "fleet.homes.count": 40, "time.duration": "2 h"})
    a = sc.run(out=tmp_path / "a.h5")
    b = sc.replace({"dispatch.limit_kw": 100000}).run(out=tmp_path / "b.h5")
    found = diff(a, b)
    assert found is not None
    assert found.rooms and set(found.rooms) <= {"comms", "dispatch", "device", "powerflow"}
    rows = a.rows("hashes"), b.rows("hashes")
    unequal_at = (rows[0]["comms"] != rows[1]["comms"]) | (rows[0]["device"] != rows[1]["device"])
    assert found.time == int(rows[0]["time"][unequal_at].min().value)
    assert any("batteries/" in e or "fleet.target_kw" in e for e in found.entities)
    assert diff(a, a) is None


def test_diff_names_the_very_unit_that_another_value_was_given(tmp_path):
    """One roof of five meets an attack in one variant: nothing else may be named."""
    sc = gf.examples.demo()
    sc.time.duration = "2 days"
    sc.record.hashes = True
    res = sc.run(out=tmp_path / "attack.h5", variants={"demo": {}, "honest": {"attack": []}})
    found = diff(res, res, variant="demo", against="honest")
    assert found is not None and found.rooms == ("asset",)
    (batch,) = found.entities
    assert batch.startswith("batches hour 2024-07-16 18:00 ") and "site homes/11" in batch
    assert "outcome bad signature" in batch
    refused = res.rows("batches")
    refused = refused[(refused.outcome == "bad signature") & (refused.variant == "demo")]
    assert found.time == int(refused.time.min().floor("10min").value)
    copy = tmp_path / "missing.h5"
    shutil.copy(res.path, copy)
    with h5py.File(copy, "a") as file:
        del file["hashes"]
        file["bids/mean_wh"][0] = np.nan
    missing = gf.open_results(copy)
    assert diff(missing, missing) is None  # what is missing in both is equal
    found = diff(res, missing)
    assert found is not None and "bids " in found.text and "against mean_wh missing" in found.text


@pytest.mark.parametrize("hashes", [True, False])
@pytest.mark.parametrize("worlds", [None, 2])
def test_diff_runs_again_to_name_what_was_not_recorded(tmp_path, worlds, hashes):
    sc = study(**{"fleet.homes.count": 40, "time.duration": "2 h", "record.hashes": hashes})
    sc.record.every, sc.record.variables = "1 h", ["node.v_pu"]
    other = sc.replace({"fleet.batteries.efficiency": 0.9})
    runs = []
    for name, s in (("a", sc), ("b", other)):
        out = tmp_path / f"{name}.h5"
        runs.append(s.run(out=out) if worlds is None else gf.Ensemble(s, worlds).run(out=out))
    plain, full = diff(*runs), diff(*runs, rerun=True)
    assert plain is not None and full is not None
    if hashes:
        assert (full.time, full.rooms) == (plain.time, plain.rooms)
    assert "device" in full.rooms and full.time <= plain.time
    assert not any(e.startswith("device.soc ") for e in plain.entities)
    assert any(e.startswith("device.soc batteries/") for e in full.entities)


def test_diff_without_hashes_goes_by_what_was_recorded(tmp_path, evening):
    found = diff(evening, evening, variant="on", against="off")
    assert found is not None and found.rooms == ()
    assert "against" in found.text


# Stop and go on


def gridflock(*args):
    return [sys.executable, "-m", "gridflock.cli", *map(str, args)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_goes_on_as_if_it_had_not_been(tmp_path, number):
    study(**{"time.duration": "2 days", "fleet.homes.count": 40}).save(tmp_path / "s.toml")
    whole, out = tmp_path / "whole.h5", tmp_path / "out.h5"
    subprocess.run(gridflock("run", tmp_path / "s.toml", "-o", whole), check=True, timeout=200)
    command = gridflock("run", tmp_path / "s.toml", "-o", out)
    said = _stop(command, out, number)
    assert b"--resume" in said
    assert (tmp_path / "out.h5.checkpoint").exists()
    with pytest.warns(gf.IncompleteResultsWarning):
        assert gf.open_results(out).status == "interrupted"
    killed = subprocess.Popen([*command, "--resume"])  # what was stopped outlives a kill
    _wait_for(tmp_path / "out.h5.resuming", killed)
    killed.kill()
    killed.wait(timeout=60)
    done = subprocess.run([*command, "--resume"], capture_output=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "out.h5.checkpoint").exists()
    assert unequal(gf.open_results(whole), gf.open_results(out)) == ""


def _wait_for(path, process):
    deadline = time.time() + 100
    while not path.exists() and process.poll() is None and time.time() < deadline:
        time.sleep(0.005)


def _stop(command, out, number):
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    _wait_for(out, process)
    time.sleep(0.05)
    process.send_signal(number)
    _, said = process.communicate(timeout=100)
    assert process.returncode == 1, said
    return said


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    study().save(tmp_path / "s.toml")
    (tmp_path / "out.h5.checkpoint").write_bytes(b"not a checkpoint at all" * 10)
    command = gridflock("run", tmp_path / "s.toml", "-o", tmp_path / "out.h5", "--resume")
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 2
    assert done.stderr.count("error:") == 1 and "damaged, or no checkpoint" in done.stderr


def test_shards_from_the_shell(five, tmp_path):
    sc = study()
    sc.replace(variants=OFF, worlds=5).save(tmp_path / "s.toml")
    for i in (1, 2):
        command = gridflock(
            "run", tmp_path / "s.toml", "-o", tmp_path / "d.h5", "--shard", f"{i}/2"
        )
        subprocess.run(command, check=True, timeout=200)
    shards = [tmp_path / f"d.{i}-of-2.h5" for i in (1, 2)]
    subprocess.run(gridflock("merge", *shards, "-o", tmp_path / "d.h5"), check=True, timeout=100)
    done = subprocess.run(gridflock("diff", tmp_path / "d.h5", five.path), capture_output=True)
    assert (done.returncode, done.stdout) == (0, b"equal\n")
    done = subprocess.run(gridflock("rerun", tmp_path / "d.h5"), capture_output=True, timeout=200)
    assert done.returncode == 0 and b"equal, 600 hashes" in done.stdout
    assert not os.path.exists(tmp_path / "d.h5.parts")


def test_effect_sums_to_zero_and_explain_leads_to_the_evidence(tmp_path):
    sc = gf.load_scenario(data_file("demo/demo.toml"))
    res = sc.run(out=tmp_path / "demo.h5", variants=["demo", "mended"])
    effect = res.effect("mended", of="demo")
    assert effect["difference"].sum() == 0
    gross = res.rows("runs")
    gross = gross[gross["run"] == "final"].set_index("variant")["gross"]
    market = effect[effect["kind"].isin(["day_ahead", "real_time"])]["difference"].sum()
    rounding = effect[effect["account"] == "rounding"]["difference"].sum()
    assert gross["mended"] - gross["demo"] == -(market + rounding)
    postings = res.rows("postings")
    some = postings[(postings["kind"] == "real time") | (postings["kind"] == "real_time")].index[0]
    several = postings["provenance"].str.count("missing=")
    missing = res.explain(int(several.idxmax())).keys["missing"]
    assert len(missing.split(", ")) == several.max() > 1
    final = postings.index[postings["run"] == "final"]
    texts = [str(res.explain(int(i))) for i in final[:40]]
    assert any("it corrects the preliminary run, which posted" in text for text in texts)
    told = res.explain(int(some))
    assert set(told.evidence) == {
        "settlement",
        "bid",
        "basis",
        "prices",
        "forecast",
        "commands",
        "observations",
    }
    assert all(len(rows) for rows in told.evidence.values())
    basis, bid = told.evidence["basis"].iloc[0], told.evidence["bid"].iloc[0]
    assert basis.time < bid.hour and basis.evenings == 5
    assert 0 < basis.deliverable_wh < basis.mean_wh and basis.least_wh < basis.mean_wh
    awards = res.rows("awards")
    mine = awards[awards["variant"] == postings["variant"][some]]
    assert 0 < mine["offered_w"].sum() <= basis.deliverable_wh  # of one hour each
    settled = told.evidence["settlement"].iloc[0]
    assert settled.delivered_wh == settled.baseline_wh - settled.metered_wh
    assert np.isclose(postings["amount"][some] / 1e6, float(str(told).split(" $", 1)[0]))
