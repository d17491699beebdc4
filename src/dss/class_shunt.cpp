// SPDX-License-Identifier: Apache-2.0
// capacitor and reactor: to ground unless the second bus says otherwise.
#include "session.hpp"

#include <gridflock/core/math.hpp>

namespace gridflock::inline v0::dss {

namespace {

using grid::Complex;

struct CapacitorObject : ElementObject {
    enum class Spec { kvar, microfarad, matrix };
    Spec spec = Spec::kvar;
    std::vector<double> kvar{1200}, microfarad{0}, r{0}, xl{0}, harmonic{0};
    std::vector<double> states{1};
    std::vector<double> matrix_uf;
    double kv = 12.47;
    bool is_delta = false, has_bus2 = false, is_harmonic = false;
};

struct ReactorObject : ElementObject {
    enum class Spec { kvar, ohms, matrix, sequence };
    Spec spec = Spec::kvar;
    double kvar = 100, kv = 12.47;
    Complex z{0, 0}, z1, z2, z0;
    double rp = 0;
    bool is_delta = false, has_bus2 = false, is_parallel = false;
    bool has_z2 = false, has_z0 = false;
    std::vector<double> r_matrix, x_matrix;
};

double phase_kv(double kv, int phases, bool is_delta) {
    return !is_delta && (phases == 2 || phases == 3) ? kv / math::sqrt(3.0) : kv;
}

std::size_t terminal_conductors(int phases, bool is_delta) {
    return static_cast<std::size_t>(is_delta && phases < 3 ? phases + 1 : phases);
}

template <class O>
void set_second_bus(O& o, const Value& v, Session&) {
    o.set_bus(1, lower(v.text));
    o.has_bus2 = true;
}

template <std::vector<double> CapacitorObject::*Member, CapacitorObject::Spec S>
void set_steps(CapacitorObject& o, const Value& v, Session& s) {
    o.*Member = s.numbers(v);
    if constexpr (S != CapacitorObject::Spec::matrix) o.spec = S;
}

void set_step_count(CapacitorObject& o, const Value& v, Session& s) {
    const int n = s.integer(v);
    if (n < 1) return s.fault("'" + v.text + "'", "a bank has one step or more", "");
    const auto count = static_cast<std::size_t>(n);
    if (o.kvar.size() == 1) {
        o.kvar.assign(count, o.kvar[0] / n);
        o.r.assign(count, o.r[0] * n);
        o.xl.assign(count, o.xl[0] * n);
    }
    o.microfarad.resize(count, o.microfarad[0]);
    o.harmonic.resize(count, o.harmonic[0]);
    o.states.assign(count, 1);
}

double step_value(const std::vector<double>& v, std::size_t i) {
    return v.empty() ? 0 : (i < v.size() ? v[i] : 0);
}

void emit_capacitor(const CapacitorObject& o, Build& build) {
    grid::Capacitor out;
    out.name = o.name;
    out.at = o.at;
    out.phases = o.phases;
    out.is_delta = o.is_delta;
    out.omega = 2 * math::pi * build.frequency_hz;
    const double base_omega = 2 * math::pi * o.base_frequency;
    const double kv = phase_kv(o.kv, o.phases, o.is_delta);
    for (std::size_t i = 0; i < o.states.size(); ++i) {
        const bool is_kvar = o.spec == CapacitorObject::Spec::kvar;
        // every step has the size of the first
        const double farad = is_kvar ? o.kvar[0] / o.phases / (base_omega * kv * kv * 1000)
                                     : step_value(o.microfarad, i) * 1e-6;
        double xl = step_value(o.xl, i), r = step_value(o.r, i);
        const double h = step_value(o.harmonic, i);
        if (o.is_harmonic) xl = h != 0 ? 1 / (base_omega * farad) / (h * h) : 0;
        if (xl != 0 && r == 0) r = math::abs(xl) / 1000;
        out.step_farad.push_back(farad);
        out.step_r_ohm.push_back(r);
        out.step_x_ohm.push_back(xl * build.ratio(o));
        out.step_on.push_back(o.states[i] == 1 ? 1 : 0);
    }
    if (o.spec == CapacitorObject::Spec::matrix) {
        const auto n = static_cast<std::size_t>(o.phases);
        out.farad = grid::Matrix(n);
        for (std::size_t i = 0; i < n * n && i < o.matrix_uf.size(); ++i)
            out.farad(i / n, i % n) = o.matrix_uf[i] * 1e-6;
    }
    out.from = build.connect(o, 0, terminal_conductors(o.phases, o.is_delta));
    if (!o.is_delta) out.to = build.connect_second(o, o.has_bus2, out.from);
    build.circuit.capacitors.push_back(std::move(out));
}

Complex phase_impedance(const ReactorObject& o) {
    if (o.spec == ReactorObject::Spec::ohms) return o.z;
    const double kv = phase_kv(o.kv, o.phases, o.is_delta);
    return {o.z.real(), kv * kv * 1000 / (o.kvar / o.phases)};
}

grid::Matrix matrix_admittance(const ReactorObject& o, double ratio) {
    const auto n = static_cast<std::size_t>(o.phases);
    grid::Matrix a(n), b(n);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) {
            const std::size_t k = i * n + j;
            const double r = k < o.r_matrix.size() ? o.r_matrix[k] : 0;
            const double x = k < o.x_matrix.size() ? o.x_matrix[k] * ratio : 0;
            a(i, j) = o.is_parallel ? Complex(r) : Complex(r, x);
            b(i, j) = Complex(0, x);
        }
    if (!o.is_parallel) return grid::inverse(a);
    grid::Matrix y = grid::inverse(a);
    y += grid::inverse(b);
    return y;
}

grid::Matrix reactor_admittance(const ReactorObject& o, double ratio) {
    const auto n = static_cast<std::size_t>(o.phases);
    if (o.spec == ReactorObject::Spec::matrix) return matrix_admittance(o, ratio);
    if (o.spec == ReactorObject::Spec::sequence) {
        const auto scaled = [&](Complex z) { return Complex(z.real(), z.imag() * ratio); };
        return grid::inverse(grid::from_sequences(scaled(o.z1), scaled(o.has_z2 ? o.z2 : o.z1),
                                                  scaled(o.has_z0 ? o.z0 : o.z1), n));
    }
    const Complex z = phase_impedance(o);
    Complex y = 1.0 / Complex(z.real(), z.imag() * ratio);
    if (o.rp != 0) y += 1.0 / o.rp;
    grid::Matrix out(n);
    for (std::size_t i = 0; i < n; ++i) out(i, i) = y;
    return out;
}

void emit_reactor(const ReactorObject& o, Build& build) {
    grid::Reactor out;
    out.name = o.name;
    out.at = o.at;
    out.phases = o.phases;
    out.is_delta = o.is_delta;
    out.y_s = reactor_admittance(o, build.ratio(o));
    if (out.y_s.empty())
        build.session.faults.push_back({o.at, "impedance of reactor '" + o.name + "'",
                                        "must not be singular", "give it an impedance above zero"});
    out.from = build.connect(o, 0, terminal_conductors(o.phases, o.is_delta));
    if (!o.is_delta) out.to = build.connect_second(o, o.has_bus2, out.from);
    if (!out.y_s.empty()) build.circuit.reactors.push_back(std::move(out));
}

template <double ReactorObject::*Member, ReactorObject::Spec S>
void set_reactor_number(ReactorObject& o, const Value& v, Session& s) {
    o.*Member = s.number(v);
    o.spec = S;
}

void set_reactor_r(ReactorObject& o, const Value& v, Session& s) {
    o.z = {s.number(v), o.z.imag()};
}

void set_reactor_x(ReactorObject& o, const Value& v, Session& s) {
    o.z = {o.z.real(), s.number(v)};
    o.spec = ReactorObject::Spec::ohms;
}

void set_reactor_inductance(ReactorObject& o, const Value& v, Session& s) {
    o.z = {o.z.real(), s.number(v) * 1e-3 * 2 * math::pi * o.base_frequency};
    o.spec = ReactorObject::Spec::ohms;
}

void set_reactor_z(ReactorObject& o, const Value& v, Session& s) {
    o.z = s.complex_number(v);
    o.spec = ReactorObject::Spec::ohms;
}

void set_reactor_z1(ReactorObject& o, const Value& v, Session& s) {
    o.z1 = s.complex_number(v);
    o.spec = ReactorObject::Spec::sequence;
}

void set_reactor_z2(ReactorObject& o, const Value& v, Session& s) {
    o.z2 = s.complex_number(v);
    o.has_z2 = true;
}

void set_reactor_z0(ReactorObject& o, const Value& v, Session& s) {
    o.z0 = s.complex_number(v);
    o.has_z0 = true;
}

template <std::vector<double> ReactorObject::*Member>
void set_reactor_matrix(ReactorObject& o, const Value& v, Session& s) {
    o.*Member = s.symmetric(v, static_cast<std::size_t>(o.phases));
    o.spec = ReactorObject::Spec::matrix;
}

}  // namespace

std::unique_ptr<ObjectClass> capacitor_class() {
    using O = CapacitorObject;
    std::vector<Property<O>> table = {
        {"bus1", set_terminal<O, 0>},
        {"bus2", set_second_bus<O>},
        {"phases", set_integer<O, &O::phases>},
        {"kvar", set_steps<&O::kvar, O::Spec::kvar>},
        {"kv", set_number<O, &O::kv>},
        {"conn", [](O& o, const Value& v, Session& s) { o.is_delta = s.is_delta(v.text); }},
        {"cmatrix",
         [](O& o, const Value& v, Session& s) {
             o.matrix_uf = s.symmetric(v, static_cast<std::size_t>(o.phases));
             o.spec = O::Spec::matrix;
         }},
        {"cuf", set_steps<&O::microfarad, O::Spec::microfarad>},
        {"r", set_steps<&O::r, O::Spec::matrix>},
        {"xl", set_steps<&O::xl, O::Spec::matrix>},
        {"harm",
         [](O& o, const Value& v, Session& s) {
             o.harmonic = s.numbers(v);
             o.is_harmonic = true;
         }},
        {"numsteps", set_step_count},
        {"states", set_steps<&O::states, O::Spec::matrix>}};
    Hooks<O> hooks;
    hooks.emit = emit_capacitor;
    return std::make_unique<TableClass<O>>("capacitor", with_common(std::move(table), true), hooks);
}

std::unique_ptr<ObjectClass> reactor_class() {
    using O = ReactorObject;
    std::vector<Property<O>> table = {
        {"bus1", set_terminal<O, 0>},
        {"bus2", set_second_bus<O>},
        {"phases", set_integer<O, &O::phases>},
        {"kvar", set_reactor_number<&O::kvar, O::Spec::kvar>},
        {"kv", set_number<O, &O::kv>},
        {"conn", [](O& o, const Value& v, Session& s) { o.is_delta = s.is_delta(v.text); }},
        {"rmatrix", set_reactor_matrix<&O::r_matrix>},
        {"xmatrix", set_reactor_matrix<&O::x_matrix>},
        {"parallel", set_boolean<O, &O::is_parallel>},
        {"r", set_reactor_r},
        {"x", set_reactor_x},
        {"rp", set_number<O, &O::rp>},
        {"z1", set_reactor_z1},
        {"z2", set_reactor_z2},
        {"z0", set_reactor_z0},
        {"z", set_reactor_z},
        {"rcurve"},
        {"lcurve"},
        {"lmh", set_reactor_inductance}};
    Hooks<O> hooks;
    hooks.emit = emit_reactor;
    return std::make_unique<TableClass<O>>("reactor", with_common(std::move(table), true), hooks);
}

}  // namespace gridflock::inline v0::dss
