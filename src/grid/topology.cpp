// SPDX-License-Identifier: Apache-2.0
#include <gridflock/grid/topology.hpp>

#include "edges.hpp"

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/connected_components.hpp>
#include <boost/pending/queue.hpp>

#include <algorithm>

namespace gridflock::inline v0::grid {

namespace {

using EdgeNumber = boost::property<boost::edge_index_t, std::size_t>;
using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS,
                                    boost::no_property, EdgeNumber>;
using Vertex = boost::graph_traits<Graph>::vertex_descriptor;

constexpr std::size_t none = static_cast<std::size_t>(-1);

Graph graph_of(const std::vector<Edge>& edges, std::size_t buses) {
    Graph graph(buses);
    for (std::size_t e = 0; e < edges.size(); ++e)
        boost::add_edge(edges[e].a, edges[e].b, EdgeNumber(e), graph);
    return graph;
}

/// A breadth-first forest: how each bus was reached, and in which order.
struct Forest {
    std::vector<std::size_t> before;  ///< [bus] the bus nearer to the root; itself at a root
    std::vector<std::size_t> by;      ///< [bus] edge over which it was reached
    std::vector<int> depth;           ///< [bus] -1 = not reached
    std::vector<std::size_t> order;   ///< buses as they were reached, roots left out
};

struct Recorder : boost::default_bfs_visitor {
    Forest* forest;
    explicit Recorder(Forest& f) : forest(&f) {}
    template <class E, class G>
    void tree_edge(E e, const G& g) {
        const std::size_t a = source(e, g), b = target(e, g);
        forest->before[b] = a;
        forest->by[b] = get(boost::edge_index, g, e);
        forest->depth[b] = forest->depth[a] + 1;
        forest->order.push_back(b);
    }
};

Forest grow(const Graph& graph, const std::vector<std::size_t>& roots) {
    const std::size_t n = boost::num_vertices(graph);
    Forest f{std::vector<std::size_t>(n),
             std::vector<std::size_t>(n, none),
             std::vector<int>(n, -1),
             {}};
    for (std::size_t i = 0; i < n; ++i) f.before[i] = i;
    for (const std::size_t r : roots) f.depth[r] = 0;
    std::vector<boost::default_color_type> colour(n, boost::white_color);
    boost::queue<Vertex> queue;
    boost::breadth_first_visit(
        graph, roots.begin(), roots.end(), queue, Recorder(f),
        boost::make_iterator_property_map(colour.begin(), get(boost::vertex_index, graph)));
    return f;
}

/// Buses of the sources, each once.
std::vector<std::size_t> source_buses(const Circuit& circuit) {
    std::vector<std::size_t> out;
    for (const Source& s : circuit.sources)
        if (std::find(out.begin(), out.end(), s.from.bus.pos()) == out.end())
            out.push_back(s.from.bus.pos());
    return out;
}

/// One root an island, a source where it has one.
std::vector<std::size_t> island_roots(const Circuit& circuit, const std::vector<int>& island,
                                      int islands) {
    std::vector<std::size_t> root(static_cast<std::size_t>(islands), none);
    const auto offer = [&](std::size_t bus) {
        std::size_t& r = root[static_cast<std::size_t>(island[bus])];
        if (r == none) r = bus;
    };
    for (const std::size_t bus : source_buses(circuit)) offer(bus);
    for (std::size_t bus = 0; bus < island.size(); ++bus) offer(bus);
    return root;
}

/// The buses of the loop that `edge` closes, in order around it, and its edges.
struct Ring {
    std::vector<std::size_t> buses, edges;
};

Ring close_ring(const Forest& f, const Edge& edge, std::size_t number) {
    std::size_t a = edge.a, b = edge.b;
    Ring left, right;
    left.buses.push_back(a);
    right.buses.push_back(b);
    while (a != b) {
        const bool is_left = f.depth[a] >= f.depth[b];
        std::size_t& at = is_left ? a : b;
        Ring& side = is_left ? left : right;
        side.edges.push_back(f.by[at]);
        at = f.before[at];
        side.buses.push_back(at);
    }
    left.edges.push_back(number);  // closes the ring; the meeting point is listed once
    left.edges.insert(left.edges.end(), right.edges.begin(), right.edges.end());
    std::rotate(left.edges.begin(), left.edges.end() - 1, left.edges.end());
    right.buses.pop_back();
    std::reverse(right.buses.begin(), right.buses.end());
    left.buses.insert(left.buses.end(), right.buses.begin(), right.buses.end());
    return left;
}

/// False where no phase goes all the way round.
bool has_common_phase(const Ring& ring, const std::vector<Edge>& edges) {
    std::vector<int> common{1, 2, 3};
    for (const std::size_t e : ring.edges) {
        const std::vector<int>& p = edges[e].phases;
        if (p.empty() || p.back() > 3) continue;
        std::erase_if(common, [&](int n) { return std::find(p.begin(), p.end(), n) == p.end(); });
    }
    return !common.empty();
}

void find_loops(const Circuit& circuit, const Graph& graph, const std::vector<Edge>& edges,
                Topology& t) {
    const Forest f = grow(graph, island_roots(circuit, t.island, t.islands));
    for (std::size_t e = 0; e < edges.size(); ++e) {
        if (f.by[edges[e].a] == e || f.by[edges[e].b] == e) continue;
        const Ring ring = close_ring(f, edges[e], e);
        if (!has_common_phase(ring, edges)) continue;
        Loop loop;
        for (const std::size_t b : ring.buses) loop.buses.push_back(BusIdx(b));
        for (const std::size_t r : ring.edges)
            loop.elements.insert(loop.elements.end(), edges[r].elements.begin(),
                                 edges[r].elements.end());
        t.loops.push_back(std::move(loop));
    }
    t.is_radial = t.loops.empty();
}

Branch branch_to(const Forest& f, const std::vector<Edge>& edges, std::size_t bus) {
    return {edges[f.by[bus]].elements.front(), BusIdx(f.before[bus]), BusIdx(bus), f.depth[bus]};
}

bool touches_energised(const Circuit& circuit, ElementRef ref, const EnergisedNodes& live) {
    for (const Connection* c : terminals(circuit, ref))
        for (std::size_t k = 0; k < c->nodes.size(); ++k)
            if (is_closed(*c, k) && live.has(c->bus, c->nodes[k])) return true;
    return false;
}

}  // namespace

Topology topology(const Circuit& circuit) {
    const std::size_t n = circuit.buses.size();
    Topology t;
    t.island.assign(n, 0);
    t.is_fed.assign(n, 0);
    const std::vector<Edge> all = edges(circuit);
    const Graph graph = graph_of(all, n);
    t.islands = n == 0 ? 0 : boost::connected_components(graph, t.island.data());
    std::vector<std::uint8_t> fed(static_cast<std::size_t>(t.islands), 0);
    for (const Source& s : circuit.sources)
        fed[static_cast<std::size_t>(t.island[s.from.bus.pos()])] = 1;
    for (std::size_t b = 0; b < n; ++b) {
        t.is_fed[b] = fed[static_cast<std::size_t>(t.island[b])];
        if (!t.is_fed[b]) t.unreachable.push_back(BusIdx(b));
    }
    find_loops(circuit, graph, all, t);
    const Forest outward = grow(graph, source_buses(circuit));
    for (const std::size_t bus : outward.order) t.order.push_back(branch_to(outward, all, bus));
    const EnergisedNodes live(circuit);
    for (const ElementRef r : all_elements(circuit))
        if (!touches_energised(circuit, r, live)) t.isolated.push_back(r);
    return t;
}

std::vector<Branch> feeding_path(const Circuit& circuit, BusIdx bus) {
    const std::vector<Edge> all = edges(circuit);
    const Forest f = grow(graph_of(all, circuit.buses.size()), source_buses(circuit));
    std::vector<Branch> path;
    for (std::size_t at = bus.pos(); f.depth[at] > 0; at = f.before[at])
        path.push_back(branch_to(f, all, at));
    return path;
}

std::vector<BusIdx> path_to_source(const Circuit& circuit, BusIdx bus) {
    const std::vector<std::size_t> roots = source_buses(circuit);
    const std::vector<Branch> branches = feeding_path(circuit, bus);
    const bool is_root = std::find(roots.begin(), roots.end(), bus.pos()) != roots.end();
    if (branches.empty() && !is_root) return {};
    std::vector<BusIdx> path{bus};
    for (const Branch& b : branches) path.push_back(b.from);
    return path;
}

std::vector<Island> islands(const Circuit& circuit) {
    const Topology t = topology(circuit);
    std::vector<Island> out(static_cast<std::size_t>(t.islands));
    for (std::size_t b = 0; b < t.island.size(); ++b)
        out[static_cast<std::size_t>(t.island[b])].buses.push_back(BusIdx(b));
    for (std::size_t s = 0; s < circuit.sources.size(); ++s) {
        const std::size_t bus = circuit.sources[s].from.bus.pos();
        out[static_cast<std::size_t>(t.island[bus])].sources.push_back(
            {ElementKind::source, static_cast<std::int32_t>(s)});
    }
    return out;
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
