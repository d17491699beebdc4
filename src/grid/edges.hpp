// SPDX-License-Identifier: Apache-2.0
// The edges between buses, banks merged. Private to topology.
#pragma once

#include <gridflock/grid/element.hpp>

#include <vector>

namespace gridflock::inline v0::grid {

/// One or more elements side by side that share no phase.
struct Edge {
    std::size_t a = 0, b = 0;  ///< buses
    std::vector<ElementRef> elements;
    std::vector<int> phases;  ///< node numbers it carries, equal at both ends; empty: all alike
};

bool is_closed(const Connection& c, std::size_t conductor);

/// Errors none. In order of the tables, lines first.
std::vector<Edge> edges(const Circuit& circuit);

}  // namespace gridflock::inline v0::grid
