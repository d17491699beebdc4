// SPDX-License-Identifier: Apache-2.0
// An ensemble recorded part by part: each lane block has a results file of its own, so that what
// has run to its end outlives whatever comes after, and a second run leaves it out.
#pragma once

#include <gridflock/io/hdf5_sink.hpp>
#include <gridflock/sim/ensemble.hpp>

#include <string>
#include <vector>

namespace gridflock::inline v0::io {

struct PartOptions {
    sim::EnsembleOptions run;
    Hdf5Options file;  ///< of each part, which has no segments
    std::int32_t first_world = 0;
    std::int32_t last_world = -1;  ///< not included; -1: to the end
    bool is_resumed = true;        ///< leave out finished parts of the same run
};

struct Parts {
    std::vector<std::string> paths;  ///< in the order of lanes
    std::size_t skipped = 0;         ///< of them: were finished before
    std::vector<LaneFailure> failures;
};

/// Runs the lanes of [first_world, last_world) in blocks, each into
/// folder/part-<world>-<variant>.h5 (of its first lane). A part's root attributes `lanes` ([[world,
/// variant], ...]) and `run_digest` say whose it is; it is finished when its status is complete or
/// failed. Errors  those of Ensemble::run; IoError.
Parts run_parts(const std::shared_ptr<const sim::Plan>& plan, const std::string& folder,
                const PartOptions& options, const sim::Ensemble::GoOn& go_on = {});

}  // namespace gridflock::inline v0::io
