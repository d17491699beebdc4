// SPDX-License-Identifier: Apache-2.0
#include <gridflock/device/battery_control.hpp>

namespace gridflock::inline v0::device {

BatteryControlState::BatteryControlState(std::size_t batteries, std::size_t lanes)
    : command_p_w(batteries, lanes),
      last_target_w(batteries, lanes),
      issued_ns(batteries, lanes, BatteryControlCell{}.issued_ns),
      valid_until_ns(batteries, lanes, BatteryControlCell{}.valid_until_ns),
      mode(batteries, lanes) {}

BatteryControlCell BatteryControlState::load(std::size_t b, std::size_t l) const {
    return {command_p_w(b, l), last_target_w(b, l), issued_ns(b, l), valid_until_ns(b, l),
            static_cast<ControlMode>(mode(b, l))};
}

void BatteryControlState::store(std::size_t b, std::size_t l, const BatteryControlCell& cell) {
    command_p_w(b, l) = cell.command_p_w;
    last_target_w(b, l) = cell.last_target_w;
    issued_ns(b, l) = cell.issued_ns;
    valid_until_ns(b, l) = cell.valid_until_ns;
    mode(b, l) = static_cast<std::uint8_t>(cell.mode);
}

void receive(BatteryControlState& state, const CommandView& command,
             ColumnView<std::uint8_t> reason, const LaneClock& clock) {
    const std::size_t n = state.mode.rows(), lanes = clock.lanes();
    require_shape(state.mode, n, lanes, "battery control: state");
    require_shape(command.p_w, n, lanes, "battery control: p_w");
    require_shape(command.issued_ns, n, lanes, "battery control: issued_ns");
    require_shape(command.received_ns, n, lanes, "battery control: received_ns");
    require_shape(command.valid_until_ns, n, lanes, "battery control: valid_until_ns");
    const bool wanted = reason.data() != nullptr;
    if (wanted) require_shape(reason, n, lanes, "battery control: reason");
    drive(n, clock, [&](std::size_t b, std::size_t l) {
        BatteryControlCell cell = state.load(b, l);
        const CommandReason r = receive(cell,
                                        {command.p_w(b, l), command.issued_ns(b, l),
                                         command.received_ns(b, l), command.valid_until_ns(b, l)},
                                        clock.now[l]);
        state.store(b, l, cell);
        if (wanted) reason(b, l) = static_cast<std::uint8_t>(r);
    });
}

void targets(std::span<const BatteryControlParams> params, BatteryControlState& state,
             ColumnView<const double> site_net_w, ColumnView<double> target_p_w,
             const LaneClock& clock) {
    const std::size_t n = params.size(), lanes = clock.lanes();
    require_shape(state.mode, n, lanes, "battery control: state");
    require_shape(site_net_w, n, lanes, "battery control: site_net_w");
    require_shape(target_p_w, n, lanes, "battery control: target_p_w");
    drive(n, clock, [&](std::size_t b, std::size_t l) {
        BatteryControlCell cell = state.load(b, l);
        target_p_w(b, l) = target(params[b], cell, site_net_w(b, l), clock.now[l], clock.dt[l]);
        state.store(b, l, cell);
    });
}

}  // namespace gridflock::inline v0::device
