# SPDX-License-Identifier: Apache-2.0
"""The results file as readers meet it; figures against values worked out by hand."""

import hashlib
import pickle
import warnings

import gridflock as gf
import numpy as np
import pytest
from conftest import HOURS, MINUTE, START, fill


def test_a_group_opens_lazily_in_xarray_with_dimensions_units_and_time(synthetic):
    v = synthetic.node.v_pu
    assert v.dims == ("time", "world", "variant", "node")
    assert v.attrs["units"] == "1" and v.attrs["long_name"]
    assert str(v.time.values[1])[:16] == "2024-07-15T04:05"
    assert v.sel(variant="demo", node="b.1").values[0, 0] == pytest.approx(0.951, abs=1e-9)
    assert synthetic.head.p_kw.sel(variant="demo").max() == 3000
    assert synthetic.node.v_pu.encoding["dtype"] == np.dtype("int32")


def test_the_file_opens_in_plain_xarray(synthetic):
    xr = pytest.importorskip("xarray")
    with xr.open_dataset(synthetic.path, group="meter", engine="h5netcdf") as ds:
        assert ds.import_wh.dims == ("time", "world", "variant", "site")
        assert list(ds.site.values) == ["homes/0", "homes/1"]
        assert np.isnan(ds.stored_wh.sel(site="homes/0")).all()


def test_pint_parses_every_unit(evening):
    pint = pytest.importorskip("pint")
    h5py = pytest.importorskip("h5py")
    units = set()
    with h5py.File(evening.path) as f:
        f.visititems(lambda _, d: units.add(d.attrs["units"]) if "units" in d.attrs else None)
    registry = pint.UnitRegistry()
    for unit in units:
        text = unit.decode() if isinstance(unit, bytes) else unit
        if not text.startswith("nanoseconds since"):
            registry.parse_units("" if text == "1" else text)


def test_figures_follow_from_the_values_by_hand(synthetic):
    k = synthetic.kpis(variant="demo").set_index("kpi").value
    # The spike of one minute: 1000 + 2000 / 15 in its quarter; minutes 60 to 75: 1200.
    assert k["peak"] == pytest.approx(1200)
    assert k["energy"] == pytest.approx(4 * 1000 + 200 * 15 / 60 + 2000 / 60)
    assert k["losses"] == pytest.approx(20 * HOURS)
    assert k["violation"] == 30  # one bus for 30 minutes
    assert k["v_min"] == pytest.approx(0.96)
    assert k["renewable_use"] == pytest.approx(1 - 50 / 250)
    # 15 intervals lie between the first and the last stored value, of 10 Wh each.
    assert k["battery_losses"] == pytest.approx(15 * (10 - 5) / 1000)
    assert k["gross"] == 5.0  # the final run, not the preliminary one
    assert k["owners_median"] == pytest.approx(1.5000005)
    assert k["postings_sum"] == 0
    assert np.isnan(k["age_p50"])  # no telemetry was recorded


def test_ratios_are_against_the_baseline(synthetic):
    frame = synthetic.kpis(baseline=synthetic)
    assert set(frame.variant) == {"no_vpp", "demo"}
    peak = frame[frame.kpi == "peak"].set_index("variant").ratio
    assert peak["demo"] == 1 and peak["no_vpp"] == pytest.approx(2000 / 1200)


def test_the_score_card_has_a_column_for_each_variant(synthetic):
    card = synthetic.table()
    assert list(card.columns) == ["no_vpp", "demo"]
    assert card.loc["peak at the feeder head [kW]", "demo"] == "1,200.0"
    assert set(card.loc["bound"]) == {"no bound"}


def test_tables_come_as_frames_with_exact_money(synthetic):
    rows = synthetic.postings
    assert rows.amount.dtype == np.int64 and rows.amount.sum() == 0
    assert list(rows.variant.unique()) == ["demo"]
    assert str(rows.time.iloc[0]) == "2024-07-15 04:00:00+00:00"


def test_what_is_not_there_is_named(synthetic):
    with pytest.raises(AttributeError, match="did you mean 'node'"):
        _ = synthetic.nod
    with pytest.raises(gf.MissingDataError, match="telemetry.age_s"):
        synthetic.samples("telemetry.age_s")


def test_text_instead_of_results_says_so(tmp_path):
    path = tmp_path / "evening.toml"
    path.write_text("format = 1\n")
    with pytest.raises(gf.IoError, match="not an HDF5 file") as caught:
        gf.open_results(path)
    assert caught.value.path == str(path)
    with pytest.raises(gf.IoError, match="No such file"):
        gf.open_results(tmp_path / "absent.h5")


def test_results_of_a_run_that_did_not_complete_warn(tmp_path):
    path = fill(tmp_path / "stopped.h5", status="interrupted")
    with pytest.warns(gf.IncompleteResultsWarning, match="interrupted"):
        assert gf.open_results(path).status == "interrupted"


def test_inputs_are_embedded_with_their_hash(evening):
    inputs = evening.inputs()
    assert {"scenario.toml", "weather.file"} <= set(inputs)
    text = evening.input("scenario.toml")
    assert hashlib.sha256(text).hexdigest() == inputs["scenario.toml"]
    assert evening.attrs["scenario_sha256"] == inputs["scenario.toml"]
    # What was run is what the file says: it validates again, variants and all.
    again = gf.Scenario.parse(evening.scenario_text)
    assert again.validate() == [] and again.seed == 3


def test_results_pickle_as_their_path(synthetic):
    again = pickle.loads(pickle.dumps(synthetic))
    assert again.path == synthetic.path


def test_a_temporary_results_file_goes_with_its_object(scenario):
    res = scenario.run("5 min")
    path = res.path
    assert path.exists()
    res.close()
    assert not path.exists()


def test_the_same_seed_gives_the_same_bytes_of_samples(scenario):
    a = scenario.run("20 min").samples("head.p_kw").values
    b = scenario.run("20 min").samples("head.p_kw").values
    other = scenario.run("20 min", seed=99).samples("head.p_kw").values
    assert (a == b).all() and (a != other).any()


def test_a_variant_alone_gives_the_bits_it_has_beside_the_others(evening, tmp_path):
    sc = gf.Scenario.parse(evening.scenario_text)
    alone = sc.run(out=tmp_path / "alone.h5", variants=["off"])
    assert alone.variants == ["off"]
    for key in ("head.p_kw", "node.v_pu", "device.soc", "meter.import_wh"):
        a, b = (r.samples(key, "off").values for r in (alone, evening))
        assert np.array_equal(a, b, equal_nan=True), key


def test_progress_goes_from_zero_to_one(scenario):
    seen = []
    scenario.run("10 min", progress=seen.append)
    assert seen == sorted(seen) and seen[-1] == 1.0


def test_the_report_is_one_file_that_needs_nothing(evening, tmp_path):
    pytest.importorskip("jinja2")
    out = evening.report(tmp_path / "report.html")
    html = out.read_text()
    assert html.count("<svg") >= 4 and "peak at the feeder head" in html
    outside = [w for w in ('src="http', "<script src", "<link") if w in html]
    assert not outside


def test_plots_draw_the_map_with_its_colours(synthetic):
    ax = synthetic.plot.feeder(color="v_pu")
    dots = ax.collections[-1]
    assert sorted(np.round(dots.get_array(), 6)) == [0.951, 0.97]  # lowest node of each bus


def test_times_are_starts_of_intervals(synthetic):
    s = synthetic.samples("meter.import_wh", "demo", window=(START, START + 60 * MINUTE))
    assert len(s.time) == 4 and s.step_s == 900


def test_opening_does_not_warn_when_complete(synthetic):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gf.open_results(synthetic.path)
