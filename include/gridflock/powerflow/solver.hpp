// SPDX-License-Identifier: Apache-2.0
// The reference solver: one lane after the other, double precision, no tricks in the answer.
//
//   Y V(k+1) = I_source + I_compensation(V(k))       until max |V(k+1) - V(k)| / V_base <=
//   tolerance
//
// Y holds the linear elements and the linear share of the loads; the compensation current is what a
// load or device draws beyond that share. Y is factored once, L D L' without pivoting under a
// minimum-degree order; a factor that does not reproduce Y is replaced by a pivoted sparse LU. The
// iteration allocates nothing. A converged solution is refined by V += Y^-1 (I(V) - Y V) until its
// componentwise residual is 1e-12, three times at most. A lane that does not converge is tried
// again with the loads' rated admittances in Y: slower, but loads that alone hold a floating part
// then hold it from the first iteration. Each solution carries its own residual, componentwise |Y V
// - I| / (|Y| |V| + |I|), which is tied to no other tool.
#pragma once

#include <gridflock/core/column.hpp>
#include <gridflock/core/status.hpp>
#include <gridflock/powerflow/network.hpp>

#include <complex>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace gridflock::inline v0::powerflow {

/// Where a device injects: between node a and node b (invalid = ground).
struct Terminal {
    NodeIdx a, b;
};

struct SolveInput {
    std::span<const double> load_scale;   ///< [lane] multiplies every load that is not fixed
    ColumnView<const double> p_w, q_var;  ///< [terminal, lane], + = into the grid
    std::span<const std::uint8_t> mask;   ///< [lane] 0 = leave this lane's bytes alone
    double tolerance = 1e-8;              ///< largest complex change of a node, pu
    int max_iterations = 100;             ///< of each of the two tries
};

struct SolveOutput {
    std::vector<Status> status;                ///< [lane]
    std::vector<int> iterations;               ///< [lane]
    std::vector<double> residual;              ///< [lane] componentwise
    std::vector<double> change_pu;             ///< [lane] of the last iteration
    std::vector<double> head_p_w, head_q_var;  ///< [lane] out of the sources into the feeder
    std::vector<double> load_p_w, load_q_var;  ///< [lane] demand of all loads
    std::vector<double> losses_w;              ///< [lane] head + devices - loads
    std::vector<NodeIdx> worst_node;           ///< [lane] node of the largest change

    explicit SolveOutput(std::size_t lanes);
};

/// What went wrong in a lane: bus, node, size of the change, likely cause. "" for a solved lane.
std::string explain(const Network& network, const SolveOutput& output, std::size_t lane);

class ReferenceSolver {
public:
    /// Factors the network. Copies share the factor; each thread needs its own copy.
    /// Errors  ScenarioError when the network has no live node or cannot be factored.
    explicit ReferenceSolver(Network network, const std::vector<Terminal>& terminals = {});
    ~ReferenceSolver();
    ReferenceSolver(const ReferenceSolver& other);
    ReferenceSolver& operator=(const ReferenceSolver& other);
    ReferenceSolver(ReferenceSolver&&) noexcept;
    ReferenceSolver& operator=(ReferenceSolver&&) noexcept;

    std::size_t nodes() const { return network().nodes(); }
    const Network& network() const;

    /// Fills every lane with the base solution: the linear network with no compensation currents.
    /// Shape   v: [node, lane].
    void start(ColumnView<std::complex<double>> v) const;

    /// Solves every lane of the mask; a lane's bits do not depend on its neighbours.
    /// Shape   v: [node, lane], in: where to start, out: the solution (0 on dead nodes).
    /// Unit    V, W, var.
    /// Errors  none at run time, see SolveOutput::status; ShapeError for arrays that do not fit.
    void solve(const SolveInput& input, ColumnView<std::complex<double>> v, SolveOutput& output);

    /// What went wrong in a lane, see powerflow::explain.
    std::string explain(const SolveOutput& output, std::size_t lane) const {
        return powerflow::explain(network(), output, lane);
    }

    /// How far rounding alone may move a node of the solution, as far as double precision can hold
    /// Y and V: the largest of |Y^-1| (2 eps |Y| |V|) over base voltage. Tiny impedances and parts
    /// that float raise it. One solve a node: for reports, not for loops.
    /// Shape   v: [node, lane], a solution of this solver. Unit pu.
    double forward_error_pu(ColumnView<const std::complex<double>> v, std::size_t lane) const;

private:
    struct Shared;
    struct Workspace;
    struct System;
    struct Step {
        double change = 0;  ///< largest, pu
        std::int32_t worst = 0;
    };
    void solve_lane(const SolveInput& input, std::size_t lane, ColumnView<std::complex<double>> v,
                    SolveOutput& output);
    /// Returns the power the devices inject, W.
    double iterate(const System& system, const SolveInput& input, std::size_t lane,
                   ColumnView<std::complex<double>> v, SolveOutput& output);
    Step advance(const System& system);
    double residual(const System& system) const;
    void refine(const System& system);  ///< V += Y^-1 (I - Y V)
    void finish_lane(std::size_t lane, double device_p_w, ColumnView<std::complex<double>> v,
                     SolveOutput& output);
    std::shared_ptr<const Shared> shared_;
    std::unique_ptr<Workspace> work_;
};

}  // namespace gridflock::inline v0::powerflow
