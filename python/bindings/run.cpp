// SPDX-License-Identifier: Apache-2.0
// The run loop: the interpreter's lock is released while the simulator works, and taken at each
// tick for a moment to look for Ctrl-C and to tell the progress.
#include "bindings.hpp"

#include <gridflock/io/hdf5_sink.hpp>
#include <gridflock/io/scenario_file.hpp>
#include <gridflock/sim/simulation.hpp>

#include <pybind11/stl.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gridflock::python {

namespace {

using Seconds = std::chrono::duration<double>;
using Strategies = std::map<std::string, std::pair<std::vector<std::string>, py::function>>;
using Texts = std::vector<std::pair<std::string, std::string>>;

/// Takes the lock; throws what a signal handler raised.
void tick(const sim::Simulation& simulation, const py::object& progress, double& last) {
    const py::gil_scoped_acquire acquire;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    if (progress.is_none()) return;
    const double now = Seconds(std::chrono::steady_clock::now().time_since_epoch()).count();
    if (now - last < 0.1 && !simulation.done()) return;
    last = now;
    progress(simulation.begin().ns, simulation.now().ns, simulation.end().ns);
}

bool is_interrupt(const py::error_already_set& e) {
    const py::gil_scoped_acquire acquire;
    return e.matches(PyExc_KeyboardInterrupt);
}

void step_to_end(sim::Simulation& simulation, const py::object& progress) {
    double last = 0;
    try {
        while (!simulation.done()) {
            simulation.step();
            tick(simulation, progress, last);
        }
    } catch (const py::error_already_set& e) {
        const bool is_stopped = is_interrupt(e);
        simulation.finish(is_stopped ? record::RunStatus::interrupted : record::RunStatus::failed,
                          is_stopped ? "stopped by the user" : "a Python callback raised");
        throw;
    } catch (const std::exception& e) {
        simulation.finish(record::RunStatus::failed, e.what());
        throw;
    }
}

py::object run(scenario::Scenario s, const std::string& path, const Strategies& strategies,
               const std::vector<std::string>& variants, const py::object& progress,
               const Texts& attributes, const Texts& inputs, bool is_changed) {
    if (is_changed) s.text = io::write_scenario(s);  // the file must hold what was run
    sim::CompileOptions options;
    options.variants = variants;
    for (const auto& [name, strategy] : strategies)
        add_python_strategy(options.registry, name, strategy.first, strategy.second);
    io::Hdf5Options file;
    file.attributes = attributes;
    for (const auto& [name, content] : inputs) file.inputs.push_back({name, content});
    std::optional<LaneFailure> failure;
    {
        const py::gil_scoped_release release;
        io::Hdf5Sink sink(path, file);
        sim::Simulation simulation(sim::compile(s, options));
        simulation.attach(sink);
        step_to_end(simulation, progress);
        failure = simulation.failure();
    }
    return failure ? py::object(py::str(failure->text())) : py::object(py::none());
}

}  // namespace

void bind_run(py::module_& m) {
    m.def("run", &run, py::arg("scenario"), py::arg("path"), py::arg("strategies") = Strategies{},
          py::arg("variants") = std::vector<std::string>{}, py::arg("progress") = py::none(),
          py::arg("attributes") = Texts{}, py::arg("inputs") = Texts{},
          py::arg("is_changed") = true);
    m.def("strategies", [] { return dispatch::Registry::built_in().names(); });
}

}  // namespace gridflock::python
