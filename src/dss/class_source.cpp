// SPDX-License-Identifier: Apache-2.0
// vsource: a voltage behind Z1 and Z0, which come from short-circuit powers, currents, ohms or pu.
// Each line that edits a source makes the other forms agree with the one given last.
#include "session.hpp"

#include <gridflock/core/math.hpp>

namespace gridflock::inline v0::dss {

namespace {

struct SourceObject : ElementObject {
    enum class Spec { mva, amps, ohms };
    Spec spec = Spec::mva;
    double base_kv = 115, pu = 1, angle = 0, base_mva = 100;
    double mva3 = 2000, mva1 = 2100, isc3 = 10000, isc1 = 10540;
    double x1r1 = 4, x0r0 = 3;
    double r1 = 1.65, x1 = 6.6, r2 = 1.65, x2 = 6.6, r0 = 1.9, x0 = 5.7;
    grid::Complex pu1, pu2, pu0;
    bool has_z2 = false, has_z0 = false, has_pu1 = false, has_pu2 = false, has_pu0 = false;
    bool has_bus2 = false, is_ideal = false;
    grid::Complex pu_ideal{1e-6, 0.001};
    int sequence = 1;
};

using O = SourceObject;

template <double O::*Member, O::Spec S>
void set_impedance(O& o, const Value& v, Session& s) {
    o.*Member = s.number(v);
    o.spec = S;
    if (Member == &O::r1) o.r2 = o.r1;
    if (Member == &O::x1) o.x2 = o.x1;
}

void set_z1(O& o, const Value& v, Session& s) {
    const grid::Complex z = s.complex_number(v);
    o.r1 = z.real();
    o.x1 = z.imag();
    if (!o.has_z2) o.r2 = o.r1, o.x2 = o.x1;
    if (!o.has_z0) o.r0 = o.r1, o.x0 = o.x1;
    o.spec = O::Spec::ohms;
}

template <double O::*R, double O::*X, bool O::*Has>
void set_z(O& o, const Value& v, Session& s) {
    const grid::Complex z = s.complex_number(v);
    o.*R = z.real();
    o.*X = z.imag();
    o.*Has = true;
    o.spec = O::Spec::ohms;
}

void set_pu1(O& o, const Value& v, Session& s) {
    o.pu1 = s.complex_number(v);
    if (!o.has_pu2) o.pu2 = o.pu1;
    if (!o.has_pu0) o.pu0 = o.pu1;
    o.has_pu1 = true;
    o.spec = O::Spec::ohms;
}

template <grid::Complex O::*Member, bool O::*Has>
void set_pu(O& o, const Value& v, Session& s) {
    o.*Member = s.complex_number(v);
    o.*Has = true;
    o.spec = O::Spec::ohms;
}

double larger_root(double a, double b, double c) {
    const double square = b * b - 4 * a * c;
    return (-b + math::sqrt(square)) / (2 * a);
}

double phase_factor(const O& o) {
    return o.phases == 1 ? 1.0 : math::sqrt(3.0);
}

/// X1 from three-phase short-circuit power, R0 + jX0 so that one phase to ground carries isc1.
void from_short_circuit(O& o, Session& s) {
    o.x1 = o.base_kv * o.base_kv / o.mva3 / math::sqrt(1 + 1 / (o.x1r1 * o.x1r1));
    o.r1 = o.x1 / o.x1r1;
    o.r2 = o.r1;
    o.x2 = o.x1;
    const double loop = 3 * o.base_kv * 1000 / phase_factor(o) / o.isc1;
    o.r0 = larger_root(1 + o.x0r0 * o.x0r0, 4 * (o.r1 + o.x1 * o.x0r0),
                       4 * (o.r1 * o.r1 + o.x1 * o.x1) - loop * loop);
    o.x0 = o.r0 * o.x0r0;
    if (o.r0 != o.r0)
        s.fault("mvasc3=" + std::to_string(o.mva3) + " mvasc1=" + std::to_string(o.mva1),
                "no zero-sequence impedance gives these short-circuit powers",
                "raise mvasc1 or lower mvasc3");
}

void from_ohms(O& o) {
    const double z_base = o.base_kv * o.base_kv / o.base_mva;
    if (o.has_pu1) {
        o.r1 = o.pu1.real() * z_base, o.x1 = o.pu1.imag() * z_base;
        o.r2 = o.pu2.real() * z_base, o.x2 = o.pu2.imag() * z_base;
        o.r0 = o.pu0.real() * z_base, o.x0 = o.pu0.imag() * z_base;
    }
    if (o.phases == 1) {
        o.r0 = o.r2 = o.r1;
        o.x0 = o.x2 = o.x1;
    }
    const double kv = o.base_kv * 1000;
    const double rs = (2 * o.r1 + o.r0) / 3, xs = (2 * o.x1 + o.x0) / 3;
    o.isc3 = kv / math::sqrt(3.0) / math::sqrt(o.r1 * o.r1 + o.x1 * o.x1);
    o.isc1 = kv / phase_factor(o) / math::sqrt(rs * rs + xs * xs);
    o.mva3 = math::sqrt(3.0) * o.base_kv * o.isc3 / 1000;
    o.mva1 = phase_factor(o) * o.base_kv * o.isc1 / 1000;
}

void finish(O& o, Session& s) {
    switch (o.spec) {
        case O::Spec::mva:
            o.isc3 = o.mva3 * 1000 / (math::sqrt(3.0) * o.base_kv);
            o.isc1 = o.mva1 * 1000 / (phase_factor(o) * o.base_kv);
            from_short_circuit(o, s);
            break;
        case O::Spec::amps:
            o.mva3 = math::sqrt(3.0) * o.base_kv * o.isc3 / 1000;
            o.mva1 = phase_factor(o) * o.base_kv * o.isc1 / 1000;
            from_short_circuit(o, s);
            break;
        case O::Spec::ohms:
            from_ohms(o);
            break;
    }
}

grid::Matrix impedance(const O& o, double ratio) {
    const auto n = static_cast<std::size_t>(o.phases);
    if (o.is_ideal) {
        grid::Matrix z(n);
        for (std::size_t i = 0; i < n; ++i)
            z(i, i) = o.pu_ideal * (o.base_kv * o.base_kv / o.base_mva);
        return z;
    }
    return grid::from_sequences({o.r1, o.x1 * ratio}, {o.r2, o.x2 * ratio}, {o.r0, o.x0 * ratio},
                                n);
}

void emit(const O& o, Build& build) {
    grid::Source out;
    out.name = o.name;
    out.at = o.at;
    out.phases = o.phases;
    out.z_ohm = impedance(o, build.ratio(o));
    const double half_angle = math::pi / o.phases;
    out.magnitude_v = 1000 * o.base_kv * o.pu / (o.phases == 1 ? 1.0 : 2 * math::sin(half_angle));
    out.angle_deg = o.angle;
    out.sequence = o.sequence;
    const auto n = static_cast<std::size_t>(o.phases);
    out.from = build.connect(o, 0, n);
    out.to = build.connect_second(o, o.has_bus2, out.from);
    build.circuit.sources.push_back(std::move(out));
}

void set_sequence(O& o, const Value& v, Session&) {
    const std::string w = lower(v.text);
    if (!w.empty()) o.sequence = w[0] == 'n' ? -1 : (w[0] == 'z' ? 0 : 1);
}

}  // namespace

std::unique_ptr<ObjectClass> source_class() {
    std::vector<Property<O>> table = {
        {"bus1", set_terminal<O, 0>},
        {"basekv", set_number<O, &O::base_kv>},
        {"pu", set_number<O, &O::pu>},
        {"angle", set_number<O, &O::angle>},
        {"frequency"},
        {"phases", set_integer<O, &O::phases>},
        {"mvasc3", set_impedance<&O::mva3, O::Spec::mva>},
        {"mvasc1", set_impedance<&O::mva1, O::Spec::mva>},
        {"x1r1", set_number<O, &O::x1r1>},
        {"x0r0", set_number<O, &O::x0r0>},
        {"isc3", set_impedance<&O::isc3, O::Spec::amps>},
        {"isc1", set_impedance<&O::isc1, O::Spec::amps>},
        {"r1", set_impedance<&O::r1, O::Spec::ohms>},
        {"x1", set_impedance<&O::x1, O::Spec::ohms>},
        {"r0", set_impedance<&O::r0, O::Spec::ohms>},
        {"x0", set_impedance<&O::x0, O::Spec::ohms>},
        {"scantype"},
        {"sequence", set_sequence},
        {"bus2",
         [](O& o, const Value& v, Session&) {
             o.set_bus(1, lower(v.text));
             o.has_bus2 = true;
         }},
        {"z1", set_z1},
        {"z0", set_z<&O::r0, &O::x0, &O::has_z0>},
        {"z2", set_z<&O::r2, &O::x2, &O::has_z2>},
        {"puz1", set_pu1},
        {"puz0", set_pu<&O::pu0, &O::has_pu0>},
        {"puz2", set_pu<&O::pu2, &O::has_pu2>},
        {"basemva", set_number<O, &O::base_mva>},
        {"yearly"},
        {"daily"},
        {"duty"},
        {"model", [](O& o, const Value& v,
                     Session&) { o.is_ideal = !v.text.empty() && lower(v.text)[0] == 'i'; }},
        {"puzideal", [](O& o, const Value& v, Session& s) { o.pu_ideal = s.complex_number(v); }}};
    return std::make_unique<TableClass<O>>("vsource", with_common(std::move(table), false),
                                           Hooks<O>{finish, emit});
}

}  // namespace gridflock::inline v0::dss
