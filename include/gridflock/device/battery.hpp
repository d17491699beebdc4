// SPDX-License-Identifier: Apache-2.0
// A battery behind an inverter: one energy, one efficiency each way. Injection is
// positive, so discharge is.
//
//   E' = E + dt (eta_c Pc - Pd / eta_d) - sigma E dt,   E within [soc_min, soc_max] x capacity
//   Pc <= min(power, (Emax - E) / (eta_c dt)),   Pd <= min(power, (E - Emin) eta_d / dt)
//   P^2 + Q^2 <= S^2, watts first: Q is clipped to sqrt(S^2 - P^2)
//
// The limits of energy hold exactly: a step that reaches one ends on it. A battery that starts
// outside them may move inwards only. Each step closes its audit: -P dt = E' - E + loss, to 1e-9 of
// the energy.
// Source  the headroom rule of OpenDER 3.6; constant efficiencies.
#pragma once

#include <gridflock/core/column.hpp>
#include <gridflock/core/lanes.hpp>
#include <gridflock/core/math.hpp>

#include <cstdint>
#include <span>

namespace gridflock::inline v0::device {

struct BatteryParams {
    double capacity_j = 13.5 * 3.6e6;
    double power_w = 5000;  ///< each way, at the terminals
    double apparent_va = 5000;
    double soc_min = 0.15;
    double soc_max = 0.95;
    double efficiency_charge = 0.95;
    double efficiency_discharge = 0.95;
    double self_discharge_per_s = 0;
};

/// What stopped a battery from following its target.
enum class BatteryLimit : std::uint8_t { none, power, full, empty, not_finite };

struct BatteryOutput {
    double p_w = 0;
    double q_var = 0;
    double loss_j = 0;  ///< conversion and self-discharge, >= 0
    BatteryLimit limit = BatteryLimit::none;
};

/// Powers that a battery can hold for `dt`, W: p_min_w <= 0 <= p_max_w.
struct BatteryRange {
    double p_min_w = 0;
    double p_max_w = 0;
};

inline double soc(const BatteryParams& params, double energy_j) {
    return energy_j / params.capacity_j;
}

inline BatteryRange available(const BatteryParams& params, double energy_j, double dt) {
    const double power = math::min(params.power_w, params.apparent_va);
    const double room = math::max(params.soc_max * params.capacity_j - energy_j, 0.0);
    const double stock = math::max(energy_j - params.soc_min * params.capacity_j, 0.0);
    return {-math::min(power, room / (params.efficiency_charge * dt)),
            math::min(power, stock * params.efficiency_discharge / dt)};
}

/// What keeps a battery from a target, given the range it can hold.
inline BatteryLimit limit_of(const BatteryRange& range, double power_w, double target_p_w) {
    if (!(math::abs(target_p_w) < 1e300)) return BatteryLimit::not_finite;
    if (target_p_w > range.p_max_w)
        return range.p_max_w < power_w ? BatteryLimit::empty : BatteryLimit::power;
    if (target_p_w < range.p_min_w)
        return range.p_min_w > -power_w ? BatteryLimit::full : BatteryLimit::power;
    return BatteryLimit::none;
}

/// Advances one battery by dt towards its targets. A target that is not finite means standby.
/// Changes energy_j.
inline BatteryOutput step(const BatteryParams& params, double& energy_j, double target_p_w,
                          double target_q_var, double dt) {
    const BatteryRange range = available(params, energy_j, dt);
    const double power = math::min(params.power_w, params.apparent_va);
    BatteryOutput out;
    out.limit = limit_of(range, power, target_p_w);
    const double p = out.limit == BatteryLimit::not_finite
                         ? 0.0
                         : math::clamp(target_p_w, range.p_min_w, range.p_max_w);
    const double low = params.soc_min * params.capacity_j;
    const double high = params.soc_max * params.capacity_j;
    double after = energy_j;
    if (p < 0) {
        after = math::min(energy_j - params.efficiency_charge * p * dt, high);
        if (out.limit == BatteryLimit::full) after = high;
        out.loss_j = -(1.0 - params.efficiency_charge) * p * dt;
    } else if (p > 0) {
        after = math::max(energy_j - p * dt / params.efficiency_discharge, low);
        if (out.limit == BatteryLimit::empty) after = low;
        out.loss_j = (1.0 / params.efficiency_discharge - 1.0) * p * dt;
    }
    const double leak = params.self_discharge_per_s * energy_j * dt;
    energy_j = math::snap(math::max(after - leak, math::min(low, after)));
    out.loss_j += after - energy_j;
    out.p_w = p;
    const double q_room =
        math::sqrt(math::max((params.apparent_va - p) * (params.apparent_va + p), 0.0));
    out.q_var = math::clamp(target_q_var == target_q_var ? target_q_var : 0.0, -q_room, q_room);
    return out;
}

/// What a checkpoint keeps, [battery][lane].
struct BatteryState {
    Column<double> energy_j;
    bool operator==(const BatteryState&) const = default;
};

struct BatteryPower {
    ColumnView<double> p_w;
    ColumnView<double> q_var;
    ColumnView<double> loss_j;       ///< of this step
    ColumnView<std::uint8_t> limit;  ///< BatteryLimit
};

/// Advances every battery by dt.
/// Shape   params: [battery]; the rest [battery, lane]; target_q_var may be empty (Q = 0).
/// Changes state and power of the lanes that take part. Allocates nothing.
/// Errors  ShapeError.
void advance(std::span<const BatteryParams> params, BatteryState& state,
             ColumnView<const double> target_p_w, ColumnView<const double> target_q_var,
             const BatteryPower& power, const LaneClock& clock);

}  // namespace gridflock::inline v0::device
