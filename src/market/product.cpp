// SPDX-License-Identifier: Apache-2.0
#include <gridflock/market/product.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace gridflock::inline v0::market {
namespace {

void check_gate(const WallTime& gate, const char* name, std::vector<Fault>& faults) {
    if (gate.minute >= 0 && gate.minute < 24 * 60) return;
    faults.push_back({{"", 0, std::string("product.") + name},
                      fmt::format("minute {}", gate.minute),
                      "a gate is a minute of the wall day, 0 to 1439",
                      "use day_offset for another day"});
}

void check_hours(const Product& product, std::vector<Fault>& faults) {
    std::vector<int> sorted = product.hours;
    std::sort(sorted.begin(), sorted.end());
    if (sorted.empty())
        faults.push_back({{"", 0, "product.hours"},
                          "none",
                          "at least one hour is sold",
                          "list hours by their start, e.g. [17, 18]"});
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
        faults.push_back(
            {{"", 0, "product.hours"}, "an hour twice", "each hour once", "drop the second"});
    for (const int hour : sorted)
        if (hour < 0 || hour > 23)
            faults.push_back({{"", 0, "product.hours"},
                              fmt::format("{}", hour),
                              "an hour is 0 to 23",
                              "name hours by their start"});
}

}  // namespace

SimTime instant(WallTime wall, const Zone& zone, SimTime midnight) {
    Civil civil = zone.wall(zone.midnight_after(midnight, wall.day_offset));
    civil.hour = wall.minute / 60;
    civil.minute = wall.minute % 60;
    civil.second = 0;
    civil.nanosecond = 0;
    return zone.instant(civil);
}

std::vector<Fault> validate(const Product& product) {
    std::vector<Fault> faults;
    check_hours(product, faults);
    check_gate(product.bid_gate, "bid_gate", faults);
    check_gate(product.result, "result", faults);
    const bool divides = product.interval.ns > 0 && hours(1).ns % product.interval.ns == 0;
    if (!divides)
        faults.push_back({{"", 0, "product.interval"},
                          to_text(product.interval),
                          "an interval divides the hour",
                          "15 min is usual"});
    if (product.step_w <= 0 || (divides && product.step_w % (hours(1) / product.interval) != 0))
        faults.push_back({{"", 0, "product.step"},
                          fmt::format("{} W", product.step_w),
                          "a step is positive and a whole number of Wh an interval",
                          "0.1 MW is usual"});
    if (product.price_floor > product.price_cap)
        faults.push_back({{"", 0, "product.price_floor"},
                          to_text(product.price_floor),
                          "the floor is not above the cap",
                          "swap them"});
    return faults;
}

std::vector<DeliveryHour> delivery_hours(const Product& product, const Zone& zone,
                                         SimTime midnight) {
    std::vector<DeliveryHour> found;
    for (std::size_t i = 0; i < product.hours.size(); ++i) {
        const SimTime start = instant({0, 60 * product.hours[i]}, zone, midnight);
        if (zone.wall(start).hour != product.hours[i]) continue;  // the clock skips it
        found.push_back({static_cast<int>(i), start});
    }
    std::sort(found.begin(), found.end(),
              [](const DeliveryHour& a, const DeliveryHour& b) { return a.start < b.start; });
    return found;
}

}  // namespace gridflock::inline v0::market
