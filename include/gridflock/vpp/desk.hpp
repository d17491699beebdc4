// SPDX-License-Identifier: Apache-2.0
// The trading desk of the aggregator: what it does with the reads it has received.
//
//   reads received -> history -> forecasts (issue time, quantiles)
//                             -> baseline of the delivery day
//                             -> deliverable energy -> bid ladder -> award
//                             -> preliminary and final settlement -> postings
//
// A desk is the state of one lane, a value: forking a run copies it. The terms are the same for all
// lanes and do not change. Nothing here sees a device, a profile or a voltage.
#pragma once

#include <gridflock/asset/meter_read.hpp>
#include <gridflock/core/zone.hpp>
#include <gridflock/forecast/forecaster.hpp>
#include <gridflock/journal/ledger.hpp>
#include <gridflock/market/bid.hpp>
#include <gridflock/market/price.hpp>
#include <gridflock/market/product.hpp>
#include <gridflock/settle/baseline.hpp>
#include <gridflock/settle/post.hpp>
#include <gridflock/settle/settlement.hpp>
#include <gridflock/vpp/bidding.hpp>
#include <gridflock/vpp/monitor.hpp>

#include <optional>
#include <string>
#include <vector>

namespace gridflock::inline v0::vpp {

struct DeskTerms {
    Zone zone;
    SimTime delivery;                  ///< midnight of the delivery day D
    std::vector<SimTime> warmup_days;  ///< midnights of the days the baseline may use
    settle::Calendar calendar;         ///< settlement intervals, warm-up to the end of the run
    std::vector<std::string> sites;    ///< of the aggregation; row = site of every read
    std::vector<SiteCapability> capability;  ///< [site]
    forecast::FleetForecaster forecaster;
    std::vector<double> clear_sky;  ///< [interval of the calendar and the horizon after]
    std::size_t horizon_steps = 144;

    // market; empty product hours: the aggregation does not trade
    market::Product product;
    market::PriceSeries prices;
    std::vector<market::Price> expected;  ///< day-ahead price, per product hour
    LadderRule ladder;
    double deviations = 1.2816;
    market::WallTime energy_at;     ///< stored energy is taken here
    std::size_t evening_hours = 4;  ///< less the self-consumption of so many hours
    settle::BaselineRule baseline;
    settle::Terms money;

    bool trades() const { return !product.hours.empty(); }
};

/// One lane's desk.
struct Desk {
    forecast::ReadHistory history;
    settle::ReadTable table;
    std::vector<forecast::FleetIssue> issues;  ///< the latest one, if any
    std::vector<double> evening_wh;            ///< deliverable energy of each warm-up day
    double deliverable_wh = 0;
    market::BidLadder ladder;
    market::Award award;
    std::optional<settle::Baseline> baseline;
    std::vector<settle::Obligation> obligations;
    journal::Ledger ledger;
    std::optional<settle::Accounts> accounts;
    std::vector<settle::Settlement> settlements;

    /// `trades`: open accounts for this lane, when there is a market at all.
    Desk(const DeskTerms& terms, bool trades);
    void hash(StateHash& h) const;
};

/// Takes a read that arrived at `received`. Changes  history, table.
void take_read(Desk& desk, const DeskTerms& terms, int site, const asset::MeterRead& read,
               SimTime received);
/// Forecasts the fleet's demand and PV from what has been received. Changes  issues.
void issue_forecast(Desk& desk, const DeskTerms& terms, SimTime now);
/// Freezes the baseline and builds the bid ladder. Changes  baseline, evening_wh, deliverable_wh,
/// ladder.
void place_bid(Desk& desk, const DeskTerms& terms, SimTime now);
/// Clears the day-ahead gate. Changes  award, obligations.
void clear_bid(Desk& desk, const DeskTerms& terms);
/// Settles with what has been received by `now` and posts the difference. Returns the postings
/// made.
int run_settlement(Desk& desk, const DeskTerms& terms, settle::Run run, SimTime now);

/// Award in force at t, W; 0 when there is none.
double award_at(const Desk& desk, const DeskTerms& terms, SimTime t);
/// The aggregation's baseline demand at t, W (import positive); NaN before it is frozen.
double baseline_at(const Desk& desk, const DeskTerms& terms, SimTime t);
/// The latest forecast of a quantity for t, W; NaN when there is none.
double forecast_at(const Desk& desk, forecast::Quantity quantity, SimTime t);

}  // namespace gridflock::inline v0::vpp
