// SPDX-License-Identifier: Apache-2.0
// Newton's method for one lane that the fixed point could not solve.
//
//   F(V) = Y V - I_source - I_compensation(V) = 0 in real and imaginary parts; a step is halved
//   until the pu-weighted norm of F falls. The derivative of a phase's current (s - y(u)) V is (s -
//   y) dV - y'(u) d|V| V, y' by central difference of the scalar law.
#pragma once

#include "injections.hpp"

#include <complex>
#include <span>

namespace gridflock::inline v0::powerflow {

struct NewtonResult {
    bool is_solved = false;
    int iterations = 0;
    double change = 0;  ///< largest of the last step, pu
};

/// Solves from `v` [row] in place. `table` holds one number a table row.
NewtonResult newton(const LaneNetwork& network, const Injections& injections,
                    std::span<const double> table, double tolerance, int max_iterations,
                    std::span<grid::Complex> v);

}  // namespace gridflock::inline v0::powerflow
