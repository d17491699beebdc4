// SPDX-License-Identifier: Apache-2.0
// Scenarios x time in one call, over NumPy arrays as they lie in memory.
#include "bindings.hpp"
#include "circuit.hpp"

#include <gridflock/powerflow/batch.hpp>

#include <pybind11/complex.h>
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <future>
#include <optional>
#include <string>

namespace gridflock::python {

namespace {

using Array = std::optional<py::array>;

/// A view of an array of three dimensions, as it lies in memory.
/// Errors  ShapeError for another type or shape, or numbers that do not lie on their boundary.
template <class T>
powerflow::StepView<T> view_of(const Array& array, const char* name, std::size_t steps,
                               std::size_t rows, std::size_t scenarios) {
    if (!array) return {};
    const py::array& a = *array;
    const std::string start = std::string(name) + ": ";
    if (!py::isinstance<py::array_t<std::remove_const_t<T>>>(a))
        throw ShapeError(start + "must be of type " +
                         py::str(py::dtype::of<std::remove_const_t<T>>()).cast<std::string>());
    const std::size_t wanted[] = {steps, rows, scenarios};
    powerflow::StepView<T> v{nullptr, steps, rows, scenarios, 0, 0, 0};
    std::ptrdiff_t* strides[] = {&v.step_stride, &v.row_stride, &v.scenario_stride};
    if (a.ndim() != 3) throw ShapeError(start + "must have three dimensions");
    for (int d = 0; d < 3; ++d) {
        if (static_cast<std::size_t>(a.shape(d)) != wanted[d])
            throw ShapeError(start + "has " + std::to_string(a.shape(d)) + " instead of " +
                             std::to_string(wanted[d]) + " in dimension " + std::to_string(d));
        *strides[d] = a.strides(d) / static_cast<std::ptrdiff_t>(sizeof(T));
        if (a.strides(d) % static_cast<std::ptrdiff_t>(sizeof(T)) != 0 && a.shape(d) > 1)
            throw ShapeError(start + "numbers do not lie at multiples of their size; " +
                             "numpy.ascontiguousarray makes a copy that does");
    }
    if (reinterpret_cast<std::uintptr_t>(a.data()) % alignof(T) != 0)
        throw ShapeError(start + "is not aligned; numpy.ascontiguousarray makes a copy that is");
    if constexpr (std::is_const_v<T>)
        v.data = static_cast<T*>(a.data());
    else
        v.data = static_cast<T*>(const_cast<py::array&>(a).mutable_data());
    return v;
}

/// Throws for the first value that is not finite. A dimension that repeats is read once.
void require_finite(const powerflow::StepView<const double>& v, const char* name) {
    if (!v.data) return;
    const std::size_t steps = v.step_stride == 0 ? 1 : v.steps;
    const std::size_t rows = v.row_stride == 0 ? 1 : v.rows;
    const std::size_t scenarios = v.scenario_stride == 0 ? 1 : v.scenarios;
    if (v.steps == 0 || v.rows == 0 || v.scenarios == 0) return;
    for (std::size_t t = 0; t < steps; ++t)
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t s = 0; s < scenarios; ++s)
                if (!std::isfinite(v(t, r, s)))
                    throw ScenarioError({{{"", 0,
                                           std::string(name) + "[" + std::to_string(t) + ", " +
                                               std::to_string(r) + ", " + std::to_string(s) + "]"},
                                          std::to_string(v(t, r, s)),
                                          "must be a finite number",
                                          "fill or drop what is missing"}});
}

/// Hands a vector to NumPy without a copy.
template <class T>
py::array_t<T> to_array(std::vector<T> values, std::vector<py::ssize_t> shape) {
    auto* kept = new std::vector<T>(std::move(values));  // owned by the capsule
    const py::capsule owner(kept, [](void* p) { delete static_cast<std::vector<T>*>(p); });
    return py::array_t<T>(std::move(shape), kept->data(), owner);
}

struct Settings {
    double step_s = 60, tolerance = 1e-8, low_pu = 0.95, high_pu = 1.05;
    int max_iterations = 100, threads = 1, lanes = 0;
    bool starts_from_previous = false, with_statistics = true, refine = false;
    std::string instructions;
};

InstructionSet instruction_set(const std::string& name) {
    if (name.empty()) return best_instruction_set();
    for (const auto set :
         {InstructionSet::portable, InstructionSet::avx2, InstructionSet::avx512}) {
        if (name != to_text(set)) continue;
        if (is_available(set)) return set;
        throw ScenarioError({{{"", 0, "instructions"},
                              "'" + name + "'",
                              "must be a set that this machine has",
                              "leave it out for the best one"}});
    }
    throw ScenarioError({{{"", 0, "instructions"},
                          "'" + name + "'",
                          "must be portable, avx2 or avx512",
                          suggest(name, {"portable", "avx2", "avx512"})}});
}

/// Runs on a thread of its own, so that this one can look for Ctrl-C and tell the progress.
powerflow::BatchOutput run(const powerflow::Solver& solver, const powerflow::BatchInput& input,
                           powerflow::BatchOptions& options, const py::object& progress) {
    std::atomic<std::size_t> done{0};
    std::atomic<bool> is_stopped{false};
    options.progress = [&](std::size_t solves) {
        done = solves;
        return !is_stopped;
    };
    const std::size_t total = input.steps * input.scenarios;
    std::optional<py::error_already_set> raised;
    const auto look = [&](std::size_t solves) {
        try {
            if (PyErr_CheckSignals() != 0) throw py::error_already_set();
            if (!progress.is_none()) progress(0, solves, total);
        } catch (const py::error_already_set& e) {
            raised = e;
            is_stopped = true;
        }
    };
    std::optional<py::gil_scoped_release> release(std::in_place);
    auto work = std::async(std::launch::async,
                           [&] { return powerflow::solve_batch(solver, input, options); });
    while (work.wait_for(std::chrono::milliseconds(50)) != std::future_status::ready) {
        const py::gil_scoped_acquire acquire;
        if (!raised) look(done);
    }
    release.reset();
    powerflow::BatchOutput out = work.get();
    if (!raised) look(total);
    if (raised) throw std::move(*raised);
    return out;
}

py::dict table_of(powerflow::BatchOutput out, py::ssize_t steps, py::ssize_t nodes,
                  py::ssize_t scenarios) {
    std::vector<std::uint8_t> status;
    status.reserve(out.status.size());
    for (const Status s : out.status) status.push_back(static_cast<std::uint8_t>(s));
    const std::vector<py::ssize_t> per_solve{steps, scenarios}, per_node{nodes, scenarios};
    py::dict d;
    d["status"] = to_array(std::move(status), per_solve);
    d["iterations"] = to_array(std::move(out.iterations), per_solve);
    d["residual"] = to_array(std::move(out.residual), per_solve);
    d["head_p_w"] = to_array(std::move(out.head_p_w), per_solve);
    d["head_q_var"] = to_array(std::move(out.head_q_var), per_solve);
    d["losses_w"] = to_array(std::move(out.losses_w), per_solve);
    if (out.min_pu.empty()) return d;
    d["v_pu_min"] = to_array(std::move(out.min_pu), per_node);
    d["v_pu_max"] = to_array(std::move(out.max_pu), per_node);
    d["v_pu_mean"] = to_array(std::move(out.mean_pu), per_node);
    d["minutes_low"] = to_array(std::move(out.minutes_low), per_node);
    d["minutes_high"] = to_array(std::move(out.minutes_high), per_node);
    d["energy_wh"] = to_array(std::move(out.energy_wh), {scenarios});
    d["losses_wh"] = to_array(std::move(out.losses_wh), {scenarios});
    d["peak_w"] = to_array(std::move(out.peak_w), {scenarios});
    return d;
}

struct Arrays {
    Array p, q, scale, v, v_pu;
    std::size_t steps = 1, scenarios = 1, groups = 0;
};

py::dict batch(Circuit& circuit, const Arrays& arrays, const Elements& elements,
               const std::vector<std::int32_t>& group_of_load, const std::vector<int>& nodes,
               const Settings& settings, const py::object& progress) {
    powerflow::BatchInput input;
    const std::size_t steps = arrays.steps, scenarios = arrays.scenarios;
    input.steps = steps;
    input.scenarios = scenarios;
    const std::size_t rows = elements.index.size();
    input.p_w = view_of<const double>(arrays.p, "p", steps, rows, scenarios);
    input.q_var = view_of<const double>(arrays.q, "q", steps, rows, scenarios);
    input.elements = elements.index;
    input.scale = view_of<const double>(arrays.scale, "scale", steps, arrays.groups, scenarios);
    input.group_of_load = group_of_load;
    input.step_s = settings.step_s;
    std::vector<powerflow::NodeIdx> shown;
    for (const int i : nodes) shown.push_back(powerflow::NodeIdx(static_cast<std::size_t>(i)));
    const std::size_t columns = shown.empty() ? circuit.network().nodes() : shown.size();
    powerflow::BatchOptions options;
    options.tolerance = settings.tolerance;
    options.max_iterations = settings.max_iterations;
    options.start =
        settings.starts_from_previous ? powerflow::Start::previous : powerflow::Start::base;
    options.low_pu = settings.low_pu;
    options.high_pu = settings.high_pu;
    options.with_statistics = settings.with_statistics;
    options.refine = settings.refine;
    options.threads = settings.threads;
    options.nodes = shown;
    options.v = view_of<std::complex<double>>(arrays.v, "v", steps, columns, scenarios);
    options.v_pu = view_of<double>(arrays.v_pu, "v_pu", steps, columns, scenarios);
    powerflow::SolverOptions solver_options;
    solver_options.lanes = settings.lanes;
    solver_options.instructions = instruction_set(settings.instructions);
    std::shared_ptr<const powerflow::Solver> solver;
    {
        const py::gil_scoped_release release;
        require_finite(input.p_w, "p");
        require_finite(input.q_var, "q");
        require_finite(input.scale, "scale");
        solver = circuit.solver(elements.terminals, solver_options);
    }
    py::dict d = table_of(run(*solver, input, options, progress), static_cast<py::ssize_t>(steps),
                          static_cast<py::ssize_t>(columns), static_cast<py::ssize_t>(scenarios));
    const powerflow::Solver::Shape shape = solver->shape();
    d["lanes"] = shape.lanes;
    d["instructions"] = to_text(solver_options.instructions);
    return d;
}

}  // namespace

void bind_batch(py::module_& m) {
    py::class_<Elements>(m, "Elements")
        .def_property_readonly("count", [](const Elements& e) { return e.index.size(); })
        .def_readonly("index", &Elements::index)
        .def_readonly("terminals", &Elements::terminals);
    py::class_<Settings>(m, "BatchSettings")
        .def(py::init<>())
        .def_readwrite("step_s", &Settings::step_s)
        .def_readwrite("tolerance", &Settings::tolerance)
        .def_readwrite("low_pu", &Settings::low_pu)
        .def_readwrite("high_pu", &Settings::high_pu)
        .def_readwrite("max_iterations", &Settings::max_iterations)
        .def_readwrite("threads", &Settings::threads)
        .def_readwrite("lanes", &Settings::lanes)
        .def_readwrite("starts_from_previous", &Settings::starts_from_previous)
        .def_readwrite("refine", &Settings::refine)
        .def_readwrite("with_statistics", &Settings::with_statistics)
        .def_readwrite("instructions", &Settings::instructions);
    py::class_<Arrays>(m, "BatchArrays")
        .def(py::init<>())
        .def_readwrite("p", &Arrays::p)
        .def_readwrite("q", &Arrays::q)
        .def_readwrite("scale", &Arrays::scale)
        .def_readwrite("v", &Arrays::v)
        .def_readwrite("v_pu", &Arrays::v_pu)
        .def_readwrite("steps", &Arrays::steps)
        .def_readwrite("scenarios", &Arrays::scenarios)
        .def_readwrite("groups", &Arrays::groups);
    m.def("batch", &batch, py::arg("circuit"), py::arg("arrays"), py::arg("elements"),
          py::arg("group_of_load"), py::arg("nodes"), py::arg("settings"),
          py::arg("progress") = py::none());
}

}  // namespace gridflock::python
