// SPDX-License-Identifier: Apache-2.0
// Numbers worked out by hand unless a source is named.
#include <test.hpp>

#include <gridflock/core/random.hpp>
#include <gridflock/forecast/forecaster.hpp>
#include <gridflock/forecast/score.hpp>

#include <cmath>

using namespace gridflock;
using namespace gridflock::forecast;

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr SimTime monday{1'721'001'600'000'000'000};  // 2024-07-15T00:00:00Z

/// Clear sky of a made-up day: a triangle from 06:00 to 18:00, 1 at noon, by quarter-hour.
double triangle(std::size_t quarter) {
    const double hour = 0.25 * static_cast<double>(quarter % 96) + 0.125;
    return std::max(0.0, 1.0 - std::abs(hour - 12.0) / 6.0);
}

/// `days` days of one site: demand 400 Wh a quarter in 17-21, 100 else; PV 1000 Wh x triangle x
/// kappa of the day; reads arrive one hour after the interval's start.
ReadHistory made_history(std::size_t sites, const std::vector<double>& kappa) {
    ReadHistory history(monday, minutes(15), sites, 96 * kappa.size());
    for (std::size_t s = 0; s < sites; ++s)
        for (std::size_t i = 0; i < history.intervals(); ++i) {
            Read read;
            read.pv_wh = static_cast<std::int32_t>(1000 * triangle(i) * kappa[i / 96]);
            const std::size_t quarter = i % 96;
            const int demand = quarter >= 68 && quarter < 84 ? 400 : 100;
            read.import_wh = std::max(0, demand - read.pv_wh);
            read.export_wh = std::max(0, read.pv_wh - demand);
            read.received_at = (history.interval_start(i) + hours(1)).ns;
            history.put(s, history.interval_start(i), read);
        }
    return history;
}

std::vector<double> clear_sky(std::size_t days) {
    std::vector<double> c(96 * days);
    for (std::size_t i = 0; i < c.size(); ++i) c[i] = triangle(i);
    return c;
}

}  // namespace

TEST_CASE("reads: the load is what came from grid, roof and battery") {
    const Read read{100, 30, 500, 200, 50, 0.5, 0};
    CHECK(read.net_demand_wh() == 70);
    CHECK(read.demand_wh() == 70 + 500 + 50 - 200);
}

TEST_CASE("reads: a late read is unknown until it arrives, and the first copy counts") {
    ReadHistory history(monday, minutes(15), 2, 96);
    Read read{10, 0, 0, 0, 0, unknown, (monday + hours(3)).ns};
    CHECK(history.put(1, monday + minutes(15), read));
    CHECK(history.find(1, monday + minutes(15), monday + hours(2)) == nullptr);
    REQUIRE(history.find(1, monday + minutes(15), monday + hours(3)) != nullptr);
    read.import_wh = 99;
    read.received_at = (monday + hours(4)).ns;
    history.put(1, monday + minutes(15), read);
    CHECK(history.find(1, monday + minutes(15), monday + hours(5))->import_wh == 10);
    CHECK(history.find(0, monday + minutes(15), monday + hours(9)) == nullptr);
    CHECK_FALSE(history.put(2, monday, read));
    CHECK_FALSE(history.put(0, monday - minutes(15), read));
    CHECK_FALSE(history.put(0, monday + minutes(7), read));
    CHECK_FALSE(history.put(0, monday + days(1), read));
}

TEST_CASE("reads: a fleet's power is scaled for the missing, and unknown below half") {
    ReadHistory history(monday, minutes(15), 4, 2);
    for (std::size_t s = 0; s < 3; ++s)
        history.put(s, monday,
                    Read{static_cast<std::int32_t>(100 * (s + 1)), 0, 0, 0, 0, unknown, 0});
    history.put(0, monday + minutes(15), Read{100, 0, 0, 0, 0, unknown, 0});
    const std::size_t members[] = {0, 1, 2, 3};
    const auto p = fleet_power(history, members, Quantity::net_demand, monday + days(1));
    CHECK(p[0] == Approx(3200.0));  // 600 Wh in 15 min = 2400 W, 3 of 4 known
    CHECK(std::isnan(p[1]));
}

TEST_CASE("forecast: smart persistence carries kappa of the last daylight on the clear sky") {
    const std::vector<double> sky{0, 100, 200, 400, 0, 300, 500};
    const std::vector<double> seen{0, 50, unknown, 300};
    std::vector<double> out(3);
    SmartPersistence{.window = 2}.predict(seen, sky, 4, out);  // kappa = 350 / 500
    CHECK(out[0] == 0.0);
    CHECK(out[1] == Approx(210.0));
    CHECK(out[2] == Approx(350.0));
    CHECK_THROWS_AS(SmartPersistence{}.predict(seen, sky, 5, out), ShapeError);
}

TEST_CASE("forecast: the seasonal naive is the mean of the same quarter-hour") {
    // three days of two steps each; day 1's second step is missing
    const std::vector<double> series{10, 20, 30, unknown, 50, 60};
    std::vector<double> out(4);
    SeasonalNaive{.days = 2}.predict(series, 2, 6, out);
    CHECK(out[0] == Approx(40.0));  // 50 and 30
    CHECK(out[1] == Approx(40.0));  // 60 and, the day between being unknown, 20
    CHECK(out[2] == Approx(40.0));  // two days ahead: its day before is not there yet
    SeasonalNaive{.days = 1}.predict(series, 2, 6, out);
    CHECK(out[0] == 50.0);
    CHECK(out[1] == 60.0);
    const std::vector<double> nothing(6, unknown);
    SeasonalNaive{}.predict(nothing, 2, 6, out);
    CHECK(out[3] == 0.0);
}

TEST_CASE("forecast: a repeated day is forecast exactly, with no spread") {
    const auto history = made_history(3, {0.8, 0.8, 0.8, 0.8});
    const std::vector<std::size_t> members{0, 1, 2};
    const auto sky = clear_sky(6);
    const SimTime at = monday + days(4) + hours(10);
    const auto made = issue({}, history, {members, sky, at, monday + days(5), 96});
    // 18:00 to 18:15 three homes of 400 Wh a quarter, no sun: 4.8 kW; noon 100 Wh and 0.8 x 979 Wh
    CHECK(made.demand.mean_w[72] == Approx(4800.0));
    CHECK(made.net_demand.mean_w[72] == Approx(4800.0));
    CHECK(made.pv.mean_w[48] == Approx(3 * 4 * 0.8 * 1000 * (1 - 0.125 / 6)).epsilon(0.003));
    CHECK(made.pv.quantile_w(0, 48) == Approx(made.pv.quantile_w(2, 48)).epsilon(0.005));
    CHECK(made.pv.quantile_w(2, 0) == 0.0);
    CHECK(made.demand.quantile_w(0, 72) == Approx(4800.0));
    CHECK(made.net_demand.interval_start(72) == monday + days(5) + hours(18));
    CHECK(made.net_demand.mean_at(monday + days(5) + hours(18) + minutes(14)) == Approx(4800.0));
    CHECK(std::isnan(made.net_demand.mean_at(monday + days(6))));
}

TEST_CASE("forecast: what arrives after the issue changes nothing in it") {
    auto history = made_history(1, {0.8, 0.5, 0.9, 0.7, 0.6});
    const std::vector<std::size_t> members{0};
    const auto sky = clear_sky(6);
    const SimTime at = monday + days(3) + hours(9) + minutes(30);
    const IssueRequest request{members, sky, at, monday + days(4), 96};
    const auto before = issue({}, history, request);
    for (auto& cell : history.cells())
        if (cell.received_at > at.ns) cell.pv_wh += 500;
    const auto after = issue({}, history, request);
    CHECK(before.pv.mean_w == after.pv.mean_w);
    CHECK(before.pv.quantile_w == after.pv.quantile_w);
    CHECK(before.net_demand.quantile_w == after.net_demand.quantile_w);
}

TEST_CASE("forecast: the 10-90 % band of noisy demand covers about four fifths") {
    const std::size_t days_seen = 40;
    ReadHistory history(monday, minutes(15), 1, 96 * (days_seen + 20));
    const RandomKey key{7, 0};
    std::vector<double> truth(history.intervals());
    for (std::size_t i = 0; i < truth.size(); ++i) {
        Read read;
        read.import_wh = static_cast<std::int32_t>(
            1000 + 200 * normal(key, stable_id("home"), Purpose::user, i));
        read.received_at = (history.interval_start(i) + minutes(20)).ns;
        history.put(0, history.interval_start(i), read);
        truth[i] = 4.0 * read.import_wh;
    }
    FleetForecaster forecaster;
    forecaster.residual_days = 30;
    const std::vector<std::size_t> members{0};
    const auto sky = clear_sky(days_seen + 20);
    double inside = 0;
    for (std::size_t day = 0; day < 19; ++day) {
        const SimTime start = monday + static_cast<std::int64_t>(days_seen + day) * days(1);
        const auto made = issue(forecaster, history, {members, sky, start, start, 96});
        const std::span<const double> actual(truth.data() + 96 * (days_seen + day), 96);
        inside += coverage(made.demand.quantile_w.row(0), made.demand.quantile_w.row(2), actual);
    }
    CHECK(inside / 19 > 0.76);
    CHECK(inside / 19 < 0.84);
}

TEST_CASE("forecast: quantiles are type 7") {
    // SOURCE numpy.quantile([3, 1, 4, 1, 5], [0.1, 0.5, 0.9]) = 1.0, 3.0, 4.6
    const std::vector<double> v{3, 1, 4, 1, 5};
    CHECK(forecast::quantile(v, 0.1) == Approx(1.0));
    CHECK(forecast::quantile(v, 0.5) == Approx(3.0));
    CHECK(forecast::quantile(v, 0.9) == Approx(4.6));
    CHECK(std::isnan(forecast::quantile({}, 0.5)));
}

TEST_CASE("forecast: the store answers with what had been issued by then") {
    ForecastStore store(2);
    Issue a{Quantity::pv, monday, monday, minutes(15), {1, 2, 3, 4}, {}, {}};
    Issue b = a;
    b.issue_time = monday + minutes(15);
    b.mean_w = {5, 6, 7, 8};
    store.add(1, a);
    store.add(1, b);
    const auto ask = [&](SimTime known) {
        return store.latest(1, Quantity::pv, known, monday + minutes(20));
    };
    REQUIRE(ask(monday + minutes(14)) != nullptr);
    CHECK(ask(monday + minutes(14))->mean_at(monday + minutes(20)) == 2.0);
    CHECK(ask(monday + minutes(15))->mean_at(monday + minutes(20)) == 6.0);
    CHECK(ask(monday - minutes(1)) == nullptr);
    CHECK(store.latest(1, Quantity::pv, monday, monday + hours(1)) == nullptr);
    CHECK(store.latest(1, Quantity::demand, monday, monday) == nullptr);
    CHECK(store.latest(0, Quantity::pv, monday, monday) == nullptr);
}

TEST_CASE("score: errors by hand, missing pairs left out") {
    const std::vector<double> f{1, 2, unknown, 4}, y{2, 2, 5, 1};
    CHECK(mae(f, y) == Approx(4.0 / 3));
    CHECK(bias(f, y) == Approx(2.0 / 3));
    CHECK(rmse(f, y) == Approx(std::sqrt(10.0 / 3)));
    CHECK(nmae(f, y) == Approx(0.8));  // 4 over 2 + 2 + 1
    CHECK(nmae(f, y, 10.0) == Approx(0.4 / 3));
    // 0.9 quantile: below by 1 costs 0.9, above by 3 costs 0.3
    CHECK(pinball(f, y, 0.9) == Approx((0.9 + 0 + 0.3) / 3));
    CHECK(coverage(f, std::vector<double>{2, 3, 4, 5}, y) == Approx(2.0 / 3));
    CHECK(std::isnan(mae(std::vector<double>{unknown}, std::vector<double>{1})));
    CHECK_THROWS_AS(mae(f, std::vector<double>{1}), ShapeError);
}
