// SPDX-License-Identifier: Apache-2.0
// Many worlds and variants of one Plan, a lane block at a time, on some threads.
//
//   lanes (worlds x variants, world by world) -> blocks of `width` -> threads take blocks
//
// State of a lane is the same bit for bit for any width, any number of threads and any neighbours.
// A block is run from start to end and recorded before its thread takes the next one, so memory is
// that of `threads` blocks, however many worlds there are.
#pragma once

#include <gridflock/record/sink.hpp>
#include <gridflock/sim/simulation.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace gridflock::inline v0::sim {

/// The same Plan for some of its lanes, in the order given: State and Random numbers of each lane
/// are those that it has in the whole. Errors  Error for no lane, or one that the Plan lacks.
std::shared_ptr<const Plan> block_of(const Plan& plan, std::span<const Lane> lanes);

struct EnsembleOptions {
    int threads = 1;        ///< >= 1
    std::size_t width = 8;  ///< lanes a block, >= 1
};

class Ensemble {
public:
    /// One block's own sink, made when it starts and destroyed when it has ended; none is allowed.
    /// Called by one thread at a time, as are all sinks.
    using MakeSink = std::function<std::unique_ptr<record::Sink>(const Plan& block)>;
    /// Told when a block has run to its end, by one thread at a time, after its sink has ended.
    using Done = std::function<void(const Simulation& simulation)>;
    /// Asked now and then by the thread that called run(); false stops all blocks. `share` counts
    /// the steps done, 0 to 1. May throw, which stops them too.
    using GoOn = std::function<bool(double share)>;

    explicit Ensemble(std::shared_ptr<const Plan> plan);

    const Plan& plan() const { return *plan_; }
    /// Leaves lanes out of run(): those of finished parts, say. Default: all of the Plan.
    void choose(std::vector<Lane> lanes) { lanes_ = std::move(lanes); }
    std::vector<std::vector<Lane>> blocks(std::size_t width) const;

    /// Runs every block; returns the failures of lanes, in the order of lanes. Stopped by go_on,
    /// the sinks of unfinished blocks end as interrupted.
    /// Errors  Error for options out of range; the first error of a block, after the others ended.
    std::vector<LaneFailure> run(const EnsembleOptions& options, const MakeSink& make_sink = {},
                                 const Done& done = {}, const GoOn& go_on = {});

private:
    std::shared_ptr<const Plan> plan_;
    std::vector<Lane> lanes_;
};

}  // namespace gridflock::inline v0::sim
