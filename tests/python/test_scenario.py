# SPDX-License-Identifier: Apache-2.0
import pickle

import gridflock as gf
import pytest


def test_attributes_read_and_set_keys(scenario):
    scenario.comms.loss = 0.02
    assert scenario.comms.loss == 0.02
    scenario.fleet["roofs"].tilt_deg = 30
    assert scenario.fleet[1].tilt_deg == 30
    assert [f.name for f in scenario.fleet] == ["homes", "roofs", "batteries"]
    assert "loss" in dir(scenario.comms)


def test_a_misspelt_attribute_names_the_nearest(scenario):
    with pytest.raises(AttributeError, match="loss"):
        _ = scenario.comms.los
    with pytest.raises(gf.ScenarioError) as caught:
        scenario.comms.los = 0.1
    assert "loss" in caught.value.faults[0].remedy


def test_a_value_outside_its_range_is_a_fault(scenario):
    with pytest.raises(gf.ScenarioError):
        scenario.comms.loss = 2
        raise gf.ScenarioError("", scenario.validate())


def test_a_fault_of_a_value_set_by_a_program_names_no_line_of_the_file(scenario):
    """The file says something else there."""
    scenario.fleet["batteries"].behind = "roof"
    (fault,) = scenario.validate()
    assert (fault.file, fault.line) == ("", 0)
    assert fault.path == "fleet[2].behind"
    with pytest.raises(gf.ScenarioError) as caught:
        scenario.fleet["roofs"].count = -3
    assert caught.value.faults[0].line == 0 and ".toml" not in str(caught.value)
    scenario.fleet = [{"name": "homes", "device": "load", "count": 2, "behind": "roof"}]
    (fault,) = (f for f in scenario.validate() if f.path.startswith("fleet"))
    assert (fault.file, fault.line) == ("", 0)


def test_replace_leaves_the_original_alone(scenario):
    scenario.dispatch = gf.dispatch.PeakShaving(limit_kw=2800)
    other = scenario.replace({"comms.loss": 0.1}, dispatch=None, seed=9)
    assert other.comms.loss == 0.1 and other.seed == 9
    assert scenario.seed == 3
    assert scenario.dispatch.limit_kw == 2800
    assert scenario != other


def test_a_new_strategy_drops_the_settings_of_the_old_one(scenario):
    scenario.dispatch = gf.dispatch.PeakShaving(limit_kw=2800, alpha=2.0)
    scenario.dispatch = gf.dispatch.FollowAward()
    assert scenario.dispatch.strategy == "follow_award"
    assert scenario.dispatch.limit_kw is None
    assert not scenario.dispatch.parameters


def test_toml_and_pickle_give_an_equal_scenario_back(scenario):
    scenario.dispatch = gf.dispatch.Proportional(limit_kw=123)
    again = gf.Scenario.parse(scenario.to_toml(), scenario._core.base_dir)
    assert again == scenario
    assert pickle.loads(pickle.dumps(scenario)) == scenario


def test_every_example_is_valid():
    for name in gf.examples.names():
        sc = getattr(gf.examples, name)()
        assert sc.validate() == []


def test_shares_that_cannot_be_are_refused():
    with pytest.raises(gf.Error, match="battery"):
        gf.examples.suburb(pv=0.2, battery=0.4)


def test_the_schema_knows_the_units():
    schema = gf.scenario_schema()
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert (
        "limit_kw" in schema["properties"]["dispatch"]["anyOf"][0]["properties"]
        if ("anyOf" in schema["properties"]["dispatch"])
        else True
    )


@pytest.mark.parametrize(
    "change, what",
    [
        ({"time.warmup": "1 day"}, "warm-up"),
        ({"settlement.interval": "7 min"}, "divide"),
        ({"forecast.quantiles": []}, "quantile"),
        ({"variants": {"x": {"fleet.batteries.power_kw": 3}}}, "must be the same in every variant"),
    ],
)
def test_what_a_run_refuses_is_told_by_validate(change, what):
    sc = gf.examples.demo().replace(change)
    told = [f.text for f in sc.validate()]
    assert any(what in text for text in told), told
    with pytest.raises(gf.ScenarioError, match=what):
        sc.run()


@pytest.mark.parametrize(
    "path, entry, missing",
    [
        ("attack", {"site": "batteries/3", "at": "2024-07-16T18:20:00"}, "kind"),
        ("attack", {"kind": "forged", "site": "batteries/3"}, "at"),
        ("comms.outage", {"begin": "2024-07-16T18:00:00", "sites": 3}, "end"),
        ("programme", {"fleet": "batteries"}, "name"),
    ],
)
def test_an_entry_of_a_list_has_all_that_is_required(path, entry, missing):
    sc = gf.examples.demo()
    with pytest.raises(gf.ScenarioError, match=rf"{path}\[0\]\.{missing}: is missing"):
        sc.replace({path: [entry]})
    sc.variants = {"x": {path: [entry]}}
    assert [f.path for f in sc.validate()] == [f"variants.x.{path}[0].{missing}"]


def test_a_number_beyond_64_bits_is_one_error(scenario):
    for set_it in (
        lambda: scenario.replace({"seed": 2**63}),
        lambda: gf.Ensemble(scenario, 2**70),
        lambda: scenario.run(seed=-(2**64)),
    ):
        with pytest.raises(gf.Error, match="does not fit into 64 bits"):
            set_it()
    with pytest.raises(gf.Error, match="must be a Scenario"):
        gf.Ensemble("evening.toml")
