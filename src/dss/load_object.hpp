// SPDX-License-Identifier: Apache-2.0
// What a script says of loads, and of the shapes they follow.
#pragma once

#include "growth_object.hpp"
#include "session.hpp"

namespace gridflock::inline v0::dss {

struct LoadObject : ElementObject {
    enum class Spec { kw_pf, kw_kvar, kva_pf, transformer_kva, kwh };
    Spec spec = Spec::kw_pf;
    double kw = 10, kvar = 5, pf = 0.88, kva = 10 / 0.88;
    double xf_kva = 0, allocation_factor = 0.5;
    double kwh = 0, kwh_days = 30, c_factor = 4;
    double kv = 12.47, rated_v = 7200;
    double v_min = 0.95, v_max = 1.05, v_low = 0.5;
    double cvr_watts = 1, cvr_vars = 2;
    std::vector<double> zip;
    int model = 1;
    bool is_delta = false;
    bool is_fixed = false;
    const GrowthObject* growth = nullptr;
    bool is_pf_given = false, is_pf_changed = false;
};

/// Scales the allocation factor of a load that has one, and its power with it.
void scale_allocation(LoadObject& load, double factor);

struct ShapeObject : Object {
    int points = 0;
    double interval_h = 1;
    std::vector<double> p, q;
    bool use_actual = false;

    double max_p() const;
    double max_q() const;  ///< Q at the time of the largest P; 0 without a Q shape
};

}  // namespace gridflock::inline v0::dss
