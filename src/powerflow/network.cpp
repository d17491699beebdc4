// SPDX-License-Identifier: Apache-2.0
#include <gridflock/powerflow/network.hpp>

#include <algorithm>
#include <numeric>

namespace gridflock::inline v0::powerflow {

namespace {

using grid::Complex;
using grid::Matrix;

/// Calls f for every connection of the circuit.
template <class F>
void for_each_connection(const grid::Circuit& c, F&& f) {
    for (const auto& s : c.sources) f(s.from), f(s.to);
    for (const auto& l : c.lines) f(l.from), f(l.to);
    for (const auto& t : c.transformers)
        for (const auto& w : t.windings) f(w.at);
    for (const auto& x : c.capacitors) {
        f(x.from);
        if (!x.is_delta) f(x.to);
    }
    for (const auto& x : c.reactors) {
        f(x.from);
        if (!x.is_delta) f(x.to);
    }
    for (const auto& l : c.loads) f(l.at_bus);
    for (const auto& g : c.generators) f(g.at_bus);
    for (const auto& s : c.current_sources) f(s.from), f(s.to);
}

LoadLaw law_of(const grid::Load& load) {
    LoadLaw law;
    const double v2 = load.rated_v * load.rated_v * load.phases;
    law.model = load.model;
    law.g = load.p_w / v2;
    law.b = -load.q_var / v2;
    law.fixed_b = -load.base_q_var / v2;
    law.rated_v = load.rated_v;
    law.v_min = load.v_min_pu;
    law.v_max = load.v_max_pu;
    law.v_low = load.v_low_pu;
    law.cvr_watts = load.cvr_watts;
    law.cvr_vars = load.cvr_vars;
    law.zip = load.zip;
    law.is_fixed = load.is_fixed;
    return law;
}

LoadLaw law_of(const grid::Generator& generator) {
    LoadLaw law;
    const double v2 = generator.rated_v * generator.rated_v * generator.phases;
    law.model = generator.model;
    law.g = -generator.p_w / v2;
    law.b = generator.q_var / v2;
    law.fixed_b = generator.base_q_var / v2;
    law.edge_share = generator.edge_share;
    law.limits_current = generator.limits_current;
    law.rated_v = generator.rated_v;
    // one that holds a voltage is never an impedance
    law.v_min = generator.is_voltage_controlled ? 0.0 : generator.v_min_pu;
    law.v_max = generator.is_voltage_controlled ? 1e6 : generator.v_max_pu;
    law.v_low = 0;
    law.is_fixed = true;
    return law;
}

class UnionFind {
public:
    explicit UnionFind(std::size_t n) : up_(n) {
        std::iota(up_.begin(), up_.end(), std::size_t{0});
    }
    std::size_t root(std::size_t i) {
        while (up_[i] != i) i = up_[i] = up_[up_[i]];
        return i;
    }
    void join(std::size_t a, std::size_t b) { up_[root(a)] = root(b); }

private:
    std::vector<std::size_t> up_;
};

}  // namespace

Network::Network(const grid::Circuit& circuit, Parts parts) {
    collect_nodes(circuit);
    stamp_elements(circuit, parts);
    add_sources(circuit);
    add_current_sources(circuit);
    add_loads(circuit);
    mark_live();
}

NodeIdx Network::find(std::string_view bus, int number) const {
    for (const auto& of_bus : nodes_of_bus_) {
        if (of_bus.empty() || node(of_bus.front()).bus != bus) continue;
        for (const NodeIdx i : of_bus)
            if (node(i).number == number) return i;
    }
    return {};
}

NodeIdx Network::node_of(const Port& port) const {
    if (port.node <= 0 || !port.bus.valid()) return {};
    for (const NodeIdx i : nodes_of_bus_[port.bus.pos()])
        if (node(i).number == port.node) return i;
    return {};
}

void Network::collect_nodes(const grid::Circuit& circuit) {
    std::vector<std::vector<int>> numbers(circuit.buses.size());
    for_each_connection(circuit, [&](const grid::Connection& c) {
        for (const int n : c.nodes)
            if (n > 0) numbers[c.bus.pos()].push_back(n);
    });
    nodes_of_bus_.resize(circuit.buses.size());
    for (std::size_t b = 0; b < circuit.buses.size(); ++b) {
        std::sort(numbers[b].begin(), numbers[b].end());
        numbers[b].erase(std::unique(numbers[b].begin(), numbers[b].end()), numbers[b].end());
        for (const int n : numbers[b]) {
            nodes_of_bus_[b].push_back(NodeIdx(nodes_.size()));
            nodes_.push_back(
                {circuit.buses[b].name, n, circuit.buses[b].base_v, grid::BusIdx(b), false});
        }
    }
}

void Network::stamp_elements(const grid::Circuit& circuit, Parts parts) {
    for (const auto& line : circuit.lines) stamp(primitive(line, parts));
    for (const auto& transformer : circuit.transformers) stamp(primitive(transformer, parts));
    for (const auto& capacitor : circuit.capacitors) stamp(primitive(capacitor, parts));
    for (const auto& reactor : circuit.reactors) {
        Primitive p = primitive(reactor, parts);
        SourceBranch skew = part_off_skew(p);
        skew.is_source = false;
        stamp(p);
        if (!skew.ports.empty()) linear_injections_.push_back(std::move(skew));
    }
}

void Network::stamp(const Primitive& p) {
    std::vector<NodeIdx> at;
    for (const Port& port : p.ports) at.push_back(node_of(port));
    for (std::size_t i = 0; i < at.size(); ++i)
        for (std::size_t j = 0; j < at.size(); ++j)
            if (at[i].valid() && at[j].valid() && p.y(i, j) != Complex{})
                stamps_.push_back({at[i], at[j], p.y(i, j)});
}

SourceBranch Network::part_off_skew(Primitive& p) const {
    SourceBranch skew;
    skew.y = Matrix(p.y.order());
    bool is_symmetric = true;
    for (std::size_t i = 0; i < p.y.order(); ++i)
        for (std::size_t j = 0; j < p.y.order(); ++j) {
            skew.y(i, j) = 0.5 * (p.y(i, j) - p.y(j, i));
            if (std::norm(skew.y(i, j)) > 1e-24 * std::norm(p.y(i, i))) is_symmetric = false;
        }
    for (std::size_t i = 0; i < p.y.order(); ++i)
        for (std::size_t j = 0; j < i; ++j) p.y(i, j) = p.y(j, i) = 0.5 * (p.y(i, j) + p.y(j, i));
    if (is_symmetric) return {};
    for (const Port& port : p.ports) skew.ports.push_back(node_of(port));
    skew.ideal_v.resize(p.ports.size());
    return skew;
}

void Network::add_sources(const grid::Circuit& circuit) {
    for (const grid::Source& source : circuit.sources) {
        Primitive p = primitive(source);
        SourceBranch skew = part_off_skew(p);
        SourceBranch branch;
        for (const Port& port : p.ports) branch.ports.push_back(node_of(port));
        branch.ideal_v = source_voltages(source);
        branch.ideal_v.resize(p.ports.size());
        branch.y = p.y;
        skew.ideal_v = branch.ideal_v;
        sources_.push_back(std::move(branch));
        if (!skew.ports.empty()) linear_injections_.push_back(std::move(skew));
    }
}

void Network::add_current_sources(const grid::Circuit& circuit) {
    for (const grid::CurrentSource& source : circuit.current_sources) {
        const std::vector<Complex> currents = source_currents(source);
        for (std::size_t k = 0; k < currents.size(); ++k) {
            const NodeIdx from = node_of({source.from.bus, source.from.nodes[k]});
            const NodeIdx to = node_of({source.to.bus, source.to.nodes[k]});
            if (from.valid()) fixed_currents_.push_back({from, currents[k]});
            if (to.valid()) fixed_currents_.push_back({to, -currents[k]});
        }
    }
}

void Network::add_phases(const grid::Connection& at, int phases, bool is_delta, const LoadLaw& law,
                         std::int32_t load) {
    const std::size_t conductors =
        static_cast<std::size_t>(is_delta && phases > 2 ? phases : phases + 1);
    const auto conductor = [&](std::size_t k) {
        return node_of({at.bus, k < at.nodes.size() ? at.nodes[k] : 0});
    };
    for (std::size_t k = 0; k < static_cast<std::size_t>(phases); ++k) {
        if (k < at.is_open.size() && at.is_open[k]) continue;
        const std::size_t other = is_delta ? (k + 1) % conductors : conductors - 1;
        LoadPhase phase{conductor(k), conductor(other), static_cast<std::int32_t>(laws_.size()),
                        load};
        phase.has_neutral = !is_delta && phase.b.valid();
        if (phase.a != phase.b) load_phases_.push_back(phase);
    }
    laws_.push_back(law);
}

void Network::add_loads(const grid::Circuit& circuit) {
    std::int32_t index = 0;
    for (const grid::Load& load : circuit.loads)
        add_phases(load.at_bus, load.phases, load.is_delta, law_of(load), index++);
    std::int32_t generator = 0;
    for (const grid::Generator& g : circuit.generators) {
        const std::size_t first = load_phases_.size();
        add_phases(g.at_bus, g.phases, g.is_delta, law_of(g), index++);
        if (g.is_voltage_controlled) add_control(g, generator, first);
        ++generator;
    }
}

void Network::add_control(const grid::Generator& g, std::int32_t index, std::size_t first) {
    VoltageControl control;
    control.first_phase = static_cast<std::int32_t>(first);
    control.phases = static_cast<std::int32_t>(load_phases_.size() - first);
    control.law = static_cast<std::int32_t>(laws_.size()) - 1;
    control.generator = index;
    control.v_set_v = g.v_set_v;
    control.q_min_var = g.q_min_var;
    control.q_max_var = g.q_max_var;
    if (control.phases > 0) voltage_controls_.push_back(control);
}

void Network::mark_live() {
    UnionFind sets(nodes_.size());
    for (const Stamp& s : stamps_) sets.join(s.row.pos(), s.col.pos());
    for (const LoadPhase& l : load_phases_)
        if (l.a.valid() && l.b.valid()) sets.join(l.a.pos(), l.b.pos());
    std::vector<std::uint8_t> fed(nodes_.size(), 0);
    for (const SourceBranch& s : sources_)
        for (const NodeIdx port : s.ports)
            if (port.valid()) fed[sets.root(port.pos())] = 1;
    for (std::size_t i = 0; i < nodes_.size(); ++i) nodes_[i].is_live = fed[sets.root(i)] != 0;
}

double Network::element_losses_w(std::span<const Complex> v) const {
    double losses = 0;
    for (const Stamp& s : stamps_)
        losses += (v[s.row.pos()] * std::conj(s.y * v[s.col.pos()])).real();
    const auto voltage = [&](NodeIdx i) { return i.valid() ? v[i.pos()] : Complex{}; };
    for (const SourceBranch& s : linear_injections_)
        for (std::size_t i = 0; i < s.ports.size() && !s.is_source; ++i)
            for (std::size_t j = 0; j < s.ports.size(); ++j)
                losses += (voltage(s.ports[i]) * std::conj(s.y(i, j) * voltage(s.ports[j]))).real();
    return losses;
}

}  // namespace gridflock::inline v0::powerflow
