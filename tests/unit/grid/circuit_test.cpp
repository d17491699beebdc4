// SPDX-License-Identifier: Apache-2.0
#include <test.hpp>

#include <gridflock/grid/topology.hpp>

using namespace gridflock;
using grid::Complex;

namespace {

grid::Line join(grid::Circuit& c, const std::string& a, const std::string& b) {
    grid::Line line;
    line.name = a + b;
    line.from = {c.add_bus(a, {"net.dss", 3, ""}), {1}, {}};
    line.to = {c.add_bus(b, {"net.dss", 4, ""}), {1}, {}};
    return line;
}

grid::Circuit chain() {
    grid::Circuit c;
    grid::Source source;
    source.from = {c.add_bus("a", {}), {1}, {}};
    source.to = {source.from.bus, {0}, {}};
    c.sources.push_back(source);
    c.lines.push_back(join(c, "a", "b"));
    c.lines.push_back(join(c, "b", "c"));
    return c;
}

}  // namespace

TEST_CASE("matrix: the inverse of Kersting's example times itself is one") {
    grid::Matrix z(3);  // ohm/mile, IEEE 123 configuration 1
    const Complex values[3][3] = {{{0.4576, 1.0780}, {0.1559, 0.5017}, {0.1535, 0.3849}},
                                  {{0.1559, 0.5017}, {0.4666, 1.0482}, {0.1580, 0.4236}},
                                  {{0.1535, 0.3849}, {0.1580, 0.4236}, {0.4615, 1.0651}}};
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j) z(i, j) = values[i][j];
    const grid::Matrix y = grid::inverse(z);
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j) {
            Complex sum{};
            for (std::size_t k = 0; k < 3; ++k) sum += z(i, k) * y(k, j);
            CHECK(std::abs(sum - Complex(i == j ? 1.0 : 0.0)) < 1e-14);
        }
    CHECK(grid::inverse(grid::Matrix(2)).empty());
}

TEST_CASE("matrix: Kron reduction keeps the impedance seen with the conductor at zero volts") {
    grid::Matrix z(2);
    z(0, 0) = {2, 0};
    z(1, 1) = {4, 0};
    z(0, 1) = z(1, 0) = {1, 0};
    CHECK(grid::kron(z, 1)(0, 0).real() == Approx(2 - 1.0 / 4));
}

TEST_CASE("matrix: sequence values come back as eigenvalues") {
    const grid::Matrix m = grid::from_sequence({0.3, 0.6}, {0.7, 1.9}, 3);
    CHECK(std::abs(m(0, 0) - m(0, 1) - Complex(0.3, 0.6)) < 1e-15);
    CHECK(std::abs(m(0, 0) + 2.0 * m(0, 1) - Complex(0.7, 1.9)) < 1e-15);
}

TEST_CASE("topology: a chain is radial and its path to the source is the chain") {
    const grid::Circuit c = chain();
    const grid::Topology t = grid::topology(c);
    CHECK(t.islands == 1);
    CHECK(t.is_radial);
    CHECK(t.unreachable.empty());
    const auto path = grid::path_to_source(c, c.find_bus("c"));
    REQUIRE(path.size() == 3);
    CHECK(path.front() == c.find_bus("c"));
    CHECK(path.back() == c.find_bus("a"));
}

TEST_CASE("topology: a loop is not radial") {
    grid::Circuit c = chain();
    c.lines.push_back(join(c, "c", "a"));
    CHECK_FALSE(grid::topology(c).is_radial);
}

TEST_CASE("topology: a bus behind an open line is named with the place that made it") {
    grid::Circuit c = chain();
    c.lines.back().to.is_open = {1};
    const auto faults = grid::unreachable_faults(c);
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].found == "bus 'c'");
    CHECK(faults[0].at.file == "net.dss");
    CHECK(faults[0].at.line == 4);
    CHECK(grid::path_to_source(c, c.find_bus("c")).empty());
}

TEST_CASE("circuit: a bus is made once and keeps its nodes in order of mention") {
    grid::Circuit c;
    const auto b = c.add_bus("x", {});
    CHECK(c.add_bus("x", {}) == b);
    c.note_nodes(b, {3, 0, 1});
    c.note_nodes(b, {1, 2});
    CHECK(c.bus(b).nodes == std::vector<int>{3, 1, 2});
    CHECK_FALSE(c.find_bus("y").valid());
}
