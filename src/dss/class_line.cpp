// SPDX-License-Identifier: Apache-2.0
// linecode and line. Impedances are kept per unit length at the object's base frequency, as the
// script gave them; a line turns them into totals when it goes into the circuit.
#include "line_object.hpp"

#include <gridflock/core/math.hpp>

namespace gridflock::inline v0::dss {

using grid::Complex;

void LineConstants::from_sequences(int order) {
    z = grid::from_sequence({r1, x1}, {r0, x0}, static_cast<std::size_t>(order));
    farad = grid::from_sequence(c1, c0, static_cast<std::size_t>(order));
}

namespace {

double conversion(double from_m, double to_m) {
    return from_m == 0 || to_m == 0 ? 1 : from_m / to_m;
}

enum class Part { real, imaginary };

void set_part(grid::Matrix& m, const std::vector<double>& values, Part part, double scale) {
    const std::size_t n = m.order();
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) {
            const double v = values[i * n + j] * scale;
            m(i, j) = part == Part::real ? Complex(v, m(i, j).imag()) : Complex(m(i, j).real(), v);
        }
}

/// A matrix of resistances or reactances; a conductor's own resistance is not negative.
template <Part P>
std::vector<double> impedance_part(const Value& v, std::size_t order, Session& s) {
    std::vector<double> out = s.symmetric(v, order);
    for (std::size_t i = 0; P == Part::real && i < order; ++i)
        if (out[i * order + i] < 0) {
            s.fault("row " + std::to_string(i + 1), "the diagonal must be 0 or more",
                    "write the resistances in ohms per unit length");
            out[i * order + i] = 1;
        }
    return out;
}

// --- linecode ----------------------------------------------------------------------------------

template <double LineConstants::*Member>
void code_sequence(LineCodeObject& o, const Value& v, Session& s) {
    o.constants.*Member = s.number(v);
    o.is_sequence = true;
}

template <double LineConstants::*Member, int Exponent>
void code_capacitance(LineCodeObject& o, const Value& v, Session& s) {
    // Exponent 9: given in nF; 6: given in microsiemens
    o.constants.*Member =
        Exponent == 9 ? s.number(v) * 1e-9 : s.number(v) * 1e-6 / (2 * math::pi * o.base_frequency);
    if (Member != &LineConstants::c0 || Exponent == 6) o.is_sequence = true;
}

void code_phases(LineCodeObject& o, const Value& v, Session& s) {
    const int before = o.phases;
    o.phases = s.integer(v);
    if (o.phases != before) {
        o.neutral = o.phases;
        o.constants.from_sequences(o.phases);
    }
    o.is_sequence = true;
}

template <Part P>
void code_matrix(LineCodeObject& o, const Value& v, Session& s) {
    set_part(o.constants.z, impedance_part<P>(v, o.constants.z.order(), s), P, 1);
    o.is_sequence = false;
}

void code_capacitance_matrix(LineCodeObject& o, const Value& v, Session& s) {
    set_part(o.constants.farad, s.symmetric(v, o.constants.farad.order(), true), Part::real, 1e-9);
    o.is_sequence = false;
}

void code_kron(LineCodeObject& o, const Value& v, Session& s) {
    if (!s.boolean(v) || o.is_sequence || o.neutral < 1 || o.phases < 2) return;
    const auto k = static_cast<std::size_t>(o.neutral - 1);
    o.constants.z = grid::kron(o.constants.z, k);
    // the neutral is at zero volts: its row of the capacitance matrix falls away
    const grid::Matrix potentials = grid::inverse(o.constants.farad);
    if (!potentials.empty()) o.constants.farad = grid::inverse(grid::kron(potentials, k));
    o.phases -= 1;
    o.neutral = 0;
}

void finish_code(LineCodeObject& o, Session&) {
    if (o.is_sequence) o.constants.from_sequences(o.phases);
}

// --- line --------------------------------------------------------------------------------------

/// `xg` and `rho` take the depth of the earth's return at the base frequency of then.
template <double EarthReturn::*Member>
void line_earth(LineObject& o, const Value& v, Session& s) {
    o.earth.*Member = s.number(v);
    if (Member == &EarthReturn::r) return;
    o.earth.base_hz = o.base_frequency;
    if (Member == &EarthReturn::rho) o.rho = o.earth.rho;
}

template <double EarthReturn::*Member>
void code_earth(LineCodeObject& o, const Value& v, Session& s) {
    o.earth.*Member = s.number(v);
}

void forget_sources(LineObject& o) {
    o.code_unit_m = 0;
    o.has_code = false;
    o.geometry = nullptr;
    o.spacing = nullptr;
    o.wires.clear();
}

void reset_units(LineObject& o) {
    o.per_code_unit = 1;
    o.unit_m = 0;
}

template <double LineConstants::*Member>
void line_sequence(LineObject& o, const Value& v, Session& s) {
    o.constants.*Member = s.number(v);
    forget_sources(o);
    reset_units(o);
    o.is_sequence = o.is_sequence_changed = true;
}

template <double LineConstants::*Member, int Exponent>
void line_capacitance(LineObject& o, const Value& v, Session& s) {
    line_sequence<Member>(o, v, s);
    o.constants.*Member *= Exponent == 9 ? 1e-9 : 1e-6 / (2 * math::pi * o.base_frequency);
    o.has_capacitance = true;
}

void recalculate(LineObject& o) {
    LineConstants& c = o.constants;
    if (o.phases == 1) {
        c.r0 = c.r1;
        c.x0 = c.x1;
        c.c0 = c.c1;
    }
    c.from_sequences(o.phases);
    o.is_sequence_changed = false;
}

void line_phases(LineObject& o, const Value& v, Session& s) {
    const int phases = s.integer(v);
    if (phases == o.phases || phases < 1) return;
    if (!o.is_sequence || o.geometry)
        return s.fault("'" + v.text + "'",
                       "the impedances given before are of " + std::to_string(o.phases) +
                           (o.phases == 1 ? " phase" : " phases"),
                       "take another line code, or state phases before matrices");
    o.phases = phases;
    recalculate(o);
}

template <Part P>
void line_matrix(LineObject& o, const Value& v, Session& s) {
    set_part(o.constants.z, impedance_part<P>(v, o.constants.z.order(), s), P, 1);
    forget_sources(o);
    reset_units(o);
    o.is_sequence = false;
}

void line_capacitance_matrix(LineObject& o, const Value& v, Session& s) {
    set_part(o.constants.farad, s.symmetric(v, o.constants.farad.order(), true), Part::real, 1e-9);
    forget_sources(o);
    reset_units(o);
    o.is_sequence = false;
    o.has_capacitance = true;
}

void line_switch(LineObject& o, const Value& v, Session& s) {
    o.is_switch = s.boolean(v);
    if (!o.is_switch) return;
    forget_sources(o);
    o.constants = {1, 1, 1, 1, 1.1e-9, 1e-9, o.constants.z, o.constants.farad};
    o.length = 0.001;
    o.is_sequence_changed = true;
    reset_units(o);
}

void line_units(LineObject& o, const Value& v, Session& s) {
    const double before = o.unit_m;
    o.unit_m = s.unit_m(v.text);
    if (o.has_code)
        o.per_code_unit = conversion(o.code_unit_m, o.unit_m);
    else
        o.per_code_unit *= conversion(before, o.unit_m);
}

void line_code(LineObject& o, const Value& v, Session& s) {
    const auto* code = s.require<LineCodeObject>("linecode", v);
    if (!code) return;
    forget_sources(o);
    o.base_frequency = code->base_frequency;
    o.earth = code->earth;
    o.earth.base_hz = code->base_frequency;
    o.has_code = true;
    o.code_unit_m = code->unit_m;
    o.per_code_unit = conversion(code->unit_m, o.unit_m);
    o.is_sequence = code->is_sequence;
    o.phases = code->phases;
    if (o.is_sequence) {
        o.constants = code->constants;
        recalculate(o);
    } else {
        // sequence values given before (by switch=yes, say) still win: they act when the line is
        // built
        o.constants.z = code->constants.z;
        o.constants.farad = code->constants.farad;
    }
}

/// By how much an impedance per unit length at the base frequency is less at another one.
/// SOURCE  OpenDSS: R of the earth is proportional to the frequency, X to the log of the depth.
Complex earth_change(const EarthReturn& earth, double ratio, double frequency_hz) {
    if (ratio == 1) return {};
    const double base_hz = earth.base_hz > 0 ? earth.base_hz : frequency_hz;
    const double per_log = earth.x / math::log(658.5 * math::sqrt(earth.rho / base_hz));
    return {earth.r * (1 - ratio), 0.5 * per_log * math::log(ratio)};
}

/// Totals of the whole length at the solved frequency.
void totals(const LineObject& line, double frequency_hz, grid::Line& out) {
    LineObject o = line;
    if (o.is_sequence_changed) {
        if (!o.has_capacitance) {  // the defaults are meant per 1000 ft
            const double scale = conversion(304.8, o.unit_m);
            o.constants.c1 /= scale;
            o.constants.c0 /= scale;
        }
        recalculate(o);
    }
    const double length = o.length / o.per_code_unit;
    const double ratio = frequency_hz / o.base_frequency;
    const double omega = 2 * math::pi * frequency_hz;
    const Complex earth = earth_change(o.earth, ratio, frequency_hz);
    const std::size_t n = o.constants.z.order();
    out.z_ohm = grid::Matrix(n);
    out.shunt_s = grid::Matrix(n);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) {
            const Complex z = o.constants.z(i, j) - earth;
            out.z_ohm(i, j) = {z.real() * length, z.imag() * length * ratio};
            out.shunt_s(i, j) = {0, omega * o.constants.farad(i, j).real() * length};
        }
}

void emit_line(const LineObject& o, Build& build) {
    grid::Line out;
    out.name = o.name;
    out.at = o.at;
    out.is_switch = o.is_switch;
    out.length_m = o.length * o.unit_m;
    if (o.geometry || !o.wires.empty()) {
        if (!line_from_wires(o, build, out)) return;
    } else {
        totals(o, build.frequency_hz, out);
    }
    const std::size_t conductors = out.z_ohm.order();
    ElementObject ends = o;
    ends.phases = static_cast<int>(conductors);
    out.from = build.connect(ends, 0, conductors);
    out.to = build.connect(ends, 1, conductors);
    build.circuit.lines.push_back(std::move(out));
}

}  // namespace

LineCodeObject::LineCodeObject() {
    constants.from_sequences(3);
}
LineObject::LineObject() {
    constants.from_sequences(3);
}

std::unique_ptr<ObjectClass> line_code_class() {
    using O = LineCodeObject;
    std::vector<Property<O>> table = {
        {"nphases", code_phases},
        {"r1", code_sequence<&LineConstants::r1>},
        {"x1", code_sequence<&LineConstants::x1>},
        {"r0", code_sequence<&LineConstants::r0>},
        {"x0", code_sequence<&LineConstants::x0>},
        {"c1", code_capacitance<&LineConstants::c1, 9>},
        {"c0", code_capacitance<&LineConstants::c0, 9>},
        {"units", [](O& o, const Value& v, Session& s) { o.unit_m = s.unit_m(v.text); }},
        {"rmatrix", code_matrix<Part::real>},
        {"xmatrix", code_matrix<Part::imaginary>},
        {"cmatrix", code_capacitance_matrix},
        {"basefreq", [](O& o, const Value& v, Session& s) { o.base_frequency = s.number(v); }},
        {"normamps"},
        {"emergamps"},
        {"faultrate"},
        {"pctperm"},
        {"repair"},
        {"kron", code_kron},
        {"rg", code_earth<&EarthReturn::r>},
        {"xg", code_earth<&EarthReturn::x>},
        {"rho", code_earth<&EarthReturn::rho>},
        {"neutral", set_integer<O, &O::neutral>},
        {"b1", code_capacitance<&LineConstants::c1, 6>},
        {"b0", code_capacitance<&LineConstants::c0, 6>},
        {"seasons"},
        {"ratings"},
        {"linetype"}};
    return std::make_unique<TableClass<O>>("linecode", std::move(table), Hooks<O>{finish_code});
}

std::unique_ptr<ObjectClass> line_class() {
    using O = LineObject;
    std::vector<Property<O>> table = {{"bus1", set_terminal<O, 0>},
                                      {"bus2", set_terminal<O, 1>},
                                      {"linecode", line_code},
                                      {"length", set_number<O, &O::length>},
                                      {"phases", line_phases},
                                      {"r1", line_sequence<&LineConstants::r1>},
                                      {"x1", line_sequence<&LineConstants::x1>},
                                      {"r0", line_sequence<&LineConstants::r0>},
                                      {"x0", line_sequence<&LineConstants::x0>},
                                      {"c1", line_capacitance<&LineConstants::c1, 9>},
                                      {"c0", line_capacitance<&LineConstants::c0, 9>},
                                      {"rmatrix", line_matrix<Part::real>},
                                      {"xmatrix", line_matrix<Part::imaginary>},
                                      {"cmatrix", line_capacitance_matrix},
                                      {"switch", line_switch},
                                      {"rg", line_earth<&EarthReturn::r>},
                                      {"xg", line_earth<&EarthReturn::x>},
                                      {"rho", line_earth<&EarthReturn::rho>},
                                      {"geometry", line_geometry},
                                      {"units", line_units},
                                      {"spacing", line_spacing},
                                      {"wires", line_wires},
                                      {"earthmodel", set_word<O, &O::earth_model>},
                                      {"cncables", line_cn_cables},
                                      {"tscables", line_ts_cables},
                                      {"b1", line_capacitance<&LineConstants::c1, 6>},
                                      {"b0", line_capacitance<&LineConstants::c0, 6>},
                                      {"seasons"},
                                      {"ratings"},
                                      {"linetype"}};
    Hooks<O> hooks;
    hooks.emit = emit_line;
    return std::make_unique<TableClass<O>>("line", with_common(std::move(table), true), hooks);
}

}  // namespace gridflock::inline v0::dss
