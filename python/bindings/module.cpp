// SPDX-License-Identifier: Apache-2.0
#include "bindings.hpp"

#include <gridflock/core/instruction_set.hpp>
#include <gridflock/version.hpp>

#include <pybind11/stl.h>

#include <string>
#include <vector>

PYBIND11_MODULE(_core, m) {
    using namespace gridflock::python;
    m.doc() = "The simulator behind the package gridflock. Use the package, not this module.";
    m.attr("version") = std::string(gridflock::version_string);
    m.attr("git_hash") = std::string(gridflock::git_hash());
    m.def(
        "instruction_sets",
        [] {
            std::vector<std::string> names;
            for (const auto set :
                 {gridflock::InstructionSet::portable, gridflock::InstructionSet::avx2,
                  gridflock::InstructionSet::avx512})
                if (is_available(set)) names.emplace_back(to_text(set));
            return names;
        },
        "Names of the vector instructions that kernels can use on this machine.");
    bind_errors(m);
    bind_scenario(m);
    bind_results(m);
    bind_powerflow(m);
    bind_run(m);
    bind_simulation(m);
    bind_random(m);
    bind_des(m);
}
