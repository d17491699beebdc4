// SPDX-License-Identifier: Apache-2.0
// Which run a results file is of: what is there whole need not be run again.
#pragma once

#include <gridflock/sim/plan.hpp>

#include <string>
#include <utility>
#include <vector>

namespace gridflock::inline v0::io {

/// SHA-256 (hex) of all that decides a results file: the Plan with its inputs, the scenario's text,
/// the root attributes that the caller adds (of strategies outside), the library's version.
std::string run_digest(const sim::Plan& plan,
                       const std::vector<std::pair<std::string, std::string>>& attributes);

/// Whether a results file with all its segments is there, complete, and says in its attribute
/// `run_digest` that it is of that run; false also for what cannot be read.
bool is_complete(const std::string& path, const std::string& run_digest);

}  // namespace gridflock::inline v0::io
