// SPDX-License-Identifier: Apache-2.0
#include <gridflock/device/meter.hpp>

#include <gridflock/core/random.hpp>

#include <test.hpp>

#include <algorithm>
#include <cmath>

using namespace gridflock;
using namespace gridflock::device;

namespace {

struct Bench {
    Column<double> load, pv, battery;
    MeterState state;
    MeterReads reads;
    LaneClockBuffer clock;

    Bench(std::size_t sites, std::size_t lanes)
        : load(sites, lanes),
          pv(sites, lanes),
          battery(sites, lanes),
          state(sites, lanes),
          reads(sites, lanes),
          clock(lanes) {}
    void run(SimTime t, Duration dt) {
        clock.set(t, dt);
        advance({}, state, {load.view(), pv.view(), battery.view()}, reads, clock.view());
    }
    std::int64_t interval(Register r, std::size_t s = 0) const {
        return reads.interval_wh[pos(r)](s, 0);
    }
};

}  // namespace

TEST_CASE("meter: a quarter of an hour by hand") {
    Bench b(1, 1);
    b.load(0, 0) = -1200;
    b.pv(0, 0) = 3600;
    b.battery(0, 0) = -2000;  // net +400 W: 100 Wh out
    for (int k = 0; k < 14; ++k) {
        b.run(SimTime{} + minutes(k), minutes(1));
        REQUIRE(b.reads.closed[0] == 0);
    }
    b.run(SimTime{} + minutes(14), minutes(1));
    CHECK(b.reads.closed[0] == 1);
    CHECK(b.reads.start_ns[0] == 0);
    CHECK(b.interval(Register::import_energy) == 0);
    CHECK(b.interval(Register::export_energy) == 100);
    CHECK(b.interval(Register::pv) == 900);
    CHECK(b.interval(Register::charge) == 500);
    CHECK(b.interval(Register::discharge) == 0);
    b.battery(0, 0) = 0;
    b.pv(0, 0) = 0;
    b.run(SimTime{} + minutes(15), minutes(15));
    CHECK(b.reads.start_ns[0] == minutes(15).ns);
    CHECK(b.interval(Register::import_energy) == 300);
    CHECK(b.interval(Register::export_energy) == 0);
    CHECK(b.reads.cumulative_wh[pos(Register::export_energy)](0, 0) == 100);
}

TEST_CASE("meter: what a read leaves below a watt-hour is in the next one") {
    Bench b(1, 1);
    b.load(0, 0) = -50;  // 12.5 Wh a quarter
    std::vector<std::int64_t> reads;
    for (int k = 0; k < 4; ++k) {
        b.run(SimTime{} + minutes(15 * k), minutes(15));
        reads.push_back(b.interval(Register::import_energy));
    }
    CHECK(reads == std::vector<std::int64_t>{12, 13, 12, 13});
}

TEST_CASE("meter: a step across an interval's end is split there, with nothing lost") {
    Bench b(1, 1);
    b.load(0, 0) = -3600;  // 1 Wh a second
    b.run(SimTime{} + minutes(10), minutes(10));
    CHECK(b.reads.closed[0] == 1);
    CHECK(b.reads.start_ns[0] == 0);
    CHECK(b.interval(Register::import_energy) == 300);
    b.run(SimTime{} + minutes(20), minutes(10));
    CHECK(b.interval(Register::import_energy) == 600 + 300);
    CHECK(b.state.energy_uj[0](0, 0) == 1200 * microjoules_per_wh);
    b.load(0, 0) = -1.0 / 3.0;
    b.run(SimTime{} + minutes(40), minutes(7));
    CHECK(b.state.energy_uj[0](0, 0) == 1200 * microjoules_per_wh + 140'000'000);
}

// Property: over any powers the registers balance to the microjoule and the reads to the watt-hour.
TEST_CASE("meter: import - export + PV + discharge - charge is the load, exactly") {
    Bench b(3, 1);
    Registers<std::int64_t> sum{};
    std::int64_t load_uj = 0;
    double load_j = 0;
    for (int k = 0; k < 1440; ++k) {
        for (std::size_t s = 0; s < 3; ++s) {
            const auto u = [&](std::uint64_t d) {
                return uniform({2, 2}, {s}, Purpose::user, static_cast<std::uint64_t>(k), d);
            };
            b.load(s, 0) = -50 - 6000 * u(0);
            b.pv(s, 0) = std::max(0.0, 12000 * u(1) - 6000);
            b.battery(s, 0) = 10000 * u(2) - 5000;
        }
        b.run(SimTime{} + minutes(k), minutes(1));
        load_uj += std::llround(-b.load(1, 0) * 60e6);
        load_j += -b.load(1, 0) * 60;
        if (b.reads.closed[0])
            for (std::size_t r = 0; r < register_count; ++r) sum[r] += b.reads.interval_wh[r](1, 0);
    }
    const auto uj = [&](Register r) { return b.state.energy_uj[pos(r)](1, 0); };
    CHECK(uj(Register::import_energy) - uj(Register::export_energy) + uj(Register::pv) +
              uj(Register::discharge) - uj(Register::charge) ==
          load_uj);
    CHECK(static_cast<double>(load_uj) * 1e-6 == Approx(load_j).epsilon(1e-11));
    for (std::size_t r = 0; r < register_count; ++r)
        CHECK(sum[r] == b.state.energy_uj[r](1, 0) / microjoules_per_wh);
}

TEST_CASE("meter: a power that is not finite fails its lane and moves no register") {
    Bench b(2, 1);
    b.load(0, 0) = std::nan("");
    b.load(1, 0) = -3600;
    b.run({}, minutes(1));
    CHECK(b.reads.status[0] == Status::not_finite);
    CHECK(b.state.energy_uj[0](0, 0) == 0);
    CHECK(b.state.energy_uj[0](1, 0) == 60 * microjoules_per_wh);
    b.load(0, 0) = -1e12;
    b.run(SimTime{} + minutes(1), minutes(1));
    CHECK(b.reads.status[0] == Status::limit);
    b.load(0, 0) = -1;
    b.run(SimTime{} + minutes(2), minutes(16));  // longer than the interval
    CHECK(b.reads.status[0] == Status::limit);
    CHECK(b.state.energy_uj[0](0, 0) == 0);
}

TEST_CASE("meter: a lane's bits do not depend on its neighbours") {
    Bench wide(2, 4), narrow(2, 1);
    wide.clock.mask[0] = 0;
    for (int k = 0; k < 15; ++k) {
        for (std::size_t s = 0; s < 2; ++s) {
            const double p = -700.3 * (static_cast<double>(s) + 1) - k;
            for (std::size_t l = 0; l < 4; ++l) wide.load(s, l) = p * (l == 2 ? 1.0 : 3.0);
            narrow.load(s, 0) = p;
            wide.load(s, 1) = std::nan("");
        }
        wide.run(SimTime{} + minutes(k), minutes(1));
        narrow.run(SimTime{} + minutes(k), minutes(1));
    }
    for (std::size_t r = 0; r < register_count; ++r)
        for (std::size_t s = 0; s < 2; ++s) {
            CHECK(wide.state.energy_uj[r](s, 2) == narrow.state.energy_uj[r](s, 0));
            CHECK(wide.reads.interval_wh[r](s, 2) == narrow.reads.interval_wh[r](s, 0));
            CHECK(wide.state.energy_uj[r](s, 0) == 0);
        }
    CHECK(wide.reads.closed[0] == 0);
    CHECK(wide.reads.closed[2] == 1);
    CHECK(wide.reads.status[1] == Status::not_finite);
    CHECK(wide.reads.status[2] == Status::ok);
}
