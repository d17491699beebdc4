// SPDX-License-Identifier: Apache-2.0
// What a strategy sees and what it says, as views over columns.
//
// An observation holds what was *received* (with its age) or estimated in its stead, never the
// truth. A unit is one controllable device, a site one meter of the aggregation. Injection into the
// grid is positive: a discharging battery has p_w > 0; what counts consumption is called demand.
#pragma once

#include <gridflock/core/column.hpp>
#include <gridflock/core/time.hpp>

#include <cstdint>
#include <limits>
#include <vector>

namespace gridflock::inline v0::dispatch {

/// Shape   spans [lane]; unit columns [unit, lane]; site columns [site, lane]; NaN for what
///         is not known.
/// Unit    W, s, state of charge 0..1.
struct Observation {
    std::span<const std::uint8_t> mask;  ///< 1 = decide for this lane
    std::span<const std::int64_t> now;   ///< ns UTC

    std::span<const double> head_p_w;           ///< measured at the feeder head, + into the feeder
    std::span<const double> baseline_demand_w;  ///< of the aggregation, + taken from the grid
    std::span<const double> award_w;            ///< reduction sold for now; 0 or NaN = none

    ColumnView<const double> p_w;      ///< [unit] power
    ColumnView<const double> p_min_w;  ///< [unit] as available now, <= 0 for a battery
    ColumnView<const double> p_max_w;  ///< [unit] as available now
    ColumnView<const double> soc;      ///< [unit]
    ColumnView<const double> age_s;    ///< [unit] since the newest telemetry was measured

    ColumnView<const double> site_net_w;  ///< [site] at the meter, + into the grid
    ColumnView<const double> demand_w;    ///< [site] household load, >= 0
    ColumnView<const double> pv_w;        ///< [site] >= 0

    std::size_t units() const { return p_w.rows(); }
    std::size_t lanes() const { return mask.size(); }
};

/// Why a unit got what it got.
enum class Reason : std::uint8_t {
    default_control = 0,  ///< nothing asked: the unit does as it does by itself
    share = 1,            ///< its share of the target
    at_limit = 2,         ///< its share, cut at a limit
    stale = 3,            ///< not heard of for too long: left to its default control
    no_data = 4,          ///< the observation cannot support a decision
};

/// What a strategy writes. Shape  [unit, lane]; unserved [lane]. Masked lanes are left alone.
struct Command {
    ColumnView<double> p_w;                ///< setpoint, W; NaN = default control
    ColumnView<std::int64_t> valid_until;  ///< ns UTC, filled in beforehand
    ColumnView<Reason> reason;
    std::span<double> unserved_w;  ///< target less the sum of setpoints; 0 where nothing was asked
};

/// Owns the cells behind a Command.
class CommandBuffer {
public:
    CommandBuffer() = default;
    CommandBuffer(std::size_t units, std::size_t lanes)
        : p_w_(units, lanes, std::numeric_limits<double>::quiet_NaN()),
          valid_until_(units, lanes, never_ns),
          reason_(units, lanes, Reason::default_control),
          unserved_w_(lanes, 0.0) {}

    /// Default control for every unit of the lanes in the mask, valid for `lifetime` from now on.
    void clear(std::span<const std::uint8_t> mask, std::span<const std::int64_t> now,
               Duration lifetime) {
        for (std::size_t l = 0; l < mask.size(); ++l) {
            if (!mask[l]) continue;
            unserved_w_[l] = 0.0;
            for (std::size_t u = 0; u < p_w_.rows(); ++u) {
                p_w_(u, l) = std::numeric_limits<double>::quiet_NaN();
                valid_until_(u, l) = now[l] + lifetime.ns;
                reason_(u, l) = Reason::default_control;
            }
        }
    }
    Command view() { return {p_w_.view(), valid_until_.view(), reason_.view(), unserved_w_}; }

private:
    Column<double> p_w_;
    Column<std::int64_t> valid_until_;
    Column<Reason> reason_;
    std::vector<double> unserved_w_;
};

}  // namespace gridflock::inline v0::dispatch
