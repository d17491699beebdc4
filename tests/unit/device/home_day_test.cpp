// SPDX-License-Identifier: Apache-2.0
// The classes together: a July day of sixty homes with PV and battery, minute by minute.
#include <gridflock/device/battery.hpp>
#include <gridflock/device/battery_control.hpp>
#include <gridflock/device/meter.hpp>
#include <gridflock/device/plain_load.hpp>
#include <gridflock/device/pv.hpp>

#include <gridflock/core/random.hpp>

#include <test.hpp>

#include <cmath>
#include <vector>

using namespace gridflock;
using namespace gridflock::device;

namespace {

struct Street {
    std::size_t n, lanes;
    std::vector<PlainLoadParams> load = std::vector<PlainLoadParams>(n);
    std::vector<PvParams> pv = std::vector<PvParams>(n);
    std::vector<BatteryParams> battery = std::vector<BatteryParams>(n);
    std::vector<BatteryControlParams> control = std::vector<BatteryControlParams>(n);
    std::vector<std::int32_t> site = std::vector<std::int32_t>(n);
    Column<double> kappa{n, lanes, 0.9}, demand{n, lanes}, load_w{n, lanes}, load_q{n, lanes},
        pv_w{n, lanes}, pv_free{n, lanes}, net{n, lanes}, want{n, lanes}, p{n, lanes}, q{n, lanes},
        loss{n, lanes};
    Column<std::uint8_t> limit{n, lanes};
    BatteryState stored{Column<double>(n, lanes, 0.4 * 13.5 * 3.6e6)};
    BatteryControlState mode{n, lanes};
    MeterState meter{n, lanes};
    MeterReads reads{n, lanes};
    LaneClockBuffer clock{lanes};
    double loss_j = 0;

    void minute(SimTime t) {
        clock.set(t, minutes(1));
        for (std::size_t s = 0; s < n; ++s) {
            site[s] = static_cast<std::int32_t>(s);
            for (std::size_t l = 0; l < lanes; ++l)
                demand(s, l) = 200 + 3000 * uniform({1, 1}, {s}, Purpose::user,
                                                    static_cast<std::uint64_t>(t.ns));
        }
        PvSky sky;
        sky.sky = sun::sky(t, {36.1, -79.95, 273}, {});
        const auto c = clock.view();
        advance(load, demand.view(), load_w.view(), load_q.view(), c);
        advance(pv, site, std::vector<PvSky>(lanes, sky), kappa.view(), {},
                {pv_w.view(), pv_free.view()}, c);
        for (std::size_t s = 0; s < n; ++s)
            for (std::size_t l = 0; l < lanes; ++l) net(s, l) = pv_w(s, l) + load_w(s, l);
        targets(control, mode, net.view(), want.view(), c);
        advance(battery, stored, want.view(), {}, {p.view(), q.view(), loss.view(), limit.view()},
                c);
        advance({}, meter, {load_w.view(), pv_w.view(), p.view()}, reads, c);
        for (std::size_t s = 0; s < n; ++s) loss_j += loss(s, 0);
    }
    double joules(Register r) const {
        double sum = 0;
        for (std::size_t s = 0; s < n; ++s)
            sum += 1e-6 * static_cast<double>(meter.energy_uj[pos(r)](s, 0));
        return sum;
    }
    double energy() const {
        double sum = 0;
        for (std::size_t s = 0; s < n; ++s) sum += stored.energy_j(s, 0);
        return sum;
    }
};

}  // namespace

TEST_CASE(
    "home day: charge less discharge is what the batteries gained and lost, over the street") {
    Street street{60, 1};
    const double before = street.energy();
    const SimTime midnight = to_utc({2024, 7, 15, 4, 0, 0});
    double spilled_w = 0, cycled_w = 0;
    for (int k = 0; k < 1440; ++k) {
        street.minute(midnight + minutes(k));
        for (std::size_t s = 0; s < 60; ++s) {
            // a battery at its site's service never worsens the exchange at the meter
            REQUIRE(std::abs(street.net(s, 0) + street.p(s, 0)) <= std::abs(street.net(s, 0)));
            spilled_w = std::max(spilled_w, street.net(s, 0) + street.p(s, 0));
            cycled_w = std::max(cycled_w, std::abs(street.p(s, 0)));
        }
    }
    const double charge = street.joules(Register::charge);
    const double discharge = street.joules(Register::discharge);
    CHECK(charge - discharge == Approx(street.energy() - before + street.loss_j).epsilon(1e-9));
    // constant efficiencies: losses are 5 % of what is charged and 1/0.95 - 1 of what is discharged
    CHECK(street.loss_j == Approx(0.05 * charge + discharge * (1 / 0.95 - 1)).epsilon(1e-9));
    CHECK(charge > 60 * 3 * 3.6e6);     // the batteries worked,
    CHECK(discharge > 60 * 3 * 3.6e6);  // both ways,
    CHECK(spilled_w > 1000);            // and were full at noon
    CHECK(cycled_w <= 5000);
    CHECK(street.reads.closed[0] == 1);
}

TEST_CASE("home day: a street among four lanes has the bits of the street alone") {
    Street wide{5, 4}, narrow{5, 1};
    wide.kappa(3, 1) = std::nan("");
    wide.clock.mask[3] = 0;
    const SimTime noon = to_utc({2024, 7, 15, 16, 0, 0});
    for (int k = 0; k < 60; ++k) {
        wide.minute(noon + minutes(k));
        narrow.minute(noon + minutes(k));
    }
    for (std::size_t s = 0; s < 5; ++s) {
        CHECK(wide.stored.energy_j(s, 2) == narrow.stored.energy_j(s, 0));
        for (std::size_t r = 0; r < register_count; ++r) {
            CHECK(wide.meter.energy_uj[r](s, 2) == narrow.meter.energy_uj[r](s, 0));
            CHECK(wide.meter.energy_uj[r](s, 3) == 0);
        }
    }
}
