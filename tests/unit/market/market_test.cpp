// SPDX-License-Identifier: Apache-2.0
#include <gridflock/market/bid.hpp>
#include <gridflock/market/region.hpp>

#include <test.hpp>

using namespace gridflock;
using namespace gridflock::market;

namespace {

const Zone new_york = Zone::find("America/New_York");

SimTime day(const char* date) {
    return new_york.instant(parse_civil(date));
}

PriceRule demo_rule() {
    PriceRule rule;
    rule.day_ahead = {{17, dollars_per_mwh(120)},
                      {18, dollars_per_mwh(180)},
                      {19, dollars_per_mwh(160)},
                      {20, dollars_per_mwh(120)}};
    rule.elsewhere = dollars_per_mwh(40);
    rule.real_time_exceptions = {{18 * 60 + 30, 18 * 60 + 45, dollars_per_mwh(900)}};
    return rule;
}

}  // namespace

TEST_CASE("price: real time is its share of day-ahead but for the exceptions") {
    const PriceSeries s = make_prices(demo_rule(), new_york, day("2024-07-15"));
    REQUIRE(s.day_ahead.size() == 96);
    CHECK(s.day_ahead[67] == dollars_per_mwh(40));   // 16:45
    CHECK(s.day_ahead[68] == dollars_per_mwh(120));  // 17:00
    CHECK(s.real_time[68] == dollars_per_mwh(108));
    CHECK(s.real_time[73] == dollars_per_mwh(162));  // 18:15
    CHECK(s.real_time[74] == dollars_per_mwh(900));  // 18:30
    CHECK(s.real_time[75] == dollars_per_mwh(162));  // 18:45
    CHECK(s.index(day("2024-07-15T18:37")) == 74);
    CHECK(s.index(day("2024-07-16")) == -1);
    CHECK(s.index(s.start - nanoseconds(1)) == -1);
}

TEST_CASE("price: the day of a clock change has 92 or 100 intervals, evening prices stay put") {
    const PriceSeries spring = make_prices(demo_rule(), new_york, day("2024-03-10"));
    const PriceSeries autumn = make_prices(demo_rule(), new_york, day("2024-11-03"));
    CHECK(spring.day_ahead.size() == 92);
    CHECK(autumn.day_ahead.size() == 100);
    CHECK(spring.real_time[70] == dollars_per_mwh(900));
    CHECK(autumn.real_time[78] == dollars_per_mwh(900));
}

TEST_CASE("price: shares are rounded to even, texts are short, nonsense is refused") {
    CHECK(permille(Price{5}, 500) == Price{2});
    CHECK(permille(Price{7}, 500) == Price{4});
    CHECK(permille(Price{-5}, 500) == Price{-2});
    CHECK(permille(Price{-7}, 500) == Price{-4});
    CHECK(permille(Price{1'234'567'891}, 900) == Price{1'111'111'102});  // ...101.9
    CHECK(to_text(dollars_per_mwh(120)) == "120.00");
    CHECK(to_text(dollars_per_mwh(-0.125)) == "-0.125");
    CHECK_THROWS_AS(dollars_per_mwh(1e300), Error);
    CHECK_THROWS_AS(dollars_per_mwh(0.0 / 0.0 * 1.0), Error);
}

TEST_CASE("product: gates and hours are wall times of the zone") {
    const Product p;
    const SimTime d = day("2024-07-15");
    CHECK(iso8601(instant(p.bid_gate, new_york, d)) == "2024-07-14T14:00:00Z");
    const auto hours = delivery_hours(p, new_york, d);
    REQUIRE(hours.size() == 4);
    CHECK(iso8601(hours[1].start) == "2024-07-15T22:00:00Z");
    CHECK(validate(p).empty());
}

TEST_CASE("product: an hour that the clock skips is not delivered, one it repeats is once") {
    Product p;
    p.hours = {1, 2, 3};
    const auto spring = delivery_hours(p, new_york, day("2024-03-10"));
    REQUIRE(spring.size() == 2);
    CHECK(spring[0].hour == 0);
    CHECK(spring[1].hour == 2);
    const auto autumn = delivery_hours(p, new_york, day("2024-11-03"));
    REQUIRE(autumn.size() == 3);
    CHECK(iso8601(autumn[0].start) == "2024-11-03T05:00:00Z");
    CHECK(iso8601(autumn[1].start) == "2024-11-03T07:00:00Z");
    const PriceSeries s = make_prices(demo_rule(), new_york, day("2024-03-10"));
    CHECK(hourly_day_ahead(s, p, new_york, day("2024-03-10"))[1] == p.price_floor);
}

TEST_CASE("product: all that is wrong is told at once") {
    Product p;
    p.hours = {17, 17, 24};
    p.step_w = 1;
    p.bid_gate.minute = 2000;
    p.price_floor = dollars_per_mwh(1e6);
    CHECK(validate(p).size() == 5);
}

TEST_CASE("clearing: a step is awarded whole if its ask is at or below the price") {
    const Product p;
    const Price prices[] = {dollars_per_mwh(120), dollars_per_mwh(180), dollars_per_mwh(160),
                            dollars_per_mwh(120)};
    const BidLadder ladder{{{1, 100'000, dollars_per_mwh(60)},
                            {1, 100'000, dollars_per_mwh(180)},
                            {1, 100'000, dollars_per_mwh(180.000001)},
                            {2, 200'000, dollars_per_mwh(60)},
                            {0, 100'000, dollars_per_mwh(121)}}};
    const Award a = clear_day_ahead(p, prices, ladder);
    CHECK(a.power_w == std::vector<std::int64_t>{0, 200'000, 200'000, 0});
    CHECK(a.accepted == std::vector<std::uint8_t>{1, 1, 0, 1, 0});
    CHECK(a.total_wh() == 400'000);
}

TEST_CASE("clearing: a ladder that breaks the product's rules is refused with every reason") {
    const Product p;
    const BidLadder bad{{{4, 100'000, dollars_per_mwh(60)},
                         {0, 150'000, dollars_per_mwh(60)},
                         {0, -100'000, dollars_per_mwh(6000)}}};
    CHECK(check(p, bad).size() == 4);
    const std::vector<Price> prices(4, dollars_per_mwh(100));
    CHECK_THROWS_AS(clear_day_ahead(p, prices, bad), ScenarioError);
    CHECK_THROWS_AS(clear_day_ahead(p, std::span(prices).first(3), {}), ShapeError);
}

TEST_CASE("region: figures nobody verified are named, a strict run refuses them") {
    const Region r{
        "demo",
        {{"market.fee", "20", "%", "design", "", "", "", FigureStatus::ours},
         {"market.step", "0.1", "MW", "OTE-CR", "2025-10-01", "", "", FigureStatus::verified}}};
    REQUIRE(unverified(r).size() == 1);
    CHECK(strict_faults(r)[0].at.path == "demo.market.fee");
}
