// SPDX-License-Identifier: Apache-2.0
// What recording costs: a scenario run without a sink and into a results file, by turns. JSON.
//
//     recorder_benchmark scenario.toml results.h5 rounds [key=value ...]
#include <gridflock/gridflock.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <optional>

namespace gf = gridflock;

namespace {

struct Cost {
    double wall_s = 0;     ///< from the first step to the end of the file
    double thread_s = 0;   ///< processor time of the simulation's thread
    double process_s = 0;  ///< of all threads
};

double seconds(clockid_t clock) {
    timespec t{};
    clock_gettime(clock, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

Cost run(const std::shared_ptr<const gf::sim::Plan>& plan, const std::string& out) {
    gf::Simulation sim{plan};
    std::optional<gf::io::Hdf5Sink> sink;
    if (!out.empty()) sim.attach(sink.emplace(out));
    const double wall = seconds(CLOCK_MONOTONIC), thread = seconds(CLOCK_THREAD_CPUTIME_ID),
                 process = seconds(CLOCK_PROCESS_CPUTIME_ID);
    sim.advance_until(sim.end());
    return {seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_THREAD_CPUTIME_ID) - thread,
            seconds(CLOCK_PROCESS_CPUTIME_ID) - process};
}

std::string json(const char* name, const std::vector<Cost>& all) {
    std::string text = fmt::format("\"{}\": [", name);
    for (const Cost& c : all)
        text += fmt::format("{}{{\"wall_s\": {:.4f}, \"thread_s\": {:.4f}, \"process_s\": {:.4f}}}",
                            &c == &all.front() ? "" : ", ", c.wall_s, c.thread_s, c.process_s);
    return text + "]";
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc < 4) {
        std::cerr << "recorder_benchmark scenario.toml results.h5 rounds [key=value ...]\n";
        return 2;
    }
    gf::io::LoadOptions load;
    for (int i = 4; i < argc; ++i) {
        const std::string pair = argv[i];
        const std::size_t sign = pair.find('=');
        load.overrides.emplace_back(pair.substr(0, sign), pair.substr(sign + 1));
    }
    const auto plan = gf::compile(gf::io::load_scenario(argv[1], load));
    std::vector<Cost> without, with;
    for (int i = 0; i < std::atoi(argv[3]); ++i) {
        without.push_back(run(plan, ""));
        with.push_back(run(plan, argv[2]));
    }
    std::cout << fmt::format(
        "{{\"devices\": {}, \"sites\": {}, \"lanes\": {}, \"bytes\": {}, {}, {}}}\n",
        plan->pv.size() + plan->batteries.size(), plan->people.sites.size(), plan->width(),
        std::filesystem::file_size(argv[2]), json("without", without), json("with", with));
} catch (const gf::Error& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
