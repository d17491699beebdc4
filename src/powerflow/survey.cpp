// SPDX-License-Identifier: Apache-2.0
#include "survey.hpp"

#include <gridflock/core/math.hpp>
#include <gridflock/powerflow/solver.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace gridflock::inline v0::powerflow {

namespace {

grid::EnergisedNodes with_all_closed(const grid::Circuit& circuit) {
    if (grid::openings(circuit).empty()) return grid::EnergisedNodes(circuit);
    grid::Circuit closed = circuit;
    grid::set_openings(closed, {});
    return grid::EnergisedNodes(closed);
}

}  // namespace

Survey::Survey(const grid::Circuit& c, Voltages voltages)
    : circuit(c),
      topology(grid::topology(c)),
      live(with_all_closed(c)),
      branch_to(c.buses.size(), -1),
      v_(c.buses.size()) {
    for (std::size_t i = 0; i < topology.order.size(); ++i)
        branch_to[topology.order[i].to.pos()] = static_cast<std::int32_t>(i);
    if (voltages == Voltages::without_load) solve_without_load();
}

void Survey::solve_without_load() {
    grid::Circuit bare = circuit;
    bare.loads.clear();
    bare.generators.clear();
    try {
        const ReferenceSolver solver(Network(bare, Parts::series));
        Column<std::complex<double>> v(solver.nodes(), 1);
        solver.start(v.view());
        for (std::size_t i = 0; i < solver.nodes(); ++i) {
            const Node& node = solver.network().node(NodeIdx(i));
            v_[node.bus_index.pos()].emplace_back(node.number, v(i, 0));
        }
        has_voltages = true;
    } catch (const ScenarioError&) {
        has_voltages = false;  // the other checks say why
    }
}

std::complex<double> Survey::v(grid::BusIdx bus, int node) const {
    for (const auto& [number, volts] : v_[bus.pos()])
        if (number == node) return volts;
    return {};
}

double Survey::across(const grid::Connection& at, std::size_t a, std::size_t b) const {
    const auto of = [&](std::size_t k) {
        return k < at.nodes.size() && at.nodes[k] > 0 ? v(at.bus, at.nodes[k])
                                                      : std::complex<double>{};
    };
    return math::sqrt(std::norm(of(a) - of(b)));
}

int Survey::depth(grid::BusIdx bus) const {
    const grid::Branch* b = feed(bus);
    return b ? b->depth : 0;
}

const grid::Branch* Survey::feed(grid::BusIdx bus) const {
    const std::int32_t i = branch_to[bus.pos()];
    return i < 0 ? nullptr : &topology.order[static_cast<std::size_t>(i)];
}

std::string Survey::name_and_place(grid::ElementRef ref) const {
    const Place& at = grid::element(circuit, ref).at;
    const std::string place = Place{at.file, at.line, ""}.text();
    return place.empty() ? name(ref) : name(ref) + " (" + place + ")";
}

Place Survey::place(grid::ElementRef ref, const std::string& property) const {
    const Place& at = grid::element(circuit, ref).at;
    return {at.file, at.line, name(ref) + "." + property};
}

std::string list_text(const std::vector<std::string>& words) {
    std::string s;
    for (std::size_t i = 0; i < words.size(); ++i)
        s += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
    return s;
}

std::string list_text(const std::vector<int>& numbers) {
    std::vector<std::string> words;
    for (const int n : numbers) words.push_back(std::to_string(n));
    return list_text(words);
}

std::string neat_kilo(double volts) {
    for (const int digits : {2, 3}) {
        std::string text = fmt::format("{:.{}g}", volts / 1000, digits);
        const double size = 1000 * std::strtod(text.c_str(), nullptr);
        if (math::abs(size / volts - 1) < 0.0015) return text;
    }
    return kilo_text(volts);
}

std::string kilo_text(double volts) {
    return fmt::format("{:.4g}", volts / 1000);
}

}  // namespace gridflock::inline v0::powerflow
