// SPDX-License-Identifier: Apache-2.0
// A circuit in Python's hands: what the script gave, and the solver made of it when first needed.
#pragma once

#include "bindings.hpp"

#include <gridflock/dss/report.hpp>
#include <gridflock/powerflow/lane_solver.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace gridflock::python {

/// What a row of powers drives: numbered as powerflow::BatchInput::elements wants it.
struct Elements {
    std::vector<std::int32_t> index;
    std::vector<std::pair<int, int>> terminals;  ///< nodes; -1 = ground
};

class Circuit {
public:
    explicit Circuit(dss::Interpretation script) : script_(std::move(script)) {}

    const dss::Interpretation& script() const { return script_; }
    const grid::Circuit& circuit() const { return script_.circuit; }
    const powerflow::Network& network() const;

    /// "load.s1a", then generators, PV systems, storages: the order of BatchInput::elements.
    std::vector<std::string> element_names() const;
    std::vector<std::string> node_names() const;

    /// Elements and terminals by name: load.x, generator.y, bus.1, bus.1.2.
    /// Errors  ScenarioError with every name that is not there or is there twice.
    Elements find_elements(const std::vector<std::string>& names) const;
    /// Nodes by name: bus.1, or bus for all of its nodes.
    /// Errors  ScenarioError as above.
    std::vector<int> find_nodes(const std::vector<std::string>& names) const;

    /// How far rounding alone may move a voltage of the solution, pu. Slow: one solve a node.
    double forward_error_pu() const;

    /// The solver with these terminals; the last one is kept. Any thread.
    std::shared_ptr<const powerflow::Solver> solver(
        const std::vector<std::pair<int, int>>& terminals, const powerflow::SolverOptions& options);

private:
    /// The node of "bus.1", or what is wrong with it.
    int find_node(const std::string& bus, const std::string& number, std::string& wrong) const;

    dss::Interpretation script_;
    mutable std::unique_ptr<powerflow::Network> network_;
    mutable std::mutex mutex_;
    std::shared_ptr<const powerflow::Solver> solver_;
    std::vector<std::pair<int, int>> solver_terminals_;
    powerflow::SolverOptions solver_options_;
};

void bind_batch(py::module_& m);

}  // namespace gridflock::python
