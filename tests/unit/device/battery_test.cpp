// SPDX-License-Identifier: Apache-2.0
#include <gridflock/device/battery.hpp>

#include <gridflock/core/random.hpp>

#include <test.hpp>

#include <cmath>

using namespace gridflock;
using namespace gridflock::device;

namespace {
constexpr double kwh = 3.6e6;
}

TEST_CASE("battery: an hour each way by hand") {
    const BatteryParams p;  // 13.5 kWh, 5 kW, 0.95 each way
    double e = 5 * kwh;
    const auto charge = step(p, e, -2000, 0, 3600);
    CHECK(charge.p_w == -2000);
    CHECK(e == Approx(6.9 * kwh).epsilon(1e-14));  // 5 + 2 x 0.95
    CHECK(charge.loss_j == Approx(0.1 * kwh).epsilon(1e-12));
    const auto discharge = step(p, e, 3800, 0, 1800);
    CHECK(discharge.p_w == 3800);
    CHECK(e == Approx(4.9 * kwh).epsilon(1e-14));  // 6.9 - 1.9 / 0.95
    CHECK(discharge.loss_j == Approx(0.1 * kwh).epsilon(1e-12));
    CHECK(step(p, e, 0, 0, 60).p_w == 0);
    CHECK(e == Approx(4.9 * kwh).epsilon(1e-14));
}

TEST_CASE("battery: the rated power binds") {
    const BatteryParams p;
    double e = 6 * kwh;
    const auto out = step(p, e, 9000, 0, 60);
    CHECK(out.p_w == 5000);
    CHECK(out.limit == BatteryLimit::power);
    CHECK(step(p, e, -9000, 0, 60).p_w == -5000);
}

TEST_CASE("battery: a full battery refuses to charge and an empty one to discharge") {
    const BatteryParams p;
    const double high = 0.95 * p.capacity_j, low = 0.15 * p.capacity_j;
    double e = high - 0.095 * kwh;  // room for 0.1 kWh at the terminals
    const auto last = step(p, e, -5000, 0, 3600);
    CHECK(last.p_w == Approx(-100).epsilon(1e-9));
    CHECK(last.limit == BatteryLimit::full);
    CHECK(e == high);  // exactly
    CHECK(step(p, e, -5000, 0, 60).p_w == 0);
    CHECK(e == high);
    e = low + 0.1 * kwh;
    const auto drained = step(p, e, 5000, 0, 3600);
    CHECK(drained.p_w == Approx(95).epsilon(1e-9));
    CHECK(drained.limit == BatteryLimit::empty);
    CHECK(e == low);
    CHECK(step(p, e, 5000, 0, 60).p_w == 0);
}

TEST_CASE("battery: one that starts outside its limits may only move inwards") {
    const BatteryParams p;
    double e = 0.05 * p.capacity_j;
    CHECK(step(p, e, 1000, 0, 60).p_w == 0);
    CHECK(e == 0.05 * p.capacity_j);
    CHECK(step(p, e, -1000, 0, 60).p_w == -1000);
    e = p.capacity_j;
    CHECK(step(p, e, -1000, 0, 60).p_w == 0);
    CHECK(e == p.capacity_j);
}

TEST_CASE("battery: watts come before vars inside the kVA circle") {
    BatteryParams p;
    double e = 6 * kwh;
    CHECK(step(p, e, 3000, 9000, 60).q_var == Approx(4000).epsilon(1e-14));  // 3-4-5
    CHECK(step(p, e, -4000, -9000, 60).q_var == Approx(-3000).epsilon(1e-14));
    CHECK(step(p, e, 5000, 100, 60).q_var == 0);
    CHECK(step(p, e, 1000, 200, 60).q_var == 200);
}

TEST_CASE("battery: a target that is not finite means standby, and says so") {
    const BatteryParams p;
    double e = 6 * kwh;
    for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
        const auto out = step(p, e, bad, std::nan(""), 60);
        CHECK(out.p_w == 0);
        CHECK(out.q_var == 0);
        CHECK(out.limit == BatteryLimit::not_finite);
        CHECK(e == 6 * kwh);
    }
}

TEST_CASE("battery: self-discharge of 2 % a month") {
    BatteryParams p;
    p.self_discharge_per_s = 0.02 / (30 * 86400.0);
    double e = 6 * kwh, loss = 0;
    for (int i = 0; i < 720; ++i) loss += step(p, e, 0, 0, 3600).loss_j;
    CHECK(e == Approx(6 * kwh * std::exp(-0.02)).epsilon(1e-6));
    CHECK(e + loss == Approx(6 * kwh).epsilon(1e-12));
}

// Property, over draws of parameters, targets and steps.
TEST_CASE("battery: energy closes, limits hold and losses are not negative, whatever is asked") {
    for (std::uint64_t trial = 0; trial < 400; ++trial) {
        const auto u = [&](std::uint64_t k) {
            return uniform({5, 5}, stable_id("battery/property"), Purpose::user, trial, k);
        };
        BatteryParams p;
        p.capacity_j = (1 + 30 * u(0)) * kwh;
        p.power_w = 500 + 9500 * u(1);
        p.apparent_va = p.power_w * (0.8 + 0.4 * u(2));
        p.efficiency_charge = 0.8 + 0.2 * u(3);
        p.efficiency_discharge = 0.8 + 0.2 * u(4);
        p.self_discharge_per_s = trial % 2 ? 1e-8 : 0.0;
        double e = (0.15 + 0.8 * u(5)) * p.capacity_j;
        for (std::uint64_t k = 0; k < 100; ++k) {
            const double before = e, dt = 1 + 1799 * u(10 + 3 * k);
            const double want = 3 * p.power_w * (2 * u(11 + 3 * k) - 1);
            const auto range = available(p, e, dt);
            const auto out = step(p, e, want, p.power_w * (2 * u(12 + 3 * k) - 1), dt);
            REQUIRE(std::abs(-out.p_w * dt - (e - before) - out.loss_j) <= 1e-9 * p.capacity_j);
            REQUIRE(e >= p.soc_min * p.capacity_j);
            REQUIRE(e <= p.soc_max * p.capacity_j);
            REQUIRE(out.loss_j >= 0);
            REQUIRE(out.p_w >= range.p_min_w);
            REQUIRE(out.p_w <= range.p_max_w);
            REQUIRE(std::hypot(out.p_w, out.q_var) <= p.apparent_va * (1 + 1e-12));
            REQUIRE((out.p_w == want || out.limit != BatteryLimit::none));
        }
    }
}

TEST_CASE("battery: a lane's bits do not depend on its neighbours") {
    const std::vector<BatteryParams> params(3);
    BatteryState s4{Column<double>(3, 4, 6 * kwh)}, s1{Column<double>(3, 1, 6 * kwh)};
    Column<double> t4(3, 4, 2000.0), t1(3, 1), p4(3, 4, 7.0), q4(3, 4, 7.0), l4(3, 4, 7.0),
        p1(3, 1), q1(3, 1), l1(3, 1);
    Column<std::uint8_t> m4(3, 4, 9), m1(3, 1);
    for (std::size_t b = 0; b < 3; ++b)
        t4(b, 2) = t1(b, 0) = 1234.5 - 2000.0 * static_cast<double>(b);
    t4(1, 1) = std::nan("");
    s4.energy_j(0, 1) = std::nan("");
    LaneClockBuffer c4(4), c1(1);
    c4.set({}, minutes(1));
    c1.set({}, minutes(1));
    c4.mask[0] = 0;
    advance(params, s4, t4.view(), {}, {p4.view(), q4.view(), l4.view(), m4.view()}, c4.view());
    advance(params, s1, t1.view(), {}, {p1.view(), q1.view(), l1.view(), m1.view()}, c1.view());
    for (std::size_t b = 0; b < 3; ++b) {
        CHECK(s4.energy_j(b, 2) == s1.energy_j(b, 0));
        CHECK(p4(b, 2) == p1(b, 0));
        CHECK(l4(b, 2) == l1(b, 0));
        CHECK(m4(b, 2) == m1(b, 0));
        CHECK(s4.energy_j(b, 0) == 6 * kwh);
        CHECK(p4(b, 0) == 7.0);
        CHECK(m4(b, 0) == 9);
    }
    CHECK(m4(1, 1) == static_cast<std::uint8_t>(BatteryLimit::not_finite));
}
