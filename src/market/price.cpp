// SPDX-License-Identifier: Apache-2.0
#include <gridflock/market/price.hpp>

#include <gridflock/core/error.hpp>
#include <gridflock/core/math.hpp>

#include <fmt/format.h>

namespace gridflock::inline v0::market {
namespace {

int minute_of_day(const Civil& wall) {
    return 60 * wall.hour + wall.minute;
}

Price day_ahead_price(const PriceRule& rule, int hour) {
    for (const HourPrice& h : rule.day_ahead)
        if (h.hour == hour) return h.price;
    return rule.elsewhere;
}

Price real_time_price(const PriceRule& rule, int minute, Price day_ahead) {
    Price price = permille(day_ahead, rule.real_time_permille);
    for (const PriceException& e : rule.real_time_exceptions)
        if (minute >= e.minute_from && minute < e.minute_to) price = e.price;
    return price;
}

}  // namespace

Price dollars_per_mwh(double dollars) {
    if (!(dollars >= -1e9 && dollars <= 1e9))
        throw Error(fmt::format("a price of {} $/MWh is beyond 1e9", dollars));
    return {math::to_integer(dollars * 1e6)};
}

Price permille(Price x, std::int64_t thousandths) {
    const std::int64_t whole = x.micro_per_mwh / 1000, rest = x.micro_per_mwh % 1000;
    const std::int64_t product = rest * thousandths;  // below 1e9: exact
    std::int64_t floor = product / 1000;
    std::int64_t left = product % 1000;
    if (left < 0) {
        left += 1000;
        floor -= 1;
    }
    const std::int64_t result = whole * thousandths + floor;
    return {result + (left > 500 || (left == 500 && result % 2 != 0) ? 1 : 0)};
}

std::string to_text(Price p) {
    const bool negative = p.micro_per_mwh < 0;
    const std::int64_t size = negative ? -p.micro_per_mwh : p.micro_per_mwh;
    std::string digits = fmt::format("{:06}", size % 1'000'000);
    while (digits.size() > 2 && digits.back() == '0') digits.pop_back();
    return fmt::format("{}{}.{}", negative ? "-" : "", size / 1'000'000, digits);
}

std::int64_t PriceSeries::index(SimTime t) const {
    if (t < start) return -1;
    const std::int64_t i = (t - start) / step;
    return i < static_cast<std::int64_t>(day_ahead.size()) ? i : -1;
}

PriceSeries make_prices(const PriceRule& rule, const Zone& zone, SimTime midnight, Duration step) {
    PriceSeries series;
    series.start = zone.midnight(midnight);
    series.step = step;
    const SimTime end = zone.midnight_after(midnight, 1);
    for (SimTime t = series.start; t < end; t = t + step) {
        const int minute = minute_of_day(zone.wall(t));
        const Price day_ahead = day_ahead_price(rule, minute / 60);
        series.day_ahead.push_back(day_ahead);
        series.real_time.push_back(real_time_price(rule, minute, day_ahead));
    }
    return series;
}

}  // namespace gridflock::inline v0::market
