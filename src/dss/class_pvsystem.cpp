// SPDX-License-Identifier: Apache-2.0
// pvsystem in a snapshot: panel power = irradiance Pmpp (power over temperature), times the
// efficiency of the inverter at that load, at most %Pmpp of Pmpp; then the inverter's rules.
#include "inverter.hpp"

namespace gridflock::inline v0::dss {

namespace {

struct PvObject : InverterObject {
    double irradiance = 1;  ///< kW/m2
    double pmpp_kw = 500, pmpp_share = 1;
    double temperature = 25;  ///< Celsius, of the panel
    const CurveObject* power_of_temperature = nullptr;

    PvObject() { out = {500, 0}; }
};

using O = PvObject;

void set_phases(O& o, const Value& v, Session& s) {
    o.phases = s.integer(v);
    o.rerate();
}

void set_power_curve(O& o, const Value& v, Session& s) {
    o.power_of_temperature =
        lower(v.text) == "none" ? nullptr : s.require<CurveObject>("xycurve", v);
}

void finish(O& o, Session&) {
    const double of_temperature =
        o.power_of_temperature ? o.power_of_temperature->at(o.temperature) : 1.0;
    const double panel_kw = o.irradiance * o.pmpp_kw * of_temperature;
    const auto efficiency = [&](double kw) {
        return o.efficiency ? o.efficiency->at(kw / o.kva) : 1.0;
    };
    switch_inverter(o, panel_kw, o.cut_in_kw(), o.cut_out_kw());
    o.out.kw = 0;
    if (o.is_on) o.out.kw = math::min(panel_kw * efficiency(panel_kw), o.pmpp_kw * o.pmpp_share);
    const double cut_out_ac = o.cut_out_kw() * efficiency(math::abs(o.cut_out_kw()));
    choose_reactive(o, o.pmpp_kw, cut_out_ac);
    if (!o.is_on && o.follows_inverter) o.out.kvar = 0;
    limit_power(o);
}

}  // namespace

std::unique_ptr<ObjectClass> pv_class() {
    std::vector<Property<O>> table = {
        {"phases", set_phases},
        {"bus1", set_terminal<O, 0>},
        {"kv", of_inverter<O, set_inverter_kv>},
        {"irradiance", set_number<O, &O::irradiance>},
        {"pmpp", set_number<O, &O::pmpp_kw>},
        {"%pmpp", [](O& o, const Value& v, Session& s) { o.pmpp_share = s.number(v) / 100; }},
        {"temperature", set_number<O, &O::temperature>},
        {"pf", of_inverter<O, set_inverter_pf>},
        {"conn", of_inverter<O, set_inverter_connection>},
        {"kvar", of_inverter<O, set_inverter_kvar>},
        {"kva", of_inverter<O, set_inverter_kva>},
        {"%cutin", set_number<O, &O::cut_in_percent>},
        {"%cutout", set_number<O, &O::cut_out_percent>},
        {"effcurve", of_inverter<O, set_efficiency>},
        {"p-tcurve", set_power_curve},
        {"%r"},
        {"%x"},
        {"model", set_integer<O, &O::model>},
        {"vminpu", set_number<O, &O::v_min>},
        {"vmaxpu", set_number<O, &O::v_max>},
        {"balanced", set_boolean<O, &O::is_balanced>},
        {"limitcurrent", set_boolean<O, &O::limits_current>},
        {"yearly"},
        {"daily"},
        {"duty"},
        {"tyearly"},
        {"tdaily"},
        {"tduty"},
        {"class"},
        {"usermodel"},
        {"userdata"},
        {"debugtrace"},
        {"varfollowinverter", set_boolean<O, &O::follows_inverter>},
        {"dutystart"},
        {"wattpriority", set_boolean<O, &O::watt_priority>},
        {"pfpriority", set_boolean<O, &O::pf_priority>},
        {"%pminnovars", set_number<O, &O::no_vars_percent>},
        {"%pminkvarmax", set_number<O, &O::full_vars_percent>},
        {"kvarmax", of_inverter<O, set_kvar_max>},
        {"kvarmaxabs", of_inverter<O, set_kvar_min>},
        {"kvdc"},
        {"kp"},
        {"pitol"},
        {"safevoltage"},
        {"safemode"},
        {"dynamiceq"},
        {"dynout"},
        {"controlmode", of_inverter<O, set_control_mode>},
        {"amplimit"},
        {"amplimitgain"}};
    Hooks<O> hooks;
    hooks.finish = finish;
    hooks.emit = [](const O& o, Build& build) { emit_inverter(o, build, "pvsystem"); };
    return std::make_unique<TableClass<O>>("pvsystem", with_common(std::move(table), false), hooks);
}

}  // namespace gridflock::inline v0::dss
