// SPDX-License-Identifier: Apache-2.0
#include <gridflock/profile/weather.hpp>

#include <gridflock/core/error.hpp>

#include <test.hpp>

#include <limits>

using namespace gridflock;
using namespace gridflock::profile;

namespace {
WeatherTable three_hours() {
    const auto h = hours(1).ns;
    return {{0, h, 2 * h}, {10, 20, 14}, {1, 3, 2}, {99000, 99100, 98000}};
}
}  // namespace

TEST_CASE("weather: linear between rows and held beyond the ends") {
    const Weather w(three_hours());
    const auto a = w.at(SimTime{} + minutes(15));
    CHECK(a.temperature_c == Approx(12.5).epsilon(1e-14));
    CHECK(a.wind_m_s == Approx(1.5).epsilon(1e-14));
    CHECK(a.pressure_pa == Approx(99025).epsilon(1e-14));
    CHECK(w.at(SimTime{} + hours(1)).temperature_c == 20);
    CHECK(w.at(SimTime{} + minutes(90)).temperature_c == Approx(17).epsilon(1e-14));
    CHECK(w.at(SimTime{} - hours(5)).temperature_c == 10);
    CHECK(w.at(SimTime{} + hours(5)).temperature_c == 14);
}

TEST_CASE("weather: tables that are empty, uneven, out of order or not finite are refused") {
    CHECK_THROWS_AS(Weather(WeatherTable{}), Error);
    auto uneven = three_hours();
    uneven.wind_m_s.pop_back();
    CHECK_THROWS_AS(Weather(uneven), ShapeError);
    auto order = three_hours();
    order.time_ns[2] = order.time_ns[1];
    CHECK_THROWS_AS(Weather(order), Error);
    auto hole = three_hours();
    hole.pressure_pa[1] = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_AS(Weather(hole), Error);
}
