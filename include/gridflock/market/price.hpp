// SPDX-License-Identifier: Apache-2.0
// Prices, as integers, and the price series of one delivery day.
//
// A region's file gives a rule: a day-ahead price by wall hour; the real-time price as a share of
// it; and exceptions, which are data too (900 $/MWh from 18:30 to 18:45). The rule becomes a series
// on UTC instants, one value an interval from midnight to midnight: 92, 96 or 100 of 15 minutes.
#pragma once

#include <gridflock/core/zone.hpp>

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace gridflock::inline v0::market {

/// Micro-dollars per MWh.
struct Price {
    std::int64_t micro_per_mwh = 0;
    constexpr auto operator<=>(const Price&) const = default;
};

/// A price as files give it, $/MWh, to the nearest micro-dollar.
/// Errors  Error unless |dollars| <= 1e9 (NaN included).
Price dollars_per_mwh(double dollars);

/// `thousandths` of a price, to the nearest micro-dollar, ties to even; |thousandths| <= 1e6.
Price permille(Price x, std::int64_t thousandths);

std::string to_text(Price p);  ///< $/MWh with two digits, more only where needed: "120.00"

struct HourPrice {
    int hour = 0;  ///< wall hour, 0 to 23
    Price price;
};

/// Real-time price in [minute_from, minute_to) of the wall day.
struct PriceException {
    int minute_from = 0;
    int minute_to = 0;
    Price price;
};

struct PriceRule {
    std::vector<HourPrice> day_ahead;
    Price elsewhere;                                   ///< day-ahead price of the hours not listed
    std::int64_t real_time_permille = 900;             ///< real time as a share of day-ahead
    std::vector<PriceException> real_time_exceptions;  ///< the last one that fits counts
};

/// Prices of one wall day. Shape: [interval] from `start`, `step` apart.
struct PriceSeries {
    SimTime start;
    Duration step = minutes(15);
    std::vector<Price> day_ahead;
    std::vector<Price> real_time;

    /// Position of the interval that holds t, -1 outside the day.
    std::int64_t index(SimTime t) const;
};

/// Unrolls the rule over the wall day that holds `midnight`.
PriceSeries make_prices(const PriceRule& rule, const Zone& zone, SimTime midnight,
                        Duration step = minutes(15));

}  // namespace gridflock::inline v0::market
