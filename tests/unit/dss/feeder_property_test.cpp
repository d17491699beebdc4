// SPDX-License-Identifier: Apache-2.0
// What must hold of every circuit that is shipped: feeders, and a case for each feature.
#include "../powerflow/properties.hpp"
#include "golden.hpp"

#include <gridflock/powerflow/balance.hpp>

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
    "[slow]", ReferenceSolver, Solver) {
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

TEST_CASE("property: in every shipped circuit power in is power out and losses to a billionth",
          "[slow]") {
    int by_correction = 0;
    for (const golden::Case& c : golden::cases()) {
        INFO(c.name);
        const auto circuit = dss::read_circuit(c.file).circuit;
        Solver solver{powerflow::Network(circuit)};
        Column<grid::Complex> v(solver.nodes(), 1);
        const Column<double> none(0, 1);
        const std::vector<double> scale{1.0};
        const std::vector<std::uint8_t> mask{1};
        powerflow::SolveOutput out(1);
        const powerflow::SolveInput input{scale, none.view(), none.view(), mask, 1e-10, 400};
        solver.start(v.view());
        solver.solve(input, v.view(), out);
        const powerflow::PowerBalance b = powerflow::power_balance(solver, input, 0, v.view());
        const double flow = std::abs(b.head_p_w) + std::abs(b.load_p_w);
        CHECK(std::abs(b.gap_w()) <= 1e-9 * flow);
        // the solver's own sums: as near as voltages of double let them be
        CHECK(std::abs(b.head_p_w - out.head_p_w[0]) <= 1e-3 * flow);
        CHECK(std::abs(b.load_p_w - out.load_p_w[0]) <= 1e-5 * flow);
        by_correction += std::abs(b.head_p_w - out.head_p_w[0]) > 1e-9 * flow;
        CHECK(b.correction_pu < 1e-5);
    }
    CHECK(by_correction > 0);  // a stiff switch: without the correction this test would fail
}

TEST_CASE("property: the balance of power counts devices, and refuses arrays that do not fit") {
    const auto circuit = dss::read_circuit(golden::cases()[0].file).circuit;
    const powerflow::Network network(circuit);
    Solver solver(network, {{network.find("671", 1), {}}, {network.find("680", 2), {}}});
    Column<grid::Complex> v(solver.nodes(), 1);
    Column<double> p(2, 1, 50e3), q(2, 1, -10e3);
    const std::vector<double> scale{0.8};
    const std::vector<std::uint8_t> mask{1};
    powerflow::SolveOutput out(1);
    const powerflow::SolveInput input{scale, p.view(), q.view(), mask, 1e-10, 400};
    solver.start(v.view());
    solver.solve(input, v.view(), out);
    const auto b = powerflow::power_balance(solver, input, 0, v.view());
    CHECK(b.device_p_w == Approx(100e3).epsilon(1e-12));
    CHECK(std::abs(b.gap_w()) <= 1e-9 * b.load_p_w);
    const Column<double> short_p(1, 1);
    CHECK_THROWS_AS(powerflow::power_balance(
                        solver, {scale, short_p.view(), q.view(), mask, 1e-10, 400}, 0, v.view()),
                    ShapeError);
    CHECK_THROWS_AS(powerflow::power_balance(solver, input, 1, v.view()), ShapeError);
}

TEMPLATE_TEST_CASE("property: in every shipped circuit the order of elements does not matter",
                   "[slow]", ReferenceSolver, Solver) {
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

TEST_CASE("property: in every shipped circuit the solver gives the answer of the reference",
          "[slow]") {
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
