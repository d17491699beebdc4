// SPDX-License-Identifier: Apache-2.0
// Inverters of PV systems and storages: what reactive power they give, and which of P and Q yields
// when their rating is exceeded.
//
//   Q wanted   P sqrt(1 / pf^2 - 1), or the kvar asked for
//   Q limits   kvarMax, kvarMaxAbs; below %PminkvarMax on a line from 0; none below %PminNoVars
//   rating     P^2 + Q^2 <= kVA^2: P yields; Q with WattPriority; both along the power factor with
//              PFPriority
#pragma once

#include "curve_object.hpp"

#include <gridflock/core/math.hpp>

namespace gridflock::inline v0::dss {

struct Power {
    double kw = 0, kvar = 0;  ///< + into the grid
};

struct InverterObject : ElementObject {
    double kv = 12.47;
    double base_v = 7200;  ///< line to neutral; across the phase for 1 and for more than 3 phases
    bool is_delta = false;
    int model = 1;
    double v_min = 0.9, v_max = 1.1;
    double kva = 500;
    double kvar_max = 500, kvar_min = 500;  ///< given out, taken in; both positive
    bool has_kvar_max = false, has_kvar_min = false;
    double pf = 1, kvar = 0;
    bool is_kvar_given = false;
    bool watt_priority = false, pf_priority = false, follows_inverter = false;
    double cut_in_percent = 20, cut_out_percent = 20;
    double no_vars_percent = 0, full_vars_percent = 0;
    bool is_on = true;
    bool is_balanced = false, limits_current = false, forms_grid = false;
    const CurveObject* efficiency = nullptr;
    Power out;  ///< of the present settings

    void rerate();
    double cut_in_kw() const { return cut_in_percent * kva / 100; }
    double cut_out_kw() const { return cut_out_percent * kva / 100; }
};

/// Switches the inverter off below its cut-out power, on from its cut-in power.
void switch_inverter(InverterObject& o, double kw, double cut_in_kw, double cut_out_kw);
/// The reactive power beside out.kw. `rated_kw` is what the percentages are of; `cut_out_kw` where
/// the line of limits begins.
void choose_reactive(InverterObject& o, double rated_kw, double cut_out_kw);
/// Keeps the output within the rating.
void limit_power(InverterObject& o);
/// Puts the output into the circuit as a generator.
void emit_inverter(const InverterObject& o, Build& build, std::string kind);

// Setters of properties that both classes have.
void set_inverter_kv(InverterObject& o, const Value& v, Session& s);
void set_inverter_connection(InverterObject& o, const Value& v, Session& s);
void set_inverter_kva(InverterObject& o, const Value& v, Session& s);
void set_inverter_pf(InverterObject& o, const Value& v, Session& s);
void set_inverter_kvar(InverterObject& o, const Value& v, Session& s);
void set_kvar_max(InverterObject& o, const Value& v, Session& s);
void set_kvar_min(InverterObject& o, const Value& v, Session& s);
void set_efficiency(InverterObject& o, const Value& v, Session& s);
void set_control_mode(InverterObject& o, const Value& v, Session& s);

template <class O, void (*Set)(InverterObject&, const Value&, Session&)>
void of_inverter(O& o, const Value& v, Session& s) {
    Set(o, v, s);
}

}  // namespace gridflock::inline v0::dss
