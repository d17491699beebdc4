// SPDX-License-Identifier: Apache-2.0
// A market product as data: an hourly energy reduction, and when its gates close.
//
// The hours are hours of the wall clock in the market's zone; instants come out of the zone, so a
// product keeps its meaning on days of 23 and 25 hours: an hour that the clock skips is not
// delivered, one that it repeats is delivered once, at its first occurrence.
#pragma once

#include <gridflock/core/error.hpp>
#include <gridflock/core/zone.hpp>
#include <gridflock/market/price.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace gridflock::inline v0::market {

/// A wall time relative to the delivery day: {-1, 600} is 10:00 on the day before.
struct WallTime {
    int day_offset = 0;
    int minute = 0;  ///< since midnight, 0 to 1439
    bool operator==(const WallTime&) const = default;
};

/// The instant of a wall time. `midnight`: any instant of the delivery day.
SimTime instant(WallTime wall, const Zone& zone, SimTime midnight);

struct Product {
    std::string name = "hourly reduction";
    std::vector<int> hours{17, 18, 19, 20};  ///< wall hours that can be sold, by their start
    std::int64_t step_w = 100'000;           ///< least step and tick, W
    Duration interval = minutes(15);         ///< settlement interval
    Price price_floor{-500'000'000};         ///< least ask, micro-dollar/MWh
    Price price_cap{5'000'000'000};          ///< highest ask, micro-dollar/MWh
    WallTime bid_gate{-1, 600};              ///< no bid after this
    WallTime result{-1, 780};                ///< awards are published
};

/// Every way in which the product is not usable; empty when it is.
std::vector<Fault> validate(const Product& product);

struct DeliveryHour {
    int hour = 0;  ///< index into Product::hours
    SimTime start;
};

/// The delivery hours of one day, in time order.
std::vector<DeliveryHour> delivery_hours(const Product& product, const Zone& zone,
                                         SimTime midnight);

}  // namespace gridflock::inline v0::market
