// SPDX-License-Identifier: Apache-2.0
// What is wrong with a circuit, told so that whoever made the slip sees at once what to change.
//
// Static checks read the circuit and its voltages without load:
//   phases     a load, generator or capacitor on a node that nothing energises, at a live bus
//   ground     a part that nothing ties to ground though loads stand from line to ground on it
//   voltages   rated volts that disagree with the volts that are there: of a load, of a winding,
//              of the source, of a bus's base; what agrees with most of its part is believed
//   impedance  next to none, negative, or too much for the load behind it to be carried at all
// A failed solution is explained from its end: the bus and phase with the largest mismatch, the
// share of the load that would still solve, the load without which it solves, and the static
// faults, those on the path to the source first.
#pragma once

#include <gridflock/grid/circuit.hpp>
#include <gridflock/powerflow/solver.hpp>

#include <complex>
#include <span>
#include <string>
#include <vector>

namespace gridflock::inline v0::powerflow {

/// All static checks. Each fault has the place of the element to change and what to write there.
/// Factors the circuit without its loads. Errors  none: what cannot be factored has its faults.
std::vector<Fault> diagnose(const grid::Circuit& circuit);
/// Phases, ground and impedances next to none: nothing is factored.
std::vector<Fault> diagnose_wiring(const grid::Circuit& circuit);

/// What a node lacks: the power that does not balance there.
struct Mismatch {
    NodeIdx node;  ///< invalid when no voltage is finite
    double p_w = 0, q_var = 0;
};

/// The circuit as solved, and the input of the lane.
struct SolveCase {
    const grid::Circuit& circuit;
    double load_scale = 1;
    std::span<const Terminal> terminals;
    std::span<const double> p_w, q_var;  ///< [terminal]
    double tolerance = 1e-8;
    int max_iterations = 100;
};

/// The largest mismatch of all live nodes at these voltages. Shape  v: [node].
Mismatch largest_mismatch(const SolveCase& what, const Network& network,
                          std::span<const std::complex<double>> v);

struct Diagnosis {
    Mismatch worst;
    double v_pu = 0;            ///< at the worst node; NaN without a base
    double solvable_share = 0;  ///< of loads and devices that still solves, to 1 %
    std::vector<Fault> causes;  ///< the likeliest first
    std::string text;           ///< all of it, for a person
};

/// Explains a lane that did not converge. Tries smaller loads: some tens of solutions.
/// Shape   v: [node], where the iteration ended.
/// Errors  none.
Diagnosis diagnose_failure(const SolveCase& what, std::span<const std::complex<double>> v,
                           const SolveOutput& output, std::size_t lane);

/// What looks wrong in a converged solution: loads below `low` of their rated voltage (there they
/// are impedances: the iteration converges though the demand is not served) or above 1 / low, buses
/// as far from their base, and what diagnose_wiring() finds. Empty for a sound one.
/// Shape   v: [node] of the network.
std::vector<Fault> diagnose_solution(const SolveCase& what, const Network& network,
                                     std::span<const std::complex<double>> v, double low = 0.7);

}  // namespace gridflock::inline v0::powerflow
