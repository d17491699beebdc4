// SPDX-License-Identifier: Apache-2.0
// The C++ example of docs/switching.md, word for word (tests/python/test_docs.py compares).
#include <test.hpp>

#include <gridflock/powerflow/switching.hpp>

#include "small_circuits.hpp"

using namespace gridflock;

TEST_CASE("switching: the example of the documentation") {
    auto circuit = std::make_shared<grid::Circuit>(small::two_bus(20e3, 10e3));
    circuit->lines.push_back(circuit->lines[0]);
    circuit->lines.back().name = "t";
    grid::open(*circuit, "line.t", 0);
    const std::size_t nodes = powerflow::Network(*circuit).nodes();
    Column<grid::Complex> v(nodes, 3);
    const Column<double> none(0, 3);
    const std::vector<double> scale(3, 1.0);
    const std::vector<std::uint8_t> mask(3, 1);
    const powerflow::SolveInput input{scale, none.view(), none.view(), mask, 1e-10, 100};
    powerflow::SolveOutput output(3);

    powerflow::SwitchedSolver solver(std::move(circuit));
    const powerflow::TopologyIdx normal(0);
    const auto dark = solver.opened(normal, "line.l");
    const auto tied = solver.closed(dark, "line.t");

    const powerflow::DeadPart& part = solver.dead(dark);  // part.buses, part.nodes, part.load_w
    const std::vector<powerflow::TopologyIdx> of_lane{normal, dark, tied};
    solver.start(normal, v.view());
    solver.solve(of_lane, input, v.view(), output);

    CHECK(part.load_w == 20e3);
    CHECK(part.buses.size() == 1);
    const std::size_t end = solver.network(normal).find("end", 1).pos();
    CHECK(v(end, 1) == grid::Complex{});
    CHECK(std::abs(v(end, 0)) > 900);
    CHECK(std::abs(v(end, 2) - v(end, 0)) < 1e-6);  // the tie is like the line
    CHECK(output.load_p_w[1] == 0);
}
