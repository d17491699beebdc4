// SPDX-License-Identifier: Apache-2.0
// What a script says of lines: by sequence values, matrices, a line code, or wires in space.
#pragma once

#include "session.hpp"

#include <optional>

namespace gridflock::inline v0::dss {

/// Per unit length, z at the base frequency. Defaults are those of a line per 1000 ft.
struct LineConstants {
    double r1 = 0.058, x1 = 0.1206, r0 = 0.1784, x0 = 0.4047;  ///< ohm
    double c1 = 3.4e-9, c0 = 1.6e-9;                           ///< F
    grid::Matrix z, farad;                                     ///< ohm, F in the real part

    void from_sequences(int order);
};

/// What the earth adds per unit length, at the frequency the impedances are given for; it counts
/// where the circuit has another one.
struct EarthReturn {
    double r = 0.01805, x = 0.155081;  ///< ohm
    double rho = 100;                  ///< ohm m
    double base_hz = 0;                ///< of the depth of the return; 0 = the circuit's
};

struct LineCodeObject : Object {
    int phases = 3;
    int neutral = 3;    ///< conductor that kron takes out
    double unit_m = 0;  ///< 0 = none
    bool is_sequence = true;
    LineConstants constants;
    EarthReturn earth;

    LineCodeObject();
};

struct GeometryObject;
struct SpacingObject;
struct WireObject;

struct LineObject : ElementObject {
    LineConstants constants;
    double length = 1;
    double unit_m = 0;  ///< of the length; 0 = none
    double code_unit_m = 0;
    double per_code_unit = 1;  ///< lengths in one unit of the code
    bool has_code = false;
    bool is_sequence = true;
    bool is_sequence_changed = false;
    bool has_capacitance = false;
    bool is_switch = false;
    EarthReturn earth;
    std::optional<double> rho;  ///< ohm m, for wires
    std::string earth_model;
    const GeometryObject* geometry = nullptr;
    const SpacingObject* spacing = nullptr;
    std::vector<const WireObject*> wires;
    bool is_cable = false;

    LineObject();
};

// wires in space, class_geometry.cpp
void line_geometry(LineObject& o, const Value& v, Session& s);
void line_spacing(LineObject& o, const Value& v, Session& s);
void line_wires(LineObject& o, const Value& v, Session& s);
void line_cn_cables(LineObject& o, const Value& v, Session& s);
void line_ts_cables(LineObject& o, const Value& v, Session& s);
/// Fills z_ohm and shunt_s of the whole length; false after a fault.
bool line_from_wires(const LineObject& o, Build& build, grid::Line& out);

}  // namespace gridflock::inline v0::dss
