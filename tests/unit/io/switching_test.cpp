// SPDX-License-Identifier: Apache-2.0
// Scripted switching in a scenario file: read, written, and each mistake told with its line.
#include <gridflock/io/scenario_file.hpp>
#include <gridflock/scenario/access.hpp>

#include <test.hpp>

#include <string>
#include <vector>

using namespace gridflock;

namespace {

/// IEEE 123 for a day; `lines` follow from line 8 on.
std::string study(const std::string& lines) {
    return R"(format = 1
[time]
start = 2024-07-15T00:00:00
duration = "1 day"
step = "1 min"
[feeder]
file = "../feeders/ieee123/ieee123.dss"
)" + lines;
}

std::string entry(const std::string& keys) {
    return "[[switching]]\n" + keys + "\n";
}

Scenario read(const std::string& text) {
    const std::string base = std::string(GRIDFLOCK_SOURCE_DIR) + "/scenarios/demo";
    Scenario s = io::parse_scenario(text, base, {}, "s.toml");
    scenario::require_valid(s);
    return s;
}

std::vector<std::string> faults(const std::string& lines) {
    std::vector<std::string> out;
    try {
        read(study(lines));
    } catch (const ScenarioError& e) {
        for (const Fault& f : e.faults()) out.push_back(f.text());
    }
    return out;
}

const std::string open_sw3 = "at = 2024-07-15T06:00:00\nelement = \"line.sw3\"\naction = \"open\"";
const std::string close_sw3 =
    "at = 2024-07-15T07:00:00\nelement = \"line.sw3\"\naction = \"close\"";

}  // namespace

TEST_CASE("switching file: entries are read with their times and come back when written") {
    const Scenario s = read(study(entry(open_sw3 + "\nterminal = 2") + entry(close_sw3)));
    REQUIRE(s.switching.size() == 2);
    CHECK(s.switching[0].element == "line.sw3");
    CHECK(s.switching[0].terminal == 2);
    CHECK(s.switching[1].action == "close");
    CHECK(s.switching[1].at.hour == 7);
    const Scenario again = read(io::write_scenario(s));
    CHECK(again.switching == s.switching);
}

TEST_CASE("switching file: each mistake names line, value, rule and what to write instead") {
    const auto first = [](const std::string& lines) {
        const auto all = faults(lines);
        return all.empty() ? std::string("no fault") : all[0];
    };
    const auto with = [&](const std::string& element, const std::string& action = "open",
                          const std::string& at = "2024-07-15T06:00:00") {
        return first(
            entry("at = " + at + "\nelement = \"" + element + "\"\naction = \"" + action + "\""));
    };
    CHECK(with("line.sw9") ==
          "s.toml:10: switching[0].element = \"line.sw9\": is no element of the feeder (did you "
          "mean 'line.sw1'?)");
    CHECK(with("sw3") ==
          "s.toml:10: switching[0].element = \"sw3\": is no element of the feeder (did you mean "
          "'line.sw3'?)");
    CHECK(with("vsource.source") ==
          "s.toml:10: switching[0].element = \"vsource.source\": is a source, which has no switch "
          "(open the line or transformer that it feeds)");
    CHECK(with("line.sw3", "opne") ==
          "s.toml:11: switching[0].action = \"opne\": is not one of its words (did you mean "
          "'open'?)");
    CHECK(with("line.sw3", "close") ==
          "s.toml:11: switching[0].action = \"close\": changes nothing: line.sw3 is closed already "
          "at that time (correct the action, the element or the time, or leave it out)");
    CHECK(with("line.sw3", "open", "2024-07-16T00:00:00") ==
          "s.toml:9: switching[0].at = 2024-07-16T00:00:00: must lie within the run (it runs from "
          "2024-07-15T00:00:00 to 2024-07-16T00:00:00)");
    CHECK(first(entry(open_sw3 + "\nterminal = 3")) ==
          "s.toml:12: switching[0].terminal = 3: must be at most 2 (line.sw3 has 2 of them)");
    CHECK(first(entry("at = 2024-07-15T06:00:00\naction = \"open\"")) ==
          "s.toml:8: switching[0].element: is missing (An element of the feeder as class.name: "
          "\"line.sw3\".)");
    CHECK(first(entry(open_sw3 + "\nphase = 1")).find("switching[0].phase = 1: unknown key") !=
          std::string::npos);
}

TEST_CASE("switching file: the script is judged in order of time, not of writing") {
    CHECK(faults(entry(close_sw3) + entry(open_sw3)).empty());
    const auto twice = faults(entry(open_sw3) + entry(open_sw3));
    REQUIRE(twice.size() == 1);
    CHECK(twice[0].find("switching[1].action = \"open\": changes nothing") != std::string::npos);
}

TEST_CASE("switching file: a study without a feeder has nothing to switch") {
    const std::string text = "format = 1\n[time]\nstart = 2024-07-15T00:00:00\n" + entry(open_sw3);
    CHECK_THROWS_WITH(read(text), Catch::Matchers::Contains("needs a feeder, and there is none"));
}
