// SPDX-License-Identifier: Apache-2.0
// One circuit, many switch positions: a solver for each topology, factored when it is first used.
//
// The key of a topology is the set of contacts that stand open (grid::openings). Nodes keep their
// numbers in all of them, so voltages carry over from one to the next. What no source reaches is
// dead: V = 0, its loads and devices are masked, and DeadPart says how much that is. Lanes may
// stand in different topologies: each is solved on its own factor.
// Factors are many megabytes on a large feeder, and a study may see thousands of topologies: only
// those used last are kept, the others are factored again when they are next asked for. That shows
// in time alone: a factor made again has the bits of the first.
// Copies share the factors that exist; each thread needs its own copy.
#pragma once

#include <gridflock/grid/element.hpp>
#include <gridflock/powerflow/lane_solver.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridflock::inline v0::powerflow {

using TopologyIdx = Index<struct TopologyTag>;

/// What a topology leaves without a source.
struct DeadPart {
    std::vector<grid::BusIdx> buses;  ///< all of whose nodes are dead
    std::vector<NodeIdx> nodes;       ///< in order, those of other buses too
    int loads = 0;                    ///< with a phase that is dead
    double load_w = 0;                ///< nominal demand of those phases
    bool empty() const { return nodes.empty(); }
};

class SwitchedSolver {
public:
    static constexpr std::size_t usual_factors = 64;

    /// Factors the circuit as it stands: topology 0. At most `max_factors` (1 or more) are kept.
    /// Errors  ScenarioError when the network has no live node or cannot be factored.
    explicit SwitchedSolver(std::shared_ptr<const grid::Circuit> circuit,
                            std::vector<Terminal> terminals = {},
                            std::size_t max_factors = usual_factors);

    /// The topology with exactly these contacts open; factored if it is new.
    /// Errors  ScenarioError when it cannot be factored.
    TopologyIdx topology(std::span<const grid::Opening> open);
    /// The topology that opening (or closing) an element of another one makes.
    /// Errors  ScenarioError: no such element, with the nearest match; a source.
    TopologyIdx opened(TopologyIdx from, std::string_view element, int terminal = 1);
    TopologyIdx closed(TopologyIdx from, std::string_view element, int terminal = 0);

    std::size_t topologies() const { return all_.size(); }
    std::size_t factors() const;  ///< that are kept now
    std::span<const grid::Opening> openings(TopologyIdx t) const { return all_[t.pos()].open; }
    const DeadPart& dead(TopologyIdx t) const { return all_[t.pos()].dead; }
    /// Valid until another topology is asked for. A copy of the solver keeps its factor.
    const Network& network(TopologyIdx t) { return use(t).network(); }
    const Solver& solver(TopologyIdx t) { return use(t); }

    /// Base solution of the topology in every lane. Shape  v: [node, lane].
    void start(TopologyIdx t, ColumnView<std::complex<double>> v);
    /// Gives its base voltage to each node that `before` left dead and `t` feeds, 0 to the dead.
    void carry_over(TopologyIdx before, TopologyIdx t, ColumnView<std::complex<double>> v);
    /// Solves the lanes of the mask, all in one topology or each in its own.
    /// Shape   of_lane: [lane]. Errors  as Solver::solve.
    void solve(TopologyIdx t, const SolveInput& input, ColumnView<std::complex<double>> v,
               SolveOutput& output);
    void solve(std::span<const TopologyIdx> of_lane, const SolveInput& input,
               ColumnView<std::complex<double>> v, SolveOutput& output);

private:
    struct Entry {
        std::vector<grid::Opening> open;
        std::optional<Solver> solver;
        DeadPart dead;
        std::uint64_t last_use = 0;
    };
    grid::Circuit circuit_in(TopologyIdx t) const;
    TopologyIdx add(const grid::Circuit& circuit, std::vector<grid::Opening> open);
    Solver make_solver(Network network) const;
    Solver& use(TopologyIdx t);
    void drop_the_oldest();

    std::shared_ptr<const grid::Circuit> circuit_;
    std::vector<Terminal> terminals_;
    std::size_t max_factors_;
    std::uint64_t uses_ = 0;
    std::vector<Entry> all_;
    std::map<std::vector<grid::Opening>, TopologyIdx> known_;
};

}  // namespace gridflock::inline v0::powerflow
