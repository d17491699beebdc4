// SPDX-License-Identifier: Apache-2.0
#include <gridflock/device/battery_control.hpp>

#include <gridflock/device/battery.hpp>

#include <test.hpp>

#include <algorithm>
#include <cmath>

using namespace gridflock;
using namespace gridflock::device;

namespace {

constexpr std::int64_t at(std::int64_t minute) {
    return minutes(minute).ns;
}

BatteryCommand command(double p, std::int64_t issued, std::int64_t received, std::int64_t until) {
    return {p, at(issued), at(received), at(until)};
}

}  // namespace

TEST_CASE("battery control: left alone it covers the site's import and stores its surplus") {
    BatteryControlCell cell;
    CHECK(target({}, cell, -1800, at(0), 60) == 1800);  // the home draws: discharge
    CHECK(target({}, cell, 2400, at(1), 60) == -2400);  // the sun shines: charge
    CHECK(target({}, cell, 0, at(2), 60) == 0);
    CHECK(cell.mode == ControlMode::self_consumption);
}

TEST_CASE(
    "battery control: by default the meter never exports stored energy nor charges from the grid") {
    const BatteryParams params;
    BatteryControlCell cell;
    double energy = 6 * 3.6e6;
    for (int k = 0; k < 600; ++k) {
        const double net = 7000 * std::sin(k * 0.05);  // site without the battery
        const double p = step(params, energy, target({}, cell, net, at(k), 60), 0, 60).p_w;
        if (net <= 0) {
            REQUIRE(p >= 0);
            REQUIRE(net + p <= 0);  // still importing, or zero
        } else {
            REQUIRE(p <= 0);
            REQUIRE(net + p >= 0);  // charged from the surplus only
        }
    }
}

TEST_CASE(
    "battery control: a command acts at the first step after it arrives and until it expires") {
    BatteryControlCell cell;
    const auto c = command(4000, 10, 12, 20);
    CHECK(receive(cell, c, at(11)) == CommandReason::none);
    CHECK(target({}, cell, -500, at(11), 60) == 500);
    CHECK(receive(cell, c, at(12)) == CommandReason::accepted);
    CHECK(target({}, cell, -500, at(12), 60) == 4000);
    CHECK(receive(cell, c, at(13)) == CommandReason::none);  // the same one is not news
    CHECK(target({}, cell, -500, at(19), 60) == 4000);
    // expiry at minute 20: from 4,000 W by 1,000 W a minute towards 500 W
    const BatteryControlParams ramp{1000.0 / 60};
    CHECK(target(ramp, cell, -500, at(20), 60) == Approx(3000).epsilon(1e-12));
    CHECK(cell.mode == ControlMode::ramping);
    CHECK(target(ramp, cell, -500, at(21), 60) == Approx(2000).epsilon(1e-12));
    CHECK(target(ramp, cell, -500, at(22), 30) == Approx(1500).epsilon(1e-12));
    CHECK(target(ramp, cell, -500, at(23), 60) == Approx(500).epsilon(1e-12));
    CHECK(cell.mode == ControlMode::self_consumption);
    CHECK(target(ramp, cell, -2500, at(24), 60) == 2500);
}

TEST_CASE("battery control: a new command ends a ramp") {
    BatteryControlCell cell;
    receive(cell, command(4000, 0, 0, 5), at(0));
    target({1}, cell, 0, at(0), 60);
    CHECK(target({1}, cell, 0, at(5), 60) == Approx(3940).epsilon(1e-12));
    CHECK(receive(cell, command(-1000, 6, 6, 16), at(6)) == CommandReason::accepted);
    CHECK(target({1}, cell, 0, at(6), 60) == -1000);
}

TEST_CASE("battery control: NaN gives the battery back to its site at once") {
    BatteryControlCell cell;
    receive(cell, command(4000, 0, 0, 30), at(0));
    CHECK(target({}, cell, -700, at(0), 60) == 4000);
    CHECK(receive(cell, command(std::nan(""), 5, 5, 15), at(5)) ==
          CommandReason::default_requested);
    CHECK(target({}, cell, -700, at(5), 60) == 700);
}

TEST_CASE("battery control: late, old and broken commands leave the current one in force") {
    BatteryControlCell cell;
    CHECK(receive(cell, command(3000, 10, 10, 20), at(10)) == CommandReason::accepted);
    CHECK(receive(cell, command(-2000, 5, 11, 15), at(11)) == CommandReason::superseded);
    CHECK(receive(cell, command(HUGE_VAL, 11, 11, 21), at(11)) == CommandReason::not_finite);
    CHECK(receive(cell, command(1000, 12, 13, 13), at(13)) == CommandReason::expired);
    CHECK(target({}, cell, 0, at(13), 60) == 3000);
    CHECK(receive(cell, {1000, at(14), never_ns, at(24)}, at(14)) == CommandReason::none);
}

TEST_CASE("battery control: a lane's bits do not depend on its neighbours") {
    const std::vector<BatteryControlParams> params(2);
    BatteryControlState s4(2, 4), s1(2, 1);
    Column<double> p4(2, 4, 1500.0), p1(2, 1, 1500.0), net4(2, 4, -300.0), net1(2, 1, -300.0),
        t4(2, 4, 7.0), t1(2, 1);
    Column<std::int64_t> issued4(2, 4, at(1)), issued1(2, 1, at(1)), got4(2, 4, at(1)),
        got1(2, 1, at(1)), until4(2, 4, at(3)), until1(2, 1, at(3));
    Column<std::uint8_t> why4(2, 4, 9), why1(2, 1, 9);
    p4(0, 1) = std::nan("");
    net4(1, 1) = std::nan("");
    const BatteryControlState untouched = s4;
    for (std::int64_t minute = 0; minute < 8; ++minute) {
        LaneClockBuffer c4(4), c1(1);
        c4.set({at(minute)}, minutes(1));
        c1.set({at(minute)}, minutes(1));
        c4.mask[0] = 0;
        receive(s4, {p4.view(), issued4.view(), got4.view(), until4.view()}, why4.view(),
                c4.view());
        receive(s1, {p1.view(), issued1.view(), got1.view(), until1.view()}, why1.view(),
                c1.view());
        targets(params, s4, net4.view(), t4.view(), c4.view());
        targets(params, s1, net1.view(), t1.view(), c1.view());
        for (std::size_t b = 0; b < 2; ++b) {
            CHECK(t4(b, 2) == t1(b, 0));
            CHECK(why4(b, 2) == why1(b, 0));
            CHECK(s4.mode(b, 2) == s1.mode(b, 0));
            CHECK(s4.mode(b, 0) == untouched.mode(b, 0));
            CHECK(s4.issued_ns(b, 0) == untouched.issued_ns(b, 0));
            CHECK(t4(b, 0) == 7.0);
        }
    }
    CHECK(why4(0, 0) == 9);
    CHECK(t1(0, 0) == 300.0);
}
