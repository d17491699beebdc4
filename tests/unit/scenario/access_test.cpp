// SPDX-License-Identifier: Apache-2.0
#include <gridflock/scenario/access.hpp>
#include <gridflock/scenario/plan.hpp>

#include <algorithm>
#include <set>
#include <test.hpp>

using namespace gridflock;
using namespace gridflock::scenario;

namespace {

Scenario small() {
    Scenario s;
    Fleet homes;
    homes.name = "homes";
    homes.count = 300;
    homes.profile.shape = "";
    Fleet roofs;
    roofs.name = "roofs";
    roofs.device = "pv";
    roofs.behind = {"homes", 0.4};
    Fleet batteries;
    batteries.name = "batteries";
    batteries.device = "battery";
    batteries.behind = {"roofs", 0.5};
    s.fleet = {homes, roofs, batteries};
    s.variants = {{"no_vpp", {{"dispatch", false}}},
                  {"lossy", {{"comms.loss", 0.1}, {"fleet.batteries.power_kw", 4}}}};
    return s;
}

std::string fault_of(Scenario s, const std::string& path, const Value& v) {
    try {
        set(s, path, v);
        return "";
    } catch (const ScenarioError& e) {
        return e.faults().at(0).text();
    }
}

}  // namespace

TEST_CASE("access: values go in and come out in the key's unit") {
    Scenario s = small();
    set(s, "fleet[2].energy_kwh", 10);
    CHECK(s.fleet[2].energy == 3.6e7);
    CHECK(get(s, "fleet.batteries.energy_kwh") == Value(10));
    set(s, "comms.latency_median_ms", 30);
    CHECK(s.comms.latency_median == Approx(0.030));
    CHECK(get(s, "comms.latency_median_ms") == Value(30));
    set(s, "dispatch.limit_kw", 2800);
    CHECK(*s.dispatch.limit == 2.8e6);
    set(s, "dispatch.every", "15 min");
    CHECK(s.dispatch.every == minutes(15));
    set(s, "fleet.roofs.rated_kw", Table{{"dist", "uniform"}, {"low", 3}, {"high", 9}});
    CHECK(s.fleet[1].rated.high == 9000);
    CHECK(get(s, "fleet[1].rated_kw.high") == Value(9));
    CHECK(get(s, "comms").find("loss_bad")->number() == 1);
}

TEST_CASE("access: none brings the default back, and switches dispatch off") {
    Scenario s = small();
    set(s, "dispatch", "peak_shaving");
    CHECK(s.dispatch.active());
    set(s, "dispatch", Value());
    CHECK_FALSE(s.dispatch.active());
    set(s, "fleet[2].energy_kwh", 10);
    set(s, "fleet[2].energy_kwh", Value());
    CHECK(s.fleet[2].energy == Fleet{}.energy);
    set(s, "comms.loss", 0.02);
    set(s, "comms.loss", Value());
    CHECK_FALSE(s.comms.loss.has_value());
}

TEST_CASE("access: a refused value leaves the scenario as it was") {
    Scenario s = small();
    const Scenario before = s;
    CHECK_THROWS_AS(set(s, "comms.loss", 2), ScenarioError);
    CHECK_THROWS_AS(set(s, "fleet[2].energy_kwh", -1), ScenarioError);
    CHECK(s == before);
}

TEST_CASE("access: faults name the path, the rule and the nearest key") {
    const Scenario s = small();
    CHECK(fault_of(s, "comms.los", 0.1) == "comms.los = 0.1: unknown key (did you mean 'loss'?)");
    CHECK(fault_of(s, "fleet[2].energy_kwh", -1) ==
          "fleet[2].energy_kwh = -1: must be > 0 kWh (the default is 13.5)");
    CHECK(fault_of(s, "fleet.battery.power_kw", 4) ==
          "fleet.battery: there is no such entry (did you mean 'batteries'?)");
    CHECK(fault_of(s, "comms.loss", "high") ==
          "comms.loss = \"high\": must be a number (write it without quotes)");
    CHECK(fault_of(s, "fleet[2].device", "batery") ==
          "fleet[2].device = \"batery\": is not one of its words (did you mean 'battery'?)");
    CHECK_THROWS_AS(get(s, "comms.los"), ScenarioError);
    CHECK_THROWS_AS(get(s, "fleet[9].name"), ScenarioError);
}

TEST_CASE("access: what is written reads back equal, bit for bit") {
    Scenario s = small();
    s.fleet[1].rated = Dist::constant(1234.5678901234567);
    s.fleet[2].energy = 0.1 + 0.2;
    s.comms.latency_p95 = 1.0 / 3;
    s.dispatch.parameters = {{"alpha", 0.5}};
    for (const bool all : {false, true}) {
        Scenario back;
        std::vector<Fault> faults;
        read_tree(back, write_tree(s, all), "", faults);
        CHECK(faults.empty());
        CHECK(back == s);
    }
}

TEST_CASE("variants: overrides by key, by dotted path and by a fleet's name") {
    const Scenario s = small();
    CHECK_FALSE(apply_variant(s, "no_vpp").dispatch.enabled);
    const Scenario lossy = apply_variant(s, "lossy");
    CHECK(*lossy.comms.loss == 0.1);
    CHECK(lossy.fleet[2].power == 4000);
    CHECK(lossy.fleet[2].energy == s.fleet[2].energy);
    CHECK(lossy.variants.empty());
    CHECK_THROWS_WITH(apply_variant(s, "no_vp"), Catch::Contains("did you mean 'no_vpp'?"));
}

TEST_CASE("variants: another strategy does not meet the parameters of the one before") {
    Scenario s = small();
    s.dispatch.strategy = "mine:Valley";
    s.dispatch.parameters = {{"low_kw", 1500}};
    s.variants = {{"other", {{"dispatch.strategy", "peak_shaving"}}},
                  {"by_name", {{"dispatch", "proportional"}}},
                  {"tuned", {{"dispatch.parameters.low_kw", 900}}}};
    CHECK(apply_variant(s, "other").dispatch.parameters.empty());
    CHECK(apply_variant(s, "by_name").dispatch.parameters.empty());
    CHECK(apply_variant(s, "tuned").dispatch.parameters == Table{{"low_kw", 900}});
}

TEST_CASE("variants: another preset is refused, its figures would not come with it") {
    Scenario s;
    s.comms.preset = "lte-m";
    s.variants = {{"fibre", {{"comms.preset", "fibre"}}}, {"same", {{"comms.preset", "lte-m"}}}};
    CHECK_THROWS_WITH(apply_variant(s, "fibre"),
                      Catch::Contains("variants.fibre.comms.preset = \"fibre\"") &&
                          Catch::Contains("comms.latency_median_ms"));
    CHECK(apply_variant(s, "same").comms == s.comms);
}

TEST_CASE("variants: one that names a strategy has it, over a scenario without dispatch") {
    Scenario s = small();
    s.dispatch.enabled = false;
    s.variants = {{"table", {{"dispatch", Table{{"strategy", "proportional"}}}}},
                  {"key", {{"dispatch.strategy", "proportional"}}},
                  {"name", {{"dispatch", "proportional"}}},
                  {"off", {{"dispatch", Table{{"strategy", "proportional"}, {"enabled", false}}}}},
                  {"tuned", {{"dispatch.limit_kw", 900}}}};
    for (const char* name : {"table", "key", "name"})
        CHECK(apply_variant(s, name).dispatch.active());
    for (const char* name : {"off", "tuned"}) CHECK_FALSE(apply_variant(s, name).dispatch.active());
}

TEST_CASE("fields: every key is listed once, with a sentence") {
    std::set<std::string> paths;
    for (const FieldDoc& f : fields()) {
        CHECK(paths.insert(f.path).second);
        CHECK_FALSE(f.doc.empty());
    }
    for (const char* p : {"seed", "fleet[].rated_kw", "comms.outage[].begin", "dispatch.limit_kw"})
        CHECK(paths.contains(p));
    const auto all = fields();
    const auto energy = std::find_if(
        all.begin(), all.end(), [](const FieldDoc& f) { return f.path == "fleet[].energy_kwh"; });
    CHECK(energy->unit == "kWh");
    CHECK(energy->range == "> 0");
    CHECK(energy->fallback == "13.5");
}

TEST_CASE("plan: units, instants and the loss chain") {
    Scenario s = small();
    CHECK(units(s, 1) == 120);
    CHECK(units(s, 2) == 60);
    CHECK(find_unit(s, "batteries/59").unit == 59);
    CHECK(find_unit(s, "batteries/60").unit == -1);
    s.fleet[0].behind = {"batteries", 1};  // a circle ends
    s.fleet[0].count = 0;
    CHECK(units(s, 0) == 0);

    s = small();
    s.time.zone = "America/New_York";
    s.time.start = {2024, 3, 9};
    s.time.duration = days(2);
    const Instants t = instants(s);
    CHECK(iso8601(t.delivery) == "2024-03-10T05:00:00Z");
    // SOURCE United States, 10 March 2024: clocks go from 2:00 EST to 3:00 EDT, a day of 23 hours
    CHECK(iso8601(t.at(ClockTime{0, 1335})) == "2024-03-11T02:15:00Z");
    CHECK(t.at(ClockTime{0, 1440}) - t.delivery == hours(23));
    CHECK(iso8601(t.at(ClockTime{-1, 570})) == "2024-03-09T14:30:00Z");

    Comms c;
    c.p_gb = 0.002;
    c.p_bg = 0.25;
    c.loss_good = 0.002;
    // SOURCE by hand: pi_bad = 0.002 / 0.252; 0.002 + pi_bad * 0.998
    CHECK(mean_loss(c) == Approx(0.009920634920634920));
    c.loss = 0.02;
    CHECK(mean_loss(c) == Approx(0.02));
    // SOURCE by hand: pi_bad = 0.018 / 0.998, p_gb = 0.25 * pi_bad / (1 - pi_bad)
    CHECK(effective_p_gb(c) == Approx(0.004591836734693878));
}
