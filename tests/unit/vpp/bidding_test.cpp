// SPDX-License-Identifier: Apache-2.0
#include <test.hpp>

#include <gridflock/vpp/bidding.hpp>

#include <cmath>

using namespace gridflock;
using namespace gridflock::vpp;

namespace {

constexpr SimTime day_one{1'720'569'600'000'000'000};  // 2024-07-10T00:00:00Z
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// Two sites, three days: state of charge .8 and .5 at 17:00, each discharging 100 Wh a quarter
/// from 18:00 to 19:00 and charging 20 Wh a quarter from 17:00 to 18:00.
forecast::ReadHistory made_history() {
    forecast::ReadHistory history(day_one, minutes(15), 2, 3 * 96);
    for (std::size_t site = 0; site < 2; ++site)
        for (std::size_t i = 0; i < history.intervals(); ++i) {
            const std::size_t quarter = i % 96;
            forecast::Read read;
            read.charge_wh = quarter >= 68 && quarter < 72 ? 20 : 0;
            read.discharge_wh = quarter >= 72 && quarter < 76 ? 100 : 0;
            read.soc_end = quarter == 67 ? (site == 0 ? 0.8 : 0.5) : 0.2;
            read.received_at = (history.interval_start(i) + minutes(20)).ns;
            history.put(site, history.interval_start(i), read);
        }
    return history;
}

struct Fixture {
    std::vector<std::size_t> members{0, 1};
    std::vector<asset::Capability> capability{
        2, asset::Capability{-5000, 5000, 10 * 3.6e6, 0.1, 0.9, 0.9, 0.9, true}};
    std::vector<SimTime> starts{day_one + hours(17), day_one + hours(41), day_one + hours(65)};
    Evenings evenings() const { return {members, capability, starts, 4, day_one + days(3)}; }
};

std::vector<market::Price> prices(std::initializer_list<int> dollars) {
    std::vector<market::Price> out;
    for (const int d : dollars) out.push_back({d * 1'000'000LL});
    return out;
}

std::vector<int> steps_by_hour(const market::BidLadder& ladder, std::size_t n) {
    std::vector<int> out(n, 0);
    for (const auto& s : ladder.steps) ++out[static_cast<std::size_t>(s.hour)];
    return out;
}

}  // namespace

TEST_CASE("bidding: spare energy is what is stored at 17:00 less self-consumption") {
    Fixture f;
    const auto history = made_history();
    const auto spare = spare_energy_wh(history, f.evenings());
    REQUIRE(spare.size() == 3);
    // (.7 + .4) 10 kWh 0.9 = 9900 Wh; out 2 x (400 - 80)
    for (const double wh : spare) CHECK(wh == Approx(9900 - 640));
    const auto power = spare_power_w(history, f.evenings());
    CHECK(power[0] == Approx(10000 + 160));  // hour 17 charges 2 x 80 Wh
    CHECK(power[1] == Approx(10000 - 800));
    CHECK(power[3] == Approx(10000));
}

TEST_CASE("bidding: a missing read leaves its site out of that evening only") {
    Fixture f;
    auto history = made_history();
    history.cells()[96 + 70].received_at = never_ns;  // site 0, second day, 17:30
    history.cells()[3 * 96 + 67].soc_end = unknown;   // site 1, first day, at 17:00
    const auto spare = spare_energy_wh(history, f.evenings());
    REQUIRE(spare.size() == 3);
    CHECK(spare[0] == Approx(2 * (6300 - 320)));  // site 0 stands for both
    CHECK(spare[1] == Approx(2 * (3600 - 320)));  // site 1 stands for both
    CHECK(spare[2] == Approx(9260));
    auto early = f.evenings();
    early.known_at = day_one + hours(50);  // the third evening has not come
    CHECK(spare_energy_wh(history, early).size() == 2);
    f.capability.pop_back();
    CHECK_THROWS_AS(spare_energy_wh(history, f.evenings()), ShapeError);
}

TEST_CASE("bidding: deliverable is the mean less 1.2816 standard deviations") {
    // hand: mean 300, deviations -20, 0, 20, squares 800 over 2: sd 20
    const std::vector<double> days_wh{280, 300, 320};
    CHECK(deliverable_wh(days_wh) == Approx(300 - 25.632));
    CHECK(deliverable_wh(std::vector<double>{100, 900}) == 0);  // 500 - 1.28 x 566
    CHECK(deliverable_wh(std::vector<double>{500}) == 0);
    CHECK(deliverable_wh({}) == 0);
}

TEST_CASE("bidding: steps go to the dearest hours first, within power and energy") {
    const auto price = prices({120, 180, 160, 120});
    const std::vector<double> power(4, 250e3);  // 90 %: two steps an hour
    using Steps = std::vector<int>;
    const auto ladder = build_ladder({}, 390e3, power, price);  // three steps
    CHECK(steps_by_hour(ladder, 4) == Steps{0, 2, 1, 0});
    CHECK(ladder.steps[0].power_w == 100'000);
    CHECK(ladder.steps[0].ask.micro_per_mwh == 60'000'000);
    CHECK(steps_by_hour(build_ladder({}, 599e3, power, price), 4) == Steps{1, 2, 2, 0});
    CHECK(steps_by_hour(build_ladder({}, 9e6, power, price), 4) == Steps{2, 2, 2, 2});
    CHECK(build_ladder({}, 99e3, power, price).steps.empty());
    CHECK(build_ladder({}, -1, power, price).steps.empty());
    // 90 % of 111 kW is short of a step, of 112 kW it is one
    const std::vector<double> edge{111e3, 112e3, 0, -5};
    CHECK(steps_by_hour(build_ladder({}, 9e6, edge, price), 4) == Steps{0, 1, 0, 0});
    CHECK_THROWS_AS(build_ladder({}, 1, edge, prices({1})), ShapeError);
}

TEST_CASE("bidding: the market's gate takes the ladder and awards what is at or below the price") {
    const auto price = prices({120, 180, 50, 120});
    const auto ladder = build_ladder({}, 500e3, std::vector<double>(4, 120e3), price);
    const market::Product product;
    CHECK(market::check(product, ladder).empty());
    const auto award = market::clear_day_ahead(product, price, ladder);
    CHECK(award.power_w == std::vector<std::int64_t>{100'000, 100'000, 0, 100'000});
}
