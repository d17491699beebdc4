// SPDX-License-Identifier: Apache-2.0
#include <gridflock/dispatch/sharing.hpp>

#include <gridflock/core/math.hpp>

#include <limits>

namespace gridflock::inline v0::dispatch {

namespace {

bool is_finite(double x) {
    return x - x == 0;
}

bool takes_part(const SharingUnits& units, std::size_t i) {
    return units.eligible[i] && is_finite(units.p_min_w[i]) && is_finite(units.p_max_w[i]) &&
           is_finite(units.soc[i]) && units.p_min_w[i] <= units.p_max_w[i];
}

double power_of(double base, double alpha) {
    if (alpha == 1) return base;
    if (alpha == 0) return base > 0 ? 1.0 : 0.0;
    return base > 0 ? math::pow(base, alpha) : 0.0;
}

double weight_of(const SharingUnits& units, std::size_t i, bool discharge,
                 const SharingRule& rule) {
    const double room = discharge ? units.soc[i] - rule.soc_min : rule.soc_max - units.soc[i];
    const double power = discharge ? units.p_max_w[i] : -units.p_min_w[i];
    return math::max(power, 0.0) * power_of(math::max(room, 0.0), rule.alpha);
}

/// Adds the units' shares of `rest`; returns the sum actually added.
double fill_once(double rest, double total_weight, const SharingUnits& units) {
    double added = 0;
    for (std::size_t i = 0; i < units.p_w.size(); ++i) {
        double& weight = units.weight[i];
        if (!(weight > 0)) continue;
        const double before = units.p_w[i];
        const double wanted = before + rest * (weight / total_weight);
        units.p_w[i] = math::clamp(wanted, units.p_min_w[i], units.p_max_w[i]);
        if (units.p_w[i] != wanted) weight = 0;  // at its limit: out of the next round
        added += units.p_w[i] - before;
    }
    return added;
}

}  // namespace

double share_by_soc(double target_w, const SharingUnits& units, const SharingRule& rule) {
    const std::size_t n = units.p_w.size();
    double rest = target_w;
    for (std::size_t i = 0; i < n; ++i) {
        const bool in = takes_part(units, i) && is_finite(target_w);
        units.p_w[i] = in ? math::clamp(0.0, units.p_min_w[i], units.p_max_w[i])
                          : std::numeric_limits<double>::quiet_NaN();
        units.weight[i] = 0;
        if (in) rest -= units.p_w[i];
    }
    for (std::size_t i = 0; i < n; ++i)
        if (units.p_w[i] == units.p_w[i]) units.weight[i] = weight_of(units, i, rest > 0, rule);
    for (std::size_t round = 0; round <= n && math::abs(rest) >= rule.tolerance_w; ++round) {
        double total = 0;
        for (std::size_t i = 0; i < n; ++i) total += units.weight[i];
        if (!(total > 0)) break;
        rest -= fill_once(rest, total, units);
    }
    return rest;
}

}  // namespace gridflock::inline v0::dispatch
