// SPDX-License-Identifier: Apache-2.0
// generator: power injected at constant P and Q, as an impedance, or with Q fixed. Holding a
// voltage (model 3) is not modelled: such a machine runs at its stated reactive power, and is
// named.
#include "load_object.hpp"

#include <gridflock/core/math.hpp>

namespace gridflock::inline v0::dss {

namespace {

struct GeneratorObject : ElementObject {
    double kw = 1000, kvar = 60, pf = 0.88, kv = 12.47;
    double v_min = 0.9, v_max = 1.1;
    int model = 1;
    bool is_delta = false;
};

using O = GeneratorObject;

void follow_pf(O& o) {
    const double kvar = o.kw * math::sqrt(1 / (o.pf * o.pf) - 1);
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
    const double kva = math::sqrt(o.kw * o.kw + o.kvar * o.kvar);
    o.pf = kva != 0 ? o.kw / kva : 1;
    if (o.kw * o.kvar < 0) o.pf = -math::abs(o.pf);
}

void set_shape(O& o, const Value& v, Session& s) {
    if (lower(v.text) == "default" || lower(v.text) == "none") return;
    const auto* shape = s.require<ShapeObject>("loadshape", v);
    if (!shape || !shape->use_actual) return;
    o.kw = shape->max_p();
    o.kvar = shape->max_q();
}

grid::LoadModel model_of(const O& o, Build& build) {
    switch (o.model) {
        case 1:
            return grid::LoadModel::constant_power;
        case 2:
            return grid::LoadModel::constant_impedance;
        case 4:
            return grid::LoadModel::fixed_q;
        case 5:
            return grid::LoadModel::fixed_x;
        default:
            build.session.warn_once("generator model " + o.name, "generator '" + o.name + "'",
                                    "its model is not there; it runs at constant P and Q",
                                    "models 1, 2, 4 and 5 are modelled");
            return grid::LoadModel::constant_power;
    }
}

void emit(const O& o, Build& build) {
    grid::Generator out;
    out.name = o.name;
    out.at = o.at;
    out.phases = o.phases;
    out.is_delta = o.is_delta;
    out.p_w = 1000 * o.kw;
    out.q_var = 1000 * o.kvar;
    const bool is_line_to_neutral = !o.is_delta && (o.phases == 2 || o.phases == 3);
    out.rated_v = 1000 * o.kv / (is_line_to_neutral ? math::sqrt(3.0) : 1.0);
    out.v_min_pu = o.v_min;
    out.v_max_pu = o.v_max;
    out.model = model_of(o, build);
    const int conductors = o.is_delta && o.phases > 2 ? o.phases : o.phases + 1;
    out.at_bus = build.connect(o, 0, static_cast<std::size_t>(conductors));
    build.circuit.generators.push_back(std::move(out));
}

}  // namespace

std::unique_ptr<ObjectClass> generator_class() {
    std::vector<Property<O>> table = {
        {"phases", set_integer<O, &O::phases>},
        {"bus1", set_terminal<O, 0>},
        {"kv", set_number<O, &O::kv>},
        {"kw", set_kw},
        {"pf", set_pf},
        {"kvar", set_kvar},
        {"model", set_integer<O, &O::model>},
        {"vminpu", set_number<O, &O::v_min>},
        {"vmaxpu", set_number<O, &O::v_max>},
        {"yearly", set_shape},
        {"daily", set_shape},
        {"duty", set_shape},
        {"dispmode"},
        {"dispvalue"},
        {"conn", [](O& o, const Value& v, Session& s) { o.is_delta = s.is_delta(v.text); }}};
    for (const char* name :
         {"status",    "class",      "vpu",       "maxkvar",   "minkvar",    "pvfactor",
          "forceon",   "kva",        "mva",       "xd",        "xdp",        "xdpp",
          "h",         "d",          "usermodel", "userdata",  "shaftmodel", "shaftdata",
          "dutystart", "debugtrace", "balanced",  "xrdp",      "usefuel",    "fuelkwh",
          "%fuel",     "%reserve",   "refuel",    "dynamiceq", "dynout"})
        table.push_back({name});
    Hooks<O> hooks;
    hooks.emit = emit;
    return std::make_unique<TableClass<O>>("generator", with_common(std::move(table), false),
                                           hooks);
}

}  // namespace gridflock::inline v0::dss
