// SPDX-License-Identifier: Apache-2.0
// What must hold of every circuit that is shipped: feeders, and a case for each feature.
#include "../powerflow/properties.hpp"
#include "golden.hpp"

#include <gridflock/powerflow/lane_solver.hpp>

#include <random>

#include <test.hpp>

using namespace gridflock;
using powerflow::ReferenceSolver;
using powerflow::Solver;
using property::Balance;
using property::Solution;

namespace {

/// How far two solutions of residual 1e-12 may lie apart, pu: the larger of 1e-12 and what the
/// circuit makes of that residual. forward_error_pu() tells what it makes of two roundings.
double apart_pu(const Solution& s) {
    const ReferenceSolver solver(s.network);
    const ColumnView<const grid::Complex> v(s.v.data(), s.v.size(), 1);
    const double roundings = 1e-12 / (2 * std::numeric_limits<double>::epsilon());
    return std::max(1e-12, 2 * roundings * solver.forward_error_pu(v, 0));
}

bool holds_a_voltage(const grid::Circuit& circuit) {
    return std::any_of(circuit.generators.begin(), circuit.generators.end(),
                       [](const grid::Generator& g) { return g.is_voltage_controlled; });
}

bool is_large(const grid::Circuit& circuit) {
    return circuit.buses.size() > 400;
}

}  // namespace

TEMPLATE_TEST_CASE(
    "property: in every shipped circuit currents sum to zero at every node, and "
    "power in is power out and losses",
    "", ReferenceSolver, Solver) {
    int to_a_billionth = 0;
    for (const golden::Case& c : golden::cases()) {
        INFO(c.name);
        const auto circuit = dss::read_circuit(c.file).circuit;
        if (holds_a_voltage(circuit)) continue;  // their Q is no part of the circuit
        const Solution s = property::solve_with<Solver>(circuit, {}, 1e-10, 400);
        CHECK(s.out.status[0] == Status::ok);
        const Balance balance(circuit, s);
        CHECK(balance.worst() <= 1e-12);
        // what the residual leaves at each node, times its voltage: more than 1e-9 of the power
        // only where the source or a switch has micro-ohms
        const double bound = std::max(1e-9, 1e-12 * balance.power_size());
        CHECK(balance.power_error() <= bound);
        CHECK(std::abs(s.out.head_p_w[0] - balance.head.real()) <=
              bound * std::abs(balance.head) + 1e-6);
        to_a_billionth += balance.power_error() <= 1e-9;
    }
    CHECK(to_a_billionth >= 40);
}

TEMPLATE_TEST_CASE("property: in every shipped circuit the order of elements does not matter", "",
                   ReferenceSolver, Solver) {
    std::mt19937_64 random(11);
    int to_a_trillionth = 0;
    for (const golden::Case& c : golden::cases()) {
        INFO(c.name);
        const auto circuit = dss::read_circuit(c.file).circuit;
        if (is_large(circuit)) continue;
        const Solution plain = property::solve_with<TestType>(circuit, {}, 1e-11, 400);
        const Solution other =
            property::solve_with<TestType>(property::shuffled(circuit, random), {}, 1e-11, 400);
        const double apart = property::difference_pu(plain, other);
        CHECK(apart <= apart_pu(plain));
        to_a_trillionth += apart <= 1e-12;
    }
    CHECK(to_a_trillionth >= 10);
}

TEST_CASE("property: in every shipped circuit the solver gives the answer of the reference") {
    for (const golden::Case& c : golden::cases()) {
        INFO(c.name);
        const auto circuit = dss::read_circuit(c.file).circuit;
        if (is_large(circuit)) continue;
        const Solution slow = property::solve_with<ReferenceSolver>(circuit, {}, 1e-11, 400);
        const Solution fast = property::solve_with<Solver>(circuit, {}, 1e-11, 400);
        CHECK(fast.out.status[0] == Status::ok);
        CHECK(property::difference_pu(slow, fast) <= apart_pu(slow));
    }
}
