// SPDX-License-Identifier: Apache-2.0
// What must hold of any solution, from the elements themselves: the current that each element
// draws from each of its conductors is its primitive admittance times the voltages there, and a
// load's current follows from its nominal power and its voltage. The matrix of the solver takes no
// part, its load laws only where a load is outside its voltage limits.
#pragma once

#include <gridflock/powerflow/solver.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace property {

using namespace gridflock;
using grid::Circuit;
using grid::Complex;
using powerflow::NodeIdx;

/// A power put into the grid at (bus, node), towards ground.
struct Injection {
    std::string bus;
    int node = 0;
    Complex power;
};

struct Solution {
    powerflow::Network network;
    std::vector<Complex> v;
    powerflow::SolveOutput out;
    std::map<std::pair<std::string, int>, Complex> by_name;

    Complex at(const std::string& bus, int node) const { return by_name.at({bus, node}); }
};

/// Solves one lane as closely as numbers allow.
template <class AnySolver>
Solution solve_with(const Circuit& circuit, const std::vector<Injection>& injections = {},
                    double tolerance = 1e-13, int max_iterations = 300) {
    powerflow::Network network(circuit);
    std::vector<powerflow::Terminal> terminals;
    Column<double> p(injections.size(), 1), q(injections.size(), 1);
    for (std::size_t i = 0; i < injections.size(); ++i) {
        terminals.push_back({network.find(injections[i].bus, injections[i].node), {}});
        p(i, 0) = injections[i].power.real();
        q(i, 0) = injections[i].power.imag();
    }
    AnySolver solver(network, std::move(terminals));
    Column<Complex> v(solver.nodes(), 1);
    const std::vector<double> scale{1.0};
    const std::vector<std::uint8_t> mask{1};
    powerflow::SolveOutput out(1);
    solver.start(v.view());
    solver.solve({scale, p.view(), q.view(), mask, tolerance, max_iterations}, v.view(), out);
    Solution s{std::move(network), {v.all().begin(), v.all().end()}, std::move(out), {}};
    for (std::size_t i = 0; i < s.v.size(); ++i)
        s.by_name[{s.network.all()[i].bus, s.network.all()[i].number}] = s.v[i];
    return s;
}

/// Demand of one phase at |V| = u of rated.
inline Complex demand(const grid::Load& load, const powerflow::LoadLaw& law, double u) {
    using grid::LoadModel;
    if (!(u > load.v_low_pu && u > load.v_min_pu && u <= load.v_max_pu)) {
        const powerflow::Admittance y = powerflow::admittance(law, u, 1.0);
        return Complex(y.g, -y.b) * (u * u * load.rated_v * load.rated_v);
    }
    const double p = load.p_w / load.phases, q = load.q_var / load.phases;
    const double fixed = load.base_q_var / load.phases;
    switch (load.model) {
        case LoadModel::constant_impedance:
            return Complex(p, q) * u * u;
        case LoadModel::motor:
            return {p, q * u * u};
        case LoadModel::cvr:
            return {p * std::pow(u, load.cvr_watts), q * std::pow(u, load.cvr_vars)};
        case LoadModel::constant_current:
            return Complex(p, q) * u;
        case LoadModel::fixed_q:
            return {p, fixed};
        case LoadModel::fixed_x:
            return {p, fixed * u * u};
        case LoadModel::zip: {
            const double cut = load.zip[6];
            const double alive = cut > 0 ? 0.5 * (1 + std::tanh(500 * (u - cut))) : 1;
            return {alive * p * (load.zip[0] * u * u + load.zip[1] * u + load.zip[2]),
                    alive * q * (load.zip[3] * u * u + load.zip[4] * u + load.zip[5])};
        }
        default:
            return {p, q};
    }
}

/// Currents out of every node into the elements, and the powers behind them.
class Balance {
public:
    Balance(const Circuit& circuit, const Solution& s)
        : s_(s), sum_(s.v.size()), size_(sum_.size()) {
        index();
        for (const auto& e : circuit.lines)
            add_passive(circuit, primitive(e, powerflow::Parts::all));
        for (const auto& e : circuit.transformers)
            add_passive(circuit, primitive(e, powerflow::Parts::all));
        for (const auto& e : circuit.capacitors)
            add_passive(circuit, primitive(e, powerflow::Parts::all));
        for (const auto& e : circuit.reactors)
            add_passive(circuit, primitive(e, powerflow::Parts::all));
        for (const auto& e : circuit.sources) add_source(circuit, e);
        for (const auto& e : circuit.current_sources) add_current_source(circuit, e);
        const auto laws = s.network.laws();  // of the loads, then of the generators
        for (std::size_t i = 0; i < circuit.loads.size(); ++i)
            add_load(circuit, circuit.loads[i], laws[i]);
        for (std::size_t i = 0; i < circuit.generators.size(); ++i)
            add_generator(circuit, circuit.generators[i], laws[circuit.loads.size() + i]);
    }
    void add(const std::vector<Injection>& injections) {
        for (const Injection& i : injections) {
            const NodeIdx n = node(i.bus, i.node);
            generated += i.power;
            draw(n, -std::conj(i.power / s_.v[n.pos()]), 0);
        }
    }

    /// Largest |sum of currents| over the sum of the sizes they are made of, over live nodes.
    double worst() const {
        double largest = 0;
        for (std::size_t i = 0; i < sum_.size(); ++i)
            if (s_.network.all()[i].is_live && size_[i] > 0)
                largest = std::max(largest, std::abs(sum_[i]) / size_[i]);
        return largest;
    }
    /// |in - out - losses| over what flows.
    double power_error() const {
        const Complex missing = head + generated - loads - losses;
        return std::abs(missing) / (std::abs(head) + std::abs(generated) + std::abs(loads));
    }

    /// Sum of |V| |Y| |V| over all elements, over what flows: what rounding is a share of.
    double power_size() const {
        double size = 0;
        for (std::size_t i = 0; i < size_.size(); ++i) size += std::abs(s_.v[i]) * size_[i];
        return size / (std::abs(head) + std::abs(generated) + std::abs(loads));
    }

    Complex head, generated, loads, losses;

private:
    void index() {
        for (std::size_t i = 0; i < s_.v.size(); ++i)
            by_name_[{s_.network.all()[i].bus, s_.network.all()[i].number}] = NodeIdx(i);
    }
    NodeIdx node(const std::string& bus, int number) const {
        return number > 0 ? by_name_.at({bus, number}) : NodeIdx{};
    }
    Complex voltage(NodeIdx n) const { return n.valid() ? s_.v[n.pos()] : Complex{}; }

    void draw(NodeIdx n, Complex current, double size) {
        if (!n.valid()) return;
        sum_[n.pos()] += current;
        size_[n.pos()] += std::max(size, std::abs(current));
    }
    /// Draws y (v - behind) from every conductor; returns the power drawn.
    Complex draw_primitive(const Circuit& c, const powerflow::Primitive& p,
                           const std::vector<Complex>& behind) {
        std::vector<NodeIdx> at;
        for (const auto& port : p.ports) at.push_back(node(c.bus(port.bus).name, port.node));
        Complex power{};
        for (std::size_t i = 0; i < at.size(); ++i) {
            Complex current{};
            double size = 0;
            for (std::size_t j = 0; j < at.size(); ++j) {
                const Complex v = voltage(at[j]) - behind[j];
                current += p.y(i, j) * v;
                size += std::abs(p.y(i, j)) * (std::abs(voltage(at[j])) + std::abs(behind[j]));
            }
            power += voltage(at[i]) * std::conj(current);
            draw(at[i], current, size);
        }
        return power;
    }
    void add_passive(const Circuit& c, const powerflow::Primitive& p) {
        losses += draw_primitive(c, p, std::vector<Complex>(p.ports.size()));
    }
    void add_source(const Circuit& c, const grid::Source& source) {
        const powerflow::Primitive p = powerflow::primitive(source);
        std::vector<Complex> behind = powerflow::source_voltages(source);
        behind.resize(p.ports.size());
        head -= draw_primitive(c, p, behind);
    }

    void add_current_source(const Circuit& c, const grid::CurrentSource& source) {
        const std::vector<Complex> currents = powerflow::source_currents(source);
        for (std::size_t k = 0; k < currents.size(); ++k) {
            const NodeIdx from = node(c.bus(source.from.bus).name, source.from.nodes[k]);
            const NodeIdx to = node(c.bus(source.to.bus).name, source.to.nodes[k]);
            head += (voltage(from) - voltage(to)) * std::conj(currents[k]);
            draw(from, -currents[k], 0);
            draw(to, currents[k], 0);
        }
    }

    /// Calls f(voltage across a phase) for a demand and draws its current; returns all demand.
    template <class Element, class F>
    Complex draw_phases(const Circuit& c, const Element& e, F&& f) {
        const std::string& bus = c.bus(e.at_bus.bus).name;
        const auto conductors =
            static_cast<std::size_t>(e.is_delta && e.phases > 2 ? e.phases : e.phases + 1);
        const auto conductor = [&](std::size_t k) {
            return node(bus, k < e.at_bus.nodes.size() ? e.at_bus.nodes[k] : 0);
        };
        Complex total{};
        for (std::size_t k = 0; k < static_cast<std::size_t>(e.phases); ++k) {
            const NodeIdx a = conductor(k);
            const NodeIdx b = conductor(e.is_delta ? (k + 1) % conductors : conductors - 1);
            const Complex across = voltage(a) - voltage(b);
            if (across == Complex{}) continue;  // dead
            const Complex power = f(std::abs(across) / e.rated_v);
            const Complex current = std::conj(power / across);
            draw(a, current, 0);
            draw(b, -current, 0);
            total += power;
        }
        return total;
    }
    void add_load(const Circuit& c, const grid::Load& load, const powerflow::LoadLaw& law) {
        loads += draw_phases(c, load, [&](double u) { return demand(load, law, u); });
    }
    void add_generator(const Circuit& c, const grid::Generator& g, const powerflow::LoadLaw& law) {
        const Complex each = Complex(g.p_w, g.q_var) / static_cast<double>(g.phases);
        generated -= draw_phases(c, g, [&](double u) {
            const bool is_plain = g.model == grid::LoadModel::constant_power;
            if (is_plain && u > g.v_min_pu && u <= g.v_max_pu) return -each;
            const powerflow::Admittance y = powerflow::admittance(law, u, 1.0);
            return Complex(y.g, -y.b) * (u * u * g.rated_v * g.rated_v);
        });
    }

    const Solution& s_;
    std::vector<Complex> sum_;
    std::vector<double> size_;
    std::map<std::pair<std::string, int>, NodeIdx> by_name_;
};

/// The same circuit with its buses and elements in another order.
template <class Generator>
Circuit shuffled(const Circuit& c, Generator& random) {
    std::vector<std::size_t> order(c.buses.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), random);
    Circuit out = c;
    std::vector<grid::BusIdx> place(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        out.buses[i] = c.buses[order[i]];
        place[order[i]] = grid::BusIdx(i);
    }
    const auto move = [&](grid::Connection& at) {
        if (at.bus.valid()) at.bus = place[at.bus.pos()];
    };
    const auto shuffle = [&](auto& elements) {
        std::shuffle(elements.begin(), elements.end(), random);
    };
    for (auto& e : out.lines) move(e.from), move(e.to);
    for (auto& e : out.transformers)
        for (auto& w : e.windings) move(w.at);
    for (auto& e : out.capacitors) move(e.from), move(e.to);
    for (auto& e : out.reactors) move(e.from), move(e.to);
    for (auto& e : out.sources) move(e.from), move(e.to);
    for (auto& e : out.loads) move(e.at_bus);
    for (auto& e : out.generators) move(e.at_bus);
    for (auto& e : out.current_sources) move(e.from), move(e.to);
    shuffle(out.lines), shuffle(out.transformers), shuffle(out.capacitors);
    shuffle(out.reactors), shuffle(out.sources), shuffle(out.loads), shuffle(out.generators);
    return out;
}

/// Largest |a - b| over the base voltage of the node, or over the larger of the two without one.
inline double difference_pu(const Solution& a, const Solution& b) {
    double largest = 0;
    for (std::size_t i = 0; i < a.v.size(); ++i) {
        const powerflow::Node& n = a.network.all()[i];
        const Complex other = b.at(n.bus, n.number);
        const double base = n.base_v > 0 ? n.base_v : std::max(std::abs(a.v[i]), 1.0);
        largest = std::max(largest, std::abs(a.v[i] - other) / base);
    }
    return largest;
}

}  // namespace property
