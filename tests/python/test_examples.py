# SPDX-License-Identifier: Apache-2.0
"""What the documentation promises that users can type."""

import gridflock as gf
import numpy as np
import pytest


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    sc = gf.examples.suburb(feeder="ieee123", homes=300, pv=0.4, battery=0.2, seed=1)
    sc.comms.loss = 0.02
    sc.dispatch = gf.dispatch.PeakShaving(limit_kw=2800)
    base = sc.replace(dispatch=None).run("1 day", step="1 min")
    res = sc.run("1 day", step="1 min", out=tmp_path_factory.mktemp("day") / "day.h5")
    return base, res


def test_ten_lines_from_import_to_plot(day):
    base, res = day
    frame = res.kpis(baseline=base)
    assert list(frame.columns) == ["kpi", "value", "unit", "ratio"]
    peak = frame.set_index("kpi").loc["peak"]
    assert peak.ratio < 1  # peak shaving shaves the peak
    assert peak.value < 2900
    highest = res.node.v_pu.max("time").to_series()
    assert len(highest) == res.node.sizes["node"] == 278
    assert 0.9 < highest.min() <= highest.max() < 1.1


def test_plots_return_their_axes(day):
    from matplotlib.axes import Axes

    _, res = day
    assert isinstance(res.plot.feeder(color="v_pu"), Axes)
    assert isinstance(res.plot.dispatch(), Axes)


class Proportional(gf.Strategy):
    def decide(self, obs, out):
        need_kw = (obs.head_p_kw + obs.p_kw.sum(axis=0) - self.limit_kw).clip(0)
        share = obs.p_max_kw / obs.p_max_kw.sum(axis=0).clip(1e-9)
        out.p_kw[:] = (share * need_kw).clip(obs.p_min_kw, obs.p_max_kw)


def test_a_strategy_of_ones_own_acts_like_the_built_in_one(scenario):
    scenario.dispatch = Proportional(limit_kw=500)
    res = scenario.run(
        variants={
            "mine": {},
            "theirs": {"dispatch": gf.dispatch.Proportional(limit_kw=500)},
            "off": {"dispatch": None},
        }
    )
    mine, theirs, off = (res.samples("fleet.p_kw", v).values for v in ("mine", "theirs", "off"))
    assert np.abs(mine - off).max() > 1
    # The built-in one leaves units alone that were not heard of; all else is the same rule.
    assert np.corrcoef(mine[3:], theirs[3:])[0, 1] > 0.99


def test_results_name_the_python_strategy_and_keep_its_source(scenario):
    scenario.dispatch = Proportional(limit_kw=500)
    res = scenario.run("10 min")
    name = f"{Proportional.__module__}:Proportional"
    assert name in res.scenario_text
    assert b"need_kw" in res.input(f"strategy/{name}.py")


def test_an_exception_in_a_strategy_keeps_its_traceback_and_the_results(scenario, tmp_path):
    class Broken(gf.Strategy):
        calls = 0

        def decide(self, obs, out):
            self.calls += 1
            if self.calls == 3:
                raise ZeroDivisionError("on purpose")

    globals()["Broken"] = Broken
    Broken.__qualname__ = "Broken"
    scenario.dispatch = Broken()
    out = tmp_path / "broken.h5"
    with pytest.raises(ZeroDivisionError, match="on purpose") as caught:
        scenario.run(out=out)
    assert any(entry.name == "decide" for entry in caught.traceback)
    with pytest.warns(gf.IncompleteResultsWarning, match="failed"):
        res = gf.open_results(out)
    assert res.status == "failed"
    assert len(res.samples("head.p_kw").values) > 5


def test_observations_are_read_only_and_outlive_the_run(scenario):
    kept = []

    class Keeper(gf.Strategy):
        def decide(self, obs, out):
            kept.append(obs)

        def __deepcopy__(self, memo):
            return self

    globals()["Keeper"] = Keeper
    Keeper.__qualname__ = "Keeper"
    scenario.dispatch = Keeper()
    scenario.run("30 min")
    assert len(kept) >= 5
    with pytest.raises(ValueError, match="read-only"):
        kept[0].p_kw[:] = 0
    assert all(np.isfinite(o.now).all() for o in kept)
    assert kept[-1].p_kw.shape == (10, 1)
