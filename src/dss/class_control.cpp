// SPDX-License-Identifier: Apache-2.0
// regcontrol and capcontrol: recorded in the circuit. With controls off none of them acts.
#include "transformer_object.hpp"

#include <gridflock/core/math.hpp>

namespace gridflock::inline v0::dss {

namespace {

struct RegulatorObject : Object {
    std::string transformer;
    int winding = 1, tap_winding = 0;  ///< 0 = the same
    double v_set = 120, band = 3, pt_ratio = 60, ct_primary = 300, r = 0, x = 0;
};

struct CapacitorControlObject : Object {
    std::string element, capacitor;
};

/// `tapnum` acts on the transformer at once, controls or not.
void set_tap_number(RegulatorObject& o, const Value& v, Session& s) {
    const int number = s.integer(v);
    auto* transformer = s.require<TransformerObject>("transformer", {o.transformer, false});
    const int winding = o.tap_winding > 0 ? o.tap_winding : o.winding;
    if (!transformer || winding < 1 ||
        static_cast<std::size_t>(winding) > transformer->windings.size())
        return;
    WindingData& w = transformer->windings[static_cast<std::size_t>(winding - 1)];
    const double step = (w.tap_max - w.tap_min) / w.tap_steps;
    w.tap = math::clamp(number * step + 0.5 * (w.tap_max + w.tap_min), w.tap_min, w.tap_max);
}

void emit_regulator(const RegulatorObject& o, Build& build) {
    grid::RegulatorControl out;
    out.name = o.name;
    out.at = o.at;
    out.transformer = o.transformer;
    out.winding = o.winding;
    out.v_set = o.v_set;
    out.band_v = o.band;
    out.pt_ratio = o.pt_ratio;
    out.ct_primary_a = o.ct_primary;
    out.r_v = o.r;
    out.x_v = o.x;
    build.circuit.regulator_controls.push_back(std::move(out));
}

void emit_capacitor_control(const CapacitorControlObject& o, Build& build) {
    grid::CapacitorControl out;
    out.name = o.name;
    out.at = o.at;
    out.element = o.element;
    out.capacitor = o.capacitor;
    build.circuit.capacitor_controls.push_back(std::move(out));
}

template <class O>
std::vector<Property<O>> with_unread(std::vector<Property<O>> table,
                                     std::initializer_list<const char*> names) {
    for (const char* name : names) table.push_back({name});
    return with_common(std::move(table), false);
}

}  // namespace

std::unique_ptr<ObjectClass> regulator_control_class() {
    using O = RegulatorObject;
    std::vector<Property<O>> table = {{"transformer", set_word<O, &O::transformer>},
                                      {"winding", set_integer<O, &O::winding>},
                                      {"vreg", set_number<O, &O::v_set>},
                                      {"band", set_number<O, &O::band>},
                                      {"ptratio", set_number<O, &O::pt_ratio>},
                                      {"ctprim", set_number<O, &O::ct_primary>},
                                      {"r", set_number<O, &O::r>},
                                      {"x", set_number<O, &O::x>}};
    Hooks<O> hooks;
    hooks.emit = emit_regulator;
    for (const char* name : {"bus", "delay", "reversible", "revvreg", "revband", "revr", "revx",
                             "tapdelay", "debugtrace", "maxtapchange", "inversetime"})
        table.push_back({name});
    table.push_back({"tapwinding", set_integer<O, &O::tap_winding>});
    for (const char* name : {"vlimit", "ptphase", "revthreshold", "revdelay", "revneutral",
                             "eventlog", "remoteptratio"})
        table.push_back({name});
    table.push_back({"tapnum", set_tap_number});
    return std::make_unique<TableClass<O>>(
        "regcontrol", with_unread<O>(std::move(table), {"reset", "ldc_z", "rev_z", "cogen"}),
        hooks);
}

std::unique_ptr<ObjectClass> capacitor_control_class() {
    using O = CapacitorControlObject;
    std::vector<Property<O>> table = {{"element", set_word<O, &O::element>},
                                      {"terminal"},
                                      {"capacitor", set_word<O, &O::capacitor>}};
    Hooks<O> hooks;
    hooks.emit = emit_capacitor_control;
    return std::make_unique<TableClass<O>>(
        "capcontrol",
        with_unread<O>(std::move(table),
                       {"type",      "ptratio",      "ctratio",    "onsetting", "offsetting",
                        "delay",     "voltoverride", "vmax",       "vmin",      "delayoff",
                        "deadtime",  "ctphase",      "ptphase",    "vbus",      "eventlog",
                        "usermodel", "userdata",     "pctminkvar", "reset",     "controlsignal"}),
        hooks);
}

}  // namespace gridflock::inline v0::dss
