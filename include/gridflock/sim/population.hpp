// SPDX-License-Identifier: Apache-2.0
// Who is where: the fleets of a scenario laid out on the feeder, one row a unit.
//
// Homes go to the feeder's spot loads in proportion to their kW (largest remainder), with that
// load's phases and connection; on a three-phase load the phases take turns. Units behind a fleet
// sit at the same site and meter. All draws are keyed by (seed, world 0) and the unit's own name:
// adding a fleet leaves the others as they are.
#pragma once

#include <gridflock/core/index.hpp>
#include <gridflock/device/battery.hpp>
#include <gridflock/device/battery_control.hpp>
#include <gridflock/device/pv.hpp>
#include <gridflock/powerflow/network.hpp>
#include <gridflock/powerflow/solver.hpp>
#include <gridflock/scenario/scenario.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace gridflock::inline v0::sim {

struct SiteUnit {
    std::string name;  ///< "homes/17"
    StableId id;
    int fleet = 0;
    std::string node;              ///< "48.2", empty without a feeder
    powerflow::Terminal terminal;  ///< where its power enters
    double x_m = 0, y_m = 0;
    double occupants = 1;
    double power_factor = 1;
};

struct PvUnit {
    std::string name;
    StableId id;
    int fleet = 0;
    std::int32_t site = 0;
    device::PvParams params;
};

struct BatteryUnit {
    std::string name;
    StableId id;
    int fleet = 0;
    std::int32_t site = 0;
    double initial_soc = 0.5;
    device::BatteryParams params;
    device::BatteryControlParams control;
};

/// Sites of one load fleet: rows [first, first + count) of the site columns.
struct SiteRange {
    int fleet = 0;
    std::size_t first = 0;
    std::size_t count = 0;
};

struct Population {
    std::vector<SiteUnit> sites;
    std::vector<SiteRange> ranges;
    std::vector<PvUnit> pv;
    std::vector<BatteryUnit> batteries;
};

/// Lays the fleets out. `network` may be null (no feeder: one bus, unlimited).
/// Errors  ScenarioError: fleet without a place, a bus that does not exist, a fleet behind no
/// fleet.
Population populate(const scenario::Scenario& s, const powerflow::Network* network);

}  // namespace gridflock::inline v0::sim
