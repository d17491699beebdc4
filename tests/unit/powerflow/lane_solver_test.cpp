// SPDX-License-Identifier: Apache-2.0
// The lane solver on circuits that can be solved by hand: fallbacks and held voltages. On feeders:
// tests/unit/dss/lanes_test.cpp.
#include <gridflock/powerflow/batch.hpp>
#include <gridflock/powerflow/lane_solver.hpp>

#include <test.hpp>

#include "small_circuits.hpp"

#include <cmath>
#include <limits>

using namespace gridflock;
using grid::Complex;
using powerflow::Solver;

namespace {

struct Lanes {
    Solver solver;
    Column<Complex> v;
    powerflow::SolveOutput out;
    Complex at(const char* bus, std::size_t lane = 0) const {
        return v(solver.network().find(bus, 1).pos(), lane);
    }
};

Lanes solve(const grid::Circuit& c, std::vector<double> scale = {1.0}, int iterations = 100,
            powerflow::SolverOptions options = {}) {
    const std::size_t lanes = scale.size();
    Lanes s{Solver(powerflow::Network(c), {}, options), {}, powerflow::SolveOutput(lanes)};
    s.v = Column<Complex>(s.solver.nodes(), lanes);
    s.solver.start(s.v.view());
    const Column<double> none(0, lanes);
    const std::vector<std::uint8_t> mask(lanes, 1);
    s.solver.solve({scale, none.view(), none.view(), mask, 1e-12, iterations}, s.v.view(), s.out);
    return s;
}

/// The most that the line of two_bus carries at unity power factor: E^2 / (2 (|z| + r)).
double nose() {
    const double x = small::line_z.imag() + 1e-6, r = small::line_z.real();
    return small::source_v * small::source_v / (2 * (std::sqrt(r * r + x * x) + r));
}

grid::Circuit held_voltage(double v_set, double q_min, double q_max) {
    grid::Circuit c = small::two_bus(200e3, 100e3);
    grid::Generator g;
    g.name = "g";
    g.phases = 1;
    g.at_bus = c.loads[0].at_bus;
    g.p_w = 50e3;
    g.rated_v = small::source_v;
    g.is_voltage_controlled = true;
    g.v_set_v = v_set;
    g.q_min_var = q_min;
    g.q_max_var = q_max;
    c.generators.push_back(g);
    return c;
}

/// What reaches the end of the line beyond the load's demand: the generator's power.
Complex generated(const Lanes& s, const grid::Circuit& c) {
    const Complex line = (s.at("head") - s.at("end")) / small::line_z;
    return Complex(c.loads[0].p_w, c.loads[0].q_var) - s.at("end") * std::conj(line);
}

}  // namespace

TEST_CASE("lane solver: just below the nose of a line there is a solution and it is found") {
    grid::Circuit c = small::two_bus(1, 0);
    c.loads[0].v_min_pu = 0.1;
    c.loads[0].v_low_pu = 0.05;
    const Lanes s = solve(c, {0.9 * nose(), 0.999 * nose(), 1.02 * nose()});
    for (const std::size_t lane : {0u, 1u}) {
        REQUIRE(s.out.status[lane] == Status::ok);
        const Complex current = (s.at("head", lane) - s.at("end", lane)) / small::line_z;
        const Complex power = s.at("end", lane) * std::conj(current);
        CHECK(power.real() == Approx(lane == 0 ? 0.9 * nose() : 0.999 * nose()).epsilon(1e-9));
        CHECK(std::abs(s.at("end", lane)) > 0.5 * small::source_v);  // the upper root
    }
    CHECK(s.out.status[2] != Status::ok);
    CHECK_THAT(s.solver.explain(s.out, 2), Catch::Matchers::Contains("end"));
}

TEST_CASE("lane solver: acceleration saves iterations of a slow lane and changes no answer") {
    grid::Circuit c = small::two_bus(1, 0);
    c.loads[0].v_min_pu = 0.1;
    powerflow::SolverOptions plain;
    plain.slow = std::numeric_limits<double>::infinity();
    const Lanes fast = solve(c, {0.9 * nose()}), slow = solve(c, {0.9 * nose()}, 400, plain);
    REQUIRE(fast.out.status[0] == Status::ok);
    REQUIRE(slow.out.status[0] == Status::ok);
    CHECK(fast.out.iterations[0] < slow.out.iterations[0] / 2);
    CHECK(std::abs(fast.at("end") - slow.at("end")) < 1e-8 * small::source_v);
}

TEST_CASE("lane solver: a generator holds its voltage with the reactive power that takes") {
    const double v_set = 0.98 * small::source_v;
    const grid::Circuit c = held_voltage(v_set, -500e3, 500e3);
    const Lanes s = solve(c);
    REQUIRE(s.out.status[0] == Status::ok);
    CHECK(std::abs(s.at("end")) == Approx(v_set).epsilon(1e-9));
    CHECK(generated(s, c).real() == Approx(50e3).epsilon(1e-7));
    // closed form: the circle of p over the line gives q from |V| and P
    const Complex z = small::line_z + Complex(0, 1e-6);
    const double p = 150e3, e = small::source_v, u = v_set * v_set;
    // u^2 + 2 u (r p + x q) + |z|^2 (p^2 + q^2) = e^2 u, the smaller q
    const double a = std::norm(z), b = 2 * u * z.imag();
    const double k = u * u + 2 * u * z.real() * p + a * p * p - e * e * u;
    const double q = (-b + std::sqrt(b * b - 4 * a * k)) / (2 * a);
    CHECK(generated(s, c).imag() == Approx(100e3 - q).epsilon(1e-6));
}

TEST_CASE("lane solver: at its limit a generator lets the voltage go, and takes it up again") {
    const double v_set = 0.98 * small::source_v;
    const grid::Circuit c = held_voltage(v_set, -500e3, 60e3);
    const Lanes s = solve(c, {1.0, 0.2});
    REQUIRE(s.out.status[0] == Status::ok);
    CHECK(std::abs(s.at("end", 0)) < v_set - 1);
    CHECK(generated(s, c).imag() == Approx(60e3).epsilon(1e-6));
    REQUIRE(s.out.status[1] == Status::ok);
    CHECK(std::abs(s.at("end", 1)) == Approx(v_set).epsilon(1e-9));
}

TEST_CASE("lane solver: arrays that do not fit are refused before anything is solved") {
    const Solver solver(powerflow::Network(small::two_bus(1e3, 0)));
    const std::vector<double> p(6);
    powerflow::BatchInput in;
    in.steps = 2;
    in.scenarios = 3;
    in.scale = powerflow::StepView<const double>::dense(p.data(), 3, 1, 2);
    CHECK_THROWS_AS(powerflow::solve_batch(solver, in), ShapeError);
    in.scale = {};
    in.p_w = in.q_var = powerflow::StepView<const double>::dense(p.data(), 2, 1, 3);
    CHECK_THROWS_AS(powerflow::solve_batch(solver, in), ShapeError);  // drives no element
    const std::vector<std::int32_t> twice{0, 0}, none{7};
    in.elements = none;
    CHECK_THROWS_AS(powerflow::solve_batch(solver, in), ShapeError);
}

TEST_CASE("lane solver: every law has the reference solver's answer from far below to far above") {
    using grid::LoadModel;
    for (const LoadModel model : {LoadModel::constant_power, LoadModel::constant_impedance,
                                  LoadModel::motor, LoadModel::cvr, LoadModel::constant_current,
                                  LoadModel::fixed_q, LoadModel::fixed_x, LoadModel::zip}) {
        for (double source = 0.2; source < 1.5; source += 0.04) {
            grid::Circuit c = small::two_bus(30e3, 10e3, model);
            c.sources[0].magnitude_v = source * small::source_v;
            grid::Load& load = c.loads[0];
            load.v_min_pu = 0.9, load.v_max_pu = 1.1, load.v_low_pu = 0.5;
            load.base_q_var = 9e3;
            load.cvr_watts = 0.8, load.cvr_vars = 3;
            load.zip = {0.2, 0.3, 0.5, 0.1, 0.5, 0.4, 0.6};
            const Lanes lanes = solve(c, {0.5, 1.0, 0.8});
            const auto reference = small::solve(c, {}, Column<double>(0, 3), Column<double>(0, 3),
                                                {0.5, 1.0, 0.8}, {1, 1, 1});
            for (const std::size_t l : {0u, 1u, 2u}) {
                INFO("model " << static_cast<int>(model) << " source " << source << " pu");
                if (reference.out.status[l] != Status::ok) continue;
                REQUIRE(lanes.out.status[l] == Status::ok);
                CHECK(std::abs(lanes.at("end", l) - reference.at("end", 1, l)) <
                      1e-7 * small::source_v);
            }
        }
    }
}
