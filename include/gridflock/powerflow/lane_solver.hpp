// SPDX-License-Identifier: Apache-2.0
// The solver: W scenarios at once, lanes innermost.
//
//   Y V(k+1) = I_source + I_compensation(V(k))      until max |V(k+1) - V(k)| / V_base <= tolerance
//
// The same equations as ReferenceSolver, which stays its oracle. What is different:
//   order       nodes without injection are eliminated first: the iteration never touches them
//   (their
//               part of the right-hand side is constant) and the last sweep recovers them
//   sweeps      L, D, L' are shared by the lanes; a row is [re W][im W]; kernels for each
//   instruction
//               set are chosen at run time and give the same bits
//   changes     elements that lanes have in different states come last: a small block of the factor
//               is each lane's own
//   freezing    a lane that has converged keeps its voltages while its neighbours go on
//   Anderson    a lane whose steps shrink by less than `slow` mixes its last four iterates (depth
//   3),
//               the weights from a least-squares fit; history is empty at the start of each solve
//   generators  that hold a voltage get their reactive power from the sensitivity d|V|/dQ of the
//               factor itself, within limits, released when the voltage asks for it
//   fall back   lane by lane: half steps, the loads' rated admittances in Y, then Newton from the
//   base, at once and following the solution up from no load
// A lane's bits depend on its own numbers alone: not on W, its neighbours, threads or the set.
#pragma once

#include <gridflock/core/instruction_set.hpp>
#include <gridflock/powerflow/changeable.hpp>
#include <gridflock/powerflow/solver.hpp>

#include <memory>
#include <string>
#include <vector>

namespace gridflock::inline v0::powerflow {

struct SolverOptions {
    InstructionSet instructions = best_instruction_set();
    int lanes = 0;       ///< width of a block: 1, 8, 16 or 32; 0 = from the size of the network
    bool refine = true;  ///< to a componentwise residual of 1e-12, three times at most
    double slow = 0.3;   ///< a step that shrinks by less than this starts acceleration
};

class LaneNetwork;  // order and factor, shared

class Solver {
public:
    /// Orders and factors the network.
    /// Errors  ScenarioError when the network has no live node or cannot be factored.
    explicit Solver(Network network, std::vector<Terminal> terminals = {},
                    SolverOptions options = {}, std::vector<Changeable> changeable = {});
    ~Solver();
    /// Copies share the factor; each thread needs its own copy.
    Solver(const Solver& other);
    Solver& operator=(const Solver& other);
    Solver(Solver&&) noexcept;
    Solver& operator=(Solver&&) noexcept;

    std::size_t nodes() const { return network().nodes(); }
    const Network& network() const;
    std::size_t terminals() const;
    const SolverOptions& options() const { return options_; }

    /// Fills every lane with the base solution: the linear network with no compensation currents.
    /// Shape   v: [node, lane].
    void start(ColumnView<std::complex<double>> v) const;

    /// Solves every lane of the mask.
    /// Shape   v: [node, lane], in: where to start, out: the solution (0 on dead nodes).
    /// Unit    V, W, var.
    /// `changes`: elements whose state in a lane is another than in the network.
    /// Errors  none at run time, see SolveOutput::status; ShapeError for arrays that do not fit.
    void solve(const SolveInput& input, ColumnView<std::complex<double>> v, SolveOutput& output,
               std::span<const Change> changes = {});

    /// What went wrong in a lane, see powerflow::explain.
    std::string explain(const SolveOutput& output, std::size_t lane) const {
        return powerflow::explain(network(), output, lane);
    }

    /// Facts for reports: rows of Y, rows that iterate, entries of L below them.
    struct Shape {
        std::size_t rows = 0, iterated_rows = 0, factor_entries = 0, iterated_entries = 0;
        int lanes = 1;
        bool is_pivoted = false;
    };
    Shape shape() const;
    const std::shared_ptr<const LaneNetwork>& lane_network() const { return shared_; }

private:
    struct Work;
    std::shared_ptr<const LaneNetwork> shared_;
    SolverOptions options_;
    std::unique_ptr<Work> work_;
};

}  // namespace gridflock::inline v0::powerflow
