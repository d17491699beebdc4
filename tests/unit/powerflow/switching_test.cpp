// SPDX-License-Identifier: Apache-2.0
#include <test.hpp>

#include <gridflock/powerflow/switching.hpp>

#include "small_circuits.hpp"

using namespace gridflock;
using grid::Complex;

namespace {

/// head - line "l" - end (load) and a tie "t" of twice the impedance, open.
std::shared_ptr<const grid::Circuit> with_tie() {
    grid::Circuit c = small::two_bus(20e3, 10e3);
    grid::Line tie = c.lines[0];
    tie.name = "t";
    tie.z_ohm *= 2.0;
    c.lines.push_back(tie);
    grid::open(c, "line.t", 0);
    return std::make_shared<const grid::Circuit>(std::move(c));
}

struct Lanes {
    Column<Complex> v;
    powerflow::SolveOutput out;
    Column<double> p, q;
    std::vector<double> scale;
    std::vector<std::uint8_t> mask;

    Lanes(std::size_t nodes, std::size_t lanes, std::size_t devices = 0)
        : v(nodes, lanes),
          out(lanes),
          p(devices, lanes),
          q(devices, lanes),
          scale(lanes, 1.0),
          mask(lanes, 1) {}
    powerflow::SolveInput input() const { return {scale, p.view(), q.view(), mask, 1e-12, 100}; }
};

/// What a circuit with the same contacts gives by itself.
small::Solved fresh(bool is_l_open, bool is_t_open) {
    grid::Circuit c = *with_tie();
    grid::close(c, "line.t");
    if (is_l_open) grid::open(c, "line.l");
    if (is_t_open) grid::open(c, "line.t");
    return small::solve(c);
}

}  // namespace

TEST_CASE("switching: each lane is solved on the factor of its own topology") {
    powerflow::SwitchedSolver s(with_tie());
    const powerflow::TopologyIdx normal(0);
    const auto both = s.closed(normal, "line.t");
    const auto other = s.opened(both, "line.l");
    const auto dead = s.opened(normal, "LINE.L");
    Lanes lanes(s.network(normal).nodes(), 4);
    s.start(normal, lanes.v.view());
    const std::vector<powerflow::TopologyIdx> of_lane{dead, both, other, normal};
    s.solve(of_lane, lanes.input(), lanes.v.view(), lanes.out);
    const std::size_t end = s.network(normal).find("end", 1).pos();
    const auto agrees = [&](std::size_t lane, const small::Solved& alone) {
        CHECK(lanes.out.status[lane] == Status::ok);
        CHECK(std::abs(lanes.v(end, lane) - alone.at("end", 1)) < 1e-6);
        CHECK(lanes.out.head_p_w[lane] == Approx(alone.out.head_p_w[0]).epsilon(1e-9).margin(1e-6));
    };
    agrees(1, fresh(false, false));
    agrees(2, fresh(true, false));
    agrees(3, fresh(false, true));
    // |V| by hand: V = 1000 - z conj(S / V) along l, along t, and along both in parallel
    CHECK(std::abs(lanes.v(end, 1)) > std::abs(lanes.v(end, 3)));
    CHECK(std::abs(lanes.v(end, 3)) > std::abs(lanes.v(end, 2)));
    const auto by_hand = [](double z_scale) {
        Complex v = small::source_v;
        for (int k = 0; k < 50; ++k)
            v = small::source_v - z_scale * small::line_z * std::conj(Complex(20e3, 10e3) / v);
        return v;
    };
    CHECK(std::abs(lanes.v(end, 3) - by_hand(1)) < 1e-3);
    CHECK(std::abs(lanes.v(end, 2) - by_hand(2)) < 1e-3);
    CHECK(std::abs(lanes.v(end, 1) - by_hand(2.0 / 3)) < 1e-3);
    CHECK(lanes.v(end, 0) == Complex{});
    CHECK(lanes.out.load_p_w[0] == 0);
}

TEST_CASE("switching: a topology is factored once, whichever way it is reached") {
    powerflow::SwitchedSolver s(with_tie());
    const powerflow::TopologyIdx normal(0);
    const auto dead = s.opened(normal, "line.l");
    CHECK(s.topologies() == 2);
    CHECK(s.closed(dead, "line.l") == normal);
    const auto both = s.closed(normal, "line.t");
    CHECK(s.opened(both, "line.t", 0) == normal);
    CHECK(s.opened(s.opened(normal, "line.l"), "line.l") == dead);
    CHECK(s.topologies() == 3);
    powerflow::SwitchedSolver copy(s);
    CHECK(copy.opened(normal, "line.l") == dead);
    CHECK(copy.topologies() == 3);
    CHECK_THROWS_WITH(s.opened(normal, "line.tt"), Catch::Matchers::Contains("'line.t'"));
    CHECK(s.topologies() == 3);
}

TEST_CASE("switching: as many factors are kept as allowed, and the answers have the same bits") {
    const powerflow::TopologyIdx normal(0);
    std::vector<std::vector<Complex>> answers;
    for (const std::size_t most : {1U, 2U, 64U}) {
        powerflow::SwitchedSolver s(with_tie(), {}, most);
        const auto both = s.closed(normal, "line.t");
        const auto other = s.opened(both, "line.l");
        const auto dead = s.opened(normal, "line.l");
        CHECK(s.topologies() == 4);
        CHECK(s.factors() == std::min<std::size_t>(most, 4));
        Lanes lanes(s.network(normal).nodes(), 4);
        const std::vector<powerflow::TopologyIdx> of_lane{dead, both, other, normal};
        std::vector<Complex> answer;
        for (const double scale : {1.0, 0.5}) {
            s.start(normal, lanes.v.view());
            lanes.scale.assign(4, scale);
            s.solve(of_lane, lanes.input(), lanes.v.view(), lanes.out);
            answer.insert(answer.end(), lanes.v.all().begin(), lanes.v.all().end());
        }
        CHECK(s.factors() == std::min<std::size_t>(most, 4));
        CHECK(s.dead(dead).load_w == 20e3);
        answers.push_back(std::move(answer));
    }
    CHECK(answers[0] == answers[2]);
    CHECK(answers[1] == answers[2]);
}

TEST_CASE("switching: the factor that was used last is not the one that goes") {
    const powerflow::TopologyIdx normal(0);
    powerflow::SwitchedSolver s(with_tie(), {}, 2);
    const auto both = s.closed(normal, "line.t");
    const auto shared = s.solver(normal).lane_network();
    (void)s.opened(both, "line.l");  // in the place of `both`
    CHECK(s.solver(normal).lane_network() == shared);
    const auto again = s.solver(both).lane_network();
    CHECK(s.factors() == 2);
    CHECK(s.solver(both).lane_network() == again);
}

TEST_CASE("switching: what is dead is named, draws nothing and its devices inject nothing") {
    const auto circuit = with_tie();
    const powerflow::Network network(*circuit);
    const auto end = network.find("end", 1);
    powerflow::SwitchedSolver s(circuit, {{end, {}}, {network.find("head", 1), end}});
    const auto dead = s.opened(powerflow::TopologyIdx(0), "line.l", 0);
    CHECK(s.dead(powerflow::TopologyIdx(0)).empty());
    CHECK(s.dead(dead).nodes == std::vector<powerflow::NodeIdx>{end});
    REQUIRE(s.dead(dead).buses.size() == 1);
    CHECK(circuit->bus(s.dead(dead).buses[0]).name == "end");
    CHECK(s.dead(dead).loads == 1);
    CHECK(s.dead(dead).load_w == 20e3);
    Lanes lanes(network.nodes(), 1, 2);
    lanes.p(0, 0) = 5e3;
    lanes.p(1, 0) = 7e3;  // from head to end: half of it is fed, it is off all the same
    s.start(dead, lanes.v.view());
    s.solve(dead, lanes.input(), lanes.v.view(), lanes.out);
    CHECK(lanes.out.status[0] == Status::ok);
    CHECK(lanes.v(end.pos(), 0) == Complex{});
    CHECK(std::abs(lanes.out.head_p_w[0]) < 1e-4);  // of 20 kW, through 1e6 S
    CHECK(std::abs(lanes.out.losses_w[0]) < 1e-4);
}

TEST_CASE(
    "switching: a part that comes back starts from its base voltage, the rest keeps its own") {
    powerflow::SwitchedSolver s(with_tie());
    const powerflow::TopologyIdx normal(0);
    const auto dead = s.opened(normal, "line.l");
    Lanes lanes(s.network(normal).nodes(), 2);
    s.start(normal, lanes.v.view());
    const std::size_t end = s.network(normal).find("end", 1).pos();
    const std::size_t head = s.network(normal).find("head", 1).pos();
    lanes.v(head, 1) = {990, 1};
    s.carry_over(normal, dead, lanes.v.view());
    CHECK(lanes.v(end, 1) == Complex{});
    CHECK(lanes.v(head, 1) == Complex(990, 1));
    s.carry_over(dead, normal, lanes.v.view());
    CHECK(std::abs(lanes.v(end, 1)) == Approx(1000));
    CHECK(lanes.v(head, 1) == Complex(990, 1));
}
