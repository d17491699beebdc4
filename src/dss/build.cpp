// SPDX-License-Identifier: Apache-2.0
// From objects to a circuit, and the voltage bases of its buses.
#include "registry.hpp"

#include <gridflock/core/math.hpp>
#include <gridflock/powerflow/solver.hpp>

#include <fmt/format.h>

#include <chrono>

namespace gridflock::inline v0::dss {

namespace {

std::vector<std::uint8_t> opened(const ElementObject& element, std::size_t terminal,
                                 std::size_t conductors) {
    std::vector<std::uint8_t> out;
    for (const auto& o : element.openings) {
        if (o.terminal != static_cast<int>(terminal) + 1) continue;
        if (out.empty()) out.assign(conductors, 0);
        for (std::size_t c = 0; c < conductors; ++c)
            if (o.conductor == 0 || o.conductor == static_cast<int>(c) + 1) out[c] = o.is_open;
    }
    return out;
}

/// "671.1.2" to the bus and its node numbers; false for a node that is no number.
bool split_bus(const std::string& text, std::string& bus, std::vector<int>& nodes) {
    std::size_t start = text.find('.');
    bus = text.substr(0, start);
    while (bus.size() > 1 && bus.back() == ' ') bus.pop_back();
    while (start != std::string::npos) {
        const std::size_t end = text.find('.', start + 1);
        const std::string part = text.substr(start + 1, end - start - 1);
        if (!part.empty()) {
            char* stop = nullptr;
            const long n = std::strtol(part.c_str(), &stop, 10);
            if (stop == part.c_str() || n < 0 || n > 999999) return false;
            nodes.push_back(static_cast<int>(n));
        }
        start = end;
    }
    return true;
}

}  // namespace

grid::Connection Build::connect(const ElementObject& element, std::size_t terminal,
                                std::size_t conductors) {
    grid::Connection out;
    const std::string text =
        terminal < element.buses.size() && !element.buses[terminal].empty()
            ? element.buses[terminal]
            : fmt::format("{}_{}_{}", element.class_name, element.name, terminal + 1);
    std::string bus;
    std::vector<int> given;
    if (!split_bus(text, bus, given)) {
        session.faults.push_back({element.at, "'" + text + "'",
                                  "nodes must be whole numbers, 0 or more",
                                  "write e.g. 671.1.2.3"});
        given.clear();
    }
    while (given.size() > conductors && given.back() == 0) given.pop_back();  // ground, to spare
    if (given.size() > conductors)
        session.fault_at(
            element.at, "'" + text + "'",
            fmt::format("names {} nodes where {}", given.size(),
                        conductors == 1 ? "1 conductor ends"
                                        : fmt::format("{} conductors end", conductors)),
            "name one node a conductor, or state phases=");
    for (std::size_t c = 0; c < conductors; ++c) {
        const bool is_phase = c < static_cast<std::size_t>(element.phases);
        out.nodes.push_back(c < given.size() ? given[c] : (is_phase ? static_cast<int>(c) + 1 : 0));
    }
    out.bus = circuit.add_bus(bus, element.at);
    circuit.note_nodes(out.bus, out.nodes);
    out.is_open = opened(element, terminal, conductors);
    return out;
}

grid::Connection Build::connect_second(const ElementObject& element, bool is_given,
                                       const grid::Connection& first) {
    if (is_given) return connect(element, 1, first.nodes.size());
    grid::Connection ground;
    ground.bus = first.bus;
    ground.nodes.assign(first.nodes.size(), 0);
    return ground;
}

grid::Circuit Session::build_so_far() {
    Build build{{}, *this, settings.frequency_hz};
    build.circuit.name = circuit_name_;
    build.circuit.frequency_hz = settings.frequency_hz;
    build.circuit.bases_at = settings.voltage_bases_at;
    for (const auto& object : objects_)
        if (object->enabled) class_of(object->class_name)->emit(*object, build);
    for (grid::Bus& bus : build.circuit.buses) {
        const auto base = bus_base_v_.find(bus.name);
        if (base != bus_base_v_.end()) bus.base_v = base->second;
        const auto xy = coordinates_.find(bus.name);
        if (xy == coordinates_.end()) continue;
        bus.x = xy->second[0];
        bus.y = xy->second[1];
        bus.has_coordinates = true;
    }
    return std::move(build.circuit);
}

grid::Circuit Session::build() {
    grid::Circuit circuit = build_so_far();
    require_reached(circuit);
    return circuit;
}

void Session::require_reached(const grid::Circuit& circuit) {
    if (is_incomplete_) return;  // what was left out may reach any bus
    std::set<std::string> reached;
    for (const auto& object : objects_) {
        const auto* element = dynamic_cast<const ElementObject*>(object.get());
        if (!element || element->class_name == "load" || element->class_name == "generator" ||
            (element->class_name == "capacitor" && element->buses.size() < 2))
            continue;
        for (const std::string& text : element->buses)
            reached.insert(text.substr(0, text.find_first_of(". ")));
    }
    const std::vector<std::string> known(reached.begin(), reached.end());
    const auto require = [&](const auto& element, const grid::Connection& at, const char* kind) {
        const std::string& bus = circuit.bus(at.bus).name;
        if (reached.count(bus)) return;
        const std::string near = nearest(bus, known);
        faults.push_back({{element.at.file, element.at.line, element.at.path + ".bus1"},
                          "'" + bus + "'",
                          fmt::format("no line or transformer reaches the bus of this {}", kind),
                          near.empty() ? "name a bus of the network, or join it by a line"
                                       : "did you mean '" + near + "'?"});
    };
    for (const auto& load : circuit.loads) require(load, load.at_bus, "load");
    for (const auto& generator : circuit.generators)
        require(generator, generator.at_bus, "generator");
    for (const auto& capacitor : circuit.capacitors)
        require(capacitor, capacitor.from, "capacitor");
}

namespace {

double nearest_base_kv(double kv, const std::vector<double>& legal) {
    double best = 0, least = 1e50;
    for (const double base : legal) {
        const double distance = math::abs(1.0 - kv / base);
        if (base > 0 && distance < least) {
            least = distance;
            best = base;
        }
    }
    return best;
}

}  // namespace

namespace {

/// |V| of each bus's first node with all loads and shunts away, V.
std::vector<double> first_node_voltages(const grid::Circuit& circuit) {
    powerflow::ReferenceSolver solver(powerflow::Network(circuit, powerflow::Parts::series));
    Column<std::complex<double>> v(solver.nodes(), 1);
    solver.start(v.view());
    std::vector<double> first_v(circuit.buses.size(), 0.0);
    for (std::size_t i = 0; i < solver.nodes(); ++i) {
        const powerflow::Node& node = solver.network().node(powerflow::NodeIdx(i));
        const grid::Bus& bus = circuit.bus(node.bus_index);
        if (!bus.nodes.empty() && bus.nodes.front() == node.number)
            first_v[node.bus_index.pos()] = math::sqrt(std::norm(v(i, 0)));
    }
    return first_v;
}

}  // namespace

/// Base of a bus: the legal line voltage nearest to that of its first node with all loads and
/// shunts away, over sqrt 3.
void Session::calculate_voltage_bases() {
    if (!faults.empty()) return;
    const auto begin = std::chrono::steady_clock::now();
    grid::Circuit circuit = build_so_far();
    circuit.loads.clear();
    circuit.generators.clear();
    std::vector<double> first_v(circuit.buses.size(), 0.0);
    try {
        first_v = first_node_voltages(circuit);
    } catch (const ScenarioError& error) {
        for (const Fault& f : error.faults())
            fault_at(f.at.line > 0 ? f.at : here(), f.found, f.rule, f.remedy);
        return;
    }
    for (std::size_t b = 0; b < circuit.buses.size(); ++b)
        bus_base_v_[circuit.buses[b].name] =
            1000.0 * nearest_base_kv(first_v[b] * 0.001732, settings.voltage_bases_kv) /
            math::sqrt(3.0);
    build_s += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace gridflock::inline v0::dss
