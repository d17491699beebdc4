// SPDX-License-Identifier: Apache-2.0
// A run saved as bytes and gone on with, and a fork of it: both are the straight run, bit for bit.
#include <gridflock/gridflock.hpp>

#include <iostream>

namespace gf = gridflock;
using namespace std::chrono_literals;

int main(int argc, char** argv) try {
    auto scenario = gf::load_scenario(argc > 1 ? argv[1] : "evening.toml");
    const auto plan = gf::compile(scenario);
    gf::Simulation straight{plan};
    straight.advance_for(1h);

    const std::vector<std::byte> bytes = straight.checkpoint();
    gf::Simulation resumed = gf::Simulation::restore(plan, bytes);
    gf::Simulation fork = straight.fork();

    for (gf::Simulation* sim : {&straight, &resumed, &fork}) sim->advance_for(1h);
    const bool equal = straight.hash(0) == resumed.hash(0) && straight.hash(0) == fork.hash(0);
    std::cout << bytes.size() << " bytes, " << (equal ? "equal" : "different") << '\n';
    return equal ? 0 : 1;
} catch (const gf::Error& e) {
    std::cerr << e.what() << '\n';
    return 2;
}
