// SPDX-License-Identifier: Apache-2.0
// What several rooms need to know of a scenario and nobody should work out twice: how many units a
// fleet has, the run's instants, the delivery day, the loss chain.
#pragma once

#include <gridflock/core/time.hpp>
#include <gridflock/core/zone.hpp>
#include <gridflock/grid/element.hpp>
#include <gridflock/scenario/scenario.hpp>

#include <string>
#include <vector>

namespace gridflock::inline v0::scenario {

/// Index of a fleet by name, -1 if there is none.
int fleet_index(const Scenario& s, const std::string& name);
/// Units of fleet i: its count, or its share of the fleet it stands behind, rounded half up.
int units(const Scenario& s, std::size_t fleet);
/// Splits "batteries/3" into fleet index and unit; {-1, -1} when there is no such unit.
struct UnitRef {
    int fleet = -1, unit = -1;
};
UnitRef find_unit(const Scenario& s, const std::string& name);

/// Instants of a run, UTC; a duration of whole days means days of the calendar.
/// Pre  the scenario is valid.
struct Instants {
    Zone zone;
    SimTime warmup_begin, begin, end;
    SimTime delivery;  ///< midnight of the delivery day in the zone
    /// The instant of a clock time relative to the delivery day (days of 23 and 25 hours included).
    SimTime at(ClockTime t) const;
    SimTime at(const Civil& wall) const { return zone.instant(wall); }
};
Instants instants(const Scenario& s);

/// Does to the circuit what one entry of the script says; the element is the one it names.
void switch_element(grid::Circuit& circuit, grid::ElementRef ref, const Switching& s);

/// p_gb of the message chain: as given, or the one that makes the mean loss equal `loss`.
/// Source  stationary law of Gilbert-Elliott: pi_bad = p_gb / (p_gb + p_bg).
double effective_p_gb(const Comms& c);
/// Long-run share of messages lost by the chain.
double mean_loss(const Comms& c);

/// Values of a named shape; empty name or empty list: {1}.
std::vector<double> shape(const Scenario& s, const std::string& name);

}  // namespace gridflock::inline v0::scenario
