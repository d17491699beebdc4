// SPDX-License-Identifier: Apache-2.0
// What the events of a block's queue mean.
#pragma once

#include <gridflock/sim/state.hpp>

#include <cstdint>

namespace gridflock::inline v0::sim {

enum class Handler : std::uint32_t {
    telemetry,
    batches,
    script,  ///< payload[0]: index of Plan::script
    forecast,
    dispatch,
    bid,
    award,
    anchor,
    preliminary,
    final_run,
    switching,  ///< payload[0]: index of Plan::switching
    count_,
};
inline constexpr std::size_t handler_count = static_cast<std::size_t>(Handler::count_);

void allocate_frame(const Plan& plan, Frame& frame);

}  // namespace gridflock::inline v0::sim
