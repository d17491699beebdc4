// SPDX-License-Identifier: Apache-2.0
#include "bindings.hpp"

#include <gridflock/dss/report.hpp>

#include <pybind11/stl.h>

#include <string>

namespace gridflock::python {

namespace {

py::dict solve(const std::string& file, double tolerance, int max_iterations,
               const std::string& controls, const std::string& taps) {
    dss::PowerflowOptions options;
    options.tolerance = tolerance;
    options.max_iterations = max_iterations;
    options.controls = controls;
    options.taps_csv = taps;
    dss::PowerflowReport r;
    {
        const py::gil_scoped_release release;
        r = dss::run_powerflow(file, options);
    }
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
    d["failure"] = r.failure;
    return d;
}

}  // namespace

void bind_powerflow(py::module_& m) {
    m.def("powerflow", &solve, py::arg("file"), py::arg("tolerance") = 1e-10,
          py::arg("max_iterations") = 100, py::arg("controls") = "off", py::arg("taps") = "");
}

}  // namespace gridflock::python
