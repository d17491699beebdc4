// SPDX-License-Identifier: Apache-2.0
// A block with its fallbacks: what Solver and solve_batch share.
#pragma once

#include "block.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace gridflock::inline v0::powerflow {

/// Where the powers of a study come from: rows of a block's table.
struct Drives {
    std::vector<Drive> loads, terminals;
    std::int32_t table_rows = 1;
};

class Engine {
public:
    Engine(std::shared_ptr<const LaneNetwork> network, Drives drives, InstructionSet set,
           int width);

    Block& block() { return *block_; }
    const Block& block() const { return *block_; }
    const LaneNetwork& network() const { return *network_; }

    /// The states of changeable elements in one lane; others are as in the network.
    void change_lane(std::size_t lane, std::vector<const Change*> changes);
    /// Solves the active lanes from the voltages in place, falls back lane by lane, and finishes.
    void solve(std::span<const std::uint8_t> active, const BlockLimits& limits, int max_refinements,
               Check check);

    struct Head {
        double p = 0, q = 0;
    };
    /// Power out of the sources into the feeder.
    Head head(std::size_t lane) const;
    double device_p(std::size_t lane) const { return block_->totals[2 * width() + lane]; }
    double demand_p(std::size_t lane) const { return block_->totals[lane]; }
    double demand_q(std::size_t lane) const { return block_->totals[width() + lane]; }

private:
    std::size_t width() const { return static_cast<std::size_t>(block_->width()); }
    bool is_unbalanced(std::span<const std::uint8_t> active, std::size_t lane,
                       const BlockLimits& limits) const;
    bool is_rough(std::span<const std::uint8_t> active, std::size_t lane) const;
    void tighten(std::span<const std::uint8_t> active, const BlockLimits& limits, Check check);
    bool refine_lanes(std::span<const std::uint8_t> active);
    void fall_back(std::size_t lane, const BlockLimits& limits);
    bool try_block(Block& block, std::size_t lane, const BlockLimits& limits);
    bool try_newton(std::size_t lane, const BlockLimits& limits);
    void take(std::size_t lane, const LaneNetwork& from, const Block& solved);

    std::shared_ptr<const LaneNetwork> network_;
    Drives drives_;
    Injections injections_;
    std::unique_ptr<Block> block_, single_, rated_;
    std::optional<Injections> rated_injections_;
    std::vector<std::vector<const Change*>> changes_;  // [lane], until solve has ended
    std::vector<std::uint8_t> is_singular_;
};

}  // namespace gridflock::inline v0::powerflow
