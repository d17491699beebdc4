// SPDX-License-Identifier: Apache-2.0
// wiredata, cndata, tsdata. A value that is missing follows from its neighbour: r_ac = 1.02 r_dc,
// gmr = 0.7788 radius.
#include "conductors.hpp"

namespace gridflock::inline v0::dss {

namespace {

using O = WireObject;

constexpr double ac_over_dc = 1.02, gmr_over_radius = 0.7788;

void set_r_dc(O& o, const Value& v, Session& s) {
    o.r_dc = s.number(v);
    if (o.r_ac < 0) o.r_ac = ac_over_dc * o.r_dc;
}

void set_r_ac(O& o, const Value& v, Session& s) {
    o.r_ac = s.number(v);
    if (o.r_dc < 0) o.r_dc = o.r_ac / ac_over_dc;
}

void set_gmr(O& o, const Value& v, Session& s) {
    o.gmr = s.number(v);
    if (o.radius < 0) o.radius = o.gmr / gmr_over_radius;
}

template <int Halves>
void set_radius(O& o, const Value& v, Session& s) {
    o.radius = s.number(v) / Halves;
    if (o.gmr < 0) o.gmr = gmr_over_radius * o.radius;
    if (o.capacitance_radius < 0) o.capacitance_radius = o.radius;
}

void set_gmr_unit(O& o, const Value& v, Session& s) {
    o.gmr_m = s.unit_m(v.text);
    if (o.radius_m == 0) o.radius_m = o.gmr_m;
}

void set_radius_unit(O& o, const Value& v, Session& s) {
    o.radius_m = s.unit_m(v.text);
    if (o.gmr_m == 0) o.gmr_m = o.radius_m;
}

void set_strand_diameter(O& o, const Value& v, Session& s) {
    o.strand_diameter = s.number(v);
    if (o.strand_gmr <= 0) o.strand_gmr = 0.5 * gmr_over_radius * o.strand_diameter;
}

template <WireKind K>
void mark(O& o, Session&) {
    o.kind = K;
}

std::vector<Property<O>> with_conductor(std::vector<Property<O>> table) {
    const std::vector<Property<O>> own = {
        {"rdc", set_r_dc},
        {"rac", set_r_ac},
        {"runits", [](O& o, const Value& v, Session& s) { o.resistance_m = s.unit_m(v.text); }},
        {"gmrac", set_gmr},
        {"gmrunits", set_gmr_unit},
        {"radius", set_radius<1>},
        {"radunits", set_radius_unit},
        {"normamps"},
        {"emergamps"},
        {"diam", set_radius<2>},
        {"seasons"},
        {"ratings"},
        {"capradius", set_number<O, &O::capacitance_radius>}};
    table.insert(table.end(), own.begin(), own.end());
    return table;
}

std::vector<Property<O>> with_cable(std::vector<Property<O>> table) {
    table.push_back({"epsr", set_number<O, &O::permittivity>});
    table.push_back({"inslayer", set_number<O, &O::insulation>});
    table.push_back({"diains", set_number<O, &O::insulation_diameter>});
    table.push_back({"diacable", set_number<O, &O::diameter>});
    return with_conductor(std::move(table));
}

}  // namespace

std::unique_ptr<ObjectClass> wire_class() {
    return std::make_unique<TableClass<O>>("wiredata", with_conductor({}), Hooks<O>{});
}

std::unique_ptr<ObjectClass> concentric_cable_class() {
    std::vector<Property<O>> table = {{"k", set_integer<O, &O::strands>},
                                      {"diastrand", set_strand_diameter},
                                      {"gmrstrand", set_number<O, &O::strand_gmr>},
                                      {"rstrand", set_number<O, &O::strand_r>}};
    return std::make_unique<TableClass<O>>("cndata", with_cable(std::move(table)),
                                           Hooks<O>{mark<WireKind::concentric>});
}

std::unique_ptr<ObjectClass> tape_cable_class() {
    std::vector<Property<O>> table = {{"diashield", set_number<O, &O::shield_diameter>},
                                      {"tapelayer", set_number<O, &O::tape_thickness>},
                                      {"tapelap", set_number<O, &O::tape_lap>}};
    return std::make_unique<TableClass<O>>("tsdata", with_cable(std::move(table)),
                                           Hooks<O>{mark<WireKind::tape>});
}

}  // namespace gridflock::inline v0::dss
