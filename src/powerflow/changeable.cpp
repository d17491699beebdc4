// SPDX-License-Identifier: Apache-2.0
#include <gridflock/powerflow/changeable.hpp>

namespace gridflock::inline v0::powerflow {

Changeable changeable(const grid::Circuit& circuit, const Network& network,
                      const Primitive& primitive) {
    Changeable out;
    out.y = primitive.y;
    for (const Port& port : primitive.ports)
        out.nodes.push_back(port.node > 0 && port.bus.valid()
                                ? network.find(circuit.bus(port.bus).name, port.node)
                                : NodeIdx{});
    return out;
}

}  // namespace gridflock::inline v0::powerflow
