// SPDX-License-Identifier: Apache-2.0
// What a run and a simulation that is stepped from Python have in common.
#pragma once

#include "bindings.hpp"

#include <gridflock/io/hdf5_sink.hpp>
#include <gridflock/sim/plan.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace gridflock::python {

/// Strategies in Python by name: the keys they know, and what makes one for a lane block.
using Strategies = std::map<std::string, std::pair<std::vector<std::string>, py::function>>;
using Texts = std::vector<std::pair<std::string, std::string>>;

sim::CompileOptions compile_options(const Strategies& strategies,
                                    const std::vector<std::string>& variants);

/// What a results file holds beside the run: of the strategies in Python.
io::Hdf5Options file_options(const Texts& attributes, const Texts& inputs);

}  // namespace gridflock::python
