// SPDX-License-Identifier: Apache-2.0
// storage in a snapshot: it charges or discharges at its share of the rated power while its store
// allows, else it idles and takes its idling loss. Efficiencies of charging move energy, not the
// power at the terminal.
#include "growth_object.hpp"
#include "inverter.hpp"

namespace gridflock::inline v0::dss {

namespace {

enum class StorageState { charging, idling, discharging };
constexpr double usual_price = 25;  // $/MWh, of a circuit that sets none

enum class Dispatch { shape, load, price, external, follow };

struct StorageObject : InverterObject {
    StorageState state = StorageState::idling;
    Dispatch dispatch = Dispatch::shape;
    double rated_kw = 25, rated_share = 1;
    double rated_kwh = 50, stored_kwh = 50, reserve_percent = 20, reserve_kwh = 0;
    double discharge_percent = 100, charge_percent = 100, idling_percent = 1;
    double charge_trigger = 0, discharge_trigger = 0;
    bool has_kva = false;

    StorageObject() {
        kva = kvar_max = kvar_min = 25;
        cut_in_percent = cut_out_percent = 0;
    }
};

using O = StorageObject;

void set_phases(O& o, const Value& v, Session& s) {
    o.phases = s.integer(v);
}

void set_kw(O& o, const Value& v, Session& s) {
    const double kw = s.number(v);
    o.state = kw > 0   ? StorageState::discharging
              : kw < 0 ? StorageState::charging
                       : StorageState::idling;
    if (kw > 0) o.discharge_percent = kw / o.rated_kw * 100;
    if (kw < 0) o.charge_percent = -kw / o.rated_kw * 100;
}

void set_kva(O& o, const Value& v, Session& s) {
    set_inverter_kva(o, v, s);
    o.has_kva = true;
}

void set_rated_kw(O& o, const Value& v, Session& s) {
    o.rated_kw = s.number(v);
    if (!o.has_kva) o.kva = o.rated_kw;
}

void set_rated_kwh(O& o, const Value& v, Session& s) {
    o.rated_kwh = o.stored_kwh = s.number(v);
    o.reserve_kwh = o.rated_kwh * o.reserve_percent / 100;
}

void set_reserve(O& o, const Value& v, Session& s) {
    o.reserve_percent = s.number(v);
    o.reserve_kwh = o.rated_kwh * o.reserve_percent / 100;
}

void set_state(O& o, const Value& v, Session& s) {
    const std::string w = lower(v.text);
    if (w.empty()) return;
    if (w[0] != 'c' && w[0] != 'i' && w[0] != 'd')
        s.warn_once("storage state " + w, "state '" + w + "'",
                    "must be charging, idling or "
                    "discharging; it idles",
                    "write e.g. state=discharging");
    o.state = w[0] == 'c'   ? StorageState::charging
              : w[0] == 'd' ? StorageState::discharging
                            : StorageState::idling;
}

void set_dispatch(O& o, const Value& v, Session&) {
    const std::string w = lower(v.text);
    if (w.empty()) return;
    o.dispatch = w[0] == 'l'   ? Dispatch::load
                 : w[0] == 'p' ? Dispatch::price
                 : w[0] == 'e' ? Dispatch::external
                 : w[0] == 'f' ? Dispatch::follow
                               : Dispatch::shape;
}

/// Dispatch by load level or price: compares the level with the triggers.
void trigger(O& o, double level) {
    const bool has_charge = o.charge_trigger != 0, has_discharge = o.discharge_trigger != 0;
    if (!has_charge && !has_discharge) return;
    const bool is_full = o.stored_kwh >= o.rated_kwh, is_empty = o.stored_kwh <= o.reserve_kwh;
    if (o.state == StorageState::charging && has_charge && (o.charge_trigger < level || is_full))
        o.state = StorageState::idling;
    if (o.state == StorageState::discharging && has_discharge &&
        (o.discharge_trigger > level || is_empty))
        o.state = StorageState::idling;
    if (o.state != StorageState::idling) return;
    if (has_discharge && o.discharge_trigger < level && !is_empty)
        o.state = StorageState::discharging;
    else if (has_charge && o.charge_trigger > level && !is_full)
        o.state = StorageState::charging;
}

double idling_kw(const O& o) {
    const double kw = o.idling_percent * o.rated_kw / 100;
    return o.efficiency ? kw / o.efficiency->at(kw / o.kva) : kw;
}

double cut_ac(const O& o, double kw) {
    if (!o.efficiency) return kw;
    const double efficiency = o.efficiency->at(math::abs(kw) / o.kva);
    return o.state == StorageState::discharging ? kw * efficiency : kw / efficiency;
}

void choose_active(O& o) {
    if (o.state == StorageState::charging && o.stored_kwh >= o.rated_kwh)
        o.state = StorageState::idling;
    if (o.state == StorageState::discharging && o.stored_kwh <= o.reserve_kwh)
        o.state = StorageState::idling;
    // a storage that follows its shape takes the rated power of a snapshot, whose shape is 1
    const bool follows = o.dispatch == Dispatch::follow;
    if (o.state == StorageState::charging)
        o.out.kw = follows ? o.rated_kw : -o.rated_kw * o.charge_percent / 100;
    else if (o.state == StorageState::discharging)
        o.out.kw = follows ? o.rated_kw : o.rated_kw * o.discharge_percent / 100;
    else
        o.out.kw = -idling_kw(o);
}

void idle_reactive(O& o) {
    const double wanted = o.is_kvar_given
                              ? o.kvar
                              : o.out.kw * math::sqrt(1 / (o.pf * o.pf) - 1) * (o.pf < 0 ? -1 : 1);
    o.out.kvar = math::clamp(wanted, -o.kvar_min, o.kvar_max);
    const double room = o.kva * o.kva - o.out.kw * o.out.kw;
    if (o.out.kvar * o.out.kvar > room)
        o.out.kvar = math::sqrt(math::max(0.0, room)) * (o.out.kvar < 0 ? -1 : 1);
}

void update(O& o, const Session& s) {
    if (o.dispatch == Dispatch::load)
        trigger(o, s.settings.load_multiplier * usual_growth(s.settings));
    if (o.dispatch == Dispatch::price) trigger(o, usual_price);
    choose_active(o);
    const double cut_in = cut_ac(o, o.cut_in_kw()), cut_out = cut_ac(o, o.cut_out_kw());
    switch_inverter(o, math::abs(o.out.kw), cut_in, cut_out);
    if (!o.is_on) {
        o.state = StorageState::idling;
        o.out.kw = -idling_kw(o);
    } else {
        const double most = o.rated_kw * o.rated_share;
        o.out.kw = o.state == StorageState::discharging ? math::min(o.out.kw, most)
                                                        : math::max(o.out.kw, -most);
    }
    if (o.state == StorageState::idling) return idle_reactive(o);
    choose_reactive(o, o.rated_kw, cut_out);
    limit_power(o);
}

void emit(const O& o, Build& build) {
    O now = o;  // levels of load and price may have moved since the last edit
    update(now, build.session);
    emit_inverter(now, build, "storage");
}

std::vector<Property<O>> named_properties() {
    return {
        {"phases", set_phases},
        {"bus1", set_terminal<O, 0>},
        {"kv", of_inverter<O, set_inverter_kv>},
        {"conn", of_inverter<O, set_inverter_connection>},
        {"kw", set_kw},
        {"kvar", of_inverter<O, set_inverter_kvar>},
        {"pf", of_inverter<O, set_inverter_pf>},
        {"kva", set_kva},
        {"%cutin", set_number<O, &O::cut_in_percent>},
        {"%cutout", set_number<O, &O::cut_out_percent>},
        {"effcurve", of_inverter<O, set_efficiency>},
        {"varfollowinverter", set_boolean<O, &O::follows_inverter>},
        {"kvarmax", of_inverter<O, set_kvar_max>},
        {"kvarmaxabs", of_inverter<O, set_kvar_min>},
        {"wattpriority", set_boolean<O, &O::watt_priority>},
        {"pfpriority", set_boolean<O, &O::pf_priority>},
        {"%pminnovars", set_number<O, &O::no_vars_percent>},
        {"%pminkvarmax", set_number<O, &O::full_vars_percent>},
        {"kwrated", set_rated_kw},
        {"%kwrated", [](O& o, const Value& v, Session& s) { o.rated_share = s.number(v) / 100; }},
        {"kwhrated", set_rated_kwh},
        {"kwhstored", set_number<O, &O::stored_kwh>},
        {"%stored",
         [](O& o, const Value& v, Session& s) { o.stored_kwh = s.number(v) / 100 * o.rated_kwh; }},
        {"%reserve", set_reserve},
        {"state", set_state},
        {"%discharge", set_number<O, &O::discharge_percent>},
        {"%charge", set_number<O, &O::charge_percent>}};
}

}  // namespace

std::unique_ptr<ObjectClass> storage_class() {
    std::vector<Property<O>> table = named_properties();
    for (const char* name : {"%effcharge", "%effdischarge"}) table.push_back({name});
    table.push_back({"%idlingkw", set_number<O, &O::idling_percent>});
    for (const char* name : {"%idlingkvar", "%r", "%x"}) table.push_back({name});
    table.push_back({"model", set_integer<O, &O::model>});
    table.push_back({"vminpu", set_number<O, &O::v_min>});
    table.push_back({"vmaxpu", set_number<O, &O::v_max>});
    table.push_back({"balanced", set_boolean<O, &O::is_balanced>});
    table.push_back({"limitcurrent", set_boolean<O, &O::limits_current>});
    for (const char* name : {"yearly", "daily", "duty"}) table.push_back({name});
    table.push_back({"dispmode", set_dispatch});
    table.push_back({"dischargetrigger", set_number<O, &O::discharge_trigger>});
    table.push_back({"chargetrigger", set_number<O, &O::charge_trigger>});
    for (const char* name :
         {"timechargetrig", "class", "dynadll", "dynadata", "usermodel", "userdata", "debugtrace",
          "kvdc", "kp", "pitol", "safevoltage", "safemode", "dynamiceq", "dynout"})
        table.push_back({name});
    table.push_back({"controlmode", of_inverter<O, set_control_mode>});
    for (const char* name : {"amplimit", "amplimitgain"}) table.push_back({name});
    Hooks<O> hooks;
    hooks.finish = [](O& o, Session& s) { update(o, s); };
    hooks.emit = emit;
    return std::make_unique<TableClass<O>>("storage", with_common(std::move(table), false), hooks);
}

}  // namespace gridflock::inline v0::dss
