// SPDX-License-Identifier: Apache-2.0
#include "edges.hpp"

#include <algorithm>
#include <map>

namespace gridflock::inline v0::grid {

namespace {

using Nodes = std::vector<int>;

constexpr int last_phase = 3;  // higher numbers are neutrals and the like where phases are there

void sort_unique(Nodes& nodes) {
    std::sort(nodes.begin(), nodes.end());
    nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
    const auto above =
        std::find_if(nodes.begin(), nodes.end(), [](int n) { return n > last_phase; });
    if (above != nodes.begin()) nodes.erase(above, nodes.end());
}

Nodes closed_nodes(const Connection& c) {
    Nodes out;
    for (std::size_t k = 0; k < c.nodes.size(); ++k)
        if (c.nodes[k] > 0 && is_closed(c, k)) out.push_back(c.nodes[k]);
    sort_unique(out);
    return out;
}

bool is_disjoint(const Nodes& a, const Nodes& b) {
    return std::none_of(a.begin(), a.end(),
                        [&](int n) { return std::find(b.begin(), b.end(), n) != b.end(); });
}

/// Elements between the same two buses, with what decides whether they are one bank.
struct Strand {
    Edge edge;
    std::vector<Nodes> taken;
};

class EdgeList {
public:
    /// `key`: the phases of a line, the nodes of a transformer's first winding.
    void add(ElementRef element, BusIdx a, BusIdx b, Nodes key, Nodes phases, bool is_bank) {
        auto& strands = strands_[std::minmax(a.pos(), b.pos())];
        const auto fits = [&](const Strand& s) {
            return std::all_of(s.taken.begin(), s.taken.end(), [&](const Nodes& other) {
                return is_bank ? other != key : is_disjoint(other, key);
            });
        };
        auto at = std::find_if(strands.begin(), strands.end(),
                               [&](std::size_t s) { return fits(all_[s]); });
        if (at == strands.end()) {
            all_.push_back({{a.pos(), b.pos(), {}, {}}, {}});
            at = strands.insert(strands.end(), all_.size() - 1);
        }
        Strand& s = all_[*at];
        const bool is_mixed = s.edge.elements.empty() || !s.edge.phases.empty();
        s.edge.elements.push_back(element);
        s.taken.push_back(std::move(key));
        if (phases.empty() || !is_mixed) return s.edge.phases.clear();
        s.edge.phases.insert(s.edge.phases.end(), phases.begin(), phases.end());
        sort_unique(s.edge.phases);
    }
    std::vector<Edge> take() {
        std::vector<Edge> out;
        for (Strand& s : all_) out.push_back(std::move(s.edge));
        return out;
    }

private:
    std::vector<Strand> all_;
    std::map<std::pair<std::size_t, std::size_t>, std::vector<std::size_t>> strands_;
};

/// A series element: conductor k at one end is conductor k at the other.
void add_series(EdgeList& list, ElementRef element, const Connection& a, const Connection& b) {
    Nodes from, to;
    for (std::size_t k = 0; k < a.nodes.size() && k < b.nodes.size(); ++k) {
        if (a.nodes[k] <= 0 || b.nodes[k] <= 0 || !is_closed(a, k) || !is_closed(b, k)) continue;
        from.push_back(a.nodes[k]);
        to.push_back(b.nodes[k]);
    }
    if (a.bus == b.bus || from.empty()) return;
    sort_unique(from);
    sort_unique(to);
    const bool is_straight = from == to;
    list.add(element, a.bus, b.bus, from, is_straight ? from : Nodes{}, false);
}

void add_transformer(EdgeList& list, ElementRef element, const Transformer& t) {
    for (std::size_t w = 1; w < t.windings.size(); ++w) {
        const Connection &a = t.windings[0].at, &b = t.windings[w].at;
        const Nodes from = closed_nodes(a), to = closed_nodes(b);
        if (a.bus == b.bus || from.empty() || to.empty()) continue;
        list.add(element, a.bus, b.bus, from, from == to ? from : Nodes{}, true);
    }
}

}  // namespace

bool is_closed(const Connection& c, std::size_t conductor) {
    return conductor >= c.is_open.size() || !c.is_open[conductor];
}

std::vector<Edge> edges(const Circuit& circuit) {
    EdgeList list;
    const auto ref = [](ElementKind kind, std::size_t i) {
        return ElementRef{kind, static_cast<std::int32_t>(i)};
    };
    const auto series = [&](const auto& table, ElementKind kind) {
        for (std::size_t i = 0; i < table.size(); ++i) {
            if constexpr (requires { table[i].is_delta; })
                if (table[i].is_delta) continue;
            add_series(list, ref(kind, i), table[i].from, table[i].to);
        }
    };
    series(circuit.sources, ElementKind::source);  // those between two buses
    series(circuit.lines, ElementKind::line);
    for (std::size_t i = 0; i < circuit.transformers.size(); ++i)
        add_transformer(list, ref(ElementKind::transformer, i), circuit.transformers[i]);
    series(circuit.capacitors, ElementKind::capacitor);
    series(circuit.reactors, ElementKind::reactor);
    return list.take();
}

}  // namespace gridflock::inline v0::grid
