// SPDX-License-Identifier: Apache-2.0
// Circuits small enough to solve by hand.
#pragma once

#include <gridflock/powerflow/solver.hpp>

namespace small {

using namespace gridflock;
using grid::Complex;

constexpr double source_v = 1000;
constexpr Complex line_z{0.5, 1.0};

/// One phase: a stiff source at "head", a line, a load at "end".
inline grid::Circuit two_bus(double p_w, double q_var,
                             grid::LoadModel model = grid::LoadModel::constant_power) {
    grid::Circuit c;
    const auto head = c.add_bus("head", {}), end = c.add_bus("end", {});
    c.buses[0].base_v = c.buses[1].base_v = source_v;
    grid::Source source;
    source.phases = 1;
    source.z_ohm = grid::Matrix(1);
    source.z_ohm(0, 0) = {0, 1e-6};
    source.magnitude_v = source_v;
    source.from = {head, {1}, {}};
    source.to = {head, {0}, {}};
    c.sources.push_back(source);
    grid::Line line;
    line.name = "l";
    line.z_ohm = line.shunt_s = grid::Matrix(1);
    line.z_ohm(0, 0) = line_z;
    line.from = {head, {1}, {}};
    line.to = {end, {1}, {}};
    c.lines.push_back(line);
    grid::Load load;
    load.name = "d";
    load.phases = 1;
    load.model = model;
    load.p_w = p_w;
    load.q_var = q_var;
    load.rated_v = source_v;
    load.v_min_pu = 0.5;
    load.v_max_pu = 1.5;
    load.v_low_pu = 0.2;
    load.at_bus = {end, {1, 0}, {}};
    c.loads.push_back(load);
    return c;
}

struct Solved {
    powerflow::ReferenceSolver solver;
    Column<std::complex<double>> v;
    powerflow::SolveOutput out;

    Complex at(const char* bus, int node, std::size_t lane = 0) const {
        return v(solver.network().find(bus, node).pos(), lane);
    }
};

/// Solves every lane from the base solution; p and q [terminal][lane].
inline Solved solve(const grid::Circuit& c, std::vector<powerflow::Terminal> terminals = {},
                    const Column<double>& p = Column<double>(0, 1),
                    const Column<double>& q = Column<double>(0, 1),
                    std::vector<double> scale = {1.0}, std::vector<std::uint8_t> mask = {1},
                    double tolerance = 1e-12, int iterations = 100) {
    const std::size_t lanes = scale.size();
    Solved s{powerflow::ReferenceSolver(powerflow::Network(c), std::move(terminals)),
             {},
             powerflow::SolveOutput(lanes)};
    s.v = Column<std::complex<double>>(s.solver.nodes(), lanes);
    s.solver.start(s.v.view());
    s.solver.solve({scale, p.view(), q.view(), mask, tolerance, iterations}, s.v.view(), s.out);
    return s;
}

}  // namespace small
