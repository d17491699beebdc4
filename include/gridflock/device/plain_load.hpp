// SPDX-License-Identifier: Apache-2.0
// A plain load: constant power at a constant power factor.
//
//   p = -demand,  q = -demand tan(acos(power factor))      injection positive, lagging takes vars
#pragma once

#include <gridflock/core/column.hpp>
#include <gridflock/core/lanes.hpp>
#include <gridflock/core/math.hpp>

#include <span>

namespace gridflock::inline v0::device {

struct PlainLoadParams {
    double power_factor = 0.98;  ///< 0 < pf <= 1, lagging
};

struct LoadPower {
    double p_w = 0;
    double q_var = 0;
};

/// Injection of a load that demands `demand_w` >= 0.
inline LoadPower step(const PlainLoadParams& params, double demand_w) {
    const double pf = params.power_factor;
    return {-demand_w, -demand_w * (math::sqrt((1.0 - pf) * (1.0 + pf)) / pf)};
}

/// Shape   params: [load]; demand_w, p_w, q_var: [load, lane].
/// Changes p_w and q_var of the lanes that take part. Allocates nothing.
/// Errors  ShapeError.
void advance(std::span<const PlainLoadParams> params, ColumnView<const double> demand_w,
             ColumnView<double> p_w, ColumnView<double> q_var, const LaneClock& clock);

}  // namespace gridflock::inline v0::device
