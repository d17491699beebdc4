// SPDX-License-Identifier: Apache-2.0
// What the market has been promised, interval by interval: an award unrolled onto the meter
// calendar with the prices that settle it.
#pragma once

#include <gridflock/core/zone.hpp>
#include <gridflock/market/bid.hpp>
#include <gridflock/settle/read_table.hpp>

#include <cstdint>
#include <vector>

namespace gridflock::inline v0::settle {

struct Obligation {
    SimTime start;
    std::int32_t interval = 0;  ///< in the reads' calendar
    std::int32_t hour = 0;      ///< index into Product::hours
    std::int64_t award_wh = 0;  ///< reduction promised in the interval
    market::Price day_ahead, real_time;
    bool operator==(const Obligation&) const = default;
};

/// The intervals of the hours with an award, in time order; an hour without one is not settled.
/// Shape   award.power_w: [product hour].
/// Unit    Wh: power x interval, exact for a product that validates.
/// Errors  Error if an awarded interval is outside the calendar or the prices' day.
std::vector<Obligation> obligations(const market::Product& product, const market::Award& award,
                                    const market::PriceSeries& prices, const Calendar& calendar,
                                    const Zone& zone, SimTime midnight);

}  // namespace gridflock::inline v0::settle
