// SPDX-License-Identifier: Apache-2.0
// Expected numbers are worked out by hand from a battery of 5 kW and 10 kWh.
#include <test.hpp>

#include <gridflock/core/random.hpp>
#include <gridflock/vpp/monitor.hpp>

#include <array>
#include <bit>
#include <cmath>

using namespace gridflock;
using namespace gridflock::vpp;

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t width = asset::Telemetry::width;

SiteCapability home() {
    SiteCapability site;
    site.battery = {-5000, 5000, 10 * 3.6e6, 0.1, 0.9, 0.9, 0.9, true};
    site.pv_w = 6000;
    site.demand_w = 10000;
    return site;
}

struct World {
    std::vector<SiteCapability> sites;
    Column<std::int64_t> measured_at;
    Column<double> payload;
    LaneClockBuffer clock;
    Estimate estimate;

    World(std::size_t n, std::size_t lanes)
        : sites(n, home()),
          measured_at(n, lanes, never_ns),
          payload(n * width, lanes, unknown),
          clock(lanes),
          estimate(n, lanes) {
        clock.set(SimTime{} + hours(1), minutes(5));
    }
    void hear(std::size_t site, std::size_t lane, Duration age, const asset::Telemetry& t) {
        measured_at(site, lane) = clock.now[lane] - age.ns;
        std::array<double, width> words{};
        asset::pack(t, words);
        for (std::size_t k = 0; k < width; ++k) payload(site * width + k, lane) = words[k];
    }
    void run(const Outlook& outlook = {}) {
        vpp::estimate(sites, {measured_at.view(), payload.view()}, outlook, {}, clock.view(),
                      estimate);
    }
};

}  // namespace

TEST_CASE("monitor: a fresh value is held, and load is PV plus battery less net") {
    World world(1, 1);
    world.hear(0, 0, minutes(3), {1000, 0.5, -500, 2000, -4000, 4500, asset::Quality::good});
    world.run();
    CHECK(world.estimate.age_s(0, 0) == 180);
    CHECK(world.estimate.stale(0, 0) == 0);
    CHECK(world.estimate.demand_w(0, 0) == 3500);
    CHECK(world.estimate.p_max_w(0, 0) == 4500);
    CHECK(world.estimate.total_net_w[0].low == -500);
    CHECK(world.estimate.total_net_w[0].high == -500);
    CHECK(world.estimate.total_energy_j[0].estimate == Approx(5 * 3.6e6));
    CHECK(world.estimate.stale_count[0] == 0);
}

TEST_CASE("monitor: past three minutes the outlook and the command stand in, bounds open up") {
    World world(1, 1);
    world.hear(0, 0, seconds(360), {1000, 0.5, -500, 2000, -4000, 4500, asset::Quality::good});
    world.run();
    const Estimate& e = world.estimate;
    CHECK(e.stale(0, 0) == 1);
    CHECK(e.demand_w(0, 0) == 3500);  // no outlook: last value held
    CHECK(e.p_w(0, 0) == 1500);       // no command: self-consumption, 3500 - 2000
    CHECK(e.p_max_w(0, 0) == 5000);   // (0.5 - 0.1) 10 kWh 0.9 / 300 s = 43 kW > nameplate
    CHECK(e.total_p_w[0].low == -5000);
    CHECK(e.total_p_w[0].high == 5000);
    CHECK(e.total_net_w[0].low == -15000);  // full charge and full demand
    CHECK(e.total_net_w[0].high == 11000);  // full PV and full discharge
    // 5 kW for 0.1 h: out 0.5 kWh / 0.9, in 0.5 kWh x 0.9
    CHECK(e.total_energy_j[0].low == Approx((5 - 0.5 / 0.9) * 3.6e6));
    CHECK(e.total_energy_j[0].high == Approx(5.45 * 3.6e6));
    CHECK(e.stale_count[0] == 1);

    Column<double> demand(1, 1, 4000), pv(1, 1, 500), command(1, 1, 2500);
    Column<std::int64_t> until(1, 1, world.clock.now[0] + 1);
    const Outlook outlook{demand.view(), pv.view(), command.view(), until.view()};
    world.run(outlook);
    CHECK(e.p_w(0, 0) == 2500);
    CHECK(e.net_w(0, 0) == 500 + 2500 - 4000);
    until(0, 0) = world.clock.now[0];  // expired
    world.run(outlook);
    CHECK(e.p_w(0, 0) == 3500);
    until(0, 0) += 1;
    command(0, 0) = unknown;  // default control was asked for
    world.run(outlook);
    CHECK(e.p_w(0, 0) == 3500);
}

TEST_CASE(
    "monitor: a site never heard of, or heard with no numbers, is stale with finite estimates") {
    World world(2, 1);
    world.hear(1, 0, seconds(1), {1000, unknown, -500, 2000, -4000, 4500, asset::Quality::good});
    world.run();
    for (std::size_t s = 0; s < 2; ++s) {
        CHECK(std::isnan(world.estimate.age_s(s, 0)));
        CHECK(world.estimate.stale(s, 0) == 1);
        CHECK(world.estimate.p_w(s, 0) == 0);
        CHECK(world.estimate.soc(s, 0) == Approx(0.5));
    }
    CHECK(world.estimate.total_energy_j[0].low == Approx(2 * 3.6e6));
    CHECK(world.estimate.total_energy_j[0].high == Approx(18 * 3.6e6));
}

TEST_CASE(
    "monitor: the bounds contain the truth, whatever silent sites do within their capability") {
    for (std::uint64_t trial = 0; trial < 300; ++trial) {
        const std::size_t n = 8;
        World world(n, 1);
        double net = 0, power = 0, energy = 0;
        for (std::size_t s = 0; s < n; ++s) {
            const auto u = [&](std::uint64_t draw) {
                return uniform({5, trial}, stable_id("monitor"), Purpose::user, s, draw);
            };
            const double soc = 0.1 + 0.8 * u(0);
            const double p = 10000 * u(1) - 5000, pv = 6000 * u(2), demand = 10000 * u(3);
            const auto age = u(4) < 0.5 ? Duration{} : seconds(181 + static_cast<int>(900 * u(5)));
            double p_then = p, pv_then = pv, demand_then = demand, soc_then = soc;
            if (age.ns > 0) {  // what was heard, and what went on at p since
                p_then = 10000 * u(6) - 5000;
                pv_then = 6000 * u(7);
                demand_then = 10000 * u(8);
                const double gone = p > 0 ? p / 0.9 : p * 0.9;  // out of the store, W
                soc_then = soc + gone * age.seconds() / (10 * 3.6e6);
                if (soc_then < 0.1 || soc_then > 0.9) {  // not possible: hold still instead
                    soc_then = soc;
                }
            }
            world.hear(s, 0, age,
                       {p_then, soc_then, pv_then + p_then - demand_then, pv_then, -5000, 5000,
                        asset::Quality::good});
            net += pv + p - demand;
            power += p;
            energy += soc * 10 * 3.6e6;
        }
        world.run();
        const Estimate& e = world.estimate;
        const double slack = 1e-6;
        REQUIRE(e.total_net_w[0].low <= net + slack);
        REQUIRE(e.total_net_w[0].high >= net - slack);
        REQUIRE(e.total_p_w[0].low <= power + slack);
        REQUIRE(e.total_p_w[0].high >= power - slack);
        REQUIRE(e.total_energy_j[0].low <= energy + slack);
        REQUIRE(e.total_energy_j[0].high >= energy - slack);
        REQUIRE(e.total_net_w[0].low <= e.total_net_w[0].estimate);
        REQUIRE(e.total_net_w[0].estimate <= e.total_net_w[0].high);
    }
}

TEST_CASE(
    "monitor: a lane is the same bits alone and among neighbours, a masked lane is untouched") {
    World alone(3, 1), block(3, 4);
    const asset::Telemetry word{1000, 0.37, -500, 2000, -4000, 4500, asset::Quality::good};
    for (std::size_t s = 0; s < 3; ++s) {
        alone.hear(s, 0, minutes(static_cast<std::int64_t>(2 * s)), word);
        block.hear(s, 1, minutes(static_cast<std::int64_t>(2 * s)), word);
        block.hear(s, 2, minutes(1), word);
    }
    block.clock.mask[2] = 0;
    block.estimate.p_w(0, 2) = 77;
    block.estimate.total_p_w[2].high = 88;
    alone.run();
    block.run();
    const auto bits = [](double x) { return std::bit_cast<std::uint64_t>(x); };
    for (std::size_t s = 0; s < 3; ++s) {
        CHECK(bits(alone.estimate.p_w(s, 0)) == bits(block.estimate.p_w(s, 1)));
        CHECK(bits(alone.estimate.net_w(s, 0)) == bits(block.estimate.net_w(s, 1)));
        CHECK(bits(alone.estimate.age_s(s, 0)) == bits(block.estimate.age_s(s, 1)));
    }
    CHECK(bits(alone.estimate.total_net_w[0].low) == bits(block.estimate.total_net_w[1].low));
    CHECK(bits(alone.estimate.total_energy_j[0].high) ==
          bits(block.estimate.total_energy_j[1].high));
    CHECK(block.estimate.p_w(0, 2) == 77);
    CHECK(block.estimate.total_p_w[2].high == 88);
}

TEST_CASE("monitor: arrays that do not fit are refused by name") {
    World world(2, 1);
    world.payload = Column<double>(3, 1);
    CHECK_THROWS_AS(world.run(), ShapeError);
}
