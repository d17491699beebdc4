// SPDX-License-Identifier: Apache-2.0
#include <test.hpp>

#include "small_circuits.hpp"

#include <cmath>
#include <limits>

using namespace gridflock;
using grid::Complex;

namespace {

/// |V| at the end of a line of z under p + jq from `source`: closed form, the upper root of
/// u^2 + u (2 (r p + x q) - E^2) + |z|^2 |s|^2 = 0 with u = |V|^2.
double end_voltage(double p, double q) {
    const double r = small::line_z.real(), x = small::line_z.imag() + 1e-6;
    const double b = 2 * (r * p + x * q) - small::source_v * small::source_v;
    const double c = (r * r + x * x) * (p * p + q * q);
    return std::sqrt((-b + std::sqrt(b * b - 4 * c)) / 2);
}

}  // namespace

TEST_CASE("power flow: a constant-power load meets the closed form of two buses") {
    const auto s = small::solve(small::two_bus(60e3, 30e3));
    REQUIRE(s.out.status[0] == Status::ok);
    CHECK(std::abs(s.at("end", 1)) == Approx(end_voltage(60e3, 30e3)).epsilon(1e-11));
    CHECK(s.out.load_p_w[0] == Approx(60e3).epsilon(1e-10));
    CHECK(s.out.load_q_var[0] == Approx(30e3).epsilon(1e-10));
    CHECK(s.out.residual[0] < 1e-11);
}

TEST_CASE("power flow: a wrong line of one per cent shows in the voltage") {
    grid::Circuit c = small::two_bus(60e3, 30e3);
    c.lines[0].z_ohm(0, 0) *= 1.01;
    const auto s = small::solve(c);
    CHECK(std::abs(std::abs(s.at("end", 1)) - end_voltage(60e3, 30e3)) > 1e-4 * small::source_v);
}

TEST_CASE("power flow: an impedance load is a voltage divider") {
    const auto s = small::solve(small::two_bus(60e3, 30e3, grid::LoadModel::constant_impedance));
    const Complex z = 1e6 / std::conj(Complex(60e3, 30e3));
    const Complex expected = small::source_v * z / (z + small::line_z + Complex(0, 1e-6));
    CHECK(std::abs(s.at("end", 1) - expected) < 1e-8);
    CHECK(s.out.iterations[0] <= 2);
}

TEST_CASE("power flow: a constant-current load draws its rated current at any voltage") {
    const auto s = small::solve(small::two_bus(60e3, 0, grid::LoadModel::constant_current));
    const Complex current = (s.at("head", 1) - s.at("end", 1)) / small::line_z;
    CHECK(std::abs(current) == Approx(60.0).epsilon(1e-10));
}

TEST_CASE("power flow: what the source gives is what loads take and lines lose") {
    const auto s = small::solve(small::two_bus(60e3, 30e3));
    const Complex current = (s.at("head", 1) - s.at("end", 1)) / small::line_z;
    const double line_loss = std::norm(current) * small::line_z.real();
    CHECK(s.out.head_p_w[0] == Approx(60e3 + line_loss).epsilon(1e-10));
    CHECK(s.out.losses_w[0] == Approx(line_loss).epsilon(1e-8));
    CHECK(s.solver.network().element_losses_w(s.v.all()) == Approx(line_loss).epsilon(1e-8));
}

TEST_CASE("power flow: a device of the load's size leaves no current in the line") {
    Column<double> p(1, 1, 60e3), q(1, 1, 30e3);
    const grid::Circuit c = small::two_bus(60e3, 30e3);
    const powerflow::Network net(c);
    const auto s = small::solve(c, {{net.find("end", 1), {}}}, p, q);
    CHECK(std::abs(s.at("end", 1) - small::source_v) < 1e-6);
    CHECK(std::abs(s.out.head_p_w[0]) < 1e-3);
}

TEST_CASE("power flow: injection lifts the voltage as the closed form says") {
    Column<double> p(1, 1, 20e3), q(1, 1, 0.0);
    grid::Circuit c = small::two_bus(0, 0);
    const powerflow::Network net(c);
    const auto s = small::solve(c, {{net.find("end", 1), {}}}, p, q);
    CHECK(std::abs(s.at("end", 1)) == Approx(end_voltage(-20e3, 0)).epsilon(1e-11));
    CHECK(s.out.head_p_w[0] < -19e3);
}

TEST_CASE("power flow: a lane's bits do not depend on its neighbours") {
    const grid::Circuit c = small::two_bus(60e3, 30e3);
    const powerflow::Network net(c);
    const std::vector<powerflow::Terminal> at = {{net.find("end", 1), {}}};
    Column<double> p1(1, 1, 5e3), q1(1, 1, 1e3);
    const auto alone = small::solve(c, at, p1, q1, {0.8});
    Column<double> p4(1, 4, 0.0), q4(1, 4, 0.0);
    p4(0, 2) = 5e3;
    q4(0, 2) = 1e3;
    p4(0, 0) = std::numeric_limits<double>::quiet_NaN();
    p4(0, 3) = -9e3;
    const auto four = small::solve(c, at, p4, q4, {1.0, 1.3, 0.8, 1.0}, {1, 0, 1, 1});
    CHECK(four.at("end", 1, 2) == alone.at("end", 1));
    CHECK(four.out.iterations[2] == alone.out.iterations[0]);
    CHECK(four.out.residual[2] == alone.out.residual[0]);
    CHECK(four.out.status[0] == Status::not_finite);
    CHECK(four.out.iterations[1] == 0);  // masked
    CHECK(four.out.status[3] == Status::ok);
}

TEST_CASE("power flow: too much load is not a solution, and the failure names the bus") {
    const auto s = small::solve(small::two_bus(900e3, 300e3), {}, Column<double>(0, 1),
                                Column<double>(0, 1), {1.0}, {1}, 1e-12, 30);
    REQUIRE(s.out.status[0] == Status::not_converged);
    const std::string text = s.solver.explain(s.out, 0);
    CHECK(text.find("bus end node 1") != std::string::npos);
    CHECK(text.find("60 iterations") != std::string::npos);
    CHECK(text.find("more load") != std::string::npos);
}

TEST_CASE("power flow: a part without a source is dead and its load draws nothing") {
    grid::Circuit c = small::two_bus(60e3, 30e3);
    c.lines[0].to.is_open = {1};
    const auto s = small::solve(c);
    CHECK(s.at("end", 1) == Complex{});
    CHECK(s.out.load_p_w[0] == 0);
    CHECK_FALSE(s.solver.network().node(s.solver.network().find("end", 1)).is_live);
}

TEST_CASE("power flow: arrays that do not fit are refused") {
    powerflow::ReferenceSolver solver{powerflow::Network(small::two_bus(1, 1))};
    Column<std::complex<double>> v(solver.nodes() + 1, 1);
    const Column<double> none(0, 1);
    const std::vector<double> scale{1.0};
    const std::vector<std::uint8_t> mask{1};
    powerflow::SolveOutput out(1);
    CHECK_THROWS_AS(solver.solve({scale, none.view(), none.view(), mask, 1e-9, 10}, v.view(), out),
                    ShapeError);
}

TEST_CASE("power flow: an impedance of zero is refused by the name of its line") {
    grid::Circuit c = small::two_bus(1, 1);
    c.lines[0].z_ohm(0, 0) = 0;
    c.lines[0].at = {"net.dss", 7, "line.l"};
    try {
        powerflow::Network net(c);
        FAIL("accepted");
    } catch (const ScenarioError& error) {
        CHECK(error.faults().at(0).at.line == 7);
        CHECK(error.faults()[0].found.find("'l'") != std::string::npos);
    }
}
