// SPDX-License-Identifier: Apache-2.0
// Wires, cables, their places on a pole or in a trench.
#pragma once

#include "line_object.hpp"

namespace gridflock::inline v0::dss {

enum class WireKind { bare, concentric, tape };

/// A wire or a cable; lengths in their own units, negative = not given.
struct WireObject : Object {
    WireKind kind = WireKind::bare;
    double r_dc = -1, r_ac = -1, gmr = -1, radius = -1, capacitance_radius = -1;
    double resistance_m = 0, gmr_m = 0, radius_m = 0;  ///< metres in one unit; 0 = none
    // cables
    double permittivity = 2.3, insulation = -1, insulation_diameter = -1, diameter = -1;
    int strands = 2;
    double strand_diameter = -1, strand_gmr = -1, strand_r = -1;
    double shield_diameter = -1, tape_thickness = -1, tape_lap = 20;
};

struct SpacingObject : Object {
    int conductors = 3, phases = 3;
    double unit_m = 0.3048;
    std::vector<double> x, h;
};

struct GeometryObject : Object {
    struct Place {
        const WireObject* wire = nullptr;
        double x = 0, h = 0;
        double unit_m = -1;  ///< -1 = not said yet
    };
    int phases = 0;
    std::vector<Place> places;
    std::size_t active = 0;
    double last_unit_m = 0.3048;
    bool reduces = false;
    std::string earth_model;  ///< overrides that of the line when not empty
};

/// What impedances are computed from, all in metres, ohm per metre.
struct Section {
    struct Conductor {
        double x, h;
        double r_ac, r_dc, gmr, radius, capacitance_radius;
        const WireObject* cable = nullptr;
    };
    std::vector<Conductor> conductors;
    std::size_t phases = 0;
    bool reduces = false;
    double rho = 100;
    double frequency_hz = 60;
    std::string earth_model = "deri";
};

struct SectionMatrices {
    grid::Matrix z;      ///< ohm per metre
    grid::Matrix shunt;  ///< S per metre
};

/// Series impedance and shunt admittance per metre.
/// Source  Carson 1926 (simplified and full series), Deri et al. 1981 (complex depth), Kersting ch.
/// 4-5 (concentric neutral and tape shield cables).
SectionMatrices section_matrices(const Section& section);

}  // namespace gridflock::inline v0::dss
