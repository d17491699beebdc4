// SPDX-License-Identifier: Apache-2.0
#include <test.hpp>

#include <gridflock/core/math.hpp>
#include <gridflock/powerflow/solver.hpp>

#include <cmath>

using namespace gridflock;
using grid::Complex;

namespace {

/// A stiff three-phase source of 12.47 kV feeding a 12.47/4.16 kV bank with almost no load behind
/// it.
grid::Circuit bank(bool primary_delta, bool secondary_delta, double tap = 1) {
    grid::Circuit c;
    const auto a = c.add_bus("a", {}), b = c.add_bus("b", {});
    grid::Source source;
    source.z_ohm = grid::from_sequence({0, 1e-6}, {0, 1e-6}, 3);
    source.magnitude_v = 12470 / std::sqrt(3.0);
    source.from = {a, {1, 2, 3}, {}};
    source.to = {a, {0, 0, 0}, {}};
    c.sources.push_back(source);
    grid::Transformer t;
    t.windings.resize(2);
    t.reactance_pu = {0.06};
    for (int w = 0; w < 2; ++w) {
        grid::Winding& winding = t.windings[static_cast<std::size_t>(w)];
        winding.is_delta = w == 0 ? primary_delta : secondary_delta;
        winding.turns_v = (w == 0 ? 12470 : 4160) / (winding.is_delta ? 1 : std::sqrt(3.0));
        winding.rated_va = 6e6;
        winding.at = {w == 0 ? a : b, {1, 2, 3, 0}, {}};
    }
    t.windings[1].tap = tap;
    c.transformers.push_back(t);
    return c;
}

Complex positive_sequence(const grid::Circuit& c, const char* bus) {
    powerflow::ReferenceSolver solver{powerflow::Network(c)};
    Column<std::complex<double>> v(solver.nodes(), 1);
    solver.start(v.view());
    const Complex a(-0.5, std::sqrt(0.75));
    const auto at = [&](int n) { return v(solver.network().find(bus, n).pos(), 0); };
    return (at(1) + a * at(2) + a * a * at(3)) / 3.0;
}

double degrees(Complex z) {
    return std::arg(z) * 180 / std::acos(-1.0);
}

}  // namespace

// SOURCE  IEEE C57.12.00 vector groups as in Kersting ch. 8: no shift for like windings, the low
// side 30 degrees behind otherwise.
TEST_CASE("transformer: open-circuit shifts of the vector groups") {
    CHECK(degrees(positive_sequence(bank(false, false), "b")) == Approx(0).margin(1e-3));
    CHECK(degrees(positive_sequence(bank(true, true), "b")) == Approx(0).margin(1e-3));
    CHECK(degrees(positive_sequence(bank(true, false), "b")) == Approx(-30).margin(1e-3));
    CHECK(degrees(positive_sequence(bank(false, true), "b")) == Approx(-30).margin(1e-3));
    grid::Circuit euro = bank(true, false);
    euro.transformers[0].high_leads_low = true;
    CHECK(degrees(positive_sequence(euro, "b")) == Approx(30).margin(1e-3));
}

TEST_CASE("transformer: the open-circuit voltage is the ratio times the tap") {
    CHECK(std::abs(positive_sequence(bank(false, false), "b")) ==
          Approx(4160 / std::sqrt(3.0)).epsilon(1e-6));
    CHECK(std::abs(positive_sequence(bank(true, false, 1.05), "b")) ==
          Approx(1.05 * 4160 / std::sqrt(3.0)).epsilon(1e-6));
}

TEST_CASE("transformer: a primitive matrix is symmetric") {
    for (const bool delta : {false, true}) {
        const auto p =
            powerflow::primitive(bank(delta, false).transformers[0], powerflow::Parts::all);
        for (std::size_t i = 0; i < p.y.order(); ++i)
            for (std::size_t j = 0; j < i; ++j) CHECK(p.y(i, j) == p.y(j, i));
    }
}
