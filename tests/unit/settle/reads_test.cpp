// SPDX-License-Identifier: Apache-2.0
#include "example.hpp"

#include <gridflock/core/error.hpp>
#include <gridflock/core/zone.hpp>

#include <test.hpp>

using namespace example;

namespace {

const Zone new_york = Zone::find("America/New_York");

SimTime wall(const std::string& text) {
    return new_york.instant(parse_civil(text));
}

/// One site's reads for whole days from `first`, `value(interval start)` Wh each.
template <class F>
ReadTable metered(SimTime first, SimTime end, std::int32_t sites, F&& value) {
    ReadTable reads(make_calendar(first, end), sites);
    for (std::int32_t site = 0; site < sites; ++site) {
        Reading r;
        for (std::int32_t i = 0; i < reads.calendar().count; ++i) {
            const std::int64_t net = value(site, reads.calendar().time(i));
            r.import_wh = net > 0 ? net : 0;
            r.export_wh = net < 0 ? -net : 0;
            r.import_register_wh += r.import_wh;
            r.export_register_wh += r.export_wh;
            REQUIRE(reads.put(site, i, r, reads.calendar().time(i) + minutes(20)) ==
                    PutResult::stored);
        }
    }
    return reads;
}

}  // namespace

TEST_CASE("reads: a calendar names intervals by their start") {
    const Calendar c = make_calendar(at("2024-07-15"), at("2024-07-16"));
    CHECK(c.count == 96);
    CHECK(c.index(at("2024-07-15T18:44:59")) == 74);
    CHECK(c.index(at("2024-07-16")) == -1);
    CHECK(c.index(at("2024-07-14T23:59")) == -1);
    CHECK(c.time(74) == at("2024-07-15T18:30"));
    CHECK_THROWS_AS(make_calendar(at("2024-07-15"), at("2024-07-15T00:20")), Error);
}

TEST_CASE("reads: the first read of an interval stays, a replay changes nothing") {
    ReadTable reads(make_calendar(at("2024-07-15"), at("2024-07-16")), 2);
    const Reading r{500, 20, 10'500, 320}, other{501, 20, 10'501, 320};
    CHECK_FALSE(reads.present(1, 7));
    CHECK(reads.put(1, 7, r, at("2024-07-15T02:05")) == PutResult::stored);
    CHECK(reads.net_demand_wh(1, 7) == 480);
    const ReadTable before = reads;
    CHECK(reads.put(1, 7, r, at("2024-07-15T03:00")) == PutResult::duplicate);
    CHECK(reads.put(1, 7, other, at("2024-07-15T03:00")) == PutResult::conflict);
    CHECK(reads.put(2, 7, r, at("2024-07-15T03:00")) == PutResult::outside);
    CHECK(reads.put(1, 96, r, at("2024-07-15T03:00")) == PutResult::outside);
    CHECK(reads == before);
    CHECK_FALSE(reads.present(1, 7, at("2024-07-15T02:04")));
    CHECK(reads.present(1, 7, at("2024-07-15T02:05")));
}

TEST_CASE("reads: registers that do not continue a neighbour's are refused") {
    ReadTable reads(make_calendar(at("2024-07-15"), at("2024-07-16")), 1);
    const SimTime t = at("2024-07-15T05:00");
    CHECK(reads.put(0, 4, {100, 0, 1100, 50}, t) == PutResult::stored);
    CHECK(reads.put(0, 5, {100, 0, 1201, 50}, t) == PutResult::register_mismatch);
    CHECK(reads.put(0, 5, {101, 0, 1201, 50}, t) == PutResult::stored);
    CHECK(reads.put(0, 3, {10, 5, 1000, 51}, t) == PutResult::register_mismatch);
    CHECK(reads.put(0, 3, {10, 5, 1000, 50}, t) == PutResult::stored);
    CHECK(reads.put(0, 9, {-1, 0, 2000, 50}, t) == PutResult::register_mismatch);
}

TEST_CASE("baseline: the day with the least evening energy is dropped, the others are averaged") {
    // July 10-14, in the evening 1000, 400, 1001, 1002, 1004 Wh at site 0 and a tenth less at site
    // 1; the 11th has the most energy by day, which must not matter
    const auto value = [](std::int32_t site, SimTime t) -> std::int64_t {
        const Civil w = new_york.wall(t);
        const std::int64_t evening[] = {1000, 400, 1001, 1002, 1004};
        const std::int64_t base = w.hour >= 17 && w.hour < 21 && w.day < 15 ? evening[w.day - 10]
                                  : w.day == 11                             ? 5000
                                                                            : -301;
        return site == 0 ? base : base - 100;
    };
    const ReadTable reads = metered(wall("2024-07-10"), wall("2024-07-16"), 2, value);
    std::vector<SimTime> warmup;
    for (int d = 0; d < 5; ++d) warmup.push_back(new_york.midnight_after(wall("2024-07-10"), d));
    const Baseline b = freeze_baseline(reads, new_york, warmup, wall("2024-07-15T12:00"));
    REQUIRE(b.dropped.size() == 1);
    CHECK(b.dropped[0] == wall("2024-07-11"));
    CHECK(b.kept.size() == 4);
    CHECK(b.count == 96);
    CHECK(b.first_interval == 5 * 96);
    CHECK(b.at(0, 72) == 1002);  // (1000 + 1001 + 1002 + 1004) / 4 = 1001.75
    CHECK(b.at(1, 72) == 902);   // 901.75
    CHECK(b.at(0, 10) == -301);  // export is negative
    CHECK(b.total(72) == 1904);  // sites add up
    CHECK(b.unsupported == 0);
}

TEST_CASE("baseline: halves go to the even watt-hour, equal days drop the earlier one") {
    const auto value = [](std::int32_t, SimTime t) -> std::int64_t {
        const Civil w = new_york.wall(t);
        return w.hour == 3 ? w.day : 7;  // 03:00: 11, 12, 13, 14 on the kept days, mean 12.5
    };
    const ReadTable reads = metered(wall("2024-07-10"), wall("2024-07-16"), 1, value);
    std::vector<SimTime> warmup;
    for (int d = 0; d < 5; ++d) warmup.push_back(new_york.midnight_after(wall("2024-07-10"), d));
    const Baseline b = freeze_baseline(reads, new_york, warmup, wall("2024-07-15"));
    CHECK(b.dropped[0] == wall("2024-07-10"));
    CHECK(b.at(0, 12) == 12);
}

TEST_CASE(
    "baseline: a missing warm-up read leaves the mean of the others, none at all is counted") {
    ReadTable reads(make_calendar(at("2024-07-12"), at("2024-07-16")), 1);
    reads.put(0, 72, {100, 0, 100, 0}, at("2024-07-12T19:00"));
    reads.put(0, 96 + 72, {300, 0, 500, 0}, at("2024-07-13T19:00"));
    const SimTime warmup[] = {at("2024-07-12"), at("2024-07-13"), at("2024-07-14")};
    const Baseline b = freeze_baseline(reads, Zone(), warmup, at("2024-07-15"), {0, 17, 21});
    CHECK(b.at(0, 72) == 200);
    CHECK(b.unsupported == 95);
    const Baseline early =
        freeze_baseline(reads, Zone(), warmup, at("2024-07-15"), {0, 17, 21}, at("2024-07-13"));
    CHECK(early.at(0, 72) == 100);
    CHECK_THROWS_AS(freeze_baseline(reads, Zone(), warmup, at("2024-07-16")), Error);
    CHECK_THROWS_AS(freeze_baseline(reads, Zone(), warmup, at("2024-07-15"), {3, 17, 21}), Error);
}

TEST_CASE("baseline: days of 23 and 25 hours are matched by the clock") {
    const auto value = [](std::int32_t, SimTime t) -> std::int64_t {
        const Civil w = new_york.wall(t);
        return 100 * w.hour + w.minute;
    };
    const auto baseline_of = [&](const std::string& first, const std::string& day) {
        const ReadTable reads =
            metered(wall(first), new_york.midnight_after(wall(day), 1), 1, value);
        std::vector<SimTime> warmup;
        for (int d = 0; d < 5; ++d) warmup.push_back(new_york.midnight_after(wall(first), d));
        return freeze_baseline(reads, new_york, warmup, wall(day));
    };
    const Baseline spring = baseline_of("2024-03-05", "2024-03-10");
    CHECK(spring.count == 92);
    CHECK(spring.at(0, 8) == 300);  // the third hour by the sun is 03:00 by the clock
    CHECK(spring.at(0, 18 * 4 - 4) == 1800);
    const Baseline autumn = baseline_of("2024-10-29", "2024-11-03");
    CHECK(autumn.count == 100);
    CHECK(autumn.at(0, 4) == 100);
    CHECK(autumn.at(0, 8) == 100);  // 01:00 a second time
    CHECK(autumn.at(0, 18 * 4 + 4) == 1800);
    const Baseline after = baseline_of("2024-11-01", "2024-11-06");  // a long day in the warm-up
    CHECK(after.count == 96);
    CHECK(after.at(0, 72) == 1800);
}

TEST_CASE("obligations: an award becomes its quarters of an hour, hours without one are left out") {
    const market::Product product;
    market::PriceRule rule;
    rule.day_ahead = {{18, market::dollars_per_mwh(180)}};
    rule.real_time_exceptions = {{18 * 60 + 30, 18 * 60 + 45, market::dollars_per_mwh(900)}};
    const SimTime day = wall("2024-07-15");
    const market::PriceSeries prices = market::make_prices(rule, new_york, day);
    const Calendar calendar = make_calendar(wall("2024-07-09"), wall("2024-07-16"));
    const market::Award award{{0, 200'000, 0, 0}, {}};
    const auto found = obligations(product, award, prices, calendar, new_york, day);
    REQUIRE(found.size() == 4);
    CHECK(found[0].start == wall("2024-07-15T18:00"));
    CHECK(found[2].award_wh == 50'000);
    CHECK(found[2].interval == 6 * 96 + 74);
    CHECK(found[2].hour == 1);
    CHECK(found[2].real_time == market::dollars_per_mwh(900));
    CHECK(found[3].real_time == market::dollars_per_mwh(162));
    CHECK_THROWS_AS(obligations(product, {{1}, {}}, prices, calendar, new_york, day), ShapeError);
    CHECK_THROWS_AS(
        obligations(product, award, prices, make_calendar(day, day + hours(18)), new_york, day),
        Error);
}
