// SPDX-License-Identifier: Apache-2.0
// What hangs together: islands of buses, which of them a source feeds, loops, paths to the source.
//
// Edges are lines, transformers (winding to winding) and series capacitors and reactors whose
// conductors are not all open. Electrical detail (a missing phase) is not seen here: powerflow
// finds nodes without a source.
#pragma once

#include <gridflock/grid/circuit.hpp>

#include <vector>

namespace gridflock::inline v0::grid {

struct Topology {
    std::vector<int> island;  ///< [bus] number of its island
    int islands = 0;
    std::vector<std::uint8_t> is_fed;  ///< [bus] 1 when its island has a source
    std::vector<BusIdx> unreachable;   ///< buses that no source reaches
    bool is_radial = false;            ///< no loops among the edges
};

/// Shape  one entry a bus.
/// Errors none.
Topology topology(const Circuit& circuit);

/// Buses from `bus` to the nearest source, both ends included; empty when no source reaches it.
std::vector<BusIdx> path_to_source(const Circuit& circuit, BusIdx bus);

/// One fault a bus that no source reaches, with the place that first named it.
std::vector<Fault> unreachable_faults(const Circuit& circuit);

}  // namespace gridflock::inline v0::grid
