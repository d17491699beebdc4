// SPDX-License-Identifier: Apache-2.0
// Loads, generators and capacitors on nodes that nothing energises though their bus is alive.
#include "survey.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gridflock::inline v0::powerflow {

namespace {

using grid::ElementKind;
using grid::ElementRef;

/// The conductors that carry an element's phases.
std::size_t phase_conductors(int phases, bool is_delta, const grid::Connection& at) {
    const auto n = static_cast<std::size_t>(phases);
    return std::min(is_delta && phases < 3 ? n + 1 : n, at.nodes.size());
}

std::string bus_text(const std::string& bus, const std::vector<int>& nodes) {
    std::string s = bus;
    for (const int n : nodes) s += "." + std::to_string(n);
    return s;
}

/// What the fed end of a branch carries, or nothing for a transformer.
const grid::Line* feeding_line(const Survey& s, grid::BusIdx bus) {
    const grid::Branch* feed = s.feed(bus);
    if (!feed || feed->element.kind != ElementKind::line) return nullptr;
    return &s.circuit.lines[feed->element.pos()];
}

/// A line that changes numbers on its way and could have brought the missing one.
bool is_crossed(const grid::Line& line, grid::BusIdx bus, int missing) {
    const grid::Connection& far = line.to.bus == bus ? line.from : line.to;
    const grid::Connection& near = line.to.bus == bus ? line.to : line.from;
    const auto has = [&](const grid::Connection& c) {
        return std::find(c.nodes.begin(), c.nodes.end(), missing) != c.nodes.end();
    };
    return has(far) && !has(near);
}

Fault at_load(const Survey& s, ElementRef ref, const grid::Connection& at, int missing,
              std::size_t conductor) {
    const std::string& bus = s.circuit.bus(at.bus).name;
    const std::vector<int>& alive = s.live.at(at.bus);
    const grid::Branch* feed = s.feed(at.bus);
    std::vector<std::string> choices;
    for (const int n : alive) {
        std::vector<int> nodes = at.nodes;
        if (std::find(nodes.begin(), nodes.end(), n) != nodes.end()) continue;
        nodes[conductor] = n;
        while (nodes.size() > 1 && nodes.back() == 0) nodes.pop_back();
        choices.push_back("bus1=" + bus_text(bus, nodes));
    }
    std::string remedy = choices.empty() ? "connect it elsewhere" : "write " + choices.front();
    if (choices.size() > 1) remedy += " (or " + choices[1] + ")";
    if (feed)
        remedy += fmt::format(", or let {}, which feeds the bus, bring node {}",
                              s.name_and_place(feed->element), missing);
    std::vector<int> used = at.nodes;
    while (used.size() > 1 && used.back() == 0) used.pop_back();
    return {s.place(ref, "bus1"), "'" + bus_text(bus, used) + "'",
            fmt::format("nothing energises node {}: bus {} has only node{} {} alive", missing, bus,
                        alive.size() == 1 ? "" : "s", list_text(alive)),
            std::move(remedy)};
}

Fault at_crossed_line(const Survey& s, const grid::Line& line, ElementRef line_ref, ElementRef user,
                      grid::BusIdx bus, int missing) {
    const grid::Connection& far = line.to.bus == bus ? line.from : line.to;
    const grid::Connection& near = line.to.bus == bus ? line.to : line.from;
    const std::string& name = s.circuit.bus(bus).name;
    return {s.place(line_ref, line.to.bus == bus ? "bus2" : "bus1"),
            "'" + bus_text(name, near.nodes) + "'",
            fmt::format("its other end is {}, and {} stands on node {} of bus {}",
                        bus_text(s.circuit.bus(far.bus).name, far.nodes), s.name_and_place(user),
                        missing, name),
            "write " + bus_text(name, far.nodes) + " at both ends"};
}

/// The line nearest to the source that takes a dead node of a live bus, above `bus`.
const grid::Branch* dead_tap(const Survey& s, grid::BusIdx bus) {
    const grid::Branch* branch = s.feed(bus);
    while (branch && s.live.at(branch->from).empty()) branch = s.feed(branch->from);
    return branch;
}

Fault at_tap(const Survey& s, const grid::Branch& tap, ElementRef user) {
    const auto ends = grid::terminals(s.circuit, tap.element);
    const grid::Connection& near = ends.front()->bus == tap.from ? *ends.front() : *ends.back();
    const std::string& bus = s.circuit.bus(tap.from).name;
    const std::vector<int>& alive = s.live.at(tap.from);
    const bool is_second = ends.front()->bus != tap.from;
    return {s.place(tap.element, is_second ? "bus2" : "bus1"),
            "'" + bus_text(bus, near.nodes) + "'",
            fmt::format("nothing energises it: bus {} has only node{} {} alive, so {} is dead", bus,
                        alive.size() == 1 ? "" : "s", list_text(alive), s.name_and_place(user)),
            "write " + bus_text(bus, {alive.front()}) +
                (alive.size() > 1 ? " (or another of them)" : "")};
}

class Phases {
public:
    Phases(const Survey& s, std::vector<Fault>& faults) : s_(s), faults_(faults) {}

    template <class Table>
    void check(const Table& table, ElementKind kind) {
        for (std::size_t i = 0; i < table.size(); ++i) {
            const auto& e = table[i];
            if constexpr (requires { e.at_bus; })
                check(ref_of(kind, i), e.at_bus, phase_conductors(e.phases, e.is_delta, e.at_bus));
            else if (e.is_delta || e.from.bus == e.to.bus)
                check(ref_of(kind, i), e.from, phase_conductors(e.phases, e.is_delta, e.from));
        }
    }

private:
    void check(ElementRef ref, const grid::Connection& at, std::size_t conductors) {
        if (!s_.topology.is_fed[at.bus.pos()]) return;  // unreachable_faults tells
        for (std::size_t k = 0; k < conductors; ++k) {
            const int node = at.nodes[k];
            if (node <= 0 || s_.live.has(at.bus, node)) continue;
            return tell(ref, at, node, k);
        }
    }

    void tell(ElementRef ref, const grid::Connection& at, int node, std::size_t conductor) {
        const grid::Branch* tap = s_.live.at(at.bus).empty() ? dead_tap(s_, at.bus) : nullptr;
        const grid::Line* line = feeding_line(s_, at.bus);
        if (tap)
            add(at_tap(s_, *tap, ref));
        else if (line && is_crossed(*line, at.bus, node))
            add(at_crossed_line(s_, *line, s_.feed(at.bus)->element, ref, at.bus, node));
        else if (!s_.live.at(at.bus).empty())
            add(at_load(s_, ref, at, node, conductor));
    }

    /// One fault an element: several loads behind one slip are one slip.
    void add(Fault fault) {
        const auto is_same = [&](const Fault& f) { return f.at.path == fault.at.path; };
        if (std::none_of(faults_.begin(), faults_.end(), is_same))
            faults_.push_back(std::move(fault));
    }

    const Survey& s_;
    std::vector<Fault>& faults_;
};

}  // namespace

void check_phases(const Survey& s, std::vector<Fault>& faults) {
    Phases phases(s, faults);
    phases.check(s.circuit.loads, ElementKind::load);
    phases.check(s.circuit.generators, ElementKind::generator);
    phases.check(s.circuit.capacitors, ElementKind::capacitor);
}

}  // namespace gridflock::inline v0::powerflow
