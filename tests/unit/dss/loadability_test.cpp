// SPDX-License-Identifier: Apache-2.0
// Near the most load that a feeder can carry, where iteration on currents no longer contracts.
// SOURCE  OpenDSS (dss_capi 0.14.5), load raised by steps, each solution from the last:
// tools/oracles/opendss/make_loadability.py.
#include <test.hpp>

#include "golden.hpp"

#include <gridflock/dss/interpret.hpp>
#include <gridflock/powerflow/lane_solver.hpp>

#include <limits>

using namespace gridflock;
using grid::Complex;

namespace {

constexpr double bar = 1e-6;  // pu

struct Lanes {
    Column<Complex> v;
    powerflow::SolveOutput out;
};

Lanes solve(const grid::Circuit& circuit, const std::vector<double>& scale, int iterations = 100,
            int lanes = 0) {
    powerflow::SolverOptions options;
    options.lanes = lanes;
    powerflow::Solver solver(powerflow::Network(circuit), {}, options);
    Lanes l{Column<Complex>(solver.nodes(), scale.size()), powerflow::SolveOutput(scale.size())};
    const Column<double> none(0, scale.size());
    const std::vector<std::uint8_t> mask(scale.size(), 1);
    solver.start(l.v.view());
    solver.solve({scale, none.view(), none.view(), mask, 1e-11, iterations}, l.v.view(), l.out);
    return l;
}

grid::Circuit heavy() {
    return dss::interpret(golden::path("tests/validation/cases/heavy/ieee13_heavy.dss")).circuit;
}

/// [load multiplier][bus, node]
std::map<double, std::map<golden::Key, Complex>> table() {
    std::map<double, std::map<golden::Key, Complex>> out;
    std::ifstream in(golden::path("tests/validation/golden/ieee13_heavy.csv"));
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
        const auto c = golden::cells(line);
        out[std::stod(c[0])][{c[1], std::stoi(c[2])}] =
            std::polar(std::stod(c[3]), std::stod(c[4]) * math::radians);
    }
    return out;
}

/// Largest |dV| of a lane to the table, pu.
double distance(const powerflow::Network& network, const Lanes& l, std::size_t lane,
                const std::map<golden::Key, Complex>& rows) {
    double worst = 0;
    for (const auto& [key, v] : rows) {
        const powerflow::NodeIdx n = network.find(key.first, key.second);
        REQUIRE(n.valid());
        worst = std::max(worst, std::abs(l.v(n.pos(), lane) - v) / network.node(n).base_v);
    }
    return worst;
}

}  // namespace

TEST_CASE("loadability: solved wherever OpenDSS still solves, on its branch") {
    const grid::Circuit circuit = heavy();
    const powerflow::Network network(circuit);
    const auto wanted = table();
    REQUIRE(wanted.size() == 8);
    std::vector<double> scale;
    for (const auto& [mult, rows] : wanted) scale.push_back(mult);
    // with 12 iterations the currents do not converge, so that Newton must, at last by steps of
    // load
    for (const int iterations : {100, 12}) {
        const Lanes l = solve(circuit, scale, iterations);
        for (std::size_t lane = 0; lane < scale.size(); ++lane) {
            INFO(scale[lane] << " in " << iterations);
            CHECK(l.out.status[lane] == Status::ok);
            CHECK(l.out.residual[lane] <= 1e-12);
            CHECK(distance(network, l, lane, wanted.at(scale[lane])) < bar);
        }
    }
}

TEST_CASE("loadability: by steps of load the same bits come out at any width, beside any lane") {
    const grid::Circuit circuit = heavy();
    const std::vector<double> scale{2.658, 3.5, 2.65, 0.5, 2.657};
    const Lanes wide = solve(circuit, scale, 12, 8);
    CHECK(wide.out.status[1] == Status::not_converged);  // more than the feeder can carry
    for (const std::size_t lane : {0U, 2U, 3U, 4U}) {
        const Lanes alone = solve(circuit, {scale[lane]}, 12, 1);
        CHECK(wide.out.status[lane] == Status::ok);
        CHECK(wide.out.iterations[lane] == alone.out.iterations[0]);
        for (std::size_t i = 0; i < wide.v.rows(); ++i) CHECK(wide.v(i, lane) == alone.v(i, 0));
    }
}

TEST_CASE("loadability: held voltages and elements of a lane's own take part in Newton") {
    const auto read = [](const char* file) {
        return dss::interpret(golden::path(std::string("tests/validation/cases/") + file)).circuit;
    };
    const grid::Circuit held = read("ieee30/Master.dss");
    const Lanes plain = solve(held, {1.0, 1.1}), forced = solve(held, {1.0, 1.1}, 4);
    const powerflow::Network network(held);
    for (std::size_t lane = 0; lane < 2; ++lane) {
        REQUIRE(plain.out.status[lane] == Status::ok);
        CHECK(forced.out.status[lane] == Status::ok);
        CHECK(forced.out.residual[lane] <= 1e-12);
        for (std::size_t i = 0; i < network.nodes(); ++i)
            CHECK(std::abs(forced.v(i, lane) - plain.v(i, lane)) < 1e-7 * network.all()[i].base_v);
    }
}

TEST_CASE("loadability: no load whatever is called solved while its currents do not balance") {
    for (const char* file : {"tests/validation/cases/heavy/ieee13_heavy.dss",
                             "scenarios/feeders/ieee123/IEEE123Master.dss"}) {
        const grid::Circuit circuit = dss::interpret(golden::path(file)).circuit;
        const std::vector<double> scale{1, 10, 1e3, 1e6, 1e9, 1e15, -1e6};
        const Lanes l = solve(circuit, scale);
        CHECK(l.out.status[0] == Status::ok);
        for (std::size_t lane = 0; lane < scale.size(); ++lane) {
            INFO(file << " at " << scale[lane]);
            CHECK((l.out.status[lane] != Status::ok || l.out.residual[lane] <= 1e-9));
        }
    }
}
