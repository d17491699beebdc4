// SPDX-License-Identifier: Apache-2.0
// A feeder that is switched while a study runs: a section goes dark, and a tie brings it back.
#include "loop.hpp"

#include <gridflock/grid/topology.hpp>
#include <gridflock/powerflow/diagnosis.hpp>

#include <cmath>
#include <limits>
#include <set>

using namespace gridflock;

namespace {

constexpr const char* dark = "2024-07-15T06:00:00";
constexpr const char* lit = "2024-07-15T06:20:00";

scenario::Switching action(const char* at, const char* element, const char* what) {
    return {parse_civil(at), element, what, 0};
}

/// IEEE 123 with a tie; switch 3 opens at six, the tie closes twenty minutes later.
Scenario study(bool is_switched = true) {
    Scenario s = demo({{"feeder.file", "\"" + std::string(GRIDFLOCK_SOURCE_DIR) +
                                           "/tests/loop/ieee123_tie.dss\""}});
    if (is_switched)
        s.switching = {action(lit, "line.tie", "close"), action(dark, "line.sw3", "open")};
    return s;
}

SimTime wall(const Simulation& sim, const char* text) {
    return sim.plan().when.at(parse_civil(text));
}

/// Buses whose first node has no voltage.
std::set<std::string> dark_buses(const Simulation& sim, std::size_t lane) {
    std::set<std::string> out;
    const auto nodes = sim.plan().solver->network().all();
    for (std::size_t n = 0; n < nodes.size(); ++n)
        if (sim.state().v(n, lane) == std::complex<double>{}) out.insert(nodes[n].bus);
    return out;
}

/// What no element of the lane's circuit explains, at the worst node, W.
double unexplained_w(const Simulation& sim, std::size_t lane) {
    const Plan& p = sim.plan();
    const std::size_t done = p.switched_by(sim.now() - p.step);
    grid::Circuit circuit = *p.base.circuit;
    if (done > 0) grid::set_openings(circuit, p.switching[done - 1].open);
    std::vector<powerflow::Terminal> terminals;
    std::vector<double> power, reactive;
    for (std::size_t r = 0; r < p.people.sites.size(); ++r) {
        if (done > 0 && !p.switching[done - 1].is_fed[r]) continue;
        terminals.push_back(p.people.sites[r].terminal);
        power.push_back(sim.state().site_p_w(r, lane));
        reactive.push_back(sim.frame().load_q_var(r, lane));
    }
    std::vector<std::complex<double>> v(sim.state().v.rows());
    for (std::size_t n = 0; n < v.size(); ++n) v[n] = sim.state().v(n, lane);
    const powerflow::SolveCase what{circuit, sim.frame().load_scale[lane], terminals, power,
                                    reactive};
    const auto m = powerflow::largest_mismatch(what, powerflow::Network(circuit), v);
    return std::hypot(m.p_w, m.q_var);
}

/// Head and devices less demand and what the elements lose, over the head's power.
double gap(const Simulation& sim, std::size_t lane) {
    const Plan& p = sim.plan();
    const std::size_t done = p.switched_by(sim.now() - p.step);
    const auto& net = done > 0 ? p.switching[done - 1].solver.network() : p.solver->network();
    double devices = 0;
    for (std::size_t r = 0; r < sim.state().site_p_w.rows(); ++r)
        devices += sim.state().site_p_w(r, lane);
    std::vector<std::complex<double>> v(net.nodes());
    for (std::size_t n = 0; n < v.size(); ++n) v[n] = sim.state().v(n, lane);
    const auto& flow = sim.frame().flow;
    return (flow.head_p_w[lane] + devices - flow.load_p_w[lane] - net.element_losses_w(v)) /
           flow.head_p_w[lane];
}

/// The section behind switch 3: what the lines hang on it, followed by hand.
std::set<std::string> section() {
    return {"135", "35", "36", "37", "38", "39", "40", "41", "42",  "43",
            "44",  "45", "46", "47", "48", "49", "50", "51", "151", "300_open"};
}

}  // namespace

TEST_CASE("switching: an open switch darkens its section, a closing tie lights it again") {
    Simulation sim{plan_of(study(), {"demo", "no_vpp"})};
    record::MemorySink sink{{"node.v_pu"}};
    sim.attach(sink);
    sim.advance_until(wall(sim, dark));
    CHECK(dark_buses(sim, 0).empty());
    const double before = sim.frame().flow.head_p_w[0];
    while (sim.now() < wall(sim, lit)) {
        sim.step();
        for (std::size_t l = 0; l < 2; ++l) {
            REQUIRE(dark_buses(sim, l) == section());
            REQUIRE(std::fabs(gap(sim, l)) < 1e-6);
            REQUIRE(unexplained_w(sim, l) < 1);
        }
    }
    CHECK(sim.frame().flow.head_p_w[0] < 0.85 * before);
    const auto nodes = sim.plan().solver->network().all();
    for (std::size_t n = 0; n < nodes.size(); ++n)
        CHECK((sim.frame().v_pu(n, 0) == 0) == section().contains(nodes[n].bus));
    while (sim.now() < wall(sim, "2024-07-15T06:30:00")) {
        sim.step();
        for (std::size_t l = 0; l < 2; ++l) {
            REQUIRE(dark_buses(sim, l).empty());
            REQUIRE(std::fabs(gap(sim, l)) < 1e-6);
            REQUIRE(unexplained_w(sim, l) < 1);
            REQUIRE(sim.frame().v_min[l] > 0.85);
        }
    }
    CHECK(sim.frame().flow.head_p_w[0] > 0.95 * before);
    CHECK_FALSE(sim.failure().has_value());
}

TEST_CASE("switching: homes without supply draw nothing and their batteries stand still") {
    Simulation sim{plan_of(study(), {"no_vpp"})};
    sim.advance_until(wall(sim, dark));
    sim.step();
    const Plan& p = sim.plan();
    REQUIRE(p.switching.size() == 2);
    const auto& fed = p.switching[0].is_fed;
    const Column<double> stored = sim.state().batteries.energy_j;
    sim.advance_until(wall(sim, lit));
    std::size_t dark_sites = 0, dark_batteries = 0;
    for (std::size_t r = 0; r < fed.size(); ++r) {
        if (fed[r]) continue;
        ++dark_sites;
        CHECK(sim.state().site_p_w(r, 0) == 0);
        CHECK(sim.state().demand_w(r, 0) == 0);
    }
    for (std::size_t b = 0; b < p.batteries.size(); ++b) {
        if (fed[static_cast<std::size_t>(p.people.batteries[b].site)]) continue;
        ++dark_batteries;
        CHECK(sim.state().battery_p_w(b, 0) == 0);
        CHECK(sim.state().batteries.energy_j(b, 0) == stored(b, 0));
    }
    CHECK(dark_sites > 30);
    CHECK(dark_batteries > 3);
    sim.step();
    for (std::size_t r = 0; r < fed.size(); ++r) CHECK(sim.state().demand_w(r, 0) > 0);
}

TEST_CASE("switching: results tell what was switched and what that left dark") {
    Simulation sim{plan_of(study(), {"no_vpp"})};
    record::MemorySink sink{{"node.v_pu"}};
    sim.attach(sink);
    sim.advance_until(wall(sim, "2024-07-15T06:30:00"));
    const auto& table = sink.table("switching");
    REQUIRE(table.rows.size() == 2);
    CHECK(std::get<std::string>(table.rows[0][1]) == "line.sw3");
    CHECK(std::get<std::string>(table.rows[0][2]) == "open");
    CHECK(std::get<std::int64_t>(table.rows[0][3]) == static_cast<std::int64_t>(section().size()));
    CHECK(std::get<std::int64_t>(table.rows[0][0]) == wall(sim, dark).ns);
    CHECK(std::get<std::string>(table.rows[1][1]) == "line.tie");
    CHECK(std::get<std::int64_t>(table.rows[1][3]) == 0);
}

TEST_CASE("switching: before its first action a study has the bits of one without a script") {
    Simulation with{plan_of(study(), {"demo"})};
    Simulation without{plan_of(study(false), {"demo"})};
    with.advance_until(wall(with, dark));
    without.advance_until(wall(without, dark));
    for (std::size_t n = 0; n < with.state().v.rows(); ++n)
        REQUIRE(with.state().v(n, 0) == without.state().v(n, 0));
    CHECK(with.hash(0) == without.hash(0));
    with.step();
    without.step();
    CHECK(with.hash(0) != without.hash(0));
}

TEST_CASE("switching: a run resumed in the dark, or as the tie closes, is the straight run") {
    const auto plan = plan_of(study(), {"demo"});
    Simulation straight{plan};
    for (const char* at : {"2024-07-15T06:05:00", lit}) {
        straight.advance_until(wall(straight, at));
        Simulation resumed = Simulation::restore(plan, straight.checkpoint());
        const SimTime end = wall(straight, at) + minutes(20);
        straight.advance_until(end);
        resumed.advance_until(end);
        CHECK(resumed.hash(0) == straight.hash(0));
    }
}

TEST_CASE("switching: the tie's topology has one loop while both switches are closed") {
    grid::Circuit circuit = *study(false).circuit;
    CHECK(grid::topology(circuit).is_radial);
    grid::close(circuit, "line.tie");
    const grid::Topology t = grid::topology(circuit);
    REQUIRE(t.loops.size() == 1);
    std::set<std::string> names;
    for (const auto e : t.loops[0].elements) names.insert(grid::full_name(circuit, e));
    for (const char* name : {"line.tie", "line.sw3", "line.sw4", "line.l108", "line.l114"})
        CHECK(names.contains(name));
    grid::open(circuit, "line.sw3");
    CHECK(grid::topology(circuit).is_radial);
    CHECK(
        grid::full_name(circuit, grid::feeding_path(circuit, circuit.find_bus("48"))[0].element) ==
        "line.l47");
}

TEST_CASE("switching: a power flow that fails is told by bus, mismatch and what would solve") {
    Simulation sim{plan_of(oversold_demo(), {"demo"})};
    while (!sim.done() && !sim.failure()) sim.step();
    REQUIRE(sim.failure().has_value());
    const std::string text = sim.failure()->text();
    INFO(text);
    CHECK(text.find("do not balance") != std::string::npos);
    CHECK(text.find("% of the load it solves") != std::string::npos);
}
