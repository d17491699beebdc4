// SPDX-License-Identifier: Apache-2.0
#include <gridflock/device/pv.hpp>

#include <gridflock/core/random.hpp>

#include <test.hpp>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using namespace gridflock;
using namespace gridflock::device;

namespace {

using Row = std::map<std::string, double>;

std::vector<Row> golden() {
    std::ifstream in(GRIDFLOCK_SOURCE_DIR "/tests/validation/golden/pv_chain.csv");
    std::string line, cell;
    std::getline(in, line);
    std::vector<std::string> name;
    for (std::istringstream s(line); std::getline(s, cell, ',');) name.push_back(cell);
    std::vector<Row> rows;
    while (std::getline(in, line)) {
        Row row;
        std::istringstream s(line);
        for (const auto& n : name) {
            std::getline(s, cell, ',');
            row[n] = std::stod(cell);
        }
        rows.push_back(row);
    }
    return rows;
}

const sun::Location greensboro{36.1, -79.95, 273};

PvParams panels(std::size_t row) {
    PvParams p;
    p.azimuth_deg = 195;
    p.cell = row % 2 == 0 ? CellModel::faiman : CellModel::sapm;
    return p;
}

SimTime instant(const Row& r) {
    return SimTime{} + seconds(std::llround(r.at("time_s")));
}

// The sky as pvlib has it: SPA's position, our light.
PvSky sky_from(const Row& r) {
    PvSky s;
    s.sky.position = {r.at("zenith_deg"), r.at("apparent_zenith_deg"), r.at("azimuth_deg")};
    s.sky.extraterrestrial_w_m2 = sun::extraterrestrial(day_of_year(utc_civil(instant(r))));
    s.sky.airmass_relative = sun::relative_airmass(r.at("apparent_zenith_deg"));
    s.sky.clear = sun::ineichen({r.at("apparent_zenith_deg"),
                                 s.sky.airmass_relative * r.at("pressure_pa") / 101325.0, 3.0,
                                 greensboro.altitude_m, s.sky.extraterrestrial_w_m2});
    s.temperature_c = r.at("temperature_c");
    s.wind_m_s = r.at("wind_m_s");
    return s;
}

Approx exactly(double x) {
    return Approx(x).epsilon(1e-9).margin(1e-9);
}

}  // namespace

// SOURCE: pvlib 0.11.2 functions, tools/oracles/pvlib/make_golden.py.
TEST_CASE("pv: the whole chain equals pvlib's to 1e-9 over two days at Greensboro") {
    const auto rows = golden();
    REQUIRE(rows.size() == 288);
    double energy = 0, golden_energy = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Row& r = rows[i];
        INFO("row " << i);
        const PvParams p = panels(i);
        const PvSky s = sky_from(r);
        REQUIRE(s.sky.extraterrestrial_w_m2 == exactly(r.at("extra_w_m2")));
        REQUIRE(s.sky.clear.ghi == exactly(r.at("clear_ghi")));
        REQUIRE(s.sky.clear.dni == exactly(r.at("clear_dni")));
        REQUIRE(s.sky.clear.dhi == exactly(r.at("clear_dhi")));
        const auto light =
            decompose(r.at("kappa") * s.sky.clear.ghi, s.sky.position.apparent_zenith_deg,
                      s.sky.extraterrestrial_w_m2);
        REQUIRE(light.dni == exactly(r.at("dni")));
        REQUIRE(light.dhi == exactly(r.at("dhi")));
        const PlaneLight plane = transpose(p, light, s.sky);
        REQUIRE(plane.beam + plane.diffuse == exactly(r.at("plane")));
        const double effective =
            plane.beam * incidence_modifier(plane.cos_angle, p.incidence_b) + plane.diffuse;
        REQUIRE(effective == exactly(r.at("effective")));
        const double cell =
            cell_temperature(p, plane.beam + plane.diffuse, s.temperature_c, s.wind_m_s);
        REQUIRE(cell == exactly(r.at("cell_c")));
        REQUIRE(dc_power(p, effective, cell) == exactly(r.at("dc_w")));
        REQUIRE(step(p, s, r.at("kappa")).p_w == exactly(r.at("ac_w")));
        energy += step(p, s, r.at("kappa")).p_w;
        golden_energy += r.at("ac_w");
    }
    CHECK(golden_energy > 200000);  // the table holds two lit days
    CHECK(energy == Approx(golden_energy).epsilon(1e-12));
}

// SOURCE: as above; SPA's position there, NOAA's here.
TEST_CASE("pv: with our own sun position the power stays within 0.1 % of the rating") {
    const auto rows = golden();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Row& r = rows[i];
        INFO("row " << i);
        PvSky s;
        s.sky = sun::sky(instant(r), greensboro, {r.at("pressure_pa"), r.at("temperature_c"), 3.0});
        s.temperature_c = r.at("temperature_c");
        s.wind_m_s = r.at("wind_m_s");
        if (r.at("zenith_deg") < 90.5)
            REQUIRE(s.sky.position.apparent_zenith_deg ==
                    Approx(r.at("apparent_zenith_deg")).margin(0.01).epsilon(0));
        REQUIRE(s.sky.position.azimuth_deg == Approx(r.at("azimuth_deg")).margin(0.01).epsilon(0));
        REQUIRE(step(panels(i), s, r.at("kappa")).p_w == Approx(r.at("ac_w")).margin(6.0));
    }
}

// SOURCE: pvlib 0.11.2 erbs(1000, 10, 180) and erbs(50, 85, 1); the rest worked out from the
// equations apart from this code (Hay-Davies row beta 30, gamma 180, z 40, az 200; Faiman and SAPM
// at 900 W/m2).
TEST_CASE("pv: single steps take their published values") {
    const auto a = decompose(1000, 10, sun::extraterrestrial(180));
    CHECK(a.dhi == Approx(170.45774981).epsilon(1e-10));
    CHECK(a.dni == Approx(842.33927653).epsilon(1e-10));
    const auto b = decompose(50, 85, sun::extraterrestrial(1));
    CHECK(b.dhi == Approx(41.57036043).epsilon(1e-9));
    CHECK(b.dni == Approx(96.71926718).epsilon(1e-9));

    PvParams p;
    p.tilt_deg = 30;
    sun::Sky sky;
    sky.position = {40, 40, 200};
    sky.extraterrestrial_w_m2 = 1361;
    const PlaneLight plane = transpose(p, {699.5, 750, 125}, sky);
    CHECK(plane.cos_angle == Approx(0.965425).margin(5e-7).epsilon(0));
    CHECK(plane.beam == Approx(724.069).margin(5e-4).epsilon(0));
    CHECK(plane.diffuse == Approx(139.169 + 11.714).margin(1e-3).epsilon(0));

    CHECK(cell_temperature(p, 900, 20, 5) == Approx(35.203).margin(5e-4).epsilon(0));
    p.cell = CellModel::sapm;
    p.sapm_a = -3.47;
    p.sapm_b = -0.0594;
    p.sapm_delta_k = 3;
    CHECK(cell_temperature(p, 900, 20, 5) == Approx(43.509).margin(5e-4).epsilon(0));
}

// SOURCE: pvlib/tests/test_inverter.py (85.58556604752516); the curve's table in
// NREL/TP-6A20-62641's form.
TEST_CASE("pv: the inverter follows PVWatts' curve and never gives more than its rating") {
    PvParams p;
    p.inverter_efficiency = 0.95;
    p.rated_ac_w = 95;
    CHECK(ac_power(p, 90) == Approx(85.58556604752516).epsilon(1e-12));
    CHECK(ac_power(p, 200) == 95);
    CHECK(ac_power(p, 0) == 0);
    CHECK(ac_power(p, -5) == 0);
    PvParams q;
    const double full = q.rated_ac_w / q.inverter_efficiency;
    CHECK(ac_power(q, 0.05 * full) / (0.05 * full) == Approx(0.86366).margin(5e-6).epsilon(0));
    CHECK(ac_power(q, 0.50 * full) / (0.50 * full) == Approx(0.96219).margin(5e-6).epsilon(0));
    // SOURCE: Dobos 2014, product of the ten losses, by exact fractions
    CHECK(q.losses == Approx(0.1407566068826447).epsilon(1e-14));
}

TEST_CASE("pv: night is exactly zero and a limit holds by day") {
    PvSky night;
    night.sky = sun::sky(to_utc({2024, 7, 15, 5, 0, 0}), greensboro, {});
    const PvOutput dark = step({}, night, 1.4);
    CHECK(dark.p_w == 0.0);
    CHECK(dark.p_available_w == 0.0);
    PvSky noon;
    noon.sky = sun::sky(to_utc({2024, 7, 15, 17, 20, 0}), greensboro, {});
    const PvOutput cut = step({}, noon, 1.0, 1500);
    CHECK(cut.p_w == 1500);
    CHECK(cut.p_available_w > 4500);
    CHECK(step({}, noon, 1.0, -1).p_w == 0.0);
}

TEST_CASE("pv: a lane's bits do not depend on its neighbours") {
    const std::vector<PvParams> params{panels(0), panels(1), PvParams{}};
    const std::vector<std::int32_t> site{1, 0, 1};
    PvSky noon;
    noon.sky = sun::sky(to_utc({2024, 7, 15, 16, 0, 0}), greensboro, {});
    PvSky broken = noon;
    broken.temperature_c = std::nan("");
    LaneClockBuffer c4(4), c1(1);
    c4.mask[0] = 0;
    Column<double> k4(2, 4, 0.7), k1(2, 1), p4(3, 4, -1.0), a4(3, 4, -1.0), p1(3, 1), a1(3, 1);
    for (std::size_t s = 0; s < 2; ++s) k4(s, 2) = k1(s, 0) = 0.4 + 0.3 * static_cast<double>(s);
    k4(0, 3) = std::nan("");
    const std::vector<PvSky> four{noon, broken, noon, noon}, one{noon};
    advance(params, site, four, k4.view(), {}, {p4.view(), a4.view()}, c4.view());
    advance(params, site, one, k1.view(), {}, {p1.view(), a1.view()}, c1.view());
    for (std::size_t u = 0; u < 3; ++u) {
        CHECK(p4(u, 2) == p1(u, 0));
        CHECK(a4(u, 2) == a1(u, 0));
        CHECK(p4(u, 0) == -1.0);
        CHECK(std::isnan(p4(u, 1)));
        CHECK(step(params[u], noon, k1(static_cast<std::size_t>(site[u]), 0)).p_w == p1(u, 0));
    }
    CHECK(std::isnan(p4(1, 3)));
    CHECK(p4(0, 3) > 0);
    Column<double> short_power(2, 4);
    CHECK_THROWS_AS(
        advance(params, site, four, k4.view(), {}, {short_power.view(), a4.view()}, c4.view()),
        ShapeError);
}
