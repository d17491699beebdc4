// SPDX-License-Identifier: Apache-2.0
// Circuits and one power flow.
#include "bindings.hpp"
#include "circuit.hpp"

#include <gridflock/core/time.hpp>
#include <gridflock/dss/report.hpp>

#include <pybind11/complex.h>
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <string>

namespace gridflock::python {

namespace {

using Names = std::vector<std::string>;

// --- one power flow ----------------------------------------------------------------------------

py::list readings_of(const std::vector<dss::Reading>& readings) {
    py::list out;
    for (const dss::Reading& r : readings)
        out.append(py::make_tuple(r.element, std::string(dss::name_of(r.verdict)), r.reason,
                                  r.at.file, r.at.line));
    return out;
}

py::dict table_of(const dss::PowerflowReport& r) {
    py::list nodes;
    for (const dss::NodeRow& n : r.nodes)
        nodes.append(py::make_tuple(n.bus, n.node, n.v_volt, n.v_pu, n.angle_deg));
    py::list warnings;
    for (const Fault& f : r.warnings) warnings.append(to_python(f));
    py::dict seconds;
    seconds["parse"] = r.seconds.parse;
    seconds["build"] = r.seconds.build;
    seconds["factor"] = r.seconds.factor;
    seconds["solve"] = r.seconds.solve;
    py::dict d;
    d["buses"] = r.buses;
    d["nodes"] = r.node_count;
    d["converged"] = r.converged;
    d["iterations"] = r.iterations;
    d["residual"] = r.residual;
    d["losses_w"] = r.losses_w;
    d["total_p_w"] = r.total_p_w;
    d["total_q_var"] = r.total_q_var;
    d["seconds"] = seconds;
    d["voltages"] = nodes;
    d["warnings"] = warnings;
    d["readings"] = readings_of(r.elements);
    d["failure"] = r.failure;
    return d;
}

dss::PowerflowOptions options_of(double tolerance, int max_iterations, const std::string& controls,
                                 const std::string& taps) {
    dss::PowerflowOptions options;
    options.tolerance = tolerance;
    options.max_iterations = max_iterations;
    options.controls = controls;
    options.taps_csv = taps;
    return options;
}

py::dict solve_file(const std::string& file, double tolerance, int max_iterations,
                    const std::string& controls, const std::string& taps) {
    dss::PowerflowReport r;
    {
        const py::gil_scoped_release release;
        r = dss::run_powerflow(file, options_of(tolerance, max_iterations, controls, taps));
    }
    return table_of(r);
}

py::dict solve_circuit(const Circuit& circuit, double tolerance, int max_iterations) {
    dss::PowerflowReport r;
    {
        const py::gil_scoped_release release;
        r = dss::run_powerflow(circuit.circuit(), options_of(tolerance, max_iterations, "off", ""));
        r.warnings = circuit.script().warnings;
        r.elements = circuit.script().elements;
    }
    return table_of(r);
}

std::unique_ptr<Circuit> read(const std::string& file, const std::string& controls,
                              const std::string& taps) {
    const py::gil_scoped_release release;
    return std::make_unique<Circuit>(dss::read_circuit(file, options_of(1e-10, 1, controls, taps)));
}

// --- circuits ------------------------------------------------------------------------------------

/// Nominal powers of all elements, + = into the grid.
py::array_t<std::complex<double>> nominal(const Circuit& c) {
    std::vector<std::complex<double>> out;
    for (const grid::Load& e : c.circuit().loads) out.emplace_back(-e.p_w, -e.q_var);
    for (const grid::Generator& e : c.circuit().generators) out.emplace_back(e.p_w, e.q_var);
    return py::array_t<std::complex<double>>(static_cast<py::ssize_t>(out.size()), out.data());
}

void bind_circuit(py::module_& m) {
    py::class_<Circuit>(m, "Circuit")
        .def_property_readonly("name", [](const Circuit& c) { return c.circuit().name; })
        .def_property_readonly("frequency_hz",
                               [](const Circuit& c) { return c.circuit().frequency_hz; })
        .def_property_readonly("buses",
                               [](const Circuit& c) {
                                   Names out;
                                   for (const grid::Bus& b : c.circuit().buses)
                                       out.push_back(b.name);
                                   return out;
                               })
        .def_property_readonly("nodes", &Circuit::node_names)
        .def_property_readonly("node_base_v",
                               [](const Circuit& c) {
                                   std::vector<double> out;
                                   for (const auto& n : c.network().all()) out.push_back(n.base_v);
                                   return out;
                               })
        .def_property_readonly("elements", &Circuit::element_names)
        .def_property_readonly("load_count",
                               [](const Circuit& c) { return c.circuit().loads.size(); })
        .def_property_readonly("nominal_va", &nominal)
        .def_property_readonly("warnings",
                               [](const Circuit& c) {
                                   py::list out;
                                   for (const Fault& f : c.script().warnings)
                                       out.append(to_python(f));
                                   return out;
                               })
        .def_property_readonly("readings",
                               [](const Circuit& c) { return readings_of(c.script().elements); })
        .def_property_readonly("files",
                               [](const Circuit& c) {
                                   Names out;
                                   for (const auto& f : c.script().files) out.push_back(f.string());
                                   return out;
                               })
        .def("forward_error_pu", &Circuit::forward_error_pu,
             py::call_guard<py::gil_scoped_release>())
        .def("find_elements", &Circuit::find_elements, py::arg("names"))
        .def("find_nodes", &Circuit::find_nodes, py::arg("names"));
}

}  // namespace

void bind_powerflow(py::module_& m) {
    bind_circuit(m);
    bind_batch(m);
    m.def("read_circuit", &read, py::arg("file"), py::arg("controls") = "off",
          py::arg("taps") = "");
    m.def("powerflow", &solve_file, py::arg("file"), py::arg("tolerance") = 1e-10,
          py::arg("max_iterations") = 100, py::arg("controls") = "off", py::arg("taps") = "");
    m.def("powerflow_of", &solve_circuit, py::arg("circuit"), py::arg("tolerance") = 1e-10,
          py::arg("max_iterations") = 100);
    m.def("parse_duration_s", [](const std::string& text) {
        return static_cast<double>(parse_duration(text).ns) / 1e9;
    });
}

}  // namespace gridflock::python
