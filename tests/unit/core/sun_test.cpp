// SPDX-License-Identifier: Apache-2.0
#include <gridflock/core/sun.hpp>

#include <test.hpp>

using namespace gridflock;

namespace {
sun::Location golden() {
    return {39.742476, -105.1786, 1830.14};
}
}  // namespace

// SOURCE: NREL SPA report's example as kept in pvlib's tests (pvlib/tests/test_solarposition.py),
// and NOAA's own values worked out apart from this code.
TEST_CASE("sun: position agrees with NREL's SPA to 0.01 degree and with NOAA to 1e-4") {
    const auto p = sun::position(to_utc({2003, 10, 17, 19, 30, 30}), golden(), 82000.0, 11.0);
    CHECK(p.apparent_zenith_deg == Approx(50.111622).margin(0.01));
    CHECK(p.azimuth_deg == Approx(194.340241).margin(0.01));
    CHECK(90.0 - p.zenith_deg == Approx(39.872046).margin(0.01));
    CHECK(p.apparent_zenith_deg == Approx(50.11159).margin(1e-5).epsilon(0));
    CHECK(p.azimuth_deg == Approx(194.34258).margin(1e-5).epsilon(0));
    const auto next = sun::position(to_utc({2003, 10, 18, 19, 30, 30}), golden(), 82000.0, 11.0);
    CHECK(next.apparent_zenith_deg == Approx(50.47835).margin(1e-5).epsilon(0));
    CHECK(next.azimuth_deg == Approx(194.31422).margin(1e-5).epsilon(0));
}

// SOURCE: pvlib/tests/test_solarposition.py, sunrise and sunset in Golden, Colorado (MST = UTC - 7
// h).
TEST_CASE("sun: it rises and sets in Golden when the almanac says") {
    const auto elevation = [](const Civil& c) {
        return 90.0 - sun::position(to_utc(c), golden(), 82000.0, 11.0).zenith_deg;
    };
    // the upper limb with refraction: centre at -0.8333 degrees; the sun climbs about 0.18 degree a
    // minute
    CHECK(elevation({2015, 1, 2, 14, 21, 55}) == Approx(-0.8333).margin(0.03));
    CHECK(elevation({2015, 1, 2, 23, 47, 43}) == Approx(-0.8333).margin(0.03));
    CHECK(elevation({2015, 8, 2, 12, 0, 27}) == Approx(-0.8333).margin(0.03));
    CHECK(sun::position(to_utc({2015, 1, 2, 19, 4, 45}), golden(), 82000.0, 11.0).azimuth_deg ==
          Approx(180.0).margin(0.02));
}

// SOURCE: the two series worked out apart from this code, from pvlib's statement of them.
TEST_CASE("sun: extraterrestrial irradiance and air mass take their tabulated values") {
    CHECK(sun::extraterrestrial(180) == Approx(1320.65).epsilon(0).margin(0.005));
    CHECK(sun::extraterrestrial(1) == Approx(1413.98).epsilon(0).margin(0.005));
    CHECK(sun::relative_airmass(0) == Approx(0.9997).epsilon(0).margin(5e-5));
    CHECK(sun::relative_airmass(30) == Approx(1.1540).epsilon(0).margin(5e-5));
    CHECK(sun::relative_airmass(60) == Approx(1.9943).epsilon(0).margin(5e-5));
    CHECK(sun::relative_airmass(80) == Approx(5.586).epsilon(0).margin(5e-4));
    CHECK(sun::relative_airmass(85) == Approx(10.306).epsilon(0).margin(5e-4));
    CHECK(sun::relative_airmass(90) == Approx(37.92).epsilon(0).margin(5e-3));
    CHECK(sun::relative_airmass(90.5) == 0.0);
    CHECK(sun::pressure_at(0) == Approx(101325.0));
}

// SOURCE: pvlib/tests/test_clearsky.py, test_ineichen_arrays and the Golden series (values to
// 1e-6).
TEST_CASE("sun: Ineichen's clear sky equals pvlib's test values") {
    const auto a = sun::ineichen({10, 1, 3, 0, 1364});
    CHECK(a.ghi == Approx(1038.159219).epsilon(1e-9));
    CHECK(a.dni == Approx(942.208186).epsilon(1e-9));
    CHECK(a.dhi == Approx(110.265293).epsilon(1e-8));
    const auto b = sun::ineichen({46.0467599, 1.32355476, 3, 0, 1364});
    CHECK(b.ghi == Approx(704.697).epsilon(0).margin(5e-3));
    CHECK(b.dni == Approx(888.901).epsilon(0).margin(5e-3));
    CHECK(b.dhi == Approx(87.736).epsilon(0).margin(5e-3));
}

TEST_CASE("sun: the night is exactly dark") {
    for (int hour = 3; hour < 9; ++hour) {
        const auto s = sun::sky(to_utc({2024, 7, 15, hour, 17, 0}), {36.1, -79.95, 273}, {});
        CHECK(s.clear.ghi == 0.0);
        CHECK(s.clear.dni == 0.0);
        CHECK(s.clear.dhi == 0.0);
    }
}

TEST_CASE("sun: instants before 1970 are as good as later ones") {
    const auto p = sun::position(to_utc({1965, 6, 21, 17, 20, 0}), {36.1, -79.95, 273}, 98000, 25);
    CHECK(p.zenith_deg == Approx(36.1 - 23.44).margin(0.2));
}
