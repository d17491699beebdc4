// SPDX-License-Identifier: Apache-2.0
// Runs a scenario file and prints the largest power at the feeder's head.
#include <gridflock/gridflock.hpp>

#include <iostream>

namespace gf = gridflock;
using namespace std::chrono_literals;

int main(int argc, char** argv) try {
    auto scenario = gf::load_scenario(argc > 1 ? argv[1] : "evening.toml");
    gf::Simulation sim{gf::compile(scenario)};
    gf::MemorySink head{{"head.p"}};
    sim.attach(head);
    for (; !sim.done(); sim.advance_for(5min))
        if (auto failure = sim.failure()) {
            std::cerr << failure->text() << '\n';
            return 1;
        }
    std::cout << head.max("head.p") / 1e3 << " kW\n";
} catch (const gf::Error& e) {
    std::cerr << e.what() << '\n';
    return 2;
}
