// SPDX-License-Identifier: Apache-2.0
// A forecast as it was issued: when, for when, the mean and its quantiles; and the store that keeps
// every issue of every lane, so that a bid or a dispatch can say which one it went by.
#pragma once

#include <gridflock/core/column.hpp>
#include <gridflock/forecast/reads.hpp>

#include <vector>

namespace gridflock::inline v0::forecast {

/// One issue. Shape  mean [step]; quantile [probability][step]. Unit  W, mean of each interval.
struct Issue {
    Quantity quantity = Quantity::net_demand;
    SimTime issue_time;
    SimTime valid_start;
    Duration step = minutes(15);
    std::vector<double> mean_w;
    std::vector<double> probability;  ///< rising, each in (0, 1)
    Column<double> quantile_w;

    std::size_t steps() const { return mean_w.size(); }
    SimTime interval_start(std::size_t k) const {
        return valid_start + static_cast<std::int64_t>(k) * step;
    }
    /// Index of the interval that holds t, or -1.
    std::int64_t index_of(SimTime t) const;
    /// Mean of the interval that holds t; NaN outside.
    double mean_at(SimTime t) const;
};

class ForecastStore {
public:
    ForecastStore() = default;
    explicit ForecastStore(std::size_t lanes) : issues_(lanes) {}

    std::size_t lanes() const { return issues_.size(); }
    /// Keeps an issue; issue times of a lane and quantity come in rising order.
    void add(std::size_t lane, Issue issue) { issues_[lane].push_back(std::move(issue)); }
    std::span<const Issue> issues(std::size_t lane) const { return issues_[lane]; }
    /// The last issue made by `known_at` whose horizon holds `valid`, or nullptr.
    const Issue* latest(std::size_t lane, Quantity quantity, SimTime known_at, SimTime valid) const;

private:
    std::vector<std::vector<Issue>> issues_;  // [lane]
};

}  // namespace gridflock::inline v0::forecast
