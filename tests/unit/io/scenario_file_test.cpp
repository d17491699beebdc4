// SPDX-License-Identifier: Apache-2.0
#include <gridflock/io/scenario_file.hpp>

#include <gridflock/scenario/field.hpp>
#include <gridflock/scenario/plan.hpp>

#include <test.hpp>

#include <fstream>
#include <string>
#include <vector>
#include <filesystem>
#include <cctype>
#include <algorithm>
#include <sstream>

using namespace gridflock;
using namespace gridflock::io;

namespace {

const std::string data = std::string(GRIDFLOCK_SOURCE_DIR) + "/scenarios";

LoadOptions described_only() {
    LoadOptions o;
    o.open_inputs = false;
    return o;
}
scenario::Scenario read(const std::string& text) {
    return parse_scenario(text, data, described_only(), "s.toml");
}
std::string slurp(const std::string& path) {
    std::ifstream in(path);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

}  // namespace

TEST_CASE("scenario file: the demo reads as it is defined") {
    const auto s = load_scenario(data + "/demo/demo.toml");
    CHECK(s.seed == 42);
    CHECK(scenario::units(s, 0) == 300);
    CHECK(scenario::units(s, 1) == 120);
    CHECK(scenario::units(s, 2) == 60);
    CHECK(s.feeder.background.scale == 0.75);
    CHECK(scenario::shape(s, "evening").at(19) == 1.0);
    CHECK(s.fleet[1].rated.value == 6000);
    CHECK(s.fleet[2].energy == Approx(13.5 * 3.6e6));
    CHECK(s.fleet[2].soc_min == 0.15);
    CHECK(s.comms.latency_median == Approx(0.030));
    CHECK(s.comms.outage.at(0).sites.count == 40);
    CHECK(s.market.rules->prices.day_ahead.value == std::vector<double>{120, 180, 160, 120});
    CHECK(s.market.rules->prices.exceptions.at(0).price.number() == 900);
    CHECK(s.market.rules->bid.deviations.number() == 1.2816);
    CHECK(s.weather_table->size() == 8760);
    CHECK(s.weather_table->latitude == Approx(36.1));
    const auto t = scenario::instants(s);
    CHECK(iso8601(t.delivery) == "2024-07-16T04:00:00Z");
    CHECK(iso8601(t.at(s.settlement.preliminary)) == "2024-07-17T02:15:00Z");
    CHECK(t.end - t.warmup_begin == days(7));
    CHECK(scenario::apply_variant(s, "perfect").comms.perfect);
    CHECK(scenario::apply_variant(s, "mended").comms.outage.empty());
    CHECK_FALSE(scenario::apply_variant(s, "no_vpp").dispatch.active());
    CHECK(scenario::apply_variant(s, "demo").dispatch.active());
}

TEST_CASE("scenario file: the suburb takes its preset and the bundled shape") {
    const auto s = load_scenario(data + "/suburb/suburb.toml");
    CHECK(s.comms.latency_p95 == Approx(0.3));  // comms/lte-m.toml
    CHECK(s.comms.fallback_after == minutes(10));
    CHECK(scenario::shape(s, "residential").size() == 24);
    CHECK(*s.dispatch.limit == 2.8e6);
}

TEST_CASE("scenario file: every file that the feeder reads is an input") {
    scenario::Scenario s;
    s.feeder.file = "ieee123/IEEE123Master.dss";
    s.base_dir = data;
    s.weather.file.clear();
    s.market.region.clear();
    open_inputs(s, {data});
    std::vector<std::string> names;
    for (const auto& [key, file] : s.input_files) {
        if (key.starts_with("feeder.file:")) names.push_back(key.substr(12));
        CHECK(std::filesystem::exists(file));
    }
    std::size_t redirects = 0;  // counted in the master's text
    std::istringstream master(slurp(s.input_files.at("feeder.file")));
    for (std::string line; std::getline(master, line);) {
        std::transform(line.begin(), line.end(), line.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        if (line.starts_with("redirect") || line.starts_with("buscoords")) ++redirects;
    }
    CHECK(redirects >= 3);
    CHECK(names.size() >= redirects);
    CHECK(std::find(names.begin(), names.end(), "IEEE123Loads.DSS") != names.end());
}

TEST_CASE("scenario file: text written from a scenario parses back equal") {
    for (const char* name : {"/demo/demo.toml", "/suburb/suburb.toml"}) {
        const auto s = load_scenario(data + name);
        const std::string text = write_scenario(s);
        INFO(text);
        const auto back = parse_scenario(text, s.base_dir, {}, "back.toml");
        CHECK(back == s);
        CHECK(write_scenario(back) == text);
    }
}

TEST_CASE("scenario file: overrides of the command line come before the checks") {
    LoadOptions o = described_only();
    o.overrides = {{"dispatch.limit_kw", "2500"},
                   {"fleet.batteries.power_kw", "4"},
                   {"comms.outage", "[]"},
                   {"seed", "7"}};
    const auto s = parse_scenario(slurp(data + "/demo/demo.toml"), data, o, "demo.toml");
    CHECK(*s.dispatch.limit == 2.5e6);
    CHECK(s.fleet[2].power == 4000);
    CHECK(s.comms.outage.empty());
    CHECK(s.seed == 7);
    o.overrides = {{"comms.los", "0.1"}, {"comms.loss", "2"}};
    try {
        parse_scenario(slurp(data + "/demo/demo.toml"), data, o, "demo.toml");
        FAIL("accepted");
    } catch (const ScenarioError& e) {
        REQUIRE(e.faults().size() >= 2);
        CHECK(std::string(e.what()).find(
                  "--set: comms.los = 0.1: unknown key (did you mean 'loss'?)") !=
              std::string::npos);
        CHECK(std::string(e.what()).find("--set: comms.loss = 2: must be 0 to 0.999999") !=
              std::string::npos);
    }
}

TEST_CASE("scenario file: a command-line override wakes a dispatch that was switched off") {
    LoadOptions o = described_only();
    o.overrides = {{"dispatch.strategy", "peak_shaving"},
                   {"dispatch.limit_kw", "2500"},
                   {"dispatch.enabled", "true"}};
    CHECK(parse_scenario("format = 1\ndispatch = false\n", ".", o).dispatch.active());
    CHECK_FALSE(read("format = 1\ndispatch = false\n").dispatch.active());
}

TEST_CASE("market rules: the shipped region has a source for every figure") {
    const auto s = load_scenario(data + "/demo/demo.toml");
    const auto all = scenario::figures(*s.market.rules);
    CHECK(all.size() == 12);
    for (const auto& [path, f] : all) {
        INFO(path);
        CHECK_FALSE(f.source.empty());
        CHECK(f.status == "ours");
    }
}

TEST_CASE("schema: the JSON Schema is made from the field tables") {
    const std::string text = scenario_schema();
    for (const auto& f : scenario::scenario_fields().fields)
        CHECK(text.find('"' + std::string(f.key) + '"') != std::string::npos);
    CHECK(text.find("\"exclusiveMinimum\": 0.0") != std::string::npos);
    CHECK(text.find("\"additionalProperties\": false") != std::string::npos);
    CHECK(market_schema().find("fee_share") != std::string::npos);
}
