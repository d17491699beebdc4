// SPDX-License-Identifier: Apache-2.0
// A dispatch strategy: one virtual call a tick for a whole lane block.
//
// One instance serves one lane block. Lanes of the block that follow another strategy are masked
// out by the caller, so several instances share a block. A strategy must treat every lane as if it
// were alone: what it decides for one depends on no other.
#pragma once

#include <gridflock/core/index.hpp>
#include <gridflock/dispatch/observation.hpp>

#include <cstddef>
#include <string_view>

namespace gridflock::inline v0::dispatch {

/// What does not change during a run: the fleet that is dispatched and its cadence.
struct Setup {
    std::size_t lanes = 1;
    std::vector<StableId> unit;         ///< [unit]
    std::vector<std::int32_t> site_of;  ///< [unit] row of the site columns
    std::vector<double> power_w;        ///< [unit] rated
    std::vector<double> energy_j;       ///< [unit] capacity
    Duration every = minutes(5);        ///< cadence of decide
    Duration lifetime = minutes(10);    ///< of a command
};

class Strategy {
public:
    virtual ~Strategy() = default;

    virtual std::string_view name() const = 0;
    /// Called once before the first decision, and again for a run from the start.
    virtual void reset(const Setup& setup) = 0;
    /// Decides for the lanes in the mask. `out` comes filled with default control.
    virtual void decide(const Observation& observation, Command& out) = 0;

    /// State as bytes, for checkpoint and fork. Errors  throws Error when the strategy cannot.
    virtual std::vector<std::byte> save() const = 0;
    virtual void restore(std::span<const std::byte> bytes) = 0;

    /// Whether the aggregator offers this strategy's fleet to the market.
    virtual bool bids() const { return false; }
};

}  // namespace gridflock::inline v0::dispatch
