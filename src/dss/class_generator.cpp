// SPDX-License-Identifier: Apache-2.0
// generator: power injected at constant P and Q, as an impedance, with Q fixed, with its current
// limited, or with Q set so that it holds a voltage (model 3) within its limits.
#include "growth_object.hpp"
#include "load_object.hpp"

#include <gridflock/core/math.hpp>

namespace gridflock::inline v0::dss {

namespace {

struct GeneratorObject : ElementObject {
    enum class Dispatch { shape, load, price };
    double kw = 1000, kvar = 60, pf = 0.88, kv = 12.47;
    double kvar_max = 120, kvar_min = -120;
    double base_v = 7200;  ///< line to neutral; across the phase for 1 and for more than 3 phases
    double v_pu = 1;
    double v_min = 0.9, v_max = 1.1;
    int model = 1;
    bool is_delta = false, is_fixed = false, is_forced_on = false, is_balanced = false;
    Dispatch dispatch = Dispatch::shape;
    double dispatch_value = 0;
};

using O = GeneratorObject;

constexpr double usual_price = 25;  // $/MWh, of a circuit that sets none

void rerate(O& o) {
    o.base_v = 1000 * o.kv / (o.phases == 2 || o.phases == 3 ? math::sqrt(3.0) : 1.0);
}

void set_kv(O& o, const Value& v, Session& s) {
    o.kv = s.number(v);
    rerate(o);
}

void set_connection(O& o, const Value& v, Session& s) {
    o.is_delta = s.is_delta(v.text);
    rerate(o);
}

void follow_pf(O& o) {
    const double kvar = o.kw * math::sqrt(1 / (o.pf * o.pf) - 1);
    o.kvar_max = 2 * kvar;
    o.kvar_min = -o.kvar_max;
    o.kvar = o.pf < 0 ? -kvar : kvar;
}

void set_kw(O& o, const Value& v, Session& s) {
    o.kw = s.number(v);
    follow_pf(o);
}

void set_pf(O& o, const Value& v, Session& s) {
    o.pf = s.number(v);
    follow_pf(o);
}

void set_kvar(O& o, const Value& v, Session& s) {
    o.kvar = s.number(v);
    o.kvar_max = 2 * o.kvar;
    o.kvar_min = -o.kvar_max;
    const double kva = math::sqrt(o.kw * o.kw + o.kvar * o.kvar);
    o.pf = kva != 0 ? o.kw / kva : 1;
    if (o.kw * o.kvar < 0) o.pf = -math::abs(o.pf);
}

void set_status(O& o, const Value& v, Session&) {
    const std::string w = lower(v.text);
    o.is_fixed = !w.empty() && w[0] == 'f';
}

void set_dispatch(O& o, const Value& v, Session&) {
    const std::string w = lower(v.text);
    if (w.empty()) return;
    o.dispatch = w[0] == 'l'   ? O::Dispatch::load
                 : w[0] == 'p' ? O::Dispatch::price
                               : O::Dispatch::shape;
}

void set_shape(O& o, const Value& v, Session& s) {
    if (lower(v.text) == "default" || lower(v.text) == "none") return;
    const auto* shape = s.require<ShapeObject>("loadshape", v);
    if (!shape || !shape->use_actual) return;
    o.kw = shape->max_p();
    o.kvar = shape->max_q();
}

/// Whether its dispatch level lets it run in a snapshot.
bool runs(const O& o, const Settings& settings) {
    if (o.is_forced_on || o.dispatch == O::Dispatch::shape || !(o.dispatch_value > 0)) return true;
    const double level = o.dispatch == O::Dispatch::load
                             ? settings.load_multiplier * usual_growth(settings)
                             : usual_price;
    return level >= o.dispatch_value;
}

void set_model(const O& o, grid::Generator& out, Build& build) {
    using grid::LoadModel;
    if (o.model == 2) out.model = LoadModel::constant_impedance;
    if (o.model == 4) out.model = LoadModel::fixed_q;
    if (o.model == 5) out.model = LoadModel::fixed_x;
    // OpenDSS turns the sign of Q at the limit; here it keeps it
    if (o.model == 7) {
        out.limits_current = true;
        out.v_max_pu = 1e6;
        out.edge_share = 1;
    }
    if (o.model == 6) {
        build.session.warn_once("generator model 6", "generator '" + o.name + "', model=6",
                                "a user-written model is not there; it injects nothing",
                                "models 1 to 5 and 7 are modelled");
        out.p_w = out.q_var = 0;
    }
    if (o.model == 7 && o.is_balanced && o.phases == 3)
        build.session.warn_once("balanced generator", "generator '" + o.name + "', balanced=yes",
                                "each phase follows its own voltage here",
                                "leave balanced out where unbalance is small");
    if (out.v_max_pu == 0) out.model = LoadModel::constant_impedance;
    const bool is_all_impedance = out.model == LoadModel::constant_impedance;
    if (is_all_impedance) out.p_w *= out.edge_share, out.q_var *= out.edge_share;
    if (out.model == LoadModel::fixed_x) out.base_q_var *= out.edge_share;
}

void hold_voltage(const O& o, grid::Generator& out) {
    out.is_voltage_controlled = true;
    const double target = 1000 * o.v_pu * o.kv / (o.phases > 1 ? math::sqrt(3.0) : 1.0);
    out.v_set_v = target * (o.is_delta ? math::sqrt(3.0) : 1.0);
    out.q_min_var = 1000 * math::min(o.kvar_min, o.kvar_max);
    out.q_max_var = 1000 * math::max(o.kvar_min, o.kvar_max);
}

void emit(const O& o, Build& build) {
    const Settings& settings = build.session.settings;
    const bool is_running = runs(o, settings);
    const double multiplier = o.is_fixed ? 1.0 : settings.generator_multiplier;
    grid::Generator out;
    out.name = o.name;
    out.at = o.at;
    out.phases = o.phases;
    out.is_delta = o.is_delta;
    // one that its dispatch holds off draws a ten-thousandth of its power
    out.p_w = is_running ? 1000 * o.kw * multiplier : -0.1 * o.kw;
    out.q_var = is_running ? 1000 * o.kvar * multiplier : 0.0;
    out.base_q_var = 1000 * o.kvar;
    const bool is_line_to_line = o.is_delta && (o.phases == 2 || o.phases == 3);
    out.rated_v = o.base_v * (is_line_to_line ? math::sqrt(3.0) : 1.0);
    if (o.is_delta && !is_line_to_line) out.edge_share = 1.0 / 3.0;
    out.v_min_pu = o.v_min;
    out.v_max_pu = o.v_max;
    set_model(o, out, build);
    if (o.model == 3) hold_voltage(o, out);
    const int conductors = o.is_delta && o.phases > 2 ? o.phases : o.phases + 1;
    out.at_bus = build.connect(o, 0, static_cast<std::size_t>(conductors));
    build.circuit.generators.push_back(std::move(out));
}

}  // namespace

std::unique_ptr<ObjectClass> generator_class() {
    std::vector<Property<O>> table = {{"phases", set_integer<O, &O::phases>},
                                      {"bus1", set_terminal<O, 0>},
                                      {"kv", set_kv},
                                      {"kw", set_kw},
                                      {"pf", set_pf},
                                      {"kvar", set_kvar},
                                      {"model", set_integer<O, &O::model>},
                                      {"vminpu", set_number<O, &O::v_min>},
                                      {"vmaxpu", set_number<O, &O::v_max>},
                                      {"yearly", set_shape},
                                      {"daily", set_shape},
                                      {"duty", set_shape},
                                      {"dispmode", set_dispatch},
                                      {"dispvalue", set_number<O, &O::dispatch_value>},
                                      {"conn", set_connection},
                                      {"status", set_status},
                                      {"class"},
                                      {"vpu", set_number<O, &O::v_pu>},
                                      {"maxkvar", set_number<O, &O::kvar_max>},
                                      {"minkvar", set_number<O, &O::kvar_min>},
                                      {"pvfactor"},
                                      {"forceon", set_boolean<O, &O::is_forced_on>}};
    for (const char* name : {"kva", "mva", "xd", "xdp", "xdpp", "h", "d", "usermodel", "userdata",
                             "shaftmodel", "shaftdata", "dutystart", "debugtrace"})
        table.push_back({name});
    table.push_back({"balanced", set_boolean<O, &O::is_balanced>});
    for (const char* name :
         {"xrdp", "usefuel", "fuelkwh", "%fuel", "%reserve", "refuel", "dynamiceq", "dynout"})
        table.push_back({name});
    Hooks<O> hooks;
    hooks.emit = emit;
    return std::make_unique<TableClass<O>>("generator", with_common(std::move(table), false),
                                           hooks);
}

}  // namespace gridflock::inline v0::dss
