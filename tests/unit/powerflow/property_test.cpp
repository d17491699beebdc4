// SPDX-License-Identifier: Apache-2.0
// What must hold for any feeder, of the solver and of its oracle.
#include "properties.hpp"
#include "random_feeder.hpp"

#include <gridflock/powerflow/lane_solver.hpp>

#include <random>

#include <test.hpp>

using namespace gridflock;
using grid::Circuit;
using grid::Complex;
using powerflow::ReferenceSolver;
using powerflow::Solver;
using property::Balance;
using property::Injection;
using property::Solution;

namespace {

constexpr double close_pu = 1e-12;  // two ways to one answer

template <class F>
void holds(const char* what, F&& f) {
    INFO(what);
    CHECK(rc::check(what, std::forward<F>(f)));
}

std::mt19937_64 random_bits() {
    return std::mt19937_64(*rc::gen::arbitrary<std::uint64_t>());
}

/// Devices at up to three nodes of a feeder.
std::vector<Injection> draw_injections(const random_feeder::Builder& feeder) {
    std::vector<Injection> out;
    const int count = random_feeder::between(0, 3);
    const int last = static_cast<int>(feeder.spots().size()) - 1;
    for (int i = 0; i < count; ++i) {
        const auto& spot =
            feeder.spots()[static_cast<std::size_t>(random_feeder::between(0, last))];
        const double size = 1e3 * spot.kw;
        out.push_back({feeder.circuit.bus(spot.bus).name,
                       spot.phases.front(),
                       {size * random_feeder::real(-1, 2), size * random_feeder::real(-1, 1)}});
    }
    return out;
}

void require_solved(const Solution& s) {
    RC_ASSERT(s.out.status[0] == Status::ok);
    RC_ASSERT(s.out.residual[0] <= 1e-12);
}

void require_close(const Solution& a, const Solution& b, double bound = close_pu) {
    require_solved(a);
    require_solved(b);
    const double difference = property::difference_pu(a, b);
    RC_LOG() << "largest difference " << difference << " pu\n";
    RC_ASSERT(difference <= bound);
}

/// All voltages times k, all powers times k^2: impedances stay.
Circuit scaled(Circuit c, double k) {
    for (auto& b : c.buses) b.base_v *= k;
    for (auto& s : c.sources) s.magnitude_v *= k;
    for (auto& t : c.transformers)
        for (auto& w : t.windings) w.turns_v *= k, w.rated_va *= k * k;
    for (auto& l : c.loads) l.p_w *= k * k, l.q_var *= k * k, l.rated_v *= k;
    for (auto& g : c.generators) g.p_w *= k * k, g.q_var *= k * k, g.rated_v *= k;
    return c;
}

}  // namespace

TEMPLATE_TEST_CASE(
    "property: currents sum to zero at every node, and power in is power out and "
    "losses",
    "", ReferenceSolver, Solver) {
    holds("Kirchhoff and energy", [] {
        random_feeder::Builder feeder;
        feeder.build();
        const auto injections = draw_injections(feeder);
        const Solution s = property::solve_with<TestType>(feeder.circuit, injections);
        require_solved(s);
        Balance balance(feeder.circuit, s);
        balance.add(injections);
        RC_LOG() << "current " << balance.worst() << " power " << balance.power_error() << "\n";
        RC_ASSERT(balance.worst() <= 1e-12);
        RC_ASSERT(balance.power_error() <= 1e-9);
        RC_ASSERT(std::abs(s.out.head_p_w[0] - balance.head.real()) <=
                  1e-9 * std::abs(balance.head));
        RC_ASSERT(std::abs(s.out.losses_w[0] - balance.losses.real()) <=
                  1e-9 * std::abs(balance.head));
    });
}

TEMPLATE_TEST_CASE("property: the order of buses and elements does not matter", "", ReferenceSolver,
                   Solver) {
    holds("permutation", [] {
        const Circuit c = random_feeder::draw();
        auto random = random_bits();
        require_close(property::solve_with<TestType>(c),
                      property::solve_with<TestType>(property::shuffled(c, random)));
    });
}

TEMPLATE_TEST_CASE("property: volts k times and watts k times k give volts k times", "",
                   ReferenceSolver, Solver) {
    holds("scale", [] {
        const Circuit c = random_feeder::draw();
        const double k = random_feeder::real(0.3, 3);
        const Solution plain = property::solve_with<TestType>(c);
        Solution other = property::solve_with<TestType>(scaled(c, k));
        for (auto& [name, v] : other.by_name) v /= k;
        require_close(plain, other);
    });
}

TEMPLATE_TEST_CASE("property: in volts twice as large every bit of the answer is the same", "",
                   ReferenceSolver, Solver) {
    holds("twice", [] {
        const Circuit c = random_feeder::draw();
        const Solution plain = property::solve_with<TestType>(c);
        const Solution twice = property::solve_with<TestType>(scaled(c, 2));
        require_solved(plain);
        for (std::size_t i = 0; i < plain.v.size(); ++i) RC_ASSERT(twice.v[i] == 2.0 * plain.v[i]);
        RC_ASSERT(twice.out.iterations[0] == plain.out.iterations[0]);
    });
}

TEMPLATE_TEST_CASE("property: a load split in two equal ones changes nothing", "", ReferenceSolver,
                   Solver) {
    holds("split", [] {
        const Circuit c = random_feeder::draw();
        Circuit split = c;
        for (auto& l : split.loads) l.p_w /= 2, l.q_var /= 2, l.base_q_var /= 2;
        auto halves = split.loads;
        for (auto& l : halves) l.name += "b", split.loads.push_back(l);
        require_close(property::solve_with<TestType>(c), property::solve_with<TestType>(split));
    });
}

TEMPLATE_TEST_CASE("property: a source turned by an angle turns every voltage", "", ReferenceSolver,
                   Solver) {
    holds("turn", [] {
        const Circuit c = random_feeder::draw();
        const double degrees = random_feeder::real(-180, 180);
        Circuit turned = c;
        turned.sources[0].angle_deg += degrees;
        const Solution plain = property::solve_with<TestType>(c);
        Solution other = property::solve_with<TestType>(turned);
        for (auto& [name, v] : other.by_name) v *= std::polar(1.0, -degrees * math::radians);
        require_close(plain, other);
    });
}

TEST_CASE("property: the solver gives the answer of the reference solver") {
    holds("oracle", [] {
        random_feeder::Builder feeder;
        feeder.build();
        const auto injections = draw_injections(feeder);
        const Solution slow = property::solve_with<ReferenceSolver>(feeder.circuit, injections);
        const Solution fast = property::solve_with<Solver>(feeder.circuit, injections);
        require_close(slow, fast);
        // 1e-13 of what the stiff source could give, 3 V^2 / Z
        const double bound = 1e-13 * 3 * 7300 * 7300 / 0.4 + 1e-9 * std::abs(slow.out.head_p_w[0]);
        RC_ASSERT(std::abs(slow.out.head_p_w[0] - fast.out.head_p_w[0]) <= bound);
        RC_ASSERT(std::abs(slow.out.losses_w[0] - fast.out.losses_w[0]) <= bound);
    });
}

TEST_CASE("property: the check of currents sees one voltage that is wrong by a billionth") {
    holds("sensitivity", [] {
        const Circuit c = random_feeder::draw();
        Solution s = property::solve_with<ReferenceSolver>(c);
        require_solved(s);
        const auto i =
            static_cast<std::size_t>(random_feeder::between(0, static_cast<int>(s.v.size()) - 1));
        s.v[i] += 1e-9 * s.network.all()[i].base_v;
        RC_ASSERT(Balance(c, s).worst() > 1e-12);
    });
}
