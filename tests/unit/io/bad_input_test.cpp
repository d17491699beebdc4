// SPDX-License-Identifier: Apache-2.0
// What a user reads when the description is wrong: place, value, rule, remedy, and all of it at
// once.
#include <gridflock/io/scenario_file.hpp>

#include <test.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace gridflock;
using namespace gridflock::io;

namespace {

std::vector<std::string> faults(const std::string& text, bool open_inputs = false) {
    LoadOptions o;
    o.open_inputs = open_inputs;
    const std::string base = std::string(GRIDFLOCK_SOURCE_DIR) + "/scenarios/demo";
    std::vector<std::string> out;
    try {
        parse_scenario(text, base, o, "s.toml");
    } catch (const ScenarioError& e) {
        for (const Fault& f : e.faults()) out.push_back(f.text());
    }
    return out;
}

/// A good scenario of 21 lines; `lines` follow from line 22 on.
std::string good(const std::string& lines) {
    return R"(format = 1
[time]
start = 2024-07-15T00:00:00
zone = "America/New_York"
[shapes]
residential = [0.5, 1.0]
[[fleet]]
name = "homes"
device = "load"
count = 300
[[fleet]]
name = "roofs"
device = "pv"
behind = { homes = 0.4 }
[[fleet]]
name = "batteries"
device = "battery"
behind = { roofs = 0.5 }



)" + lines;
}

struct Case {
    std::string lines, text;
};

}  // namespace

TEST_CASE("bad input: a good scenario has no fault") {
    CHECK(faults(good("")).empty());
}

TEST_CASE("bad input: each fault names line, key, value, rule and remedy") {
    const std::vector<Case> cases{
        {"[comms]\nlos = 0.1", "s.toml:23: comms.los = 0.1: unknown key (did you mean 'loss'?)"},
        {"[comm]\nloss = 0.1", "s.toml:22: comm: unknown key (did you mean 'comms'?)"},
        {"[comms]\nloss = 1.5",
         "s.toml:23: comms.loss = 1.5: must be 0 to 0.999999 (Mean share of "
         "messages lost; rescales p_gb.)"},
        {"[comms]\nloss = \"2 %\"",
         "s.toml:23: comms.loss = \"2 %\": must be a number (write it without quotes)"},
        {"[comms]\nloss = nan",
         "s.toml:23: comms.loss = nan: must be a finite number (Mean share of "
         "messages lost; rescales p_gb.)"},
        {"[comms]\ntelemetry = 60",
         "s.toml:23: comms.telemetry = 60: must be a duration in quotes, like \"5 min\" (give the "
         "unit: \"60 s\" or \"60 min\")"},
        {"[comms]\ntelemetry = \"1 minte\"",
         "s.toml:23: comms.telemetry = \"1 minte\": is no duration (write it like \"5 min\"; "
         "units: "
         "ms, s, min, h, day)"},
        {"[comms]\nlatency_median_ms = 200\nlatency_p95_ms = 100",
         "s.toml:24: comms.latency_p95_ms = 100: must not be below the median "
         "(comms.latency_median_ms is 200)"},
        {"[comms]\npoll_min_s = 5",
         "s.toml:22: comms.poll_max_s = 0: must not be below poll_min_s (comms.poll_min_s is 5)"},
        {"[[fleet]]\nname = \"x\"\ndevice = \"battery\"\nbehind = { homes = 0.1 }\nenergy_kwh = "
         "-13.5",
         "s.toml:26: fleet[3].energy_kwh = -13.5: must be > 0 kWh (the default is 13.5)"},
        {"[[fleet]]\nname = \"x\"\ndevice = \"battery\"\nbehind = { home = 0.1 }",
         "s.toml:25: fleet[3].behind.home = \"home\": names a fleet that does not exist (did you "
         "mean 'homes'?)"},
        {"[[fleet]]\nname = \"x\"\ndevice = \"battery\"\nbehind = { homes = 60 }",
         "s.toml:25: fleet[3].behind = 60: must be a share of 0 to 1 (for a number of units write "
         "behind = \"homes\" and count = 60)"},
        {"[[fleet]]\nname = \"x\"\ndevice = \"battery\"\nbehind = \"homes\"\ncount = 301",
         "s.toml:26: fleet[3].count = 301: must be at most the 300 units of 'homes'"},
        {"[[fleet]]\nname = \"x\"\ndevice = \"pv\"\nbehind = { homes = 0.1 }\nenergy_kwh = 5",
         "s.toml:26: fleet[3].energy_kwh: is a key of battery fleets; this one is pv (remove it)"},
        {"[[fleet]]\nname = \"x\"\ndevice = \"windmill\"\ncount = 1",
         "s.toml:24: fleet[3].device = \"windmill\": is not one of its words (known: load, pv, "
         "battery)"},
        {"[[fleet]]\ndevice = \"load\"\ncount = 1",
         "s.toml:22: fleet[3].name: is missing (Name of the fleet; a unit is name/number.)"},
        {"[[fleet]]\nname = \"homes\"\ndevice = \"load\"\ncount = 1",
         "s.toml:23: fleet[3].name = \"homes\": is the name of two fleets (rename one)"},
        {"[[fleet]]\nname = \"x\"\ndevice = \"load\"",
         "s.toml:22: fleet[3].count = 0: must be at least 1 (or let the fleet stand behind "
         "another)"},
        {"[[fleet]]\nname = \"x\"\ndevice = \"load\"\ncount = 1\nprofile = { shape = \"evning\" }",
         "s.toml:26: fleet[3].profile.shape = \"evning\": names a shape that does not exist "
         "(known: "
         "residential)"},
        {"[[fleet]]\nname = \"x\"\ndevice = \"pv\"\nbehind = { homes = 0.1 }\nrated_kw = { dist = "
         "\"lognrmal\", mean = 6, cv = 0.3 }",
         "s.toml:26: fleet[3].rated_kw.dist = \"lognrmal\": is no law (did you mean 'lognormal'?)"},
        {"[[fleet]]\nname = \"x\"\ndevice = \"pv\"\nbehind = { homes = 0.1 }\nrated_kw = { dist = "
         "\"normal\", mean = 6 }",
         "s.toml:26: fleet[3].rated_kw.sd: is missing: a normal law needs it (its keys: dist, "
         "mean, "
         "sd, min, max)"},
        {"[[fleet]]\nname = \"x\"\ndevice = \"load\"\ncount = 1\nprofile = { occupants = { values "
         "= "
         "[1, 2], p = [0.5, 0.4] } }",
         "s.toml:26: fleet[3].profile.occupants.p = 0.9: must be probabilities >= 0 that sum to 1"},
        {"[dispatch]\nstrategy = \"peak_shavin\"",
         "s.toml:23: dispatch.strategy = \"peak_shavin\": is no built-in strategy (did you mean "
         "'peak_shaving'?; one of your own is \"package.module:Class\")"},
        {"[dispatch]\nstrategy = \"peak_shaving\"",
         "s.toml:22: dispatch.limit_kw: is missing: peak_shaving needs it (give the limit of power "
         "into the feeder, e.g. limit_kw = 2800)"},
        {"[dispatch]\nevery = \"90 s\"",
         "s.toml:23: dispatch.every = \"90 s\": must be a whole number of steps (time.step is \"1 "
         "min\")"},
        {"[dispatch]\nstrategy = \"follow_award\"",
         "s.toml:23: dispatch.strategy = \"follow_award\": needs a market (write [market] with "
         "region = \"demo\")"},
        {"[settlement]\npreliminary = \"23:45\"",
         "s.toml:22: settlement.final = \"23:30\": must be after the preliminary run "
         "(settlement.preliminary is \"23:45\")"},
        {"[settlement]\nfinal = \"half past ten\"",
         "s.toml:23: settlement.final = \"half past ten\": is no clock time (write it like "
         "\"22:15\" "
         "or \"D-1 09:30\")"},
        {"[[meter_delay]]\nsite = \"batteries/60\"\nhour = 2024-07-15T18:00:00\narrives = "
         "2024-07-15T22:45:00",
         "s.toml:23: meter_delay[0].site = \"batteries/60\": is no unit (fleet 'batteries' has "
         "units "
         "batteries/0 to batteries/59)"},
        {"[[attack]]\nkind = \"forged\"\nsite = \"batteries/1\"\nat = 2025-07-15T18:00:00",
         "s.toml:25: attack[0].at = 2025-07-15T18:00:00: must lie within the run (it runs from "
         "2024-07-15T00:00:00 to 2024-07-16T00:00:00)"},
        {"[[attack]]\nkind = \"forged\"\nsite = \"batteries/1\"\nat = 2024-07-15T18:00:00Z",
         "s.toml:25: attack[0].at = \"2024-07-15T18:00:00Z\": is wall time in time.zone and takes "
         "no "
         "offset (write it like 2024-07-15T18:20:00)"},
        {"[[comms.outage]]\nbegin = 2024-07-15T18:00:00\nend = 2024-07-15T17:00:00\nsites = 4",
         "s.toml:24: comms.outage[0].end = 2024-07-15T17:00:00: must be after begin (begin is "
         "2024-07-15T18:00:00)"},
        {"[record]\nvariables = [\"head.p_kw\", \"nod.v_pu\"]",
         "s.toml:23: record.variables[1] = \"nod.v_pu\": is no variable that can be recorded (did "
         "you mean 'node.v_pu'?)"},
        {"[fleets]\n", "s.toml:22: fleets: unknown key (did you mean 'fleet'?)"},
        {"[programme]\nname = \"p\"",
         "s.toml:22: programme: must be a list of tables (write [[programme]] with two brackets)"},
        {"[variants.x]\ncomms.los = 1",
         "s.toml:23: variants.x.comms.los = 1: unknown key (did you mean 'loss'?)"},
        {"[weather.clouds]\nmodel = \"copula\"\nmixture = [{ weight = 0.5, mean = 1, sd = 0.1 }]",
         "s.toml:24: weather.clouds.mixture = weights that sum to 0.5: must have weights that sum "
         "to "
         "1"},
    };
    REQUIRE(cases.size() >= 30);
    for (const Case& c : cases) {
        INFO(c.lines);
        const auto found = faults(good(c.lines));
        CHECK(found == std::vector<std::string>{c.text});
    }
}

TEST_CASE("bad input: a wrong head of the file") {
    CHECK(faults("format = 2") ==
          std::vector<std::string>{"s.toml:1: format = 2: must be 1 (the default is 1)"});
    CHECK(
        faults("format = 1\n[time]\nzone = \"America/New_Yorck\"") ==
        std::vector<std::string>{"s.toml:3: time.zone = \"America/New_Yorck\": is no time zone of "
                                 "the IANA database (did you mean 'America/New_York'?)"});
    const auto broken = faults("format = 1\nseed = = 3\n");
    REQUIRE(broken.size() == 1);
    CHECK(broken[0].find("s.toml:2: is not TOML:") == 0);
    CHECK(
        faults("format = 1\n[shapes]\nevening = [0.5, nan]") ==
        std::vector<std::string>{"s.toml:3: shapes.evening[1] = nan: must be a finite number >= 0 "
                                 "(correct or interpolate the value at hour 12)"});
}

TEST_CASE("bad input: files that are not there") {
    const auto found = faults(
        "format = 1\n[weather]\nfile = \"greensboro_tmy.csv\"\n[market]\nregion "
        "= \"dem\"\n[comms]\npreset = \"lte\"\n[feeder]\nfile = \"none.dss\"",
        true);
    REQUIRE(found.size() == 4);
    CHECK(found[0] ==
          "s.toml:3: weather.file = \"greensboro_tmy.csv\": there is no such file (did "
          "you mean 'greensboro_tmy3.csv'?)");
    CHECK(found[1] == "s.toml:5: market.region = \"dem\": is no region (did you mean 'demo'?)");
    CHECK(found[2] == "s.toml:7: comms.preset = \"lte\": is no preset (did you mean 'lte-m'?)");
    CHECK(found[3].find("s.toml:9: feeder.file = \"none.dss\": there is no such file") == 0);
    CHECK_THROWS_AS(load_scenario("no/such/file.toml"), IoError);
}

TEST_CASE("bad input: buses that the feeder lacks or that nothing feeds") {
    const std::string base = "/tmp/gridflock_bad_input";
    std::filesystem::create_directories(base);
    std::ofstream(base + "/island.dss") << "Clear\nNew Circuit.c basekv=4.16 bus1=src\n"
                                           "New Line.a bus1=src bus2=home length=0.1\n"
                                           "New Line.b bus1=far bus2=farther length=0.1\n";
    try {
        parse_scenario(R"(format = 1
[feeder]
file = "island.dss"
[[fleet]]
name = "homes"
device = "load"
count = 1
at = { nodes = ["hom", "far"] }
profile = { shape = "" }
)",
                       base, {}, "s.toml");
        FAIL("accepted");
    } catch (const ScenarioError& e) {
        const std::string all = e.what();
        INFO(all);
        CHECK(all.find("s.toml:8: fleet[0].at.nodes[0] = \"hom\": names a bus that the feeder does "
                       "not have (did you mean 'home'?)") != std::string::npos);
        CHECK(all.find("s.toml:8: fleet[0].at.nodes[1] = \"far\": names a bus that no source "
                       "reaches") != std::string::npos);
        CHECK(all.find("island.dss:4") != std::string::npos);
    }
    std::filesystem::remove_all(base);
}

TEST_CASE("bad input: all faults at once, in the order of the file") {
    const auto found = faults(R"(format = 1
sed = 3
[weather]
file = "missing_weather.csv"
[shapes]
residential = [0.4, nan]
[[fleet]]
name = "homes"
device = "load"
count = 10
[[fleet]]
name = "batteries"
device = "battery"
behind = { home = 0.5 }
energy_kwh = -13.5
)",
                              true);
    REQUIRE(found.size() == 5);
    CHECK(found[0] == "s.toml:2: sed = 3: unknown key (did you mean 'seed'?)");
    CHECK(found[1].find(
              "s.toml:4: weather.file = \"missing_weather.csv\": there is no such file") == 0);
    CHECK(found[2].find("s.toml:6: shapes.residential[1] = nan: must be a finite number") == 0);
    CHECK(found[3].find("s.toml:14: fleet[1].behind.home = \"home\": names a fleet that does not "
                        "exist (did you mean 'homes'?)") == 0);
    CHECK(found[4] ==
          "s.toml:15: fleet[1].energy_kwh = -13.5: must be > 0 kWh (the default is 13.5)");
}
