// SPDX-License-Identifier: Apache-2.0
#include <gridflock/journal/money.hpp>
#include <gridflock/journal/split.hpp>

#include <limits>
#include <numeric>

#include <rapidcheck.h>
#include <test.hpp>

using namespace gridflock;
using namespace gridflock::journal;

namespace {
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
}  // namespace

TEST_CASE("money: a quotient goes to the nearest integer, ties to even, both signs alike") {
    CHECK(divide_nearest(5, 2) == 2);
    CHECK(divide_nearest(7, 2) == 4);
    CHECK(divide_nearest(-5, 2) == -2);
    CHECK(divide_nearest(-7, 2) == -4);
    CHECK(divide_nearest(8, 3) == 3);
    CHECK(divide_nearest(-8, 3) == -3);
    CHECK(divide_nearest(0, 7) == 0);
}

TEST_CASE("money: watt-hours at a price are micro-dollars") {
    // 25 kWh at 180 $/MWh is 4.50 $
    CHECK(amount(180000000, 25'000) == Money{4'500'000});
    CHECK(amount(180000000, -25'000) == Money{-4'500'000});
    // 1 Wh at 0.50 $/MWh is half a micro-dollar: to even, 0; 3 Wh is 1.5: to even, 2
    CHECK(amount(500000, 1) == Money{0});
    CHECK(amount(500000, 3) == Money{2});
    CHECK(amount(500000, -3) == Money{-2});
}

TEST_CASE("money: several energies are summed exactly and rounded once") {
    const PricedEnergy halves[] = {{500000, 1}, {500000, 1}};
    CHECK(amount(halves) == Money{1});  // apart they would be 0 + 0
    const PricedEnergy mixed[] = {{500000, -1}, {250000, 3}};
    CHECK(amount(mixed) == Money{0});  // -0.5 + 0.75 = 0.25
    CHECK(amount(std::span<const PricedEnergy>{}) == Money{0});
}

TEST_CASE("money: products of 128 bits are exact and what does not fit is refused") {
    // 9.2e12 $/MWh-micro by 1e6 Wh: the product needs 83 bits, the result fits
    CHECK(amount(most, 1'000'000) == Money{most});
    CHECK(amount(least, 1'000'000) == Money{least});
    CHECK(amount(1'000'000, most) == Money{most});
    CHECK_THROWS_AS(amount(most, 1'000'001), MoneyOverflow);
    CHECK_THROWS_AS(amount(most, most), MoneyOverflow);
    // two products of 126 bits that cancel
    const PricedEnergy cancel[] = {{most, most}, {most, -most}, {1'000'000, 5}};
    CHECK(amount(cancel) == Money{5});
    CHECK_THROWS_AS(Money{most} + Money{1}, MoneyOverflow);
    CHECK_THROWS_AS(Money{least} - Money{1}, MoneyOverflow);
    CHECK_THROWS_AS(-Money{least}, MoneyOverflow);
    CHECK(permille(Money{most}, 1000) == Money{most});
    CHECK_THROWS_AS(permille(Money{most}, 1001), MoneyOverflow);
}

TEST_CASE("money: a fee in thousandths is rounded to even") {
    CHECK(permille(Money{5'000'000}, 200) == Money{1'000'000});
    CHECK(permille(Money{12}, 125) == Money{2});  // 1.5
    CHECK(permille(Money{20}, 125) == Money{2});  // 2.5
}

TEST_CASE("money: texts keep every digit") {
    CHECK(to_text(Money{-12'345'678}) == "-12.345678");
    CHECK(to_text(Money{5}) == "0.000005");
    CHECK(to_text(Money{least}) == "-9223372036854.775808");
}

TEST_CASE("split: the largest fractions get the units left over, ties by index") {
    // quotas 100 w / 7: 42.857, 28.571, 14.286, 14.286 -> 42 28 14 14, two left to the first two
    const std::int64_t weights[] = {3, 2, 1, 1};
    CHECK(split_integer(100, weights) == std::vector<std::int64_t>{43, 29, 14, 14});
    const std::int64_t equal[] = {1, 1, 1};
    CHECK(split_integer(100, equal) == std::vector<std::int64_t>{34, 33, 33});
    CHECK(split_integer(-100, equal) == std::vector<std::int64_t>{-34, -33, -33});
    const std::int64_t zeros[] = {0, 0, 0, 0};
    CHECK(split_integer(10, zeros) == std::vector<std::int64_t>{3, 3, 2, 2});
    const std::int64_t one[] = {0, 5, 0};
    CHECK(split_integer(7, one) == std::vector<std::int64_t>{0, 7, 0});
}

TEST_CASE("split: weights and totals may use all 63 bits") {
    const std::int64_t big[] = {most, most};
    CHECK(split_integer(most, big) == std::vector<std::int64_t>{most / 2 + 1, most / 2});
    CHECK(split_integer(least, big) == std::vector<std::int64_t>{least / 2, least / 2});
    const std::int64_t single[] = {most};
    CHECK(split_integer(least, single) == std::vector<std::int64_t>{least});
}

TEST_CASE("split: what cannot be split is refused") {
    const std::int64_t negative[] = {1, -1};
    CHECK_THROWS_AS(split_integer(1, negative), Error);
    CHECK_THROWS_AS(split_integer(1, {}), Error);
    CHECK(split_integer(0, {}).empty());
}

TEST_CASE("split: parts add up, and stand within one unit of their quota") {
    CHECK(rc::check([](std::int64_t total, const std::vector<std::uint32_t>& raw) {
        RC_PRE(!raw.empty());
        const std::vector<std::int64_t> w(raw.begin(), raw.end());
        const auto parts = split_integer(total, w);
        Wide whole = 0;
        for (const std::int64_t part : parts) whole += part;
        RC_ASSERT(whole == total);
        const std::int64_t sum = std::accumulate(w.begin(), w.end(), std::int64_t{0});
        for (std::size_t i = 0; i < w.size() && sum > 0; ++i) {
            const Wide away = Wide{parts[i]} * sum - Wide{total} * w[i];
            RC_ASSERT((away < sum && -away < sum));
        }
    }));
}

TEST_CASE("money: an amount and its opposite round to opposites, within half a micro-dollar") {
    CHECK(rc::check([](std::int32_t price, std::int32_t wh) {
        const std::int64_t p = std::int64_t{price} * 100;
        const Money m = amount(p, wh);
        RC_ASSERT(amount(p, -std::int64_t{wh}) == -m);
        const Wide away = 2 * (Wide{m.micro} * 1'000'000 - Wide{p} * wh);
        RC_ASSERT((away <= 1'000'000 && -away <= 1'000'000));
    }));
}
