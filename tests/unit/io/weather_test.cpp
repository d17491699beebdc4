// SPDX-License-Identifier: Apache-2.0
#include <gridflock/io/weather_file.hpp>

#include <test.hpp>

#include <fstream>
#include <sstream>

using namespace gridflock;

namespace {
const std::string path =
    std::string(GRIDFLOCK_SOURCE_DIR) + "/scenarios/weather/greensboro_tmy3.csv";
std::string text() {
    std::ifstream in(path);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}
}  // namespace

TEST_CASE("weather: the TMY3 year of Greensboro, whole and in SI") {
    const auto w = io::read_tmy3(path);
    CHECK(w.station == "723170");
    CHECK(w.name == "GREENSBORO PIEDMONT TRIAD INT");
    CHECK(w.utc_offset == -5);
    CHECK(w.latitude == Approx(36.1));
    CHECK(w.longitude == Approx(-79.95));
    CHECK(w.altitude == 273);
    REQUIRE(w.size() == 8760);
    // SOURCE the file's own first row: 01/01/1988,01:00 ... 10.0 C, 993 mbar, 6.2 m/s
    CHECK(w.hour_of_year[0] == 0);
    CHECK(w.temperature_c[0] == 10.0);
    CHECK(w.pressure[0] == 99300);
    CHECK(w.wind_speed[0] == 6.2);
    CHECK(w.hour_of_year[8759] == 8759);
    // SOURCE pvlib test of tmy3: GHI at noon is 0 at night and below the solar constant always
    CHECK(w.ghi[0] == 0);
    for (const double g : w.ghi) REQUIRE(g < 1366.1);
}

TEST_CASE("weather: a bad cell is named with its line") {
    std::string bad = text();
    const std::size_t at = bad.find(",10.0,A,7,6.1");
    bad.replace(at, 5, ",abcd");
    try {
        io::parse_tmy3(bad, "w.csv");
        FAIL("accepted");
    } catch (const ScenarioError& e) {
        REQUIRE(e.faults().size() == 1);
        CHECK(e.faults()[0].text() ==
              "w.csv:3: Dry-bulb (C) = abcd: must be a number from -80 to 65 "
              "(interpolate from the hours beside it)");
    }
}

TEST_CASE("weather: a file cut short and a file of another kind are refused") {
    const std::string whole = text();
    CHECK_THROWS_WITH(io::parse_tmy3(whole.substr(0, whole.find('\n', 40000) + 1), "w.csv"),
                      Catch::Contains("must have 8760 hourly rows"));
    CHECK_THROWS_WITH(io::parse_tmy3("a,b\n1,2\n", "w.csv"), Catch::Contains("is no TMY3 file"));
    CHECK_THROWS_AS(io::read_tmy3("no_such.csv"), IoError);
}
