// SPDX-License-Identifier: Apache-2.0
#include <gridflock/grid/topology.hpp>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/connected_components.hpp>

#include <algorithm>

namespace gridflock::inline v0::grid {

namespace {

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS>;
using Vertex = boost::graph_traits<Graph>::vertex_descriptor;

bool is_closed(const Connection& c) {
    return c.is_open.empty() ||
           std::any_of(c.is_open.begin(), c.is_open.end(), [](std::uint8_t open) { return !open; });
}

bool touches(const Connection& c) {
    return std::any_of(c.nodes.begin(), c.nodes.end(), [](int n) { return n > 0; });
}

template <class F>
void for_each_edge(const Circuit& circuit, F&& edge) {
    const auto join = [&](const Connection& a, const Connection& b) {
        if (a.bus != b.bus && is_closed(a) && is_closed(b) && touches(a) && touches(b))
            edge(a.bus.pos(), b.bus.pos());
    };
    for (const Line& l : circuit.lines) join(l.from, l.to);
    for (const Transformer& t : circuit.transformers)
        for (std::size_t w = 1; w < t.windings.size(); ++w)
            join(t.windings[0].at, t.windings[w].at);
    for (const Capacitor& c : circuit.capacitors)
        if (!c.is_delta) join(c.from, c.to);
    for (const Reactor& r : circuit.reactors)
        if (!r.is_delta) join(r.from, r.to);
}

Graph graph_of(const Circuit& circuit) {
    Graph graph(circuit.buses.size());
    for_each_edge(circuit, [&](std::size_t a, std::size_t b) { boost::add_edge(a, b, graph); });
    return graph;
}

/// Parallel elements between the same buses (single-phase units of a bank) are one edge here.
std::size_t distinct_edges(const Circuit& circuit) {
    std::vector<std::pair<std::size_t, std::size_t>> edges;
    for_each_edge(circuit, [&](std::size_t a, std::size_t b) {
        edges.emplace_back(std::min(a, b), std::max(a, b));
    });
    std::sort(edges.begin(), edges.end());
    return static_cast<std::size_t>(std::unique(edges.begin(), edges.end()) - edges.begin());
}

}  // namespace

Topology topology(const Circuit& circuit) {
    const std::size_t n = circuit.buses.size();
    Topology t;
    t.island.assign(n, 0);
    t.is_fed.assign(n, 0);
    const Graph graph = graph_of(circuit);
    t.islands = n == 0 ? 0 : boost::connected_components(graph, t.island.data());
    std::vector<std::uint8_t> fed(static_cast<std::size_t>(t.islands), 0);
    for (const Source& s : circuit.sources)
        fed[static_cast<std::size_t>(t.island[s.from.bus.pos()])] = 1;
    for (std::size_t b = 0; b < n; ++b) {
        t.is_fed[b] = fed[static_cast<std::size_t>(t.island[b])];
        if (!t.is_fed[b]) t.unreachable.push_back(BusIdx(b));
    }
    t.is_radial = distinct_edges(circuit) + static_cast<std::size_t>(t.islands) == n;
    return t;
}

std::vector<BusIdx> path_to_source(const Circuit& circuit, BusIdx bus) {
    const Graph graph = graph_of(circuit);
    std::vector<Vertex> before(circuit.buses.size());
    for (std::size_t i = 0; i < before.size(); ++i) before[i] = i;
    boost::breadth_first_search(graph, bus.pos(),
                                boost::visitor(boost::make_bfs_visitor(boost::record_predecessors(
                                    before.data(), boost::on_tree_edge()))));
    std::vector<BusIdx> path;
    for (const Source& s : circuit.sources) {
        std::size_t at = s.from.bus.pos();
        if (at != bus.pos() && before[at] == at) continue;
        std::vector<BusIdx> back{BusIdx(at)};
        for (; at != bus.pos(); at = before[at]) back.push_back(BusIdx(before[at]));
        std::reverse(back.begin(), back.end());
        if (path.empty() || back.size() < path.size()) path = std::move(back);
    }
    return path;
}

std::vector<Fault> unreachable_faults(const Circuit& circuit) {
    std::vector<Fault> faults;
    for (const BusIdx b : topology(circuit).unreachable) {
        const Bus& bus = circuit.bus(b);
        Fault fault;
        fault.at = bus.at;
        fault.found = "bus '" + bus.name + "'";
        fault.rule = "no line, transformer or closed switch joins it to a source";
        fault.remedy = "its voltage is 0; check the bus names of the elements that should reach it";
        faults.push_back(std::move(fault));
    }
    return faults;
}

}  // namespace gridflock::inline v0::grid
