// SPDX-License-Identifier: Apache-2.0
// Newton's method for one lane that the fixed point could not solve.
//
//   F(V) = Y V - I_source - I_compensation(V) = 0 in real and imaginary parts; a step is halved
//   until the pu-weighted norm of F falls. The derivative of a phase's current (s - y(u)) V is (s -
//   y) dV - y'(u) d|V| V, y' by central difference of the scalar law.
//   A generator that holds a voltage adds its Q and the equation mean |V| = V_set; one at a limit
//   has its Q instead. Which are at a limit is found between solutions: all that stand wrong move,
//   later only the first of them.
#pragma once

#include "block.hpp"

#include <complex>
#include <span>

namespace gridflock::inline v0::powerflow {

struct NewtonCase {
    const LaneNetwork& network;
    const Injections& injections;
    std::span<const Delta> changes;
};

struct NewtonResult {
    bool is_solved = false;
    int iterations = 0;
    double change = 0;  ///< largest of the last step, pu
};

/// Solves from `v` [row] in place. `table` holds one number a table row; the rows of reactive
/// powers that hold a voltage are found, starting from what they hold.
NewtonResult newton(const NewtonCase& c, std::span<double> table, double tolerance,
                    int max_iterations, std::span<grid::Complex> v);

/// Follows the solution from no demand to that of `table`: all of its first `scaled` rows grow
/// together, by steps that are halved where Newton fails and start on the secant through the last
/// two solutions. It finds the solution that the unloaded network leads to, up to the load that
/// the network can carry. `max_iterations` bounds the Newton steps of all of it.
NewtonResult follow_load(const NewtonCase& c, std::span<double> table, std::size_t scaled,
                         double tolerance, int max_iterations, std::span<grid::Complex> v);

}  // namespace gridflock::inline v0::powerflow
