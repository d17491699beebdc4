// SPDX-License-Identifier: Apache-2.0
// Scenarios x time in one call.
//
// Arrays are [step][row][scenario] with any strides (a stride of 0 repeats): nothing is copied.
// Where scenarios fill a lane block the lanes are scenarios; else consecutive steps share a block,
// each started from the base solution. Either way the numbers are the same bits, for any number of
// threads: sums are taken of voltages rounded to 2^-32 pu, which double precision adds exactly up
// to two million steps.
#pragma once

#include <gridflock/powerflow/lane_solver.hpp>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace gridflock::inline v0::powerflow {

/// A strided view of [step][row][scenario]. `data` null = absent.
template <class T>
struct StepView {
    T* data = nullptr;
    std::size_t steps = 0, rows = 0, scenarios = 0;
    std::ptrdiff_t step_stride = 0, row_stride = 0, scenario_stride = 0;  ///< in elements

    T& operator()(std::size_t step, std::size_t row, std::size_t scenario) const {
        return data[static_cast<std::ptrdiff_t>(step) * step_stride +
                    static_cast<std::ptrdiff_t>(row) * row_stride +
                    static_cast<std::ptrdiff_t>(scenario) * scenario_stride];
    }
    /// Rows of contiguous scenarios.
    static StepView dense(T* data, std::size_t steps, std::size_t rows, std::size_t scenarios) {
        return {data,
                steps,
                rows,
                scenarios,
                static_cast<std::ptrdiff_t>(rows * scenarios),
                static_cast<std::ptrdiff_t>(scenarios),
                1};
    }
};

enum class Start : std::uint8_t {
    base,     ///< every step from the base solution: steps may share a block
    previous  ///< every step from the one before: steps run one after the other
};

struct BatchInput {
    std::size_t steps = 1, scenarios = 1;
    /// Powers of driven elements, + = into the grid: a load's demand is negative here.
    StepView<const double> p_w, q_var;
    /// [element] what each row of p_w drives: a load (its index), a generator (number of loads +
    /// its index), or a terminal of the solver (loads + generators + its index). p_w and q_var
    /// replace an element's nominal powers; the other elements keep theirs.
    std::span<const std::int32_t> elements;
    /// Multipliers of the loads that are not fixed and not driven: [step][group][scenario].
    StepView<const double> scale;
    std::span<const std::int32_t> group_of_load;  ///< [load]; empty = all in group 0
    double step_s = 60;
};

struct BatchOptions {
    double tolerance = 1e-8;  ///< largest complex change of a node, pu
    int max_iterations = 100;
    Start start = Start::base;
    double low_pu = 0.95, high_pu = 1.05;  ///< of the minutes outside
    bool with_statistics = true;
    bool refine = false;  ///< each solve to a componentwise residual of 1e-12
    int threads = 1;
    std::span<const NodeIdx> nodes;  ///< of `v` and of the statistics; empty = all
    /// Where voltages go: [step][node][scenario], V; absent = not kept.
    StepView<std::complex<double>> v;
    StepView<double> v_pu;  ///< magnitudes likewise, per base of the node
    /// Called now and then, on the calling thread, with the number of solves done; false stops.
    std::function<bool(std::size_t)> progress;
};

struct BatchOutput {
    std::size_t solves = 0;
    std::vector<Status> status;  ///< [step][scenario]
    std::vector<std::int32_t> iterations;
    /// Componentwise, of each solve: measured, but for nodes that nothing injects into a bound of
    /// what rounding leaves there takes its place where that is below 1e-12.
    std::vector<double> residual;
    std::vector<double> head_p_w, head_q_var, losses_w;  ///< [step][scenario]
    // statistics, [node][scenario]; steps that failed are left out
    std::vector<double> min_pu, max_pu, mean_pu, minutes_low, minutes_high;
    // [scenario]
    std::vector<double> energy_wh, losses_wh, peak_w;
    bool is_stopped = false;  ///< by progress
};

/// Solves steps x scenarios.
/// Changes  the arrays of options.v and options.v_pu. Errors  ShapeError naming the array that does
/// not fit, before anything is solved; a failed solve is a status.
BatchOutput solve_batch(const Solver& solver, const BatchInput& input,
                        const BatchOptions& options = {});

}  // namespace gridflock::inline v0::powerflow
