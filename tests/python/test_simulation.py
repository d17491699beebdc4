# SPDX-License-Identifier: Apache-2.0
"""A simulation that is stepped from Python: saved, restored, forked, pickled, looked into."""

import multiprocessing
import os
import pickle
import resource
import signal
import subprocess
import sys
import threading
import warnings
from datetime import datetime, timedelta

import gridflock as gf
import numpy as np
import pytest
from conftest import small
from gridflock.rerun import rerun, unequal

pytestmark = pytest.mark.filterwarnings("ignore::gridflock.IncompleteResultsWarning")

OFF = {"on": {}, "off": {"dispatch": None}}
ROOMS = ("profile", "device", "powerflow", "comms", "asset", "dispatch")


class Integrator(gf.Strategy):
    """What it asks for depends on all that it saw before."""

    total = 0.0

    def decide(self, obs, out):
        self.total += float(np.nan_to_num(obs.p_kw).sum()) + 1.0
        out.p_kw[:] = np.sin(self.total)


class Unsaved(gf.Strategy):
    def decide(self, obs, out):
        out.p_kw[:] = 0

    def state(self):
        return threading.Lock()


class Raises(gf.Strategy):
    def decide(self, obs, out):
        raise RuntimeError("no idea")


def study(strategy=None, **changes):
    sc = small(**{"time.duration": "1 h", "record.every": "1 min", **changes})
    sc.dispatch = strategy or gf.dispatch.PeakShaving(limit_kw=500)
    return sc


class Pushes(gf.Strategy):
    def decide(self, obs, out):
        out.p_kw[:] = -4000


def overloaded():
    """Its lane with dispatch asks for more than the feeder can carry, and fails."""
    return study(Pushes(), **{"fleet.batteries.power_kw": 4000, "fleet.batteries.energy_kwh": 8000})


def in_full(sim):
    return [sim.hash(v, room=room) for v in sim.variants for room in ("", *ROOMS)]


@pytest.mark.parametrize("strategy", [None, Integrator()])
def test_what_goes_on_is_the_straight_run(strategy):
    straight = gf.Simulation(study(strategy), variants=OFF)
    straight.advance_for("17 min")
    others = [
        gf.Simulation.restore(study(strategy), straight.checkpoint(), variants=OFF),
        straight.fork(),
        pickle.loads(pickle.dumps(straight)),
    ]
    halfway = in_full(straight)
    for sim in others:
        assert sim.now == straight.now and sim.variants == ["on", "off"]
        assert in_full(sim) == halfway
        sim.step()
        assert sim.now - straight.now == np.timedelta64(60, "s")
        sim.run()
    assert in_full(straight) == halfway  # nobody else's steps touch it
    straight.run()
    assert straight.done and straight.now == straight.end
    for sim in others:
        assert sim.checkpoint() == straight.checkpoint()
    assert straight.hash("on") != straight.hash("off")
    straight.step()  # nothing more
    assert straight.now == straight.end


def test_a_pickle_goes_on_in_another_process_and_folder(tmp_path, monkeypatch):
    study().save(tmp_path / "study.toml")
    monkeypatch.chdir(tmp_path)
    sim = gf.Simulation(gf.load_scenario("study.toml"))
    sim.advance_for("5 min")
    (tmp_path / "sim.pickle").write_bytes(pickle.dumps(sim))
    sim.run()
    code = (
        "import pickle, sys; sim = pickle.load(open(sys.argv[1], 'rb')); "
        "sim.run(progress=False); print(sim.hash())"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "sim.pickle")],
        cwd="/", capture_output=True, text=True, timeout=100, check=True,
    )  # fmt: skip
    assert int(told.stdout) == sim.hash()


def test_stepping_records_what_a_run_records(tmp_path):
    with gf.Simulation(study(), variants=OFF, out=tmp_path / "a.h5") as sim:
        while not sim.done:
            sim.advance_for("7 min")
    run = study().run(out=tmp_path / "b.h5", variants=OFF)
    assert unequal(sim.results(), run) == ""
    assert sim.results().attrs["run_digest"] == run.attrs["run_digest"]
    assert rerun(tmp_path / "a.h5").is_equal


def test_what_is_read_is_what_is_recorded(tmp_path):
    sim = gf.Simulation(study(), variants=OFF, out=tmp_path / "a.h5")
    sim.advance_for("31 min")
    assert sim.read("site.net_kw").shape == (1, 2, 40)  # not recorded, and there
    names = ["head.p_kw", "head.v_min_pu", "node.v_pu", "device.soc", "device.p_kw"]
    read = {name: sim.read(name) for name in names}
    assert sim.fork().read("head.p_kw").equals(read["head.p_kw"])
    sim.run()
    for name, now in read.items():
        group, _, key = name.partition(".")
        then = sim.results().group(group)[key].isel(time=30)
        assert set(now.dims) == {d for d in then.dims}
        assert now.attrs["units"] == then.attrs["units"]
        then = then.transpose(*now.dims)
        assert now.sel(variant="on").shape == then.sel(variant="on").shape
        np.testing.assert_allclose(now, then, atol=6e-4, err_msg=name)  # results are rounded
        for dim in now.dims:
            assert list(now[dim].values) == list(then[dim].values)
    assert float(abs(sim.read("device.p_kw") - read["device.p_kw"]).max()) > 1e-3


def test_a_lane_that_failed_is_told_and_reads_as_nothing():
    sim = gf.Simulation(overloaded(), variants=OFF)
    with pytest.warns(gf.LaneFailedWarning, match="on failed"):
        sim.run()
    assert len(sim.failures) == 1
    p = sim.read("head.p_kw").isel(world=0)
    assert np.isnan(p.sel(variant="on")) and np.isfinite(p.sel(variant="off"))


def test_a_run_closed_early_keeps_what_it_recorded(tmp_path):
    with gf.Simulation(study(), out=tmp_path / "a.h5") as sim:
        sim.advance_for("10 min")
        with pytest.raises(gf.Error, match="is at .*close"):
            sim.results()
    res = sim.results()
    assert res.status == "interrupted" and res.head.sizes["time"] == 10
    with pytest.raises(gf.Error, match="closed"):
        sim.step()
    assert sim.read("head.p_kw").size == 1
    sim.close()  # again: nothing
    unrecorded = gf.Simulation(study())
    unrecorded.close()
    unrecorded.step()  # had nothing to close
    dropped = gf.Simulation(study(), out=tmp_path / "b.h5")
    dropped.step()
    del dropped
    assert gf.Results(tmp_path / "b.h5").status == "interrupted"


def test_a_new_file_has_no_use_for_an_older_checkpoint(tmp_path):
    (tmp_path / "a.h5.checkpoint").write_bytes(b"of somebody else")
    sim = gf.Simulation(study(), out=tmp_path / "a.h5")
    assert (tmp_path / "a.h5.checkpoint").exists()
    sim.step()
    assert not (tmp_path / "a.h5.checkpoint").exists()
    (tmp_path / "diary.txt").write_text("dear diary")
    with pytest.raises(gf.IoError, match="diary"):
        gf.Simulation(study(), out=tmp_path / "diary.txt")
    assert (tmp_path / "diary.txt").read_text() == "dear diary"


def test_an_interrupt_comes_between_two_steps():
    sim = gf.Simulation(study())

    def stop(share):
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sim.run(progress=stop)
    assert not sim.done and sim.now > sim.begin
    sim.run(progress=False)
    whole = gf.Simulation(study())
    whole.run()
    assert sim.checkpoint() == whole.checkpoint()


class Interrupts(gf.Strategy):
    """Ctrl-C while it decides."""

    def decide(self, obs, out):
        if np.datetime64("2024-07-15T04:20") <= obs.time[0] < np.datetime64("2024-07-15T04:25"):
            signal.raise_signal(signal.SIGINT)
            sum(range(1000))  # CPython looks for signals between its own instructions
        out.p_kw[:] = 0


@pytest.fixture
def ctrl_c():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored here
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_while_a_strategy_decides_waits_for_the_end_of_the_step(ctrl_c):
    sim = gf.Simulation(study(Interrupts()))
    with pytest.raises(KeyboardInterrupt):
        sim.run()
    assert sim.now == np.datetime64("2024-07-15T04:21", "ns")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    saved = sim.checkpoint()
    sim.run()
    other = gf.Simulation.restore(study(Interrupts()), saved)
    other.run()
    assert other.checkpoint() == sim.checkpoint()


def test_an_interrupt_while_it_is_saved_is_an_interrupt(ctrl_c):
    class Slow(Integrator):
        def state(self):
            signal.raise_signal(signal.SIGINT)
            return super().state()

    sim = gf.Simulation(study(Slow()))
    sim.step()
    for saves in (sim.checkpoint, sim.fork):
        with pytest.raises(KeyboardInterrupt):
            saves()
    sim.run()


def test_a_full_disk_costs_the_results_and_not_the_simulation(tmp_path):
    sim = gf.Simulation(study(), out=tmp_path / "a.h5")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    sim.step()
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, before[1]))
        with pytest.raises(gf.IoError, match="a.h5"):
            sim.run()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    saved = sim.checkpoint()
    sim.run()
    straight = gf.Simulation(study())
    straight.run()
    assert sim.checkpoint() == straight.checkpoint()
    assert sim.results().status == "failed"
    if sim.now != gf.Simulation.restore(study(), saved).now:
        assert gf.Simulation.restore(study(), saved).read("head.p_kw").size == 1


def in_child(sim, told):
    try:
        sim.step()
    except gf.Error as e:
        told.put(str(e))
    del sim
    told.put("done")


def test_a_child_process_leaves_the_results_of_its_parent_alone(tmp_path):
    sim = gf.Simulation(study(), out=tmp_path / "a.h5")
    sim.step()
    context = multiprocessing.get_context("fork")
    told = context.Queue()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of threads beside a fork
        child = context.Process(target=in_child, args=(sim, told))
        child.start()
    child.join(60)
    assert child.exitcode == 0
    assert "in another process" in told.get(timeout=10)
    sim.run()
    assert unequal(sim.results(), study().run(out=tmp_path / "b.h5")) == ""
    assert os.getpid() != child.pid


def test_what_is_restored_reads_as_what_was_saved():
    sim = gf.Simulation(study(), variants=OFF)
    sim.advance_for("20 min")
    others = [
        gf.Simulation.restore(study(), sim.checkpoint(), variants=OFF),
        pickle.loads(pickle.dumps(sim)),
    ]
    for name in ("head.losses_kw", "node.v_pu", "device.p_available_kw", "site.pv_kw", "head.p"):
        here = sim.read(name)
        assert here.time == sim.now - np.timedelta64(60, "s")
        for other in others:
            assert other.read(name).identical(here)
    before = sim.read("head.p_kw")
    sim.step()
    assert sim.read("head.p_kw").time - before.time == np.timedelta64(60, "s")


def test_progress_may_look_and_save():
    sim, seen = gf.Simulation(study()), []
    sim.run(progress=lambda share: seen.append((share, sim.hash(), sim.read("head.p_kw").item())))
    assert len(seen) == 60 and seen[-1][0] == 1.0 and seen[-1][1] == sim.hash()


def test_a_failed_lane_is_told_once_where_warnings_are_errors():
    sim = gf.Simulation(overloaded(), variants=OFF)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(gf.LaneFailedWarning):
            sim.run()
        sim.run()
    assert sim.done


class Table(gf.Strategy):
    def decide(self, obs, out):
        out.p_kw[:] = self.table["p"] * self.factor


def test_variants_with_their_own_instances_of_a_strategy():
    """Numbers may differ; what a scenario cannot hold for each of them is refused."""

    def ask(sim):
        sim.advance_for("11 min")
        asked = sim.read("device.command_kw").isel(world=0).max("device")
        return {v: float(asked.sel(variant=v)) for v in sim.variants if v != "base"}

    variants = {f: {"dispatch": Table(table={"p": 2.0}, factor=float(f))} for f in ("1", "2")}
    assert ask(gf.Simulation(study(), variants=variants)) == {"1": 2.0, "2": 4.0}
    variants["2"] = {"dispatch": Table(table={"p": -2.0}, factor=2.0)}
    for run in (gf.Simulation, gf.Scenario.run):
        with pytest.raises(gf.ScenarioError, match="differs between 1 and 2.*class of its own"):
            run(study(), variants=variants)
    base = study(Table(table={"p": 1.0}, factor=1.0))
    with pytest.raises(gf.ScenarioError, match="differs between dispatch and 2"):
        gf.Simulation(base, variants={"2": variants["2"]})
    base.dispatch = None
    base.variants = {"2": variants["2"]}
    for sc in (base, pickle.loads(pickle.dumps(base))):
        assert ask(gf.Simulation(sc)) == {"2": -4.0}
        alone = gf.Simulation(sc.copy().variant("2"), variants={})
        alone.advance_for("11 min")
        assert alone.read("device.command_kw").max() == -4.0


def test_an_exception_of_a_strategy_keeps_its_traceback_and_ends_the_run(tmp_path):
    sim = gf.Simulation(study(Raises()), out=tmp_path / "a.h5")
    with pytest.raises(RuntimeError, match="no idea") as e:
        sim.run()
    assert e.traceback[-1].name == "decide"
    for goes_on in (sim.step, sim.checkpoint, sim.fork, lambda: sim.read("head.p_kw")):
        with pytest.raises(gf.Error, match="cannot go on.*no idea"):
            goes_on()
    assert sim.results().status == "failed"


def test_a_strategy_that_cannot_be_saved_is_named():
    sim = gf.Simulation(study(Unsaved()))
    sim.advance_for("10 min")
    for saves in (sim.checkpoint, sim.fork, lambda: pickle.dumps(sim)):
        with pytest.raises(gf.CheckpointError, match="Unsaved.*cannot be saved"):
            saves()
    sim.run()


def test_a_strategy_with_another_source_is_not_gone_on_with(monkeypatch):
    sim = gf.Simulation(study(Integrator()))
    sim.advance_for("10 min")
    saved = sim.checkpoint()
    monkeypatch.setattr(gf.dispatch, "source", lambda name, prototype: ("", "another"))
    with pytest.raises(gf.CheckpointError, match="Integrator.*another"):
        gf.Simulation.restore(study(Integrator()), saved)


def test_only_one_thread_at_a_time_uses_it_and_no_strategy():
    told = []

    class Steps(gf.Strategy):
        def decide(self, obs, out):
            with pytest.raises(gf.Error, match="in use") as e:
                sim.step()
            told.append(str(e.value))

    sim = gf.Simulation(study(Steps()))
    sim.advance_for("6 min")
    assert told


@pytest.mark.parametrize(
    "call, what",
    [
        (lambda sim: gf.Simulation("day.toml"), "must be a Scenario"),
        (lambda sim: gf.Simulation(study(), variants=["q"]), "q: is not a variant"),
        (lambda sim: sim.advance_for(60), "write it as '1 h'"),
        (lambda sim: sim.advance_for("sixty"), "sixty"),
        (lambda sim: sim.advance_for("-1 h"), "-1 h"),
        (lambda sim: sim.advance_for("0 s"), "more than 0"),
        (lambda sim: sim.advance_for(timedelta(0)), "more than 0"),
        (lambda sim: sim.advance_until(np.datetime64("NaT")), "no time"),
        (lambda sim: sim.advance_until(np.datetime64("30000-01-01")), "outside of the years"),
        (lambda sim: sim.advance_until("9999-12-31"), "outside of the years"),
        (lambda sim: sim.advance_until(datetime.max), "outside of the years"),
        (lambda sim: sim.advance_until(2**63), "outside of the years"),
        (lambda sim: sim.advance_until(True), "write it as"),
        (lambda sim: sim.read(None), "no variable 'None'"),
        (lambda sim: sim.read("device.q_kvar"), "no value yet"),
        (lambda sim: gf.Simulation(study(), out=""), "out is ''"),
        (lambda sim: gf.Simulation(study(), out=5), "out is 5"),
        (lambda sim: gf.Simulation(study(), out="/nowhere/a.h5"), "no folder /nowhere"),
        (lambda sim: gf.Simulation(study(), variants=5), "variants is 5"),
        (lambda sim: sim.hash(room=5), "no room '5'"),
        (lambda sim: sim.advance_until("tomorrow"), "tomorrow"),
        (lambda sim: sim.read("head.p_kw"), "no value yet"),
        (lambda sim: sim.read("head.q"), "no value yet"),
        (lambda sim: sim.read("head.power"), "no variable 'head.power'"),
        (lambda sim: sim.read("meter.import_wh"), "instants of its own"),
        (lambda sim: sim.hash("q"), "no 'q' in this simulation: base"),
        (lambda sim: sim.hash(world=7), "no 7 in this simulation: 0"),
        (lambda sim: sim.hash(room="kitchen"), "no room 'kitchen': profile"),
        (lambda sim: sim.results(), "no results file"),
        (lambda sim: gf.Simulation.restore(study(), "text"), "must be bytes"),
        (lambda sim: gf.Simulation.restore(study(), b"no"), "end too early"),
        (lambda sim: gf.Simulation.restore(study(), sim.checkpoint()[:-1]), "damaged"),
        (lambda sim: gf.Simulation.restore(study(seed=9), sim.checkpoint()), "another scenario"),
        (
            lambda sim: gf.Simulation.restore(study(), sim.checkpoint(), variants=OFF),
            "another scenario",
        ),
    ],
)
def test_a_wrong_argument_is_told(call, what):
    with pytest.raises(gf.Error, match=what):
        call(gf.Simulation(study()))


def test_an_instant_is_wall_time_of_the_scenario():
    sim = gf.Simulation(study())
    sim.advance_until("2024-07-15T00:10")
    assert sim.now == np.datetime64("2024-07-15T04:10", "ns")  # New York
    sim.advance_until("2024-07-15T04:20:00Z")
    assert sim.now == np.datetime64("2024-07-15T04:20", "ns")
    sim.advance_until(np.datetime64("2024-07-15T04:30"))
    assert sim.now == np.datetime64("2024-07-15T04:30", "ns")
    sim.advance_until(np.int64(1_721_017_800_000_000_000))
    sim.advance_until("2024-07-15T00:00")  # behind it already: nothing
    assert sim.now == np.datetime64("2024-07-15T04:30", "ns")
    sim.advance_until("2024-07-15T00:30:00.001")  # a fraction is not there yet
    assert sim.now == np.datetime64("2024-07-15T04:31", "ns")
    sim.advance_for(np.timedelta64(2, "m"))
    sim.advance_for(timedelta(minutes=2))
    assert sim.now == np.datetime64("2024-07-15T04:35", "ns")
    assert sim.begin == sim.start < sim.now < sim.end and sim.worlds == [0]
    assert "04:35" in repr(sim) and sim.scenario == study()
