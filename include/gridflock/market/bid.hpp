// SPDX-License-Identifier: Apache-2.0
// Bids and the day-ahead clearing of a price taker.
//
// A ladder is a list of steps: sell so many watts of reduction in one hour, at this price or
// better. The aggregator is small, so the day-ahead price is given; a step is awarded whole if its
// ask is at or below the price of its hour, and paid that price (not its ask).
#pragma once

#include <gridflock/core/zone.hpp>
#include <gridflock/market/price.hpp>
#include <gridflock/market/product.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace gridflock::inline v0::market {

struct BidStep {
    int hour = 0;              ///< index into Product::hours
    std::int64_t power_w = 0;  ///< reduction, > 0, a multiple of the product's step
    Price ask;                 ///< least price accepted
};

struct BidLadder {
    std::vector<BidStep> steps;
};

struct Award {
    std::vector<std::int64_t> power_w;   ///< [product hour], W of reduction
    std::vector<std::uint8_t> accepted;  ///< [step of the ladder]

    std::int64_t total_wh() const;  ///< over all hours
};

/// Why the gate would refuse the ladder: one fault for each rule a step breaks. Empty = accepted.
std::vector<Fault> check(const Product& product, const BidLadder& ladder);

/// Clears the ladder against given prices.
/// Shape   price: [product hour].
/// Unit    W; micro-dollar/MWh.
/// Errors  ShapeError if there is not one price an hour; ScenarioError if check() finds a fault.
/// Source  price taker: accepted whole iff ask <= price.
Award clear_day_ahead(const Product& product, std::span<const Price> price,
                      const BidLadder& ladder);

/// Day-ahead price of each product hour, as clear_day_ahead wants it; an hour that the day lacks is
/// priced at the product's floor.
std::vector<Price> hourly_day_ahead(const PriceSeries& series, const Product& product,
                                    const Zone& zone, SimTime midnight);

}  // namespace gridflock::inline v0::market
