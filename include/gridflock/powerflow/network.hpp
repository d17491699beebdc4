// SPDX-License-Identifier: Apache-2.0
// A circuit as the solver sees it: true nodes, an admittance matrix, sources, phases of loads.
//
//   Y V = I_source + I(V)      one row a live node; ground is not a row
//
// Nodes that nothing joins to a source are dead: their voltage is 0 and their loads draw nothing.
// The powerflow never sees a device: devices come to the solver as powers at terminals.
#pragma once

#include <gridflock/grid/circuit.hpp>
#include <gridflock/powerflow/load_law.hpp>
#include <gridflock/powerflow/primitives.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridflock::inline v0::powerflow {

using NodeIdx = Index<struct NodeTag>;

struct Node {
    std::string bus;  ///< lower case
    int number = 0;
    double base_v = 0;  ///< line to neutral; 0 = the circuit knows none
    grid::BusIdx bus_index;
    bool is_live = false;  ///< a source reaches it
};

/// An entry of Y: both triangles are listed.
struct Stamp {
    NodeIdx row, col;
    grid::Complex y;
};

/// One phase of a load: from node a to node b (invalid = ground).
struct LoadPhase {
    NodeIdx a, b;
    std::int32_t law = 0;      ///< into laws()
    std::int32_t load = 0;     ///< into the circuit's loads, then its generators
    bool has_neutral = false;  ///< b is the neutral of a wye, not ground
};

/// A source in Norton form: symmetric Y_s over its ports, and the ideal voltages behind them.
struct SourceBranch {
    std::vector<NodeIdx> ports;  ///< invalid = ground
    grid::Matrix y;
    std::vector<grid::Complex> ideal_v;  ///< one a port, 0 for the second terminal
    bool is_source = true;               ///< its power is the feeder's head, else a loss
};

/// A current into a node, A.
struct FixedCurrent {
    NodeIdx node;
    grid::Complex current;
};

/// A generator that holds the mean |V| over its phases by its reactive power.
struct VoltageControl {
    std::int32_t first_phase = 0, phases = 0;  ///< into load_phases()
    std::int32_t law = 0;                      ///< into laws(): its P, and the Q to start from
    std::int32_t generator = 0;                ///< into the circuit's generators
    double v_set_v = 0;                        ///< across one phase
    double q_min_var = 0, q_max_var = 0;       ///< of all phases together, + into the grid
};

class Network {
public:
    /// Errors  ScenarioError for an element whose impedance cannot be inverted, or no source.
    explicit Network(const grid::Circuit& circuit, Parts parts = Parts::all);

    std::size_t nodes() const { return nodes_.size(); }
    const Node& node(NodeIdx i) const { return nodes_[i.pos()]; }
    std::span<const Node> all() const { return nodes_; }
    /// The node, or an invalid index. `bus` lower case.
    NodeIdx find(std::string_view bus, int number) const;

    std::span<const Stamp> stamps() const { return stamps_; }
    std::span<const LoadLaw> laws() const { return laws_; }
    std::span<const LoadPhase> load_phases() const { return load_phases_; }
    std::span<const SourceBranch> sources() const { return sources_; }
    /// What no symmetric matrix can hold of sources and reactors: its y (E - V) is a current into
    /// the ports that follows the present voltages. y is skew.
    std::span<const SourceBranch> linear_injections() const { return linear_injections_; }
    std::span<const FixedCurrent> fixed_currents() const { return fixed_currents_; }
    std::span<const VoltageControl> voltage_controls() const { return voltage_controls_; }
    /// Net power lost in lines, transformers, series and shunt elements at these node voltages, W.
    double element_losses_w(std::span<const grid::Complex> v) const;

private:
    NodeIdx node_of(const Port& port) const;
    void collect_nodes(const grid::Circuit& circuit);
    void stamp_elements(const grid::Circuit& circuit, Parts parts);
    void stamp(const Primitive& primitive);
    /// Makes y symmetric; returns what it loses, without ports where it loses nothing.
    SourceBranch part_off_skew(Primitive& p) const;
    void add_sources(const grid::Circuit& circuit);
    void add_loads(const grid::Circuit& circuit);
    void add_current_sources(const grid::Circuit& circuit);
    void add_control(const grid::Generator& generator, std::int32_t index, std::size_t first);
    void add_phases(const grid::Connection& at, int phases, bool is_delta, const LoadLaw& law,
                    std::int32_t load);
    void mark_live();

    std::vector<Node> nodes_;
    std::vector<std::vector<NodeIdx>> nodes_of_bus_;
    std::vector<Stamp> stamps_;
    std::vector<LoadLaw> laws_;
    std::vector<LoadPhase> load_phases_;
    std::vector<SourceBranch> sources_, linear_injections_;
    std::vector<FixedCurrent> fixed_currents_;
    std::vector<VoltageControl> voltage_controls_;
};

}  // namespace gridflock::inline v0::powerflow
