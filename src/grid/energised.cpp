// SPDX-License-Identifier: Apache-2.0
#include <gridflock/grid/topology.hpp>

#include "edges.hpp"

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/connected_components.hpp>

#include <algorithm>

namespace gridflock::inline v0::grid {

namespace {

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS>;

/// The nodes that elements name, numbered bus by bus.
class NodeNumbers {
public:
    explicit NodeNumbers(const Circuit& circuit) : of_bus_(circuit.buses.size()) {
        for (const ElementRef r : all_elements(circuit))
            for (const Connection* c : terminals(circuit, r))
                for (const int n : c->nodes)
                    if (n > 0) of_bus_[c->bus.pos()].push_back(n);
        for (auto& numbers : of_bus_) {
            std::sort(numbers.begin(), numbers.end());
            numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
            first_.push_back(count_);
            count_ += numbers.size();
        }
    }
    std::size_t count() const { return count_; }
    const std::vector<int>& of_bus(std::size_t bus) const { return of_bus_[bus]; }
    std::size_t first(std::size_t bus) const { return first_[bus]; }
    /// Of conductor k; count() for ground, an open or a missing conductor.
    std::size_t of(const Connection& c, std::size_t k) const {
        if (k >= c.nodes.size() || c.nodes[k] <= 0 || !is_closed(c, k)) return count_;
        const auto& numbers = of_bus_[c.bus.pos()];
        const auto at = std::lower_bound(numbers.begin(), numbers.end(), c.nodes[k]);
        return first_[c.bus.pos()] + static_cast<std::size_t>(at - numbers.begin());
    }

private:
    std::vector<std::vector<int>> of_bus_;
    std::vector<std::size_t> first_;
    std::size_t count_ = 0;
};

/// The conductors that one phase of a transformer holds together, ground left out.
void join_phase(const Transformer& t, std::size_t phase, const NodeNumbers& nodes, Graph& graph) {
    std::vector<std::size_t> held;
    const auto n = static_cast<std::size_t>(t.phases);
    for (const Winding& w : t.windings) {
        held.push_back(nodes.of(w.at, phase));
        if (n == 1) held.push_back(nodes.of(w.at, 1));
        if (n > 1 && w.is_delta)
            held.push_back(nodes.of(w.at, n == 2 ? phase + 1 : (phase + 1) % n));
    }
    std::erase(held, nodes.count());
    for (std::size_t i = 1; i < held.size(); ++i) boost::add_edge(held[0], held[i], graph);
}

Graph graph_of(const Circuit& circuit, const NodeNumbers& nodes) {
    Graph graph(nodes.count());
    const auto series = [&](const Connection& a, const Connection& b) {
        for (std::size_t k = 0; k < a.nodes.size(); ++k) {
            const std::size_t i = nodes.of(a, k), j = nodes.of(b, k);
            if (i != nodes.count() && j != nodes.count()) boost::add_edge(i, j, graph);
        }
    };
    for (const Source& s : circuit.sources) series(s.from, s.to);
    for (const Line& l : circuit.lines) series(l.from, l.to);
    for (const Capacitor& c : circuit.capacitors)
        if (!c.is_delta) series(c.from, c.to);
    for (const Reactor& r : circuit.reactors)
        if (!r.is_delta) series(r.from, r.to);
    for (const Transformer& t : circuit.transformers)
        for (std::size_t p = 0; p < static_cast<std::size_t>(t.phases); ++p)
            join_phase(t, p, nodes, graph);
    return graph;
}

}  // namespace

EnergisedNodes::EnergisedNodes(const Circuit& circuit) : numbers_(circuit.buses.size()) {
    const NodeNumbers nodes(circuit);
    if (nodes.count() == 0) return;
    std::vector<int> part(nodes.count());
    const auto parts = static_cast<std::size_t>(
        boost::connected_components(graph_of(circuit, nodes), part.data()));
    std::vector<std::uint8_t> fed(parts, 0);
    for (const Source& s : circuit.sources)
        for (std::size_t k = 0; k < s.from.nodes.size(); ++k)
            if (const std::size_t i = nodes.of(s.from, k); i != nodes.count())
                fed[static_cast<std::size_t>(part[i])] = 1;
    for (std::size_t b = 0; b < circuit.buses.size(); ++b)
        for (std::size_t i = 0; i < nodes.of_bus(b).size(); ++i)
            if (fed[static_cast<std::size_t>(part[nodes.first(b) + i])])
                numbers_[b].push_back(nodes.of_bus(b)[i]);
}

bool EnergisedNodes::has(BusIdx bus, int node) const {
    const auto& numbers = numbers_[bus.pos()];
    return std::binary_search(numbers.begin(), numbers.end(), node);
}

}  // namespace gridflock::inline v0::grid
