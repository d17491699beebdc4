# SPDX-License-Identifier: Apache-2.0
"""Going on, merging and repeating: what is of another run, or not whole, is refused."""

import shutil
import signal
import subprocess
import sys

import gridflock as gf
import h5py
import pytest
from conftest import small
from gridflock._segments import join, segments_of
from gridflock.diff import diff, only_in_one
from gridflock.ensemble import folder_of_parts
from gridflock.rerun import rerun, unequal
from gridflock.shards import merge_shards, path_of

pytestmark = pytest.mark.filterwarnings("ignore::gridflock.IncompleteResultsWarning")


def study(**changes):
    return small(**{"time.duration": "1 day", "fleet.homes.count": 10, **changes})


def short(**changes):
    return study(**{"time.duration": "20 min", "fleet.homes.count": 5, **changes})


def stopped(sc, out):
    """Ctrl-C in the middle: results and a checkpoint stay."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored here
    asked = []

    def stop(share):
        if not asked:
            asked.append(share)
            signal.raise_signal(signal.SIGINT)

    try:
        with pytest.raises(KeyboardInterrupt):
            sc.run(out=out, progress=stop)
    finally:
        signal.signal(signal.SIGINT, before)
    return out.read_bytes()


@pytest.mark.parametrize(
    "change, what",
    [
        ({"record.every": "10 min"}, "every"),
        ({"record.segment": "6 h"}, "segment"),
        ({"record.hashes": True}, "hashes"),
        ({"seed": 9}, "seed"),
    ],
)
def test_a_run_goes_on_only_with_what_it_was_begun_with(tmp_path, change, what):
    sc, out = study(), tmp_path / "day.h5"
    before = stopped(sc, out)
    with pytest.raises(gf.CheckpointError, match=what) as e:
        sc.replace(change).run(out=out, resume=True)
    assert str(out) in str(e.value) and "remove" in str(e.value)
    assert out.read_bytes() == before
    whole = sc.run(out=tmp_path / "whole.h5")
    assert unequal(whole, sc.run(out=out, resume=True)) == ""


def test_a_run_in_segments_goes_on_only_in_the_same(tmp_path):
    sc, out = study(**{"record.segment": "2 h"}), tmp_path / "day.h5"
    stopped(sc, out)
    for other in ({"record.segment": ""}, {"record.segment": "1 h"}):
        with pytest.raises(gf.CheckpointError, match="segment"):
            sc.replace(other).run(out=out, resume=True)
    whole = sc.run(out=tmp_path / "whole.h5")
    assert unequal(whole, sc.run(out=out, resume=True)) == ""


def test_a_checkpoint_goes_on_only_with_its_own_results(tmp_path):
    sc, out = study(), tmp_path / "day.h5"
    stopped(sc, out)
    sc.replace({"seed": 77}).run(out=tmp_path / "other.h5").close()
    shutil.copy(tmp_path / "other.h5", out)
    with pytest.raises(gf.CheckpointError, match="seed"):
        sc.run(out=out, resume=True)
    out.unlink()
    with pytest.raises(gf.CheckpointError, match="no ensemble"):
        gf.Ensemble(short(), 2).run(out=out, resume=True)
    assert (tmp_path / "day.h5.checkpoint").exists()
    gf.Ensemble(short(), 2).run(out=out).close()  # which has no use for the checkpoint
    assert not (tmp_path / "day.h5.checkpoint").exists()


def test_a_run_goes_on_only_with_the_same_strategy(tmp_path, monkeypatch):
    class Idle(gf.dispatch.Strategy):
        def decide(self, obs, out):
            pass

    sc, out = study(), tmp_path / "day.h5"
    sc.dispatch = Idle()
    monkeypatch.setattr(gf.dispatch, "source", lambda name, prototype: ("", "one"))
    stopped(sc, out)
    monkeypatch.setattr(gf.dispatch, "source", lambda name, prototype: ("", "another"))
    with pytest.raises(gf.CheckpointError, match="strategy/.*Idle.*is another"):
        sc.run(out=out, resume=True)
    ensemble = gf.Ensemble(sc.replace({"time.duration": "20 min"}), 2)
    ensemble.run_shard("1/2", tmp_path / "e.h5")
    monkeypatch.setattr(gf.dispatch, "source", lambda name, prototype: ("", "one more"))
    ensemble.run_shard("2/2", tmp_path / "e.h5")
    with pytest.raises(gf.Error, match="strategies"):
        merge_shards([tmp_path / f"e.{i}-of-2.h5" for i in (1, 2)], tmp_path / "e.h5")


def test_a_refusal_names_the_key_that_differs(tmp_path):
    """The text as written in a file against that of a program."""
    path, out = tmp_path / "s.toml", tmp_path / "day.h5"
    path.write_text("# a study\n" + study().to_toml())
    sc = gf.load_scenario(path)
    stopped(sc, out)
    with pytest.raises(gf.CheckpointError, match="seed was 3, it is 9 now"):
        sc.run(out=out, resume=True, seed=9)
    with pytest.raises(gf.CheckpointError, match="no key differs"):
        sc.run(out=out, resume=True, seed=3)
    with pytest.raises(gf.CheckpointError, match=r"fleet\[0\].count was 10, it is 11 now"):
        sc.replace({"fleet.homes.count": 11}).run(out=out, resume=True)


def test_a_folder_in_place_of_a_checkpoint_is_told(tmp_path):
    (tmp_path / "day.h5.checkpoint").mkdir()
    with pytest.raises(gf.CheckpointError, match="is a folder, no checkpoint"):
        short().run(out=tmp_path / "day.h5", resume=True)


# Two at once


def test_a_file_that_is_being_written_is_not_replaced(tmp_path):
    out, other = tmp_path / "day.h5", tmp_path / "other.h5"
    gf.Ensemble(short(), 2).run(out=other).close()
    short(**{"record.segment": "5 min"}).run(out=tmp_path / "cut.h5").close()
    sim = gf.Simulation(short(), out=out)
    sim.advance_for("5 min")
    for write in (
        lambda: gf.Ensemble(short(), 2).run(out=out),
        lambda: gf.merge([other], out),
        lambda: join(segments_of(tmp_path / "cut.h5"), out),
    ):
        with pytest.raises(gf.IoError, match="another run is writing it"):
            write()
    sim.run()
    assert unequal(sim.results(), short().run(out=tmp_path / "alone.h5")) == ""


def test_an_ensemble_has_its_parts_to_itself(tmp_path):
    out = tmp_path / "day.h5"
    for run in (
        lambda: gf.Ensemble(short(), 2).run(out=out),
        lambda: gf.Ensemble(short(), 2).run(out=out, resume=True),
        lambda: gf.Ensemble(short(), 2).run_shard("1/2", out),
    ):
        with folder_of_parts(out) as a, folder_of_parts(path_of(out, "1/2")) as b:
            kept = [folder / "part-000000-002.h5" for folder in (a, b)]
            for part in kept:
                part.write_bytes(b"another's")
            with pytest.raises(gf.IoError, match="another run is writing it"):
                run()
            for part in kept:
                assert part.read_bytes() == b"another's"
                part.unlink()
    assert sorted(p.name for p in tmp_path.iterdir()) == []


# What is not whole


def test_diff_of_a_file_that_is_cut_off_tells_no_difference_that_is_none(tmp_path):
    """Tables lag behind samples where a file ends in the middle."""
    sc = gf.examples.demo()
    sc.time.duration = "2 days"
    sim = gf.Simulation(sc, out=tmp_path / "cut.h5")
    sim.advance_until("2024-07-16T04:00")
    sim.close()
    whole = sc.run(out=tmp_path / "whole.h5")
    cut = gf.open_results(tmp_path / "cut.h5")
    assert cut.status == "interrupted"
    assert diff(cut, whole) is None and diff(whole, cut) is None
    assert "whole.h5" in only_in_one(cut, whole)
    with h5py.File(tmp_path / "cut.h5", "r+") as f:
        f["batches/outcome"][3] = "replayed"
    found = diff(gf.open_results(tmp_path / "cut.h5"), whole)
    assert found is not None and found.entities[0].startswith("batches ")


def test_segments_are_joined_only_when_all_are_there(tmp_path):
    short(**{"record.segment": "5 min"}).run(out=tmp_path / "a.h5").close()
    (tmp_path / "a.0002.h5").unlink()
    done = subprocess.run(
        [sys.executable, "-m", "gridflock.cli", "merge", "a.h5", "-o", "b.h5"],
        cwd=tmp_path, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == 2 and "missing" in done.stderr
    assert not (tmp_path / "b.h5").exists()


def test_only_a_whole_run_is_repeated(tmp_path):
    out = tmp_path / "a.h5"
    short(**{"record.segment": "5 min"}).run(out=out).close()
    with pytest.raises(gf.Error, match="segment"):
        rerun(tmp_path / "a.0001.h5")
    shard = gf.Ensemble(short(), 3).run_shard("1/2", tmp_path / "e.h5")
    with pytest.raises(gf.Error, match="merge all shards"):
        rerun(shard)
    short().run(out=out).close()
    before = out.read_bytes()
    with pytest.raises(gf.Error, match="choose another name"):
        rerun(out, out)
    assert out.read_bytes() == before


def test_no_file_of_somebody_else_is_replaced(tmp_path):
    ensemble, out = gf.Ensemble(short(), 2), tmp_path / "notes.txt"
    out.write_text("precious")
    with pytest.raises(gf.IoError, match="holds no results"):
        ensemble.run(out=out)
    shards = [ensemble.run_shard(f"{i}/2", tmp_path / "e.h5") for i in (1, 2)]
    with pytest.raises(gf.IoError, match="holds no results"):
        merge_shards(shards, out)
    before = shards[0].read_bytes()
    with pytest.raises(gf.Error, match="is one of the shards"):
        merge_shards(shards, shards[0])
    assert out.read_text() == "precious" and shards[0].read_bytes() == before
    folder = tmp_path / "f.h5.parts"
    folder.mkdir()
    (folder / "notes.txt").write_text("precious")
    ensemble.run(out=tmp_path / "f.h5").close()
    assert [p.name for p in folder.iterdir()] == ["notes.txt"]


def test_a_merge_without_room_is_one_error(tmp_path):
    gf.Ensemble(short(), 2).run_shard("1/1", tmp_path / "e.h5")
    done = subprocess.run(
        ["bash", "-c", f"ulimit -f 100; trap '' XFSZ; {sys.executable} -m gridflock.cli merge "
         "e.1-of-1.h5 -o m.h5"],
        cwd=tmp_path, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == 2 and done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1 and "File too large" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["e.1-of-1.h5", "e.1-of-1.h5.json"]


def test_diff_tells_an_instant_of_a_table_as_wall_time(tmp_path, evening):
    shutil.copy(evening.path, tmp_path / "moved.h5")
    with h5py.File(tmp_path / "moved.h5", "a") as file:
        file["forecasts/issue_time"][0] += 1_500_000_000
    moved = diff(evening, gf.open_results(tmp_path / "moved.h5"))
    assert moved is not None and "forecasts.issue_time row 0: " in moved.text
    assert ":01.500000000 " in moved.text


@pytest.mark.parametrize("hashes", [False, True])
def test_diff_tells_that_one_file_goes_on_for_longer(tmp_path, hashes):
    """A run that was cut off is no equal of the whole one."""
    sc = short(**{"record.hashes": hashes, "time.duration": "1 day"})
    whole = sc.run(out=tmp_path / "whole.h5")
    stopped(sc, tmp_path / "cut.h5")
    with pytest.warns(gf.IncompleteResultsWarning):
        cut = gf.open_results(tmp_path / "cut.h5")
    assert diff(cut, whole) is None
    told = only_in_one(cut, whole)
    assert told.startswith(f"only in {whole.path}: ") and " after 20" in told
    assert only_in_one(whole, cut) == told


def test_diff_tells_what_only_one_file_holds(tmp_path):
    variants = {"on": {}, "off": {"dispatch": None}}
    both = short().run(out=tmp_path / "both.h5", variants=variants)
    one = short().replace({"variants": variants}).run(out=tmp_path / "one.h5", variants=["off"])
    assert diff(both, one) is None
    assert only_in_one(both, one) == f"only in {both.path}: variant on"
    shutil.copy(tmp_path / "one.h5", tmp_path / "less.h5")
    with h5py.File(tmp_path / "less.h5", "a") as file:
        del file["postings"]
    assert "table postings" in only_in_one(one, gf.open_results(tmp_path / "less.h5"))
    more = short(**{"fleet.homes.count": 7, "record.hashes": True}).run(out=tmp_path / "more.h5")
    less = short(**{"record.hashes": True}).run(out=tmp_path / "fewer.h5")
    found = diff(more, less)
    assert found is not None and "entities against" in found.text


@pytest.mark.parametrize(
    "call, what",
    [
        (lambda: short().run(variants={"bad": 3}), "bad is 3"),
        (lambda: short().run(variants={1: {}}), "1 is no name"),
        (lambda: short().run(variants=["base", "base"]), "base is there twice"),
        (lambda: gf.Ensemble(short(), variants=["a"]), "give overrides by name"),
        (lambda: gf.Ensemble(short(), 2).run(width=-1), "width is -1"),
        (lambda: gf.Ensemble(short(), 2).run(threads=1.5), "threads is 1.5"),
        (lambda: gf.Ensemble(short(), 2).run(executor=3), "executor is 3"),
        (lambda: gf.merge("/nowhere/one.h5", "/tmp/x.h5"), "/nowhere/one.h5"),
    ],
)
def test_a_wrong_argument_is_told_by_name(call, what):
    with pytest.raises(gf.Error, match=what):
        call()


def test_effect_needs_two_variants_and_a_world_that_is_there(evening):
    with pytest.raises(gf.Error, match="against itself"):
        evening.effect("on", of="on")
    with pytest.raises(gf.MissingDataError, match="no world 7"):
        evening.effect("on", of="off", world=7)
    with pytest.raises(gf.Error, match="posting is 'x'"):
        evening.explain("x")
