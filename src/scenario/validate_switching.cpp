// SPDX-License-Identifier: Apache-2.0
// Scripted switching: elements that exist, contacts that exist, actions that change something.
#include "scenario/checker.hpp"
#include "scenario/codec.hpp"

#include <gridflock/grid/element.hpp>

#include <algorithm>
#include <optional>

namespace gridflock::inline v0::scenario {

namespace {

/// The element, or nothing after a fault.
std::optional<grid::ElementRef> named_element(const Checker& c, const grid::Circuit& circuit,
                                              std::size_t i) {
    const Switching& s = c.s.switching[i];
    const std::string path = index_path("switching", i);
    const grid::ElementRef ref = grid::find_element(circuit, s.element);
    if (!ref.valid()) {
        c.fault(path + ".element", to_text(Value(s.element)), "is no element of the feeder",
                grid::suggest_element(circuit, s.element));
        return {};
    }
    if (ref.kind == grid::ElementKind::source || ref.kind == grid::ElementKind::current_source) {
        c.fault(path + ".element", to_text(Value(s.element)), "is a source, which has no switch",
                "open the line or transformer that it feeds");
        return {};
    }
    const std::size_t ends = grid::terminals(circuit, ref).size();
    if (s.terminal > static_cast<int>(ends)) {
        c.fault(path + ".terminal", std::to_string(s.terminal),
                "must be at most " + std::to_string(ends),
                s.element + " has " + std::to_string(ends) + " of them");
        return {};
    }
    return ref;
}

/// Carries the script out in order of time and finds the actions that change nothing.
void check_effects(const Checker& c, const Instants& t,
                   const std::vector<std::pair<std::size_t, grid::ElementRef>>& script) {
    auto order = script;
    std::stable_sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
        return t.at(c.s.switching[a.first].at) < t.at(c.s.switching[b.first].at);
    });
    grid::Circuit circuit = *c.s.circuit;
    for (const auto& [i, ref] : order) {
        const Switching& s = c.s.switching[i];
        const auto before = grid::openings(circuit);
        switch_element(circuit, ref, s);
        if (grid::openings(circuit) != before) continue;
        c.fault(index_path("switching", i) + ".action", to_text(Value(s.action)),
                "changes nothing: " + s.element + " is " +
                    (s.action == "open" ? "open" : "closed") + " already at that time",
                "correct the action, the element or the time, or leave it out");
    }
}

}  // namespace

void switch_element(grid::Circuit& circuit, grid::ElementRef ref, const Switching& s) {
    if (s.action == "open")
        grid::open(circuit, ref, s.terminal == 0 ? 1 : s.terminal);
    else
        grid::close(circuit, ref, s.terminal);
}

void check_switching(const Checker& c, const Instants* t) {
    std::vector<std::pair<std::size_t, grid::ElementRef>> script;
    for (std::size_t i = 0; i < c.s.switching.size(); ++i) {
        const std::string path = index_path("switching", i);
        c.inside(t, path + ".at", c.s.switching[i].at);
        if (c.s.feeder.file.empty() && !c.s.circuit)
            c.fault(path + ".element", to_text(Value(c.s.switching[i].element)),
                    "needs a feeder, and there is none", "write [feeder] with file = \"...\"");
        if (!c.s.circuit) continue;
        if (const auto ref = named_element(c, *c.s.circuit, i)) script.emplace_back(i, *ref);
    }
    if (t && c.s.circuit) check_effects(c, *t, script);
}

}  // namespace gridflock::inline v0::scenario
