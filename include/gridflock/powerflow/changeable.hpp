// SPDX-License-Identifier: Apache-2.0
// Elements that lanes may have in different states: taps of a transformer, steps of a capacitor.
//
// Their nodes are ordered last. Everything before them is factored once for all lanes; the last
// block, S = S_now + sum (Y_lane - Y_now) over the changed elements, is small, dense, and factored
// for each lane from its state as given, never by updating an earlier factor.
#pragma once

#include <gridflock/powerflow/network.hpp>
#include <gridflock/powerflow/primitives.hpp>

#include <cstdint>
#include <vector>

namespace gridflock::inline v0::powerflow {

/// An element as it stands in the network: one entry a conductor end.
struct Changeable {
    std::vector<NodeIdx> nodes;  ///< invalid = ground
    grid::Matrix y;              ///< its admittance now, nodes x nodes
};

/// The element of a primitive, e.g. primitive(circuit.transformers[3], Parts::all).
Changeable changeable(const grid::Circuit& circuit, const Network& network,
                      const Primitive& primitive);

/// Another state of a changeable element in one lane.
struct Change {
    std::size_t lane = 0;
    std::size_t element = 0;  ///< into the changeable elements of the solver
    grid::Matrix y;           ///< the admittance that it has there
};

}  // namespace gridflock::inline v0::powerflow
