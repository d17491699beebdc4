// SPDX-License-Identifier: Apache-2.0
#include "inverter.hpp"

namespace gridflock::inline v0::dss {

namespace {

double sign(double x) {
    return x > 0 ? 1 : (x < 0 ? -1 : 0);
}

/// Q over P of a power factor.
double tangent(double pf) {
    return math::sqrt(1 / (pf * pf) - 1);
}

double limit_of(const InverterObject& o, double kvar) {
    return kvar > 0 ? o.kvar_max : (kvar < 0 ? o.kvar_min : 0.0);
}

double wanted_kvar(const InverterObject& o) {
    if (o.is_kvar_given) return o.kvar;
    return o.pf == 1 ? 0.0 : o.out.kw * tangent(o.pf) * sign(o.pf);
}

/// P so that the power factor stays that of the Q wanted when Q is cut to its limit.
void follow_limited_kvar(InverterObject& o, double wanted) {
    if (wanted == 0 || !o.pf_priority) return;
    const double ratio = o.is_kvar_given ? math::abs(o.out.kw / wanted) : 1 / tangent(o.pf);
    o.out.kw = math::abs(o.out.kvar) * ratio * sign(o.out.kw);
}

}  // namespace

void InverterObject::rerate() {
    base_v = 1000 * kv / (phases == 2 || phases == 3 ? math::sqrt(3.0) : 1.0);
}

void switch_inverter(InverterObject& o, double kw, double cut_in_kw, double cut_out_kw) {
    o.is_on = o.is_on ? !(kw < cut_out_kw) : kw >= cut_in_kw;
}

void choose_reactive(InverterObject& o, double rated_kw, double cut_out_kw) {
    const double none_below = o.no_vars_percent > 0 ? o.no_vars_percent * rated_kw / 100 : -1;
    const double line_below = o.full_vars_percent > 0 ? o.full_vars_percent * rated_kw / 100 : -1;
    const double kw = math::abs(o.out.kw);
    if (kw < none_below) {
        o.out.kvar = 0;
        return;
    }
    const double wanted = wanted_kvar(o);
    if (kw < line_below && wanted != 0) {
        // between the two an earlier value stays
        if (kw < math::max(none_below, cut_out_kw)) return;
        const double ramp = limit_of(o, wanted) / line_below * kw;
        o.out.kvar = math::abs(wanted) > ramp ? ramp * sign(wanted) : wanted;
        return;
    }
    const double size = math::abs(wanted);
    const bool is_over =
        o.is_kvar_given ? size > limit_of(o, wanted) : size > o.kvar_max || size > o.kvar_min;
    o.out.kvar = is_over ? limit_of(o, wanted) * sign(wanted) : wanted;
    if (is_over) follow_limited_kvar(o, wanted);
}

void limit_power(InverterObject& o) {
    Power& out = o.out;
    if (out.kw * out.kw + out.kvar * out.kvar <= o.kva * o.kva) return;
    if (o.pf_priority && (!o.is_kvar_given || o.kvar != 0)) {
        const double pf = o.is_kvar_given
                              ? 1 / math::sqrt(1 + (out.kvar / out.kw) * (out.kvar / out.kw))
                              : math::abs(o.pf);
        const double side = o.is_kvar_given ? sign(o.kvar) : sign(out.kw) * sign(o.pf);
        out.kw = o.kva * pf * sign(out.kw);
        out.kvar = o.kva * math::sqrt(1 - pf * pf) * side;
    } else if (!o.watt_priority) {
        out.kw = math::sqrt(math::max(0.0, o.kva * o.kva - out.kvar * out.kvar)) * sign(out.kw);
    } else if (math::abs(out.kw) > o.kva) {
        out = {o.kva * sign(out.kw), 0};
    } else {
        out.kvar = math::sqrt(o.kva * o.kva - out.kw * out.kw) * sign(out.kvar);
    }
}

void emit_inverter(const InverterObject& o, Build& build, std::string kind) {
    if (o.is_balanced && o.phases == 3)
        build.session.warn_once("balanced " + kind, kind + " '" + o.name + "', balanced=yes",
                                "each phase follows its own voltage here",
                                "leave balanced out where unbalance is small");
    if (o.forms_grid)
        build.session.warn_once("gfm " + kind, kind + " '" + o.name + "', controlmode=gfm",
                                "a grid-forming inverter is not modelled; it gives its P and Q",
                                "put a vsource behind an impedance in its place");
    if (o.model == 3)
        build.session.warn_once("model " + kind, kind + " '" + o.name + "', model=3",
                                "a user-written model is not there; constant P and Q stand for it",
                                "models 1 and 2 are modelled");
    grid::Generator out;
    out.name = o.name;
    out.at = o.at;
    out.class_name = std::move(kind);
    out.phases = o.phases;
    out.is_delta = o.is_delta;
    out.p_w = 1000 * o.out.kw;
    out.q_var = 1000 * o.out.kvar;
    const bool is_line_to_line = o.is_delta && (o.phases == 2 || o.phases == 3);
    out.rated_v = o.base_v * (is_line_to_line ? math::sqrt(3.0) : 1.0);
    if (o.is_delta && !is_line_to_line) out.edge_share = 1.0 / 3.0;
    out.v_min_pu = o.v_min;
    out.v_max_pu = o.v_max;
    if (o.model == 2 || o.v_max == 0) {
        out.model = grid::LoadModel::constant_impedance;
        out.p_w *= out.edge_share;
        out.q_var *= out.edge_share;
    }
    if (o.limits_current && out.class_name == "pvsystem") {
        out.limits_current = true;
        out.v_max_pu = 1e6;
        // one phase across two lines is compared as if it were one of three
        if (o.is_delta && !is_line_to_line) out.v_min_pu *= math::sqrt(3.0);
        out.edge_share = 1;
    }
    const int conductors = o.is_delta && o.phases > 2 ? o.phases : o.phases + 1;
    out.at_bus = build.connect(o, 0, static_cast<std::size_t>(conductors));
    build.circuit.generators.push_back(std::move(out));
}

void set_inverter_kv(InverterObject& o, const Value& v, Session& s) {
    o.kv = s.number(v);
    o.rerate();
}

void set_inverter_connection(InverterObject& o, const Value& v, Session& s) {
    o.is_delta = s.is_delta(v.text);
    o.rerate();
}

void set_inverter_kva(InverterObject& o, const Value& v, Session& s) {
    o.kva = s.number(v);
    if (o.has_kvar_max) return;
    o.kvar_max = o.kva;
    if (!o.has_kvar_min) o.kvar_min = o.kva;
}

void set_inverter_pf(InverterObject& o, const Value& v, Session& s) {
    o.pf = s.number(v);
    o.is_kvar_given = false;
}

void set_inverter_kvar(InverterObject& o, const Value& v, Session& s) {
    o.kvar = s.number(v);
    o.is_kvar_given = true;
}

void set_kvar_max(InverterObject& o, const Value& v, Session& s) {
    o.kvar_max = math::abs(s.number(v));
    o.has_kvar_max = true;
    if (!o.has_kvar_min) o.kvar_min = o.kvar_max;
}

void set_kvar_min(InverterObject& o, const Value& v, Session& s) {
    o.kvar_min = math::abs(s.number(v));
    o.has_kvar_min = true;
}

void set_efficiency(InverterObject& o, const Value& v, Session& s) {
    o.efficiency = lower(v.text) == "none" ? nullptr : s.require<CurveObject>("xycurve", v);
}

void set_control_mode(InverterObject& o, const Value& v, Session&) {
    o.forms_grid = lower(v.text) == "gfm";
}

}  // namespace gridflock::inline v0::dss
