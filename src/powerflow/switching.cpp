// SPDX-License-Identifier: Apache-2.0
#include <gridflock/powerflow/switching.hpp>

#include <algorithm>

namespace gridflock::inline v0::powerflow {

namespace {

/// A device with one end that nothing feeds is off; both ends invalid mask it.
std::vector<Terminal> masked(const std::vector<Terminal>& terminals, const Network& network) {
    const auto is_dead = [&](NodeIdx n) { return n.valid() && !network.node(n).is_live; };
    std::vector<Terminal> out = terminals;
    for (Terminal& t : out)
        if (is_dead(t.a) || is_dead(t.b)) t = {};
    return out;
}

DeadPart dead_part(const grid::Circuit& circuit, const Network& network) {
    DeadPart out;
    std::vector<std::uint8_t> is_fed(circuit.buses.size(), 0), is_named(is_fed);
    for (std::size_t i = 0; i < network.nodes(); ++i) {
        const Node& node = network.node(NodeIdx(i));
        is_named[node.bus_index.pos()] = 1;
        if (node.is_live)
            is_fed[node.bus_index.pos()] = 1;
        else
            out.nodes.push_back(NodeIdx(i));
    }
    for (std::size_t b = 0; b < is_fed.size(); ++b)
        if (is_named[b] && !is_fed[b]) out.buses.push_back(grid::BusIdx(b));
    std::vector<std::uint8_t> is_counted(circuit.loads.size(), 0);
    for (const LoadPhase& p : network.load_phases()) {
        const auto load = static_cast<std::size_t>(p.load);
        const bool is_live = !p.a.valid() || network.node(p.a).is_live;
        if (is_live || load >= circuit.loads.size()) continue;
        out.load_w += circuit.loads[load].p_w / circuit.loads[load].phases;
        out.loads += is_counted[load] ? 0 : 1;
        is_counted[load] = 1;
    }
    return out;
}

}  // namespace

SwitchedSolver::SwitchedSolver(std::shared_ptr<const grid::Circuit> circuit,
                               std::vector<Terminal> terminals, std::size_t max_factors)
    : circuit_(std::move(circuit)),
      terminals_(std::move(terminals)),
      max_factors_(std::max<std::size_t>(1, max_factors)) {
    add(*circuit_, grid::openings(*circuit_));
}

Solver SwitchedSolver::make_solver(Network network) const {
    std::vector<Terminal> terminals = masked(terminals_, network);
    return Solver(std::move(network), std::move(terminals));
}

TopologyIdx SwitchedSolver::add(const grid::Circuit& circuit, std::vector<grid::Opening> open) {
    Network network(circuit);
    DeadPart dead = dead_part(circuit, network);
    Solver solver = make_solver(std::move(network));
    drop_the_oldest();
    all_.push_back({open, std::move(solver), std::move(dead), ++uses_});
    const TopologyIdx t(all_.size() - 1);
    known_.emplace(std::move(open), t);
    return t;
}

Solver& SwitchedSolver::use(TopologyIdx t) {
    Entry& entry = all_[t.pos()];
    if (!entry.solver) {
        drop_the_oldest();
        entry.solver = make_solver(Network(circuit_in(t)));
    }
    entry.last_use = ++uses_;
    return *entry.solver;
}

std::size_t SwitchedSolver::factors() const {
    return static_cast<std::size_t>(std::count_if(
        all_.begin(), all_.end(), [](const Entry& e) { return e.solver.has_value(); }));
}

/// Makes room for one more.
void SwitchedSolver::drop_the_oldest() {
    if (factors() < max_factors_) return;
    Entry* oldest = nullptr;
    for (Entry& e : all_)
        if (e.solver && (!oldest || e.last_use < oldest->last_use)) oldest = &e;
    oldest->solver.reset();
}

grid::Circuit SwitchedSolver::circuit_in(TopologyIdx t) const {
    grid::Circuit circuit = *circuit_;
    grid::set_openings(circuit, openings(t));
    return circuit;
}

TopologyIdx SwitchedSolver::topology(std::span<const grid::Opening> open) {
    std::vector<grid::Opening> key(open.begin(), open.end());
    std::sort(key.begin(), key.end());
    const auto found = known_.find(key);
    if (found != known_.end()) return found->second;
    grid::Circuit circuit = *circuit_;
    grid::set_openings(circuit, key);
    return add(circuit, std::move(key));
}

TopologyIdx SwitchedSolver::opened(TopologyIdx from, std::string_view element, int terminal) {
    grid::Circuit circuit = circuit_in(from);
    grid::open(circuit, element, terminal);
    return topology(grid::openings(circuit));
}

TopologyIdx SwitchedSolver::closed(TopologyIdx from, std::string_view element, int terminal) {
    grid::Circuit circuit = circuit_in(from);
    grid::close(circuit, element, terminal);
    return topology(grid::openings(circuit));
}

void SwitchedSolver::start(TopologyIdx t, ColumnView<std::complex<double>> v) {
    use(t).start(v);
}

void SwitchedSolver::carry_over(TopologyIdx before, TopologyIdx t,
                                ColumnView<std::complex<double>> v) {
    Column<std::complex<double>> base(v.rows(), 1);
    start(t, base.view());
    for (const NodeIdx n : dead(before).nodes)
        for (std::size_t l = 0; l < v.lanes(); ++l) v(n.pos(), l) = base(n.pos(), 0);
    for (const NodeIdx n : dead(t).nodes)
        for (std::size_t l = 0; l < v.lanes(); ++l) v(n.pos(), l) = 0;
}

void SwitchedSolver::solve(TopologyIdx t, const SolveInput& input,
                           ColumnView<std::complex<double>> v, SolveOutput& output) {
    use(t).solve(input, v, output);
}

void SwitchedSolver::solve(std::span<const TopologyIdx> of_lane, const SolveInput& input,
                           ColumnView<std::complex<double>> v, SolveOutput& output) {
    if (of_lane.size() != input.mask.size())
        throw ShapeError("of_lane has " + std::to_string(of_lane.size()) + " lanes, expected " +
                         std::to_string(input.mask.size()));
    std::vector<std::uint8_t> mask(input.mask.size());
    SolveInput part = input;
    part.mask = mask;
    for (std::size_t t = 0; t < all_.size(); ++t) {
        bool any = false;
        for (std::size_t l = 0; l < mask.size(); ++l) {
            mask[l] = input.mask[l] && of_lane[l] == TopologyIdx(t);
            any = any || mask[l];
        }
        if (any) solve(TopologyIdx(t), part, v, output);
    }
}

}  // namespace gridflock::inline v0::powerflow
