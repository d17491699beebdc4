// SPDX-License-Identifier: Apache-2.0
// What hangs together: islands, loops, the order outward from the sources, paths, what is isolated.
//
// Over buses: edges are lines, transformers (winding to winding) and series capacitors and reactors
// with a conductor that is closed at both ends. Parallel elements that share no phase (the units of
// a bank) are one edge. Over nodes (EnergisedNodes): conductor by conductor, so that a phase that a
// lateral does not carry is seen to have no source. Nothing electrical: powerflow solves.
#pragma once

#include <gridflock/grid/element.hpp>

#include <vector>

namespace gridflock::inline v0::grid {

/// One step outward: the element over which a source reaches `to` from `from`.
struct Branch {
    ElementRef element;  ///< the first unit of a bank
    BusIdx from, to;
    int depth = 0;  ///< branches from the source, 1 for the first
};

/// An independent loop, in order around it; all units of a bank are listed.
struct Loop {
    std::vector<BusIdx> buses;
    std::vector<ElementRef> elements;
};

struct Topology {
    std::vector<int> island;  ///< [bus] number of its island
    int islands = 0;
    std::vector<std::uint8_t> is_fed;  ///< [bus] 1 when its island has a source
    std::vector<BusIdx> unreachable;   ///< buses that no source reaches
    bool is_radial = false;            ///< no loops
    std::vector<Loop> loops;           ///< as many as are independent
    std::vector<Branch> order;  ///< breadth first outward from the sources: each fed bus once
    std::vector<ElementRef> isolated;  ///< no closed conductor of it is at an energised node
};

/// Shape  one entry a bus.
/// Errors none.
Topology topology(const Circuit& circuit);

/// Buses from `bus` to the nearest source, both ends included; empty when no source reaches it.
std::vector<BusIdx> path_to_source(const Circuit& circuit, BusIdx bus);
/// The same path as branches, the one at the source last; `from` is nearer to the source.
std::vector<Branch> feeding_path(const Circuit& circuit, BusIdx bus);

/// One island of buses that hang together.
struct Island {
    std::vector<BusIdx> buses;
    std::vector<ElementRef> sources;
    bool is_energised() const { return !sources.empty(); }
};
std::vector<Island> islands(const Circuit& circuit);

/// Nodes that a source reaches over conductors, windings and series elements; loads carry nothing.
class EnergisedNodes {
public:
    explicit EnergisedNodes(const Circuit& circuit);
    bool has(BusIdx bus, int node) const;
    /// The energised node numbers of a bus, in order.
    const std::vector<int>& at(BusIdx bus) const { return numbers_[bus.pos()]; }

private:
    std::vector<std::vector<int>> numbers_;
};

/// One fault a bus that no source reaches, with the place that first named it.
std::vector<Fault> unreachable_faults(const Circuit& circuit);

}  // namespace gridflock::inline v0::grid
