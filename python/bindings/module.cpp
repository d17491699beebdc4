// SPDX-License-Identifier: Apache-2.0
#include "bindings.hpp"

#include <gridflock/version.hpp>

PYBIND11_MODULE(_core, m) {
    using namespace gridflock::python;
    m.doc() = "The simulator behind the package gridflock. Use the package, not this module.";
    m.attr("version") = std::string(gridflock::version_string);
    m.attr("git_hash") = std::string(gridflock::git_hash());
    bind_errors(m);
    bind_scenario(m);
    bind_results(m);
    bind_powerflow(m);
    bind_run(m);
    bind_random(m);
    bind_des(m);
}
