// SPDX-License-Identifier: Apache-2.0
// What a battery does: follow the last command while it is valid, else serve its own site.
//
//   self_consumption  target = -(site's injection without the battery): import is covered,
//                     surplus is stored; it neither exports stored energy nor charges from the grid
//   commanded         target = command, from the first step after it arrived until it expires
//   ramping           after expiry from the command towards self-consumption, at ramp_w_per_s
//
// A NaN command means the default control, at once. Commands are ordered by when they were issued:
// one that arrives after a newer one is superseded. A step decides with the time at its start.
#pragma once

#include <gridflock/core/column.hpp>
#include <gridflock/core/lanes.hpp>
#include <gridflock/core/math.hpp>

#include <cstdint>
#include <limits>
#include <span>

namespace gridflock::inline v0::device {

enum class ControlMode : std::uint8_t { self_consumption, commanded, ramping };

/// What became of a command, for the acknowledgement.
enum class CommandReason : std::uint8_t {
    none,  ///< nothing new
    accepted,
    default_requested,  ///< NaN: back to self-consumption
    expired,            ///< arrived after its own expiry; the command before stays
    superseded,         ///< a newer one was taken before
    not_finite,         ///< an infinity; the command before stays
};

struct BatteryControlParams {
    double ramp_w_per_s = 5000.0 / 60.0;  ///< > 0
};

/// One battery's control, as the scalar step sees it.
struct BatteryControlCell {
    double command_p_w = 0;
    double last_target_w = 0;
    std::int64_t issued_ns = std::numeric_limits<std::int64_t>::min();
    std::int64_t valid_until_ns = std::numeric_limits<std::int64_t>::min();
    ControlMode mode = ControlMode::self_consumption;
};

struct BatteryCommand {
    double p_w = 0;  ///< injection; NaN = default control
    std::int64_t issued_ns = 0;
    std::int64_t received_ns = never_ns;  ///< never_ns = nothing has arrived
    std::int64_t valid_until_ns = 0;
};

/// Takes a command that has arrived by `now_ns`. Changes cell.
inline CommandReason receive(BatteryControlCell& cell, const BatteryCommand& command,
                             std::int64_t now_ns) {
    if (command.received_ns > now_ns || command.issued_ns == cell.issued_ns)
        return CommandReason::none;
    if (command.issued_ns < cell.issued_ns) return CommandReason::superseded;
    cell.issued_ns = command.issued_ns;
    if (command.p_w != command.p_w) {
        cell.mode = ControlMode::self_consumption;
        return CommandReason::default_requested;
    }
    if (!(math::abs(command.p_w) < 1e300)) return CommandReason::not_finite;
    if (command.valid_until_ns <= now_ns) return CommandReason::expired;
    cell.command_p_w = command.p_w;
    cell.valid_until_ns = command.valid_until_ns;
    cell.mode = ControlMode::commanded;
    return CommandReason::accepted;
}

/// Target for the step that starts at `now_ns`. `site_net_w` is the site's injection without the
/// battery: PV less demand. Changes cell.
inline double target(const BatteryControlParams& params, BatteryControlCell& cell,
                     double site_net_w, std::int64_t now_ns, double dt) {
    const double own = -site_net_w;
    if (cell.mode == ControlMode::commanded && now_ns >= cell.valid_until_ns)
        cell.mode = ControlMode::ramping;
    double wanted = own;
    if (cell.mode == ControlMode::commanded) {
        wanted = cell.command_p_w;
    } else if (cell.mode == ControlMode::ramping) {
        const double reach = params.ramp_w_per_s * dt, gap = own - cell.last_target_w;
        if (math::abs(gap) <= reach)
            cell.mode = ControlMode::self_consumption;
        else
            wanted = cell.last_target_w + math::clamp(gap, -reach, reach);
    }
    cell.last_target_w = wanted;
    return wanted;
}

/// What a checkpoint keeps, each [battery][lane].
struct BatteryControlState {
    Column<double> command_p_w, last_target_w;
    Column<std::int64_t> issued_ns, valid_until_ns;
    Column<std::uint8_t> mode;  ///< ControlMode

    BatteryControlState() = default;
    BatteryControlState(std::size_t batteries, std::size_t lanes);
    BatteryControlCell load(std::size_t battery, std::size_t lane) const;
    void store(std::size_t battery, std::size_t lane, const BatteryControlCell& cell);
    bool operator==(const BatteryControlState&) const = default;
};

/// The newest command that has arrived, each [battery][lane].
struct CommandView {
    ColumnView<const double> p_w;
    ColumnView<const std::int64_t> issued_ns, received_ns, valid_until_ns;
};

/// Takes what has arrived by clock.now. `reason` (CommandReason) may be empty.
/// Changes state and reason of the lanes that take part. Errors: ShapeError.
void receive(BatteryControlState& state, const CommandView& command,
             ColumnView<std::uint8_t> reason, const LaneClock& clock);

/// Targets of the step [now, now + dt).
/// Shape   params: [battery]; site_net_w, target_p_w: [battery, lane].
/// Changes state and target_p_w of the lanes that take part. Allocates nothing. Errors: ShapeError.
void targets(std::span<const BatteryControlParams> params, BatteryControlState& state,
             ColumnView<const double> site_net_w, ColumnView<double> target_p_w,
             const LaneClock& clock);

}  // namespace gridflock::inline v0::device
