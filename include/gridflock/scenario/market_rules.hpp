// SPDX-License-Identifier: Apache-2.0
// A region's market as data: product, gates, prices, the rule of the bid, the baseline and the
// money. Read from scenarios/markets/<region>.toml; each number is a Figure with unit, source and
// status, so that a statement can print those that nobody has verified.
#pragma once

#include <gridflock/scenario/types.hpp>

#include <string>
#include <vector>

namespace gridflock::inline v0::scenario {

/// A real-time price that departs from factor x day-ahead.
struct PriceException {
    ClockTime begin, end;
    Figure price;  ///< USD/MWh
    bool operator==(const PriceException&) const = default;
};

struct ProductRules {
    std::string kind = "energy_reduction";
    Figure hours;  ///< hours of the wall day at which an interval of one hour starts
    Figure step;   ///< MW
    bool operator==(const ProductRules&) const = default;
};

struct GateRules {
    ClockTime bid{-1, 600};    ///< bids close
    ClockTime award{-1, 780};  ///< awards are published
    bool operator==(const GateRules&) const = default;
};

struct PriceRules {
    Figure day_ahead;         ///< USD/MWh, one for each product hour
    Figure real_time_factor;  ///< of the day-ahead price
    std::vector<PriceException> exceptions;
    bool operator==(const PriceRules&) const = default;
};

struct BidRules {
    Figure ask;                    ///< USD/MWh
    Figure deviations;             ///< standard deviations taken off the mean energy
    Figure power_share;            ///< of the deliverable power that may be bid
    ClockTime energy_at{0, 1020};  ///< stored energy is taken here,
    ClockTime energy_to{0, 1260};  ///< less the self-consumption up to here
    bool operator==(const BidRules&) const = default;
};

struct BaselineRules {
    Figure days;         ///< warm-up days looked at
    Figure drop_lowest;  ///< days dropped, those of least net energy in the window
    ClockTime begin{0, 1020}, end{0, 1260};  ///< the window
    bool operator==(const BaselineRules&) const = default;
};

struct MoneyRules {
    Figure supplier_price;  ///< USD/MWh of delivered energy, signed
    Figure fee_share;       ///< of max(0, gross - supplier)
    bool operator==(const MoneyRules&) const = default;
};

struct MarketRules {
    int format = 1;
    std::string name;
    std::string currency = "USD";
    ProductRules product;
    GateRules gates;
    PriceRules prices;
    BidRules bid;
    BaselineRules baseline;
    MoneyRules money;
    bool operator==(const MarketRules&) const = default;
};

/// Every figure with its path ("prices.day_ahead"), in file order.
std::vector<std::pair<std::string, Figure>> figures(const MarketRules& rules);

}  // namespace gridflock::inline v0::scenario
