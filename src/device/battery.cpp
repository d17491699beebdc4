// SPDX-License-Identifier: Apache-2.0
#include <gridflock/device/battery.hpp>

namespace gridflock::inline v0::device {

void advance(std::span<const BatteryParams> params, BatteryState& state,
             ColumnView<const double> target_p_w, ColumnView<const double> target_q_var,
             const BatteryPower& power, const LaneClock& clock) {
    const std::size_t n = params.size(), lanes = clock.lanes();
    require_shape(state.energy_j, n, lanes, "battery: energy_j");
    require_shape(target_p_w, n, lanes, "battery: target_p_w");
    require_shape(power.p_w, n, lanes, "battery: p_w");
    require_shape(power.q_var, n, lanes, "battery: q_var");
    require_shape(power.loss_j, n, lanes, "battery: loss_j");
    require_shape(power.limit, n, lanes, "battery: limit");
    const bool has_q = target_q_var.data() != nullptr;
    if (has_q) require_shape(target_q_var, n, lanes, "battery: target_q_var");
    drive(n, clock, [&](std::size_t b, std::size_t l) {
        const BatteryOutput out = step(params[b], state.energy_j(b, l), target_p_w(b, l),
                                       has_q ? target_q_var(b, l) : 0.0, clock.dt[l]);
        power.p_w(b, l) = out.p_w;
        power.q_var(b, l) = out.q_var;
        power.loss_j(b, l) = out.loss_j;
        power.limit(b, l) = static_cast<std::uint8_t>(out.limit);
    });
}

}  // namespace gridflock::inline v0::device
