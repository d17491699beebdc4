// SPDX-License-Identifier: Apache-2.0
// Which run a results file is of: what is there whole need not be run again, and only what is of
// the same run can be gone on with.
#pragma once

#include <gridflock/io/hdf5_sink.hpp>
#include <gridflock/sim/plan.hpp>

#include <string>

namespace gridflock::inline v0::io {

/// SHA-256 (hex) of all that decides a results file: the Plan with its inputs, the scenario's text,
/// the attributes and inputs that the caller adds (of strategies outside), the library's version.
std::string run_digest(const sim::Plan& plan, const Hdf5Options& options);

/// Whether a results file with all its segments is there, complete, and says in its attribute
/// `run_digest` that it is of that run; false also for what cannot be read.
bool is_complete(const std::string& path, const std::string& run_digest);

/// Refuses to go on with results of another run.
/// Errors  CheckpointError with what differs, as far as the file tells; IoError.
void require_same_run(const std::string& path, const sim::Plan& plan, const Hdf5Options& options);

}  // namespace gridflock::inline v0::io
