// SPDX-License-Identifier: Apache-2.0
// A checkpoint beside a results file: the simulation's bytes, how many rows of the file are part of
// it, and the rows of unfinished blocks, which are in no file. Written whole or not at all, with
// fdatasync, so a kill leaves the one before.
#pragma once

#include <gridflock/core/error.hpp>
#include <gridflock/io/results_file.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gridflock::inline v0::io {

/// What a checkpoint keeps of the results.
struct Recorded {
    std::vector<RecordedRows> rows;  ///< of the segment's file
    std::uint32_t segment = 0;
    std::int64_t segment_end_ns = 0;  ///< the next one begins; 0: not known yet
};

struct SavedRun {
    std::vector<std::byte> simulation;  ///< of Simulation::checkpoint()
    Recorded results;
};

/// Where the checkpoint of a results file lies: day.h5 -> day.h5.checkpoint.
std::string checkpoint_path(const std::string& results);

/// Errors  IoError; the checkpoint before stays.
void write_checkpoint(const std::string& path, const SavedRun& run);
/// Errors  IoError: no such file; CheckpointError: damaged, or something else.
SavedRun read_checkpoint(const std::string& path);

}  // namespace gridflock::inline v0::io
