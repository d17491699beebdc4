// SPDX-License-Identifier: Apache-2.0
// The random numbers of a run, so that any draw can be made again and held against NumPy's.
#include "bindings.hpp"

#include <gridflock/core/random.hpp>

#include <pybind11/stl.h>

#include <string>

namespace gridflock::python {

void bind_random(py::module_& m) {
    m.def(
        "philox4x64",
        [](const Block4& counter, const std::array<std::uint64_t, 2>& key) {
            return philox4x64(counter, key);
        },
        py::arg("counter"), py::arg("key"),
        "Four uint64 of Philox4x64-10. numpy.random.Philox steps its counter first: its first "
        "block "
        "for `counter` is ours for counter + 1.");
    m.def(
        "stable_id", [](const std::string& path) { return stable_id(path).value; }, py::arg("path"),
        "The 64-bit identity that keys an entity's random numbers.");
}

}  // namespace gridflock::python
