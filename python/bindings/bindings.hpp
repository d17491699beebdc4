// SPDX-License-Identifier: Apache-2.0
// The parts of the extension module gridflock._core, one a file.
#pragma once

#include <gridflock/core/error.hpp>
#include <gridflock/dispatch/registry.hpp>
#include <gridflock/scenario/value.hpp>

#include <pybind11/pybind11.h>

#include <memory>

namespace gridflock::python {

namespace py = pybind11;

void bind_errors(py::module_& m);
void bind_scenario(py::module_& m);
void bind_results(py::module_& m);
void bind_powerflow(py::module_& m);
void bind_run(py::module_& m);
void bind_simulation(py::module_& m);
void bind_random(py::module_& m);
void bind_des(py::module_& m);

py::object to_python(const scenario::Value& value);
/// None, bool, int, float, str, list, tuple, dict, NumPy scalars. Errors  TypeError.
scenario::Value to_value(const py::handle& object);
py::object to_python(const Fault& fault);

/// Adds a strategy written in Python: `factory(parameters: dict)` gives an object with decide().
void add_python_strategy(dispatch::Registry& registry, const std::string& name,
                         const std::vector<std::string>& keys, py::function factory);

}  // namespace gridflock::python
