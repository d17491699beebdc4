// SPDX-License-Identifier: Apache-2.0
// The demo's forecasters, over received history only.
//
//   PV      smart persistence   y(t+h) = kappa c(t+h), kappa = sum y / sum c over the last `window`
//                               known intervals of daylight; c is any clear-sky shape, its unit
//                               cancels
//   demand  seasonal naive      y(t) = mean of the same quarter-hour of the last `days` known days
//   net     demand - PV         for the day ahead the battery's own use is not guessed at
//
// Quantiles come from the forecaster's own past: it is run again at the same time of day on earlier
// days, each time with what had arrived by then, and its residuals (truth - forecast) are pooled by
// the hour of day of their valid time. A quantile is the mean plus the residual's empirical
// quantile (linear between order statistics, type 7 of Hyndman and Fan 1996).
//
// Source  Pedro and Coimbra 2012 (smart persistence); Hyndman and Athanasopoulos, Forecasting:
//         Principles and Practice, 5.2 (seasonal naive) and 5.5 (intervals from residuals).
#pragma once

#include <gridflock/forecast/issue.hpp>

namespace gridflock::inline v0::forecast {

struct SmartPersistence {
    int window = 4;               ///< known daylight intervals that set kappa
    double min_clear_sky = 0.05;  ///< daylight: clear sky above this share of its maximum

    /// Forecasts intervals first, first + 1, ... of the series' own time line.
    /// Shape   series [interval], NaN unknown; clear_sky [interval], at least first + out.size().
    /// Unit    out as the series; 0 when nothing is known yet.
    /// Errors  ShapeError when clear_sky is too short.
    void predict(std::span<const double> series, std::span<const double> clear_sky,
                 std::size_t first, std::span<double> out) const;
};

struct SeasonalNaive {
    int days = 4;  ///< 1 = the day before

    /// Shape   series [interval], NaN unknown; out[k] is interval first + k.
    /// Unit    as the series. A quarter-hour never seen takes the mean of all that is known, or 0.
    void predict(std::span<const double> series, std::size_t steps_per_day, std::size_t first,
                 std::span<double> out) const;
};

/// Settings of a fleet's forecast.
struct FleetForecaster {
    SmartPersistence pv;
    SeasonalNaive demand;
    std::vector<double> probability{0.1, 0.5, 0.9};
    int residual_days = 5;  ///< earlier days whose residuals are pooled
};

/// What is asked for. `clear_sky` [interval] counts from the history's start to the horizon's end.
struct IssueRequest {
    std::span<const std::size_t> members;
    std::span<const double> clear_sky;
    SimTime issue_time;
    SimTime valid_start;  ///< on the history's grid
    std::size_t steps = 96;
};

struct FleetIssue {
    Issue pv;
    Issue demand;
    Issue net_demand;
};

/// Forecasts a group of sites from what had arrived by the issue time.
/// Errors  ShapeError when the request leaves the history's grid or the clear sky is too short.
FleetIssue issue(const FleetForecaster& forecaster, const ReadHistory& history,
                 const IssueRequest& request);

/// Empirical quantile of values in any order (type 7). NaN when empty.
double quantile(std::vector<double> values, double probability);

}  // namespace gridflock::inline v0::forecast
