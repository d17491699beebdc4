// SPDX-License-Identifier: Apache-2.0
// linespacing and linegeometry, and lines that are given by them.
#include "conductors.hpp"

#include <gridflock/core/math.hpp>

namespace gridflock::inline v0::dss {

namespace {

const WireObject* find_wire(Session& s, std::string name, const char* first_class) {
    for (const char* kind : {"wiredata", "cndata", "tsdata"}) {
        const std::string prefix = std::string(kind) + ".";
        if (name.rfind(prefix, 0) == 0) name = name.substr(prefix.size());
    }
    for (const char* kind : {first_class, "wiredata", "cndata", "tsdata"})
        if (const auto* wire = s.find<WireObject>(kind, name)) return wire;
    s.require<WireObject>(first_class, {name, false});  // names the nearest
    return nullptr;
}

// --- spacing -----------------------------------------------------------------------------------

void spacing_conductors(SpacingObject& o, const Value& v, Session& s) {
    o.conductors = s.integer(v);
    o.unit_m = 0.3048;
}

// --- geometry ----------------------------------------------------------------------------------

using G = GeometryObject;

G::Place* active_place(G& o) {
    return o.active < o.places.size() ? &o.places[o.active] : nullptr;
}

void geometry_conductors(G& o, const Value& v, Session& s) {
    const int n = s.integer(v);
    o.places.assign(static_cast<std::size_t>(n < 0 ? 0 : n), G::Place{});
    o.active = 0;
    o.last_unit_m = 0.3048;
}

void geometry_active(G& o, const Value& v, Session& s) {
    const int n = s.integer(v);
    if (n < 1 || static_cast<std::size_t>(n) > o.places.size())
        return s.fault("cond=" + v.text, "must be one of the conductors", "state nconds= first");
    o.active = static_cast<std::size_t>(n - 1);
    if (o.places[o.active].unit_m < 0) o.places[o.active].unit_m = o.last_unit_m;
}

template <double G::Place::*Member>
void geometry_number(G& o, const Value& v, Session& s) {
    if (G::Place* place = active_place(o)) place->*Member = s.number(v);
}

void geometry_units(G& o, const Value& v, Session& s) {
    if (G::Place* place = active_place(o)) place->unit_m = o.last_unit_m = s.unit_m(v.text);
}

template <int Kind>
void geometry_wire(G& o, const Value& v, Session& s) {
    const char* kinds[] = {"wiredata", "cndata", "tsdata"};
    if (G::Place* place = active_place(o)) place->wire = find_wire(s, lower(v.text), kinds[Kind]);
}

template <int Kind>
void geometry_wires(G& o, const Value& v, Session& s) {
    const char* kinds[] = {"wiredata", "cndata", "tsdata"};
    const std::vector<std::string> names = s.words(v);
    // bare wires beside cables are the neutrals after the phases
    const bool has_cables =
        !o.places.empty() && o.places[0].wire && o.places[0].wire->kind != WireKind::bare;
    std::size_t at = Kind == 0 && has_cables ? static_cast<std::size_t>(o.phases) : 0;
    for (const std::string& name : names)
        if (at < o.places.size()) o.places[at++].wire = find_wire(s, name, kinds[Kind]);
}

void geometry_spacing(G& o, const Value& v, Session& s) {
    const auto* spacing = s.require<SpacingObject>("linespacing", v);
    if (!spacing) return;
    for (std::size_t i = 0; i < o.places.size(); ++i) {
        o.places[i].x = i < spacing->x.size() ? spacing->x[i] : 0;
        o.places[i].h = i < spacing->h.size() ? spacing->h[i] : 0;
        o.places[i].unit_m = spacing->unit_m;
    }
    o.last_unit_m = spacing->unit_m;
}

// --- lines -------------------------------------------------------------------------------------

double metres(double unit_m) {
    return unit_m <= 0 ? 1 : unit_m;
}

Section::Conductor conductor(const WireObject& wire, double x, double h, double unit_m) {
    Section::Conductor c{};
    c.x = x * metres(unit_m);
    c.h = h * metres(unit_m);
    c.r_ac = wire.r_ac / metres(wire.resistance_m);
    c.r_dc = wire.r_dc / metres(wire.resistance_m);
    c.gmr = wire.gmr * metres(wire.gmr_m);
    c.radius = wire.radius * metres(wire.radius_m);
    c.capacitance_radius = wire.capacitance_radius * metres(wire.radius_m);
    if (wire.kind != WireKind::bare) c.cable = &wire;
    return c;
}

bool complain(const LineObject& o, Build& build, const std::string& what) {
    build.session.faults.push_back(
        {o.at, "line '" + o.name + "'", what, "complete its geometry, or spacing and wires"});
    return false;
}

bool section_of(const LineObject& o, Build& build, Section& out) {
    if (o.geometry) {
        for (const G::Place& p : o.geometry->places) {
            if (!p.wire) return complain(o, build, "has a conductor without a wire");
            out.conductors.push_back(conductor(*p.wire, p.x, p.h, p.unit_m));
        }
        out.phases = static_cast<std::size_t>(o.geometry->phases);
        out.reduces = o.geometry->reduces;
    } else {
        for (std::size_t i = 0; i < o.wires.size(); ++i) {
            if (!o.wires[i] || i >= o.spacing->x.size() || i >= o.spacing->h.size())
                return complain(o, build, "has a conductor without a wire or a place");
            out.conductors.push_back(
                conductor(*o.wires[i], o.spacing->x[i], o.spacing->h[i], o.spacing->unit_m));
        }
        out.phases = static_cast<std::size_t>(o.spacing->phases);
        out.reduces = o.wires.size() > out.phases;
    }
    for (const auto& c : out.conductors)
        if (!(c.gmr > 0) || !(c.r_dc > 0) || (!c.cable && !(c.h > 0) && !out.conductors[0].cable))
            return complain(o, build, "needs r, gmr and height above zero");
    return true;
}

/// Puts wires at `start` and after.
void put_wires(LineObject& o, const std::vector<std::string>& names, const char* kind,
               std::size_t start, Session& s) {
    if (!o.spacing)
        return s.fault("wires of '" + o.name + "'", "need a spacing first",
                       "state spacing= before");
    o.wires.resize(static_cast<std::size_t>(o.spacing->conductors), nullptr);
    for (std::size_t i = 0; i < names.size() && start + i < o.wires.size(); ++i)
        o.wires[start + i] = find_wire(s, names[i], kind);
    o.has_code = false;
    o.geometry = nullptr;
    o.is_sequence = o.is_sequence_changed = false;
}

}  // namespace

void line_geometry(LineObject& o, const Value& v, Session& s) {
    const auto* geometry = s.require<GeometryObject>("linegeometry", v);
    if (!geometry) return;
    o.has_code = false;
    o.spacing = nullptr;
    o.wires.clear();
    o.geometry = geometry;
    o.phases = geometry->reduces ? geometry->phases : static_cast<int>(geometry->places.size());
    o.is_sequence = o.is_sequence_changed = false;
    if (o.earth_model.empty()) o.earth_model = s.settings.earth_model;
}

void line_spacing(LineObject& o, const Value& v, Session& s) {
    const auto* spacing = s.require<SpacingObject>("linespacing", v);
    if (!spacing) return;
    o.spacing = spacing;
    o.phases = spacing->phases;
    o.wires.clear();
    o.is_cable = false;
    if (o.earth_model.empty()) o.earth_model = s.settings.earth_model;
}

void line_wires(LineObject& o, const Value& v, Session& s) {
    const std::size_t start =
        o.is_cable && o.spacing ? static_cast<std::size_t>(o.spacing->phases) : 0;
    put_wires(o, s.words(v), "wiredata", start, s);
}

void line_cn_cables(LineObject& o, const Value& v, Session& s) {
    o.is_cable = true;
    put_wires(o, s.words(v), "cndata", 0, s);
}

void line_ts_cables(LineObject& o, const Value& v, Session& s) {
    o.is_cable = true;
    put_wires(o, s.words(v), "tsdata", 0, s);
}

bool line_from_wires(const LineObject& o, Build& build, grid::Line& out) {
    Section section;
    if (!section_of(o, build, section)) return false;
    section.frequency_hz = build.frequency_hz;
    section.earth_model = o.earth_model.empty() ? "deri" : o.earth_model;
    if (o.geometry && !o.geometry->earth_model.empty())
        section.earth_model = o.geometry->earth_model;
    if (o.rho) section.rho = *o.rho;
    const SectionMatrices per_metre = section_matrices(section);
    const double length = o.length * metres(o.unit_m);
    out.z_ohm = per_metre.z;
    out.shunt_s = per_metre.shunt;
    out.z_ohm *= length;
    out.shunt_s *= length;
    return true;
}

std::unique_ptr<ObjectClass> line_spacing_class() {
    using O = SpacingObject;
    std::vector<Property<O>> table = {
        {"nconds", spacing_conductors},
        {"nphases", set_integer<O, &O::phases>},
        {"x", [](O& o, const Value& v, Session& s) { o.x = s.numbers(v); }},
        {"h", [](O& o, const Value& v, Session& s) { o.h = s.numbers(v); }},
        {"units", [](O& o, const Value& v, Session& s) { o.unit_m = s.unit_m(v.text); }}};
    return std::make_unique<TableClass<O>>("linespacing", std::move(table), Hooks<O>{});
}

std::unique_ptr<ObjectClass> line_geometry_class() {
    std::vector<Property<G>> table = {{"nconds", geometry_conductors},
                                      {"nphases", set_integer<G, &G::phases>},
                                      {"cond", geometry_active},
                                      {"wire", geometry_wire<0>},
                                      {"x", geometry_number<&G::Place::x>},
                                      {"h", geometry_number<&G::Place::h>},
                                      {"units", geometry_units},
                                      {"normamps"},
                                      {"emergamps"},
                                      {"reduce", set_boolean<G, &G::reduces>},
                                      {"spacing", geometry_spacing},
                                      {"wires", geometry_wires<0>},
                                      {"cncable", geometry_wire<1>},
                                      {"tscable", geometry_wire<2>},
                                      {"cncables", geometry_wires<1>},
                                      {"tscables", geometry_wires<2>},
                                      {"seasons"},
                                      {"ratings"},
                                      {"linetype"}};
    Hooks<G> hooks;
    // a copy is computed at once in the original reader, before any line states its earth model
    hooks.like = [](G& self, const G&) { self.earth_model = "deri"; };
    return std::make_unique<TableClass<G>>("linegeometry", std::move(table), hooks);
}

}  // namespace gridflock::inline v0::dss
