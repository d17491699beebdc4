# SPDX-License-Identifier: Apache-2.0
"""Results that survive: kills, a full disk, checkpoints on the way, segments."""

import importlib.util
import random
import resource
import subprocess
import sys
from pathlib import Path

import gridflock as gf
import h5py
import pytest
from conftest import small
from gridflock.diff import unequal

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


def test_segments_of_a_stopped_run_go_on(tmp_path):
    tool = kills()
    short = study(**{"time.duration": "100 min"})
    whole = short.run(out=tmp_path / "whole.h5")
    folder = tmp_path / "parted"
    folder.mkdir()
    out = folder / "day.h5"

    def work(resume=False):
        every = 0 if not resume else 0.05
        short.run(
            out=out, segment="30 min", checkpoint_every=every, resume=resume, progress=False
        ).close()

    rng = random.Random(3)
    span = tool.Span(folder, work)
    for path in folder.iterdir():
        path.unlink()
    for again in range(3):
        tool.kill_somewhere(
            rng, folder, "at a write to the results", span, lambda again=again: work(again > 0)
        )
    begun = folder / "day.0003.h5"  # a kill right after its file was made leaves this
    if not begun.exists():
        begun.touch()
    work(resume=True)
    assert unequal(whole, gf.open_results(out)) == ""
