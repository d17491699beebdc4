// SPDX-License-Identifier: Apache-2.0
#include <test.hpp>

#include <gridflock/grid/topology.hpp>

#include <algorithm>

using namespace gridflock;

namespace {

using Nodes = std::vector<int>;

void add_source(grid::Circuit& c, const std::string& bus) {
    grid::Source s;
    s.name = "source";
    s.from = {c.add_bus(bus, {}), {1, 2, 3}, {}};
    s.to = {s.from.bus, {0, 0, 0}, {}};
    c.sources.push_back(s);
}

void add_line(grid::Circuit& c, const std::string& name, const std::string& a, const std::string& b,
              const Nodes& nodes = {1, 2, 3}) {
    grid::Line line;
    line.name = name;
    line.at = {"net.dss", static_cast<int>(c.lines.size()) + 10, "line." + name};
    line.from = {c.add_bus(a, line.at), nodes, {}};
    line.to = {c.add_bus(b, line.at), nodes, {}};
    c.lines.push_back(line);
}

void add_unit(grid::Circuit& c, const std::string& name, const std::string& a, const std::string& b,
              const Nodes& from, const Nodes& to, bool is_delta = false) {
    grid::Transformer t;
    t.name = name;
    t.phases = from.size() > 3 ? 3 : 1;
    t.windings.resize(2);
    t.windings[0].at = {c.add_bus(a, {}), from, {}};
    t.windings[0].is_delta = is_delta;
    t.windings[1].at = {c.add_bus(b, {}), to, {}};
    c.transformers.push_back(t);
}

void add_load(grid::Circuit& c, const std::string& name, const std::string& bus, int node) {
    grid::Load load;
    load.name = name;
    load.phases = 1;
    load.at_bus = {c.add_bus(bus, {}), {node, 0}, {}};
    c.loads.push_back(load);
}

/// source - a - b - c with a lateral of phase 2 from b, and a tie from c back to a that is open.
grid::Circuit feeder() {
    grid::Circuit c;
    add_source(c, "head");
    add_line(c, "l1", "head", "a");
    add_line(c, "l2", "a", "b");
    add_line(c, "l3", "b", "c");
    add_line(c, "side", "b", "d", {2});
    add_line(c, "tie", "c", "a");
    grid::open(c, "line.tie");
    add_load(c, "house", "d", 2);
    return c;
}

std::vector<std::string> names(const grid::Circuit& c, const std::vector<grid::ElementRef>& refs) {
    std::vector<std::string> out;
    for (const auto r : refs) out.push_back(grid::full_name(c, r));
    std::sort(out.begin(), out.end());
    return out;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("topology: closing a tie makes one loop, whose elements are listed") {
    grid::Circuit c = feeder();
    CHECK(grid::topology(c).loops.empty());
    CHECK(grid::topology(c).is_radial);
    grid::close(c, "Line.TIE");
    const grid::Topology t = grid::topology(c);
    CHECK_FALSE(t.is_radial);
    REQUIRE(t.loops.size() == 1);
    CHECK(names(c, t.loops[0].elements) == Names{"line.l2", "line.l3", "line.tie"});
    CHECK(t.loops[0].buses.size() == 3);
}

TEST_CASE("topology: each independent loop is listed once, a doubled line too") {
    grid::Circuit c = feeder();
    grid::close(c, "line.tie");
    add_line(c, "l1b", "a", "head");
    add_line(c, "cross", "d", "c", {2});
    const grid::Topology t = grid::topology(c);
    REQUIRE(t.loops.size() == 3);
    Names all;
    for (const auto& loop : t.loops)
        for (const auto r : loop.elements) all.push_back(grid::full_name(c, r));
    for (const char* name : {"line.l1", "line.l1b", "line.tie", "line.cross", "line.side"})
        CHECK(std::find(all.begin(), all.end(), name) != all.end());
    add_line(c, "other phase", "d", "c", {1});  // no phase goes round
    CHECK(grid::topology(c).loops.size() == 3);
}

TEST_CASE("topology: the units of a bank are no loop, two transformers side by side are one") {
    grid::Circuit c = feeder();
    for (int p = 1; p <= 3; ++p) add_unit(c, "reg" + std::to_string(p), "c", "r", {p, 0}, {p, 0});
    add_unit(c, "open1", "r", "low", {1, 0}, {1, 2});
    add_unit(c, "open2", "r", "low", {2, 0}, {2, 3});
    for (const auto& pair : {Nodes{1, 2}, Nodes{2, 3}, Nodes{3, 1}})
        add_unit(c, "d" + std::to_string(pair[0]), "r", "delta", pair, pair);
    CHECK(grid::topology(c).is_radial);
    add_unit(c, "twin", "c", "r", {2, 0}, {2, 0});
    const grid::Topology t = grid::topology(c);
    REQUIRE(t.loops.size() == 1);
    CHECK(t.loops[0].buses.size() == 2);
    CHECK(t.loops[0].elements.size() == 4);
}

TEST_CASE("topology: the order outward names each fed bus once, after the bus that feeds it") {
    const grid::Circuit c = feeder();
    const grid::Topology t = grid::topology(c);
    REQUIRE(t.order.size() == 4);
    std::vector<std::uint8_t> seen(c.buses.size(), 0);
    seen[c.find_bus("head").pos()] = 1;
    for (const grid::Branch& b : t.order) {
        CHECK(seen[b.from.pos()] == 1);
        CHECK(seen[b.to.pos()] == 0);
        seen[b.to.pos()] = 1;
    }
    CHECK(grid::full_name(c, t.order[0].element) == "line.l1");
    CHECK(t.order.back().depth == 3);
}

TEST_CASE("topology: the path of a bus names the elements back to its source") {
    grid::Circuit c = feeder();
    const auto path = grid::feeding_path(c, c.find_bus("d"));
    REQUIRE(path.size() == 3);
    CHECK(grid::full_name(c, path[0].element) == "line.side");
    CHECK(grid::full_name(c, path[2].element) == "line.l1");
    CHECK(path[2].from == c.find_bus("head"));
    grid::open(c, "line.l2");
    CHECK(grid::feeding_path(c, c.find_bus("d")).empty());
    grid::close(c, "line.tie");  // fed from the other end
    CHECK(grid::feeding_path(c, c.find_bus("d")).size() == 4);
}

TEST_CASE("topology: opening a line makes a dead island and names what it isolates") {
    grid::Circuit c = feeder();
    CHECK(names(c, grid::topology(c).isolated).empty());
    grid::open(c, "line.l2", 0);
    const grid::Topology t = grid::topology(c);
    CHECK(t.islands == 2);
    CHECK(t.unreachable.size() == 3);
    CHECK(names(c, t.isolated) == Names{"line.l2", "line.l3", "line.side", "load.house"});
    const auto islands = grid::islands(c);
    REQUIRE(islands.size() == 2);
    const auto& dead = islands[islands[0].is_energised() ? 1 : 0];
    CHECK(dead.buses.size() == 3);
    CHECK(dead.sources.empty());
}

TEST_CASE("topology: one open conductor leaves the bus fed and its phase without a source") {
    grid::Circuit c = feeder();
    grid::open(c, "line.l2", 1, 2);
    CHECK(grid::topology(c).unreachable.empty());
    const grid::EnergisedNodes live(c);
    CHECK(live.at(c.find_bus("b")) == Nodes{1, 3});
    CHECK(live.at(c.find_bus("a")) == Nodes{1, 2, 3});
    CHECK_FALSE(live.has(c.find_bus("d"), 2));
    CHECK(names(c, grid::topology(c).isolated) == Names{"line.side", "load.house"});
}

TEST_CASE("element: a name that no element has gets the nearest one, or what its class has") {
    const grid::Circuit c = feeder();
    const auto said = [&](const char* name) { return grid::suggest_element(c, name); };
    CHECK(said("line.sid") == "did you mean 'line.side'?");
    CHECK(said("tie") == "did you mean 'line.tie'?");
    CHECK(said("load.zzzzzz") == "1 of them: load.house");
    CHECK(said("lin.e") == "write class.name, e.g. line.sw1; did you mean 'line'?");
    CHECK(said("switch.q99").find("vsource") != std::string::npos);
    try {
        grid::require_element(c, "line.l9", {"study.toml", 7, "switching[0].element"});
        FAIL("found");
    } catch (const ScenarioError& e) {
        CHECK(e.faults()[0].text() ==
              "study.toml:7: switching[0].element = 'line.l9': is no element of the circuit "
              "(did you mean 'line.l1'?)");
    }
}

TEST_CASE("element: contacts that do not exist and sources are refused with what there is") {
    grid::Circuit c = feeder();
    CHECK_THROWS_WITH(grid::open(c, "line.l1", 3),
                      Catch::Matchers::Contains("terminal 3 of line.l1") &&
                          Catch::Matchers::Contains("2 terminals"));
    CHECK_THROWS_WITH(grid::open(c, "load.house", 1, 5), Catch::Matchers::Contains("2 conductors"));
    CHECK_THROWS_WITH(grid::open(c, "vsource.source"), Catch::Matchers::Contains("no switch"));
    CHECK(grid::openings(c).size() == 1);  // nothing was changed: the tie alone
}

TEST_CASE("element: openings give the state back, and closing what is closed changes nothing") {
    grid::Circuit c = feeder();
    const auto before = grid::openings(c);
    REQUIRE(before.size() == 1);
    CHECK(before[0].conductors == 7);
    grid::close(c, "line.l1");
    CHECK(grid::openings(c) == before);
    grid::close(c, "line.tie");
    grid::open(c, "line.l3", 2, 1);
    grid::open(c, "load.house");
    const auto after = grid::openings(c);
    REQUIRE(after.size() == 2);
    CHECK(after[0].conductors == 1);
    CHECK(after[0].terminal == 1);
    grid::set_openings(c, before);
    CHECK(grid::openings(c) == before);
    grid::set_openings(c, after);
    CHECK(grid::openings(c) == after);
}
