// SPDX-License-Identifier: Apache-2.0
// Primitive admittance matrices: one element, one row a conductor end.
//
//   line         [ Y + B/2   -Y      ]     Y = Z^-1, B the shunt of the whole length
//                [ -Y        Y + B/2 ]
//   transformer  Y = A N B' Zb^-1 B N' A': Zb the short-circuit impedances on one volt and one
//                phase, B the incidence of winding 1 against the others, N the turns ratios with
//                taps, A the windings' places on their conductors (wye to the neutral conductor,
//                delta to the next phase). A shunt for no-load loss stands on winding 2, a reactive
//                ppm on both ends of every winding, and the neutral's own impedance on it.
//   source       [ Y -Y; -Y Y ] behind the ideal voltages E: Norton current Y E.
// A conductor that is open is taken out by Kron reduction.
// Source  Dugan, "A perspective on transformer modeling for distribution system analysis", IEEE PES
// 2003; Kersting, ch. 5-8. Accuracy: node voltages of IEEE 13, 34, 37, 123 to 1e-6 pu of OpenDSS.
#pragma once

#include <gridflock/grid/circuit.hpp>

#include <vector>

namespace gridflock::inline v0::powerflow {

/// `series` leaves out shunts (capacitor banks, line charging, no-load loss): with it a circuit
/// shows its nominal voltages, which is what voltage bases are taken from.
enum class Parts { all, series };

struct Port {
    grid::BusIdx bus;
    int node = 0;  ///< 0 = ground
};

struct Primitive {
    grid::Matrix y;
    std::vector<Port> ports;
};

/// Errors  ScenarioError naming the element when an impedance matrix is singular.
Primitive primitive(const grid::Line& line, Parts parts);
Primitive primitive(const grid::Transformer& transformer, Parts parts);
Primitive primitive(const grid::Capacitor& capacitor, Parts parts);
Primitive primitive(const grid::Reactor& reactor, Parts parts);
Primitive primitive(const grid::Source& source);

/// The ideal voltages of a source, one a phase.
std::vector<grid::Complex> source_voltages(const grid::Source& source);
/// The currents of a current source into its first terminal, one a phase, A.
std::vector<grid::Complex> source_currents(const grid::CurrentSource& source);

}  // namespace gridflock::inline v0::powerflow
