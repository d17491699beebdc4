# SPDX-License-Identifier: Apache-2.0
"""Results that survive: kills, a full disk, checkpoints on the way, segments."""

import importlib.util
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import gridflock as gf
import h5py
import pytest
from conftest import small
from gridflock.rerun import rerun, unequal

ROOT = Path(__file__).resolve().parents[2]


def kills():
    spec = importlib.util.spec_from_file_location("kills", ROOT / "tools" / "kills.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["kills"] = module
    spec.loader.exec_module(module)
    return module


def gridflock(*args):
    return [sys.executable, "-m", "gridflock.cli", *map(str, args)]


def study(**changes):
    changes = {"time.duration": "3 h", "fleet.homes.count": 10, "record.every": "1 min", **changes}
    return small(**changes)


def test_killed_runs_lose_nothing_that_was_flushed(tmp_path):
    tool = kills()
    rng, report, base = random.Random(7), tool.Report(), tool.Base(tmp_path)
    for trial in range(6):
        try_it = tool.try_by_hand if trial % 2 else tool.try_study
        try_it(rng, trial, base, report)
    assert report.faults == []
    assert report.kills >= 4


def test_checkpoints_change_no_result(tmp_path):
    whole = study().run(out=tmp_path / "whole.h5", checkpoint_every=None)
    often = study().run(out=tmp_path / "often.h5", checkpoint_every=0)
    assert unequal(whole, often) == ""
    assert not (tmp_path / "often.h5.checkpoint").exists()
    with pytest.raises(gf.Error, match="checkpoint_every is -1"):
        study().run(checkpoint_every=-1)


def test_a_checkpoint_that_cannot_be_written_ends_no_run(tmp_path):
    out = tmp_path / "out.h5"
    (tmp_path / "out.h5.checkpoint.part").mkdir()  # where it is made
    with pytest.warns(gf.GridflockWarning, match="last checkpoint could not be written: "):
        res = study().run(out=out, checkpoint_every=0)
    assert res.status == "complete"
    assert unequal(study().run(out=tmp_path / "whole.h5"), res) == ""


class Unsaveable(gf.Strategy):
    """It holds what no pickle can."""

    def __init__(self):
        self.rule = lambda: 0

    def decide(self, seen, out):
        pass


def test_a_strategy_that_cannot_be_saved_is_named_and_the_run_goes_on(tmp_path):
    sc = study()
    sc.dispatch = Unsaveable()
    with pytest.warns(gf.GridflockWarning, match="no checkpoints: strategy '.*Unsaveable'"):
        res = sc.run(out=tmp_path / "out.h5", checkpoint_every=0)
    assert res.status == "complete"


def test_a_full_disk_is_one_error_and_the_run_goes_on_when_there_is_room(tmp_path):
    study(**{"time.duration": "2 days", "fleet.homes.count": 40}).save(tmp_path / "s.toml")
    out, whole = tmp_path / "out.h5", tmp_path / "whole.h5"
    run = gridflock("run", tmp_path / "s.toml", "--quiet", "--checkpoint-every", 0.05, "-o")
    subprocess.run([*run, whole], check=True, timeout=200)
    most = whole.stat().st_size - 300_000  # the inputs fit, and most of the blocks

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    full = subprocess.run(
        [*run, out], preexec_fn=limited, capture_output=True, text=True, timeout=200
    )
    assert full.returncode == 2
    assert full.stderr.count("error:") == 1 and str(out) in full.stderr
    with pytest.warns(gf.IncompleteResultsWarning):
        kept = gf.open_results(out)
    assert kept.status == "failed" and "do not fit" in kept.attrs["status_reason"]
    assert len(kept.head.time) >= 60
    kept.close()
    subprocess.run([*run, out, "--resume"], check=True, timeout=200)
    assert unequal(gf.open_results(whole), gf.open_results(out)) == ""


def test_segments_are_files_of_their_own_and_read_as_one(tmp_path):
    whole = study().run(out=tmp_path / "whole.h5")
    parted = study().run(out=tmp_path / "day.h5", segment="1 h")
    names = ["day.0001.h5", "day.0002.h5", "day.h5"]
    assert sorted(p.name for p in tmp_path.glob("day*.h5")) == names
    assert parted.status == "complete"
    assert unequal(whole, parted) == ""
    assert whole.head.p_kw.equals(parted.head.p_kw)
    assert str(parted.table()) == str(whole.table())
    with h5py.File(tmp_path / "day.0001.h5") as second:
        assert second["head/time"].shape == (60,)
        assert second.attrs["segment"] == 1
        assert "scenario" in second.attrs
    run = gridflock("merge", tmp_path / "day.h5", "-o", tmp_path / "one.h5")
    subprocess.run(run, check=True, timeout=100)
    assert unequal(whole, gf.open_results(tmp_path / "one.h5")) == ""
    (tmp_path / "day.0002.h5").unlink()
    with pytest.raises(gf.IoError, match="not the last segment"):
        gf.open_results(tmp_path / "day.h5")


def test_segments_by_size_of_a_scenario(tmp_path):
    whole = study(**{"time.duration": "10 h"}).run(out=tmp_path / "whole.h5")
    parted = study(**{"time.duration": "10 h", "record.segment": "100 kB"})
    (tmp_path / "again").mkdir()
    one = parted.run(out=tmp_path / "day.h5")
    again = parted.run(out=tmp_path / "again" / "day.h5")
    names = sorted(p.name for p in tmp_path.glob("day*.h5"))
    assert len(names) > 2
    for name in names:
        with h5py.File(tmp_path / name) as a, h5py.File(tmp_path / "again" / name) as b:
            assert list(a["head/time"]) == list(b["head/time"])  # no clock cuts it
            assert a["head/time"].shape == a["node/time"].shape  # not within an instant
    assert unequal(whole, one) == "" and unequal(whole, again) == ""
    with h5py.File(tmp_path / "day.0001.h5") as second:
        growing = [d for g in second.values() for d in g.values() if d.maxshape[:1] == (None,)]
        size = sum(d.id.get_storage_size() for d in growing)
    assert 100e3 < size < 200e3
    assert rerun(one).is_equal
    assert len(list(tmp_path.iterdir())) == len(names) + 2  # nothing of the other runs


def test_the_segments_of_an_ensemble_are_those_of_its_merged_results(tmp_path):
    changes = {"time.duration": "3 h", "fleet.homes.count": 10, "record.hashes": True}
    whole = gf.Ensemble(small(**changes), worlds=3).run(out=tmp_path / "whole.h5", width=2)
    for segment, count in (("1 h", 3), ("100 kB", 2)):
        sc = small(**changes, **{"record.segment": segment})
        folder = tmp_path / segment.replace(" ", "")
        folder.mkdir()
        ens = gf.Ensemble(sc, worlds=3).run(out=folder / "ens.h5", width=2)
        assert len(list(folder.iterdir())) >= count, sorted(folder.iterdir())
        assert unequal(whole, ens) == ""
        shards = [gf.Ensemble(sc, 3).run_shard(f"{i}/2", folder / "s.h5") for i in (1, 2)]
        gf.merge(shards, folder / "m.h5")
        with gf.open_results(folder / "m.h5") as merged:
            assert unequal(ens, merged) == ""
        with h5py.File(folder / "ens.h5") as first:
            assert len(first["hashes/time"]) == 0  # tables of lanes are in the last one


@pytest.mark.parametrize("text", ["0 s", "3", "99 kB", "-1 day", "2 GiB", "nan GB", "1e30 TB"])
def test_a_segment_that_is_none_is_told(text):
    with pytest.raises(gf.ScenarioError, match="record.segment") as e:
        study(**{"record.segment": text}).run()
    assert '"1 day" or "2 GB"' in str(e.value)


@pytest.mark.parametrize("segment", ["30 min", "100 kB"])
def test_segments_of_a_stopped_run_go_on(tmp_path, segment):
    tool = kills()
    minutes = 100 if segment == "30 min" else 200
    short = study(**{"time.duration": f"{minutes} min"})
    whole = short.run(out=tmp_path / "whole.h5")
    folder = tmp_path / "parted"
    folder.mkdir()
    out = folder / "day.h5"

    def work(out=out, resume=False):
        every = 0 if not resume else 0.05
        short.run(
            out=out, segment=segment, checkpoint_every=every, resume=resume, progress=False
        ).close()

    rng = random.Random(3)
    span = tool.Span(lambda: work(tmp_path / "a.h5"), lambda: work(tmp_path / "b.h5"))
    for again in range(3):
        tool.kill_somewhere(
            rng, "at a call on the results", span, lambda again=again: work(resume=again > 0)
        )
    # a kill right after the next file was made leaves this
    begun = folder / f"day.{len(list(folder.glob('day.0*.h5'))) + 1:04}.h5"
    if not begun.exists():
        begun.touch()
    work(resume=True)
    assert unequal(whole, gf.open_results(out)) == ""


@pytest.mark.parametrize("changes", [{}, {"record.segment": "1 h"}])
def test_a_complete_run_is_not_run_again(tmp_path, changes):
    sc, out = study(**changes), tmp_path / "day.h5"
    sc.run(out=out).close()
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    (tmp_path / "day.h5.checkpoint").touch()  # killed when only this was left to do
    again = sc.run(out=out, resume=True)
    assert again.status == "complete"
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before
    # nor is it lost to another study; it is run again without its last segment
    for other in (sc.replace({"seed": 77}), study(**{"fleet.homes.count": 11, **changes})):
        with pytest.raises(gf.CheckpointError, match="complete results of another run"):
            other.run(out=out, resume=True)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before
    if changes:
        max(tmp_path.glob("day.0*.h5")).unlink()
        sc.run(out=out, resume=True).close()
        assert len(list(tmp_path.glob("day.0*.h5"))) == len(before) - 1


def test_a_failed_run_without_a_file_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(ZeroDivisionError):
        study().run(progress=lambda share: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        gf.Ensemble(study(), 4).run(width=1, progress=lambda share: 1 / 0)
    assert list(tmp_path.iterdir()) == []


def test_a_complete_ensemble_is_not_run_again(tmp_path):
    ensemble, out = gf.Ensemble(study(), 3), tmp_path / "e.h5"
    ensemble.run(out=out).close()
    before = out.read_bytes()
    ensemble.run(out=out, resume=True).close()
    assert out.read_bytes() == before and not (tmp_path / "e.h5.parts").exists()
    with pytest.raises(gf.CheckpointError, match="complete results of another run"):
        gf.Ensemble(study(), 4).run(out=out, resume=True)
    assert out.read_bytes() == before and not (tmp_path / "e.h5.parts").exists()
