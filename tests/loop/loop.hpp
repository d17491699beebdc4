// SPDX-License-Identifier: Apache-2.0
// The whole loop on the shipped demo: IEEE 123, 300 homes, 120 PV, 60 batteries, four variants.
#pragma once

#include <gridflock/gridflock.hpp>

#include <test.hpp>

#include <string>
#include <vector>

namespace gf = gridflock;

inline gf::Scenario demo(std::vector<std::pair<std::string, std::string>> overrides = {}) {
    gf::io::LoadOptions options;
    options.overrides = std::move(overrides);
    return gf::load_scenario(std::string(GRIDFLOCK_SOURCE_DIR) + "/scenarios/demo/demo.toml",
                             options);
}

/// The demo with batteries that can sell more than the feeder can carry: a lane that trades comes
/// to a power flow without a solution, one that does not trade never does.
inline gf::Scenario oversold_demo() {
    return demo({{"fleet.batteries.power_kw", "2000"}, {"fleet.batteries.energy_kwh", "4000"}});
}

inline std::shared_ptr<const gf::Plan> plan_of(const gf::Scenario& s,
                                               std::vector<std::string> variants = {}) {
    gf::sim::CompileOptions options;
    options.variants = std::move(variants);
    return gf::compile(s, options);
}

inline std::size_t lane_of(const gf::Simulation& sim, const std::string& variant) {
    const auto& names = sim.plan().variant_names;
    for (std::size_t l = 0; l < names.size(); ++l)
        if (names[l] == variant) return l;
    FAIL("no variant " << variant);
    return 0;
}
