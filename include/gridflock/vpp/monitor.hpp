// SPDX-License-Identifier: Apache-2.0
// The aggregator's view of its fleet, made of what was received.
//
//   fresh   heard of within `stale_after`: the last value is held and counts as exact
//   stale   not heard of for longer, never, or heard with no numbers: demand and PV come from the
//           outlook (else the last value), battery power is what the unit should be doing (its
//           command until expiry, then self-consumption: demand - PV), stored energy is held
//
// Fleet totals carry a bound. A fresh site adds its value to both ends, a stale one its full
// capability: any battery power within the nameplate, PV from 0 to rated, demand from 0 to the
// connection's limit, and any stored energy that full power could have reached since the last word.
//
// Row u of every column is a site with one battery behind its meter, as enrolled.
#pragma once

#include <gridflock/asset/records.hpp>
#include <gridflock/asset/telemetry.hpp>
#include <gridflock/core/column.hpp>
#include <gridflock/core/lanes.hpp>
#include <gridflock/dispatch/observation.hpp>

namespace gridflock::inline v0::vpp {

/// What a site can do at most. Unit  W; battery as asset::Capability.
struct SiteCapability {
    asset::Capability battery;
    double pv_w = 0;      ///< rated
    double demand_w = 0;  ///< the connection's limit
};

/// The newest telemetry of each site, as comms::Latest holds it.
struct Received {
    ColumnView<const std::int64_t> measured_at;  ///< [site, lane] ns; never_ns = nothing yet
    ColumnView<const double> payload;            ///< [site * asset::Telemetry::width + k, lane]
};

/// What stands in for a silent site. An empty view, or NaN in it, means: not known.
struct Outlook {
    ColumnView<const double> demand_w;             ///< [site, lane] forecast for now
    ColumnView<const double> pv_w;                 ///< [site, lane] forecast for now
    ColumnView<const double> command_w;            ///< [site, lane] the last setpoint sent
    ColumnView<const std::int64_t> command_until;  ///< [site, lane] ns, its expiry
};

struct MonitorSettings {
    Duration stale_after = minutes(3);
    double hold_s = 300;  ///< power limits are those that last so long
};

/// A total with an interval that holds the truth; low <= estimate <= high.
struct Bounded {
    double low = 0;
    double estimate = 0;
    double high = 0;
};

/// The estimate. Shape  columns [site, lane]; vectors [lane]. Unit  W, J, s; + into the grid.
struct Estimate {
    Estimate() = default;
    Estimate(std::size_t sites, std::size_t lanes);

    Column<double> age_s;  ///< NaN: never heard of
    Column<std::uint8_t> stale;
    Column<double> p_w, p_min_w, p_max_w, soc;  ///< battery
    Column<double> net_w;                       ///< at the meter: pv + p - demand
    Column<double> demand_w, pv_w;              ///< >= 0

    std::vector<Bounded> total_p_w;       ///< batteries
    std::vector<Bounded> total_net_w;     ///< at the meters
    std::vector<Bounded> total_energy_j;  ///< stored
    std::vector<std::int32_t> stale_count;

    /// Points the unit and site columns of an observation at this estimate.
    void show(dispatch::Observation& observation) const;
};

/// Estimates the fleet of each active lane at the clock's now.
/// Shape   capability [site]; received and outlook as declared.
/// Changes out, active lanes only.
/// Errors  ShapeError when the arrays do not fit.
void estimate(std::span<const SiteCapability> capability, const Received& received,
              const Outlook& outlook, const MonitorSettings& settings, const LaneClock& clock,
              Estimate& out);

}  // namespace gridflock::inline v0::vpp
