// SPDX-License-Identifier: Apache-2.0
// load: power by the last of kw + pf, kw + kvar, kva + pf, xfkva x allocation factor, kwh.
#include "load_object.hpp"

#include <gridflock/core/math.hpp>

namespace gridflock::inline v0::dss {

namespace {

using O = LoadObject;

double reactive(double kw, double pf) {
    const double kvar = kw * math::sqrt(1.0 / (pf * pf) - 1.0);
    return pf < 0 ? -kvar : kvar;
}

void rerate(O& o) {
    const bool is_line_to_neutral = !o.is_delta && (o.phases == 2 || o.phases == 3);
    o.rated_v = 1000 * o.kv / (is_line_to_neutral ? math::sqrt(3.0) : 1.0);
}

void set_spec(O& o, O::Spec spec) {
    o.spec = spec;
}

/// By transformer size or by energy sold; the kw follows at once.
void allocate(O& o) {
    if (o.spec == O::Spec::transformer_kva && o.xf_kva > 0) {
        o.kw = o.xf_kva * o.allocation_factor * math::abs(o.pf);
        o.kvar = reactive(o.kw, o.pf);
    } else if (o.spec == O::Spec::kwh) {
        o.kw = o.kwh / (o.kwh_days * 24) * o.c_factor;
        o.kvar = reactive(o.kw, o.pf);
    }
}

template <double O::*Member, O::Spec S>
void set_allocated(O& o, const Value& v, Session& s) {
    o.*Member = s.number(v);
    set_spec(o, S);
    allocate(o);
}

template <double O::*Member, O::Spec S>
void set_power(O& o, const Value& v, Session& s) {
    o.*Member = s.number(v);
    set_spec(o, S);
    if (S == O::Spec::kw_kvar) o.is_pf_given = false;
}

void set_pf(O& o, const Value& v, Session& s) {
    o.pf = s.number(v);
    o.is_pf_changed = o.is_pf_given = true;
}

void set_shape(O& o, const Value& v, Session& s) {
    if (lower(v.text) == "default" || lower(v.text) == "none") return;  // built in: a daily profile
    const auto* shape = s.require<ShapeObject>("loadshape", v);
    if (!shape || !shape->use_actual) return;
    o.kw = shape->max_p();
    o.kvar = shape->max_q();
    set_spec(o, o.is_pf_given ? O::Spec::kw_pf : O::Spec::kw_kvar);
}

void set_growth(O& o, const Value& v, Session& s) {
    const std::string w = lower(v.text);
    o.growth = w.empty() || w == "none" ? nullptr : s.require<GrowthObject>("growthshape", v);
}

void finish(O& o, Session&) {
    rerate(o);
    switch (o.spec) {
        case O::Spec::kw_pf:
            o.kvar = reactive(o.kw, o.pf);
            break;
        case O::Spec::kw_kvar: {
            const double kva = math::sqrt(o.kw * o.kw + o.kvar * o.kvar);
            if (kva > 0) o.pf = o.kw / kva;
            if (kva > 0 && o.kvar != 0 && o.kw * o.kvar < 0) o.pf = -math::abs(o.pf);
            break;
        }
        case O::Spec::kva_pf:
            o.kw = o.kva * math::abs(o.pf);
            o.kvar = reactive(o.kw, o.pf);
            break;
        default:
            if (o.is_pf_changed) o.kvar = reactive(o.kw, o.pf);
    }
    o.is_pf_changed = false;
}

double growth_of(const O& o, const Settings& settings) {
    if (settings.year == 0) return 1;
    return o.growth ? o.growth->at(settings.year) : usual_growth(settings);
}

void emit(const O& o, Build& build) {
    grid::Load out;
    const double multiplier = growth_of(o, build.session.settings) *
                              (o.is_fixed ? 1.0 : build.session.settings.load_multiplier);
    out.name = o.name;
    out.at = o.at;
    out.phases = o.phases;
    out.is_delta = o.is_delta;
    if (o.model < 1 || o.model > 8)
        build.session.faults.push_back(
            {o.at, "model=" + std::to_string(o.model), "must be 1 to 8", "1 is constant power"});
    else
        out.model = static_cast<grid::LoadModel>(o.model);
    out.p_w = 1000 * o.kw * multiplier;
    out.q_var = 1000 * o.kvar * multiplier;
    out.base_q_var = 1000 * o.kvar;
    out.rated_v = o.rated_v;
    out.v_min_pu = o.v_min;
    out.v_max_pu = o.v_max;
    out.v_low_pu = o.v_low;
    out.cvr_watts = o.cvr_watts;
    out.cvr_vars = o.cvr_vars;
    for (std::size_t i = 0; i < o.zip.size() && i < out.zip.size(); ++i) out.zip[i] = o.zip[i];
    if (out.model == grid::LoadModel::zip && o.zip.empty())
        build.session.faults.push_back(
            {o.at, "model=8", "needs zipv", "zipv=[z i p z i p cut-off]"});
    out.is_fixed = o.is_fixed;
    const int conductors = o.is_delta && o.phases > 2 ? o.phases : o.phases + 1;
    ElementObject ends = o;
    // the second conductor of a one- or two-phase delta counts as a neutral: ground unless named
    out.at_bus = build.connect(ends, 0, static_cast<std::size_t>(conductors));
    build.circuit.loads.push_back(std::move(out));
}

void set_zip(O& o, const Value& v, Session& s) {
    o.zip = s.numbers(v);
    if (o.zip.size() != 7)
        s.fault(std::to_string(o.zip.size()) + " values", "must be 7: z i p, z i p, cut-off",
                "write e.g. zipv=[0.5 0.3 0.2 0.5 0.3 0.2 0.8]");
}

void set_status(O& o, const Value& v, Session&) {
    const std::string w = lower(v.text);
    o.is_fixed = !w.empty() && (w[0] == 'f' || w[0] == 'e');
}

}  // namespace

std::unique_ptr<ObjectClass> load_class() {
    std::vector<Property<O>> table = {
        {"phases", set_integer<O, &O::phases>},
        {"bus1", set_terminal<O, 0>},
        {"kv", set_number<O, &O::kv>},
        {"kw", set_power<&O::kw, O::Spec::kw_pf>},
        {"pf", set_pf},
        {"model", set_integer<O, &O::model>},
        {"yearly", set_shape},
        {"daily", set_shape},
        {"duty", set_shape},
        {"growth", set_growth},
        {"conn", [](O& o, const Value& v, Session& s) { o.is_delta = s.is_delta(v.text); }},
        {"kvar", set_power<&O::kvar, O::Spec::kw_kvar>},
        {"rneut"},
        {"xneut"},
        {"status", set_status},
        {"class"},
        {"vminpu", set_number<O, &O::v_min>},
        {"vmaxpu", set_number<O, &O::v_max>},
        {"vminnorm"},
        {"vminemerg"},
        {"xfkva", set_allocated<&O::xf_kva, O::Spec::transformer_kva>},
        {"allocationfactor", set_allocated<&O::allocation_factor, O::Spec::transformer_kva>},
        {"kva", set_power<&O::kva, O::Spec::kva_pf>},
        {"%mean"},
        {"%stddev"},
        {"cvrwatts", set_number<O, &O::cvr_watts>},
        {"cvrvars", set_number<O, &O::cvr_vars>},
        {"kwh", set_allocated<&O::kwh, O::Spec::kwh>},
        {"kwhdays", set_allocated<&O::kwh_days, O::Spec::kwh>},
        {"cfactor", set_allocated<&O::c_factor, O::Spec::kwh>},
        {"cvrcurve"},
        {"numcust"},
        {"zipv", set_zip},
        {"%seriesrl"},
        {"relweight"},
        {"vlowpu", set_number<O, &O::v_low>},
        {"puxharm"},
        {"xrharm"}};
    return std::make_unique<TableClass<O>>("load", with_common(std::move(table), false),
                                           Hooks<O>{finish, emit});
}

void scale_allocation(LoadObject& load, double factor) {
    if (load.spec == O::Spec::transformer_kva) load.allocation_factor *= factor;
    if (load.spec == O::Spec::kwh) load.c_factor *= factor;
    allocate(load);
}

/// Every load then counts as one of that kind, also where it has no transformer size or no energy.
void Session::allocate(double factor, bool is_by_energy) {
    for (const auto& object : objects_) {
        auto* load = dynamic_cast<LoadObject*>(object.get());
        if (!load) continue;
        load->spec = is_by_energy ? O::Spec::kwh : O::Spec::transformer_kva;
        (is_by_energy ? load->c_factor : load->allocation_factor) = factor;
        dss::allocate(*load);
    }
}

}  // namespace gridflock::inline v0::dss
