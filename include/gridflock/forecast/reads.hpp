// SPDX-License-Identifier: Apache-2.0
// What a forecaster knows: meter reads as they were received.
//
// One ReadHistory a lane, because each lane's messages met their own fate. A cell [site][interval]
// holds the interval energies of one read, the state of charge at the interval's end and when the
// read arrived. Every question names the time at which it is asked (`known_at`): a read that
// arrived later is not there yet, so a forecast made in hindsight equals the one that was made at
// the time.
#pragma once

#include <gridflock/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace gridflock::inline v0::forecast {

/// One interval of one site's registers. Unit  Wh in the interval; soc_end 0..1 or NaN.
struct Read {
    std::int32_t import_wh = 0;
    std::int32_t export_wh = 0;
    std::int32_t pv_wh = 0;
    std::int32_t charge_wh = 0;
    std::int32_t discharge_wh = 0;
    double soc_end = std::numeric_limits<double>::quiet_NaN();
    std::int64_t received_at = never_ns;  ///< ns UTC; never = missing

    std::int32_t net_demand_wh() const { return import_wh - export_wh; }
    /// The household's own load: what was taken from the grid, the roof and the battery.
    std::int32_t demand_wh() const { return net_demand_wh() + pv_wh + discharge_wh - charge_wh; }
};

enum class Quantity : std::uint8_t { pv, demand, net_demand };

class ReadHistory {
public:
    ReadHistory() = default;
    /// Room for `intervals` intervals of length `step` from `start` on, all missing.
    ReadHistory(SimTime start, Duration step, std::size_t sites, std::size_t intervals)
        : start_(start),
          step_(step),
          sites_(sites),
          intervals_(intervals),
          cells_(sites * intervals) {}

    SimTime start() const { return start_; }
    Duration step() const { return step_; }
    std::size_t sites() const { return sites_; }
    std::size_t intervals() const { return intervals_; }
    SimTime interval_start(std::size_t i) const {
        return start_ + static_cast<std::int64_t>(i) * step_;
    }
    /// Index of the interval that starts at t, or -1 when outside or not on the grid.
    std::int64_t index_of(SimTime t) const;

    /// Keeps a read. A second copy changes nothing unless it arrived earlier.
    /// Errors  false when the interval is outside the history or the site unknown.
    bool put(std::size_t site, SimTime interval_start, const Read& read);
    /// The read, or nullptr when it is missing or had not arrived by `known_at`.
    const Read* find(std::size_t site, std::size_t interval, SimTime known_at) const {
        const Read& r = cells_[site * intervals_ + interval];
        return r.received_at <= known_at.ns && r.received_at != never_ns ? &r : nullptr;
    }
    const Read* find(std::size_t site, SimTime interval_start, SimTime known_at) const;

    /// State, for checkpoints.
    std::span<const Read> cells() const { return cells_; }
    std::span<Read> cells() { return cells_; }

private:
    SimTime start_;
    Duration step_ = minutes(15);
    std::size_t sites_ = 0;
    std::size_t intervals_ = 0;
    std::vector<Read> cells_;  // [site][interval]
};

/// One site's mean power by interval.
/// Shape   result [interval]. Unit  W; NaN where the read is not known at `known_at`.
std::vector<double> site_power(const ReadHistory& history, std::size_t site, Quantity quantity,
                               SimTime known_at);

/// The power of a group of sites by interval: the sum of the reads known, times members / known, so
/// that a late read does not look like a fall of demand. NaN where fewer than half are known.
/// Shape   result [interval]. Unit  W.
std::vector<double> fleet_power(const ReadHistory& history, std::span<const std::size_t> members,
                                Quantity quantity, SimTime known_at);

}  // namespace gridflock::inline v0::forecast
