// SPDX-License-Identifier: Apache-2.0
// Parts that nothing ties to ground. Conductors, windings and series elements hold nodes together;
// a grounded wye, a grounded neutral or a shunt ties them to ground. Loads do not: what hangs from
// line to ground on a part that is not tied would be its only ground.
#include "survey.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace gridflock::inline v0::powerflow {

namespace {

using grid::ElementKind;

/// Node sets that are galvanically one; set 0 is ground.
class Galvanic {
public:
    explicit Galvanic(const grid::Circuit& circuit) : up_(1, 0), first_(circuit.buses.size()) {
        for (const grid::ElementRef r : grid::all_elements(circuit))
            for (const grid::Connection* c : grid::terminals(circuit, r))
                for (const int n : c->nodes) (void)number(c->bus, n);
    }
    std::size_t root(grid::BusIdx bus, int node) { return root(number(bus, node)); }
    std::size_t ground() { return root(0); }
    bool is_grounded(std::size_t i) { return root(i) == root(0); }
    std::size_t of(const grid::Connection& c, std::size_t k) {
        return k < c.nodes.size() ? number(c.bus, c.nodes[k]) : 0;
    }
    void join(std::size_t a, std::size_t b) { up_[root(a)] = root(b); }

private:
    std::size_t number(grid::BusIdx bus, int node) {
        if (node <= 0) return 0;
        const auto [at, is_new] = first_[bus.pos()].try_emplace(node, up_.size());
        if (is_new) up_.push_back(up_.size());
        return at->second;
    }
    std::size_t root(std::size_t i) {
        while (up_[i] != i) i = up_[i] = up_[up_[i]];
        return i;
    }
    std::vector<std::size_t> up_;
    std::vector<std::map<int, std::size_t>> first_;
};

/// The conductor at the other end of a winding's phase.
std::size_t second_end(const grid::Transformer& t, const grid::Winding& w, std::size_t phase) {
    const auto n = static_cast<std::size_t>(t.phases);
    if (n == 1 || !w.is_delta) return n;
    return n == 2 ? phase + 1 : (phase + 1) % n;
}

/// What each phase of a winding holds together, ground left out.
void join_winding(Galvanic& parts, const grid::Transformer& t, const grid::Winding& w) {
    const auto n = static_cast<std::size_t>(t.phases);
    for (std::size_t p = 0; p < n; ++p) {
        const std::size_t a = parts.of(w.at, p), b = parts.of(w.at, second_end(t, w, p));
        if (a != 0 && b != 0) parts.join(a, b);
    }
}

/// The wiring without what windings tie to ground.
Galvanic parts_of(const grid::Circuit& c) {
    Galvanic parts(c);
    const auto series = [&](const grid::Connection& a, const grid::Connection& b) {
        for (std::size_t k = 0; k < a.nodes.size(); ++k) parts.join(parts.of(a, k), parts.of(b, k));
    };
    const auto ring = [&](const grid::Connection& a) {
        for (std::size_t k = 1; k < a.nodes.size(); ++k) parts.join(parts.of(a, 0), parts.of(a, k));
    };
    for (const grid::Source& s : c.sources) series(s.from, s.to);
    for (const grid::Line& l : c.lines) series(l.from, l.to);
    for (const grid::Capacitor& x : c.capacitors) x.is_delta ? ring(x.from) : series(x.from, x.to);
    for (const grid::Reactor& x : c.reactors) x.is_delta ? ring(x.from) : series(x.from, x.to);
    for (const grid::Transformer& t : c.transformers)
        for (const grid::Winding& w : t.windings) join_winding(parts, t, w);
    return parts;
}

bool ends_at_ground(const grid::Transformer& t, const grid::Winding& w) {
    const auto n = static_cast<std::size_t>(t.phases);
    if (w.is_delta && n > 1) return false;
    if (!w.is_delta && w.neutral_r_ohm >= 0) return true;
    return n >= w.at.nodes.size() || w.at.nodes[n] <= 0 || (n == 1 && w.at.nodes[0] <= 0);
}

/// The winding of a transformer that is nearest to the source.
std::size_t fed_winding(const Survey& s, const grid::Transformer& t) {
    std::size_t fed = 0;
    for (std::size_t k = 1; k < t.windings.size(); ++k)
        if (s.depth(t.windings[k].at.bus) < s.depth(t.windings[fed].at.bus)) fed = k;
    return fed;
}

/// Ties what grounded windings tie. The winding that faces the source is no ground, unless another
/// winding in delta makes it a grounding transformer. One that feeds a part ties it to ground where
/// its voltage is that of a whole phase to ground: its transformer is fed between phases, or from a
/// part that is itself tied.
class Grounding {
public:
    Grounding(const Survey& s, Galvanic& parts) : s_(s), parts_(parts) {}

    void spread() {
        for (bool is_changed = true; is_changed;) {
            is_changed = false;
            for (const grid::Transformer& t : s_.circuit.transformers)
                for (std::size_t w = 0; w < t.windings.size(); ++w)
                    is_changed = tie(t, w) || is_changed;
        }
    }

private:
    bool tie(const grid::Transformer& t, std::size_t w) {
        const grid::Winding& winding = t.windings[w];
        if (!ends_at_ground(t, winding) || !is_ground_source(t, w)) return false;
        bool is_changed = false;
        for (std::size_t k = 0; k <= static_cast<std::size_t>(t.phases); ++k) {
            const std::size_t node = parts_.of(winding.at, k);
            if (node == 0 || parts_.is_grounded(node)) continue;
            parts_.join(node, 0);
            is_changed = true;
        }
        return is_changed;
    }
    bool is_ground_source(const grid::Transformer& t, std::size_t w) {
        const std::size_t fed = fed_winding(s_, t);
        if (w == fed)
            return std::any_of(t.windings.begin(), t.windings.end(),
                               [&](const grid::Winding& x) { return x.is_delta && t.phases > 1; });
        const grid::Winding& upper = t.windings[fed];
        return !ends_at_ground(t, upper) || parts_.is_grounded(parts_.of(upper.at, 0));
    }

    const Survey& s_;
    Galvanic& parts_;
};

/// A part without a ground and the loads from line to ground on it.
struct Floating {
    std::vector<std::size_t> loads;
};

/// The winding through which the part is fed: of the transformer nearest to the source.
struct Feed {
    std::size_t transformer = 0, winding = 0;
    int depth = -1;
};

Feed find_feed(const Survey& s, Galvanic& parts, std::size_t part) {
    Feed best;
    for (std::size_t i = 0; i < s.circuit.transformers.size(); ++i) {
        const grid::Transformer& t = s.circuit.transformers[i];
        for (std::size_t w = 0; w < t.windings.size(); ++w) {
            const grid::Connection& at = t.windings[w].at;
            if (at.nodes.empty() || parts.root(at.bus, at.nodes[0]) != part) continue;
            const int depth = s.depth(at.bus);
            if (depth > 0 && (best.depth < 0 || depth < best.depth)) best = {i, w, depth};
        }
    }
    return best;
}

/// The part that is to blame: a part behind grounded windings floats because that before them does.
std::size_t origin(const Survey& s, Galvanic& parts, std::size_t part) {
    for (std::size_t k = 0; k < s.circuit.transformers.size(); ++k) {  // more steps go in a circle
        const Feed feed = find_feed(s, parts, part);
        if (feed.depth < 0) break;
        const grid::Transformer& t = s.circuit.transformers[feed.transformer];
        const grid::Winding& upper = t.windings[fed_winding(s, t)];
        if (!ends_at_ground(t, t.windings[feed.winding]) || !ends_at_ground(t, upper)) break;
        const std::size_t before = parts.root(upper.at.bus, upper.at.nodes[0]);
        if (before == part || before == parts.ground()) break;
        part = before;
    }
    return part;
}

std::string loads_text(const Survey& s, const std::vector<std::size_t>& loads) {
    std::string text = s.name_and_place(ref_of(ElementKind::load, loads.front()));
    if (loads.size() > 1)
        text += fmt::format(" and {} other{}", loads.size() - 1, loads.size() == 2 ? "" : "s");
    return text + (loads.size() > 1 ? " stand" : " stands");
}

Fault tell(const Survey& s, Galvanic& parts, std::size_t part, const Floating& floating) {
    const std::string loads = loads_text(s, floating.loads);
    const Feed feed = find_feed(s, parts, part);
    if (feed.depth < 0) {
        const auto first = ref_of(ElementKind::load, floating.loads.front());
        return {s.place(first, "bus1"),
                "'" + s.circuit.bus(s.circuit.loads[first.pos()].at_bus.bus).name + "'",
                "stands from line to ground, but nothing ties that part to ground",
                "ground a winding or the source that feeds it"};
    }
    const grid::Transformer& t = s.circuit.transformers[feed.transformer];
    const grid::Winding& w = t.windings[feed.winding];
    const std::string& bus = s.circuit.bus(w.at.bus).name;
    const auto ref = ref_of(ElementKind::transformer, feed.transformer);
    const bool is_open_neutral = !w.is_delta && w.at.nodes.back() > 0;
    const std::string number = std::to_string(feed.winding + 1);
    std::string found = is_open_neutral ? fmt::format("wdg={} bus={} with its neutral on node {}",
                                                      number, bus, w.at.nodes.back())
                                        : fmt::format("wdg={} bus={} conn={}", number, bus,
                                                      w.is_delta ? "delta" : "wye");
    std::string remedy =
        is_open_neutral
            ? fmt::format("end the bus with .0 instead of .{}, or give the winding rneut=0",
                          w.at.nodes.back())
            : fmt::format(
                  "write conn=wye for wdg={}, ground a phase or neutral of bus {}, or "
                  "connect the loads line to line (conn=delta)",
                  number, bus);
    return {s.place(ref, "wdg"), std::move(found),
            "nothing ties what this winding feeds to ground, yet " + loads +
                " from line to ground there",
            std::move(remedy)};
}

}  // namespace

void check_ground(const Survey& s, std::vector<Fault>& faults) {
    Galvanic parts = parts_of(s.circuit);
    Grounding(s, parts).spread();
    std::map<std::size_t, Floating> floating;
    for (std::size_t i = 0; i < s.circuit.loads.size(); ++i) {
        const grid::Load& load = s.circuit.loads[i];
        const bool is_to_ground = !load.is_delta && load.at_bus.nodes.back() == 0;
        if (!is_to_ground || (load.p_w == 0 && load.q_var == 0)) continue;
        if (!s.topology.is_fed[load.at_bus.bus.pos()] || load.at_bus.nodes[0] <= 0) continue;
        if (!s.live.has(load.at_bus.bus, load.at_bus.nodes[0])) continue;  // check_phases tells
        const std::size_t part = parts.root(load.at_bus.bus, load.at_bus.nodes[0]);
        if (part != parts.ground()) floating[origin(s, parts, part)].loads.push_back(i);
    }
    for (const auto& [part, what] : floating) faults.push_back(tell(s, parts, part, what));
}

}  // namespace gridflock::inline v0::powerflow
