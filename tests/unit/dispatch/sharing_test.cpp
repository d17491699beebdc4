// SPDX-License-Identifier: Apache-2.0
#include <test.hpp>

#include <gridflock/core/random.hpp>
#include <gridflock/dispatch/sharing.hpp>

#include <cmath>
#include <limits>
#include <vector>

using namespace gridflock;
using namespace gridflock::dispatch;

namespace {

struct Units {
    std::vector<double> low, high, soc;
    std::vector<std::uint8_t> eligible;
    std::vector<double> p, weight;

    Units(std::vector<double> lo, std::vector<double> hi, std::vector<double> s)
        : low(std::move(lo)),
          high(std::move(hi)),
          soc(std::move(s)),
          eligible(soc.size(), 1),
          p(soc.size()),
          weight(soc.size()) {}
    double share(double target, const SharingRule& rule = {}) {
        return share_by_soc(target, {low, high, soc, eligible, p, weight}, rule);
    }
};

}  // namespace

TEST_CASE("sharing: 4 kW over 80 and 40 percent gives 3 and 1 kW") {
    // hand: weights 5 (0.8 - 0.2) and 5 (0.4 - 0.2)
    Units units({-5000, -5000}, {5000, 5000}, {0.8, 0.4});
    CHECK(units.share(4000, {.soc_min = 0.2}) == Approx(0).margin(1e-9));
    CHECK(units.p[0] == Approx(3000));
    CHECK(units.p[1] == Approx(1000));
}

TEST_CASE("sharing: charging goes where there is room, exponent 0 and 2 by hand") {
    Units units({-5000, -2500}, {5000, 5000}, {0.75, 0.55});
    units.share(-3000, {.soc_max = 0.95});  // 5000 x 0.2 and 2500 x 0.4
    CHECK(units.p[0] == Approx(-1500));
    CHECK(units.p[1] == Approx(-1500));
    units.share(-3000, {.alpha = 0, .soc_max = 0.95});  // 2 to 1 by power
    CHECK(units.p[0] == Approx(-2000));
    CHECK(units.p[1] == Approx(-1000));
    units.share(-3000, {.alpha = 2, .soc_max = 0.95});  // 5000 x 0.04 and 2500 x 0.16
    CHECK(units.p[0] == Approx(-1000));
    CHECK(units.p[1] == Approx(-2000));
}

TEST_CASE("sharing: what a full unit cannot take the others do") {
    Units units({0, 0, 0}, {1000, 5000, 5000}, {0.95, 0.55, 0.35});
    CHECK(std::abs(units.share(7000)) < 1);
    CHECK(units.p[0] == 1000);
    // the rest by 5000 x 0.4 and 5000 x 0.2
    CHECK(units.p[1] == Approx(4000));
    CHECK(units.p[2] == Approx(2000));
}

TEST_CASE("sharing: more than the fleet has is reported as unserved") {
    Units units({-5000, -5000}, {3000, 2000}, {0.9, 0.9});
    CHECK(units.share(7000) == Approx(2000));
    CHECK(units.p[0] == 3000);
    CHECK(units.p[1] == 2000);
    units.soc = {0.15, 0.10};  // at and below the reserve: nothing to give
    CHECK(units.share(7000) == 7000);
    CHECK(units.p[0] == 0);
    CHECK(units.share(-4000) == Approx(0).margin(1e-9));
}

TEST_CASE("sharing: left-out and unknown units get no setpoint") {
    const double unknown = std::numeric_limits<double>::quiet_NaN();
    Units units({-5000, unknown, -5000, 10, -5000}, {5000, 5000, 5000, 5, 5000},
                {0.5, 0.5, 0.5, 0.5, unknown});
    units.eligible[2] = 0;
    CHECK(units.share(1000) == Approx(0).margin(1e-9));
    CHECK(units.p[0] == Approx(1000));
    for (std::size_t i = 1; i < 5; ++i) CHECK(std::isnan(units.p[i]));
    CHECK(std::isnan(units.share(unknown)));
    CHECK(std::isnan(units.p[0]));
}

TEST_CASE("sharing: limits hold and the books balance for any fleet") {
    for (std::uint64_t trial = 0; trial < 500; ++trial) {
        const auto u = [&](std::uint64_t unit, std::uint64_t draw) {
            return uniform({3, trial}, stable_id("sharing"), Purpose::user, unit, draw);
        };
        const auto n = static_cast<std::size_t>(1 + 12 * u(99, 0));
        std::vector<double> low(n), high(n), soc(n);
        double room_up = 0, room_down = 0;
        for (std::size_t i = 0; i < n; ++i) {
            low[i] = -5000 * u(i, 0);
            high[i] = 5000 * u(i, 1);
            soc[i] = u(i, 2);
            if (soc[i] > 0.15) room_up += high[i];
            if (soc[i] < 0.95) room_down += low[i];
        }
        const double target = 60000 * (u(99, 1) - 0.5);
        Units units(low, high, soc);
        const double rest = units.share(target, {.alpha = 2 * u(99, 2)});
        double sum = 0;
        for (std::size_t i = 0; i < n; ++i) {
            REQUIRE(units.p[i] >= low[i]);
            REQUIRE(units.p[i] <= high[i]);
            sum += units.p[i];
        }
        REQUIRE(sum + rest == Approx(target).margin(1e-6));
        const bool feasible = target <= room_up && target >= room_down;
        if (feasible) REQUIRE(std::abs(rest) < 1.0 + 1e-9);
        if (!feasible) REQUIRE(sum == Approx(target > 0 ? room_up : room_down).margin(1e-6));
    }
}
