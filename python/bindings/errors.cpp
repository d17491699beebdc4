// SPDX-License-Identifier: Apache-2.0
// C++ exceptions become the classes of gridflock.errors, with their fields.
#include "bindings.hpp"

#include <pybind11/stl.h>

namespace gridflock::python {

namespace {

void raise(const char* name, const py::object& error) {
    PyErr_SetObject(py::module_::import("gridflock.errors").attr(name).ptr(), error.ptr());
}

py::object make(const char* name, const py::args& args) {
    return py::module_::import("gridflock.errors").attr(name)(*args);
}

void translate(std::exception_ptr p) {
    try {
        if (p) std::rethrow_exception(p);
    } catch (const ScenarioError& e) {
        py::list faults;
        for (const Fault& f : e.faults()) faults.append(to_python(f));
        raise("ScenarioError", make("ScenarioError", py::make_tuple(e.what(), faults)));
    } catch (const IoError& e) {
        raise("IoError", make("IoError", py::make_tuple(e.what(), e.path())));
    } catch (const ShapeError& e) {
        raise("ShapeError", make("ShapeError", py::make_tuple(e.what())));
    } catch (const CheckpointError& e) {
        raise("CheckpointError", make("CheckpointError", py::make_tuple(e.what())));
    } catch (const RunError& e) {
        raise("RunError", make("RunError", py::make_tuple(e.what())));
    } catch (const Error& e) {
        raise("Error", make("Error", py::make_tuple(e.what())));
    }
}

}  // namespace

py::object to_python(const Fault& f) {
    return py::module_::import("gridflock.errors")
        .attr("Fault")(f.at.file, f.at.line, f.at.path, f.found, f.rule, f.remedy, f.text());
}

void bind_errors(py::module_&) {
    py::register_exception_translator(&translate);
}

}  // namespace gridflock::python
