// SPDX-License-Identifier: Apache-2.0
// SOURCE  OpenDSS (dss_capi 0.14.5 by dss-python 0.15.7), controls off, tolerance 1e-10: the tables
// in tests/validation/golden, made by tools/oracles/opendss/make_golden.py.
#include <filesystem>
#include <test.hpp>

#include "golden.hpp"

#include <gridflock/dss/interpret.hpp>
#include <gridflock/powerflow/solver.hpp>

#include <algorithm>
#include <random>

using namespace gridflock;

namespace {

constexpr double bar = 1e-6;  // pu

struct Feeder {
    const char* file;
    const char* table;
    int buses, nodes;
};

const Feeder feeders[] = {{"ieee13/IEEE13Nodeckt.dss", "ieee13.csv", 16, 41},
                          {"ieee34/ieee34Mod1.dss", "ieee34mod1.csv", 37, 95},
                          {"ieee37/ieee37.dss", "ieee37.csv", 39, 117},
                          {"ieee123/IEEE123Master.dss", "ieee123.csv", 132, 278}};

std::string file_of(const Feeder& f) {
    return golden::path(std::string("scenarios/feeders/") + f.file);
}

std::vector<std::complex<double>> solve(const grid::Circuit& circuit,
                                        powerflow::ReferenceSolver& solver) {
    solver = powerflow::ReferenceSolver{powerflow::Network(circuit)};
    Column<std::complex<double>> v(solver.nodes(), 1);
    const Column<double> none(0, 1);
    const std::vector<double> scale{1.0};
    const std::vector<std::uint8_t> mask{1};
    powerflow::SolveOutput out(1);
    solver.start(v.view());
    solver.solve({scale, none.view(), none.view(), mask, 1e-11, 100}, v.view(), out);
    REQUIRE(out.status[0] == Status::ok);
    return {v.all().begin(), v.all().end()};
}

}  // namespace

TEST_CASE("feeders: every node within 1e-6 pu of OpenDSS") {
    for (const Feeder& f : feeders) {
        INFO(f.file);
        const auto report = dss::run_powerflow(file_of(f));
        CHECK(report.converged);
        CHECK(report.buses == f.buses);
        CHECK(report.node_count == f.nodes);
        for (const Fault& w : report.warnings) {  // six loads of IEEE 34 name one node in delta
            INFO(w.text());
            CHECK(w.rule.find("conn=delta, yet only one node") != std::string::npos);
        }
        CHECK(report.residual < 1e-11);
        CHECK(golden::worst(report, golden::read(f.table)) < bar);
    }
}

TEST_CASE("feeders: a golden table moved by one per cent is not met") {
    const auto report = dss::run_powerflow(file_of(feeders[0]));
    golden::Table moved = golden::read(feeders[0].table);
    moved.begin()->second.volt *= 1.01;
    CHECK_FALSE(golden::worst(report, moved) < bar);
}

TEST_CASE("feeders: a load or a line moved by one per cent misses the golden table") {
    for (const bool moves_load : {true, false}) {
        auto script = dss::interpret(file_of(feeders[3]));
        if (moves_load)
            script.circuit.loads[40].p_w *= 1.01;
        else
            script.circuit.lines[0].z_ohm *= 1.01;
        powerflow::ReferenceSolver solver{powerflow::Network(script.circuit)};
        const auto v = solve(script.circuit, solver);
        double largest = 0;
        for (const auto& [key, row] : golden::read(feeders[3].table)) {
            const auto i = solver.network().find(key.first, key.second);
            largest = std::max(largest, std::abs(v[i.pos()] - row.phasor()) / row.base());
        }
        CHECK(largest > bar);
    }
}

// SOURCE  OpenDSS's own circuit totals of the same runs, W.
TEST_CASE("feeders: power in is what OpenDSS says, and losses too") {
    const double totals[][2] = {{3401303.244573, 112588.363497},
                                {1792306.157636, 222138.923091},
                                {2294110.406168, 126496.461325},
                                {3482743.523412, 96731.347198}};
    for (std::size_t i = 0; i < 4; ++i) {
        INFO(feeders[i].file);
        const auto report = dss::run_powerflow(file_of(feeders[i]));
        CHECK(report.total_p_w == Approx(totals[i][0]).epsilon(1e-7));
        CHECK(report.losses_w == Approx(totals[i][1]).epsilon(1e-6));
    }
}

TEST_CASE("feeders: power in equals demand and the losses of every element") {
    for (const Feeder& f : feeders) {
        INFO(f.file);
        const auto script = dss::interpret(file_of(f));
        powerflow::ReferenceSolver solver{powerflow::Network(script.circuit)};
        Column<std::complex<double>> v(solver.nodes(), 1);
        const Column<double> none(0, 1);
        const std::vector<double> scale{1.0};
        const std::vector<std::uint8_t> mask{1};
        powerflow::SolveOutput out(1);
        solver.start(v.view());
        solver.solve({scale, none.view(), none.view(), mask, 1e-11, 100}, v.view(), out);
        const double losses = solver.network().element_losses_w(v.all());
        // switches and regulators of micro-ohms cost digits in the sum over elements
        CHECK(out.head_p_w[0] == Approx(out.load_p_w[0] + losses).epsilon(1e-8));
    }
}

TEST_CASE("feeders: currents sum to zero at every node that has no source and no load") {
    const auto script = dss::interpret(file_of(feeders[3]));
    powerflow::ReferenceSolver solver{powerflow::Network(script.circuit)};
    const auto v = solve(script.circuit, solver);
    const powerflow::Network& net = solver.network();
    std::vector<std::complex<double>> sum(net.nodes());
    std::vector<double> size(net.nodes());
    std::vector<bool> injects(net.nodes());
    for (const auto& s : net.stamps()) {
        sum[s.row.pos()] += s.y * v[s.col.pos()];
        size[s.row.pos()] += std::abs(s.y * v[s.col.pos()]);
    }
    for (const auto& l : net.load_phases())
        for (const auto n : {l.a, l.b})
            if (n.valid()) injects[n.pos()] = true;
    for (const auto& s : net.sources())
        for (const auto n : s.ports)
            if (n.valid()) injects[n.pos()] = true;
    int checked = 0;
    for (std::size_t i = 0; i < net.nodes(); ++i) {
        if (injects[i]) continue;
        ++checked;
        CHECK(std::abs(sum[i]) <= 1e-11 * size[i]);
    }
    CHECK(checked > 100);
}

TEST_CASE("feeders: the order of elements does not matter") {
    auto script = dss::interpret(file_of(feeders[3]));
    powerflow::ReferenceSolver solver{powerflow::Network(script.circuit)};
    const auto before = solve(script.circuit, solver);
    std::mt19937 shuffle(7);
    std::shuffle(script.circuit.lines.begin(), script.circuit.lines.end(), shuffle);
    std::shuffle(script.circuit.loads.begin(), script.circuit.loads.end(), shuffle);
    std::shuffle(script.circuit.transformers.begin(), script.circuit.transformers.end(), shuffle);
    const auto after = solve(script.circuit, solver);
    for (std::size_t i = 0; i < before.size(); ++i)
        CHECK(std::abs(after[i] - before[i]) < 1e-7 * std::abs(before[i]));
}

TEST_CASE("feeders: coordinates come from the one file beside a script that names none") {
    const auto script = dss::interpret(file_of(feeders[3]));
    const grid::Bus& bus = script.circuit.bus(script.circuit.find_bus("13"));
    CHECK(bus.has_coordinates);
    // SOURCE  scenarios/feeders/ieee123/BusCoords.dat
    CHECK(bus.x == 1500);
    CHECK(bus.y == 1500);
}

TEST_CASE("feeders: taps from a table change the voltage behind the regulator") {
    const std::string taps =
        (std::filesystem::temp_directory_path() / "gridflock_taps_test.csv").string();
    std::ofstream(taps) << "transformer,winding,tap\nreg1a,2,1.0375\n";
    dss::PowerflowOptions options;
    options.taps_csv = taps;
    const auto moved = dss::run_powerflow(file_of(feeders[3]), options);
    const auto plain = dss::run_powerflow(file_of(feeders[3]));
    double ratio = 0;
    for (std::size_t i = 0; i < plain.nodes.size(); ++i)
        if (plain.nodes[i].bus == "150r" && plain.nodes[i].node == 1)
            ratio = moved.nodes[i].v_volt / plain.nodes[i].v_volt;
    CHECK(ratio == Approx(1.0375).epsilon(1e-5));
    std::ofstream(taps) << "reg1z,2,1.05\n";
    CHECK_THROWS_AS(dss::run_powerflow(file_of(feeders[3]), options), ScenarioError);
    options.taps_csv = "no such file";
    CHECK_THROWS_AS(dss::run_powerflow(file_of(feeders[3]), options), IoError);
}
