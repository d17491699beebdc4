// SPDX-License-Identifier: Apache-2.0
// Where the power of a solution goes, to nine digits of what flows.
//
// A voltage rounded to double moves the current of an element by eps |y| |V|: behind a source or a
// switch of micro-ohms that is 1e-6 of what flows, whatever the solver does. So V is carried on as
// V + dV, with dV from residuals summed in twice the digits, and powers are formed from
// differences:
//
//   elements   sum_i (sum_j g_ij) |V_i|^2  -  1/2 sum_{i != j} g_ij |V_i - V_j|^2
//   sources    V conj(y (E - V))
//
// Source  N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., chapters 4 and 12.
#pragma once

#include <gridflock/powerflow/lane_solver.hpp>

namespace gridflock::inline v0::powerflow {

/// Powers of one lane, W; each is summed by itself.
struct PowerBalance {
    double head_p_w = 0;       ///< out of the sources into the feeder
    double device_p_w = 0;     ///< out of the devices
    double load_p_w = 0;       ///< demand of loads, less what generators give
    double losses_w = 0;       ///< in lines, transformers, series and shunt elements
    double correction_pu = 0;  ///< largest |dV| over base voltage

    /// What is missing: rounding alone.
    double gap_w() const { return head_p_w + device_p_w - load_p_w - losses_w; }
};

/// Follows the power of a solved lane. Takes some residuals and solves: for reports.
/// Shape   v: [node, lane], a solution of this solver for this input, without changed elements.
/// Unit    W. Generators that hold a voltage: their Q is not known here, dV is left 0.
/// Errors  ShapeError for arrays that do not fit.
PowerBalance power_balance(const Solver& solver, const SolveInput& input, std::size_t lane,
                           ColumnView<const std::complex<double>> v);

}  // namespace gridflock::inline v0::powerflow
