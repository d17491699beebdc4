// SPDX-License-Identifier: Apache-2.0
// Shares a power target among storage units by state of charge, with water-filling.
//
//   discharge   w_i = p_max_i max(soc_i - soc_min, 0)^alpha
//   charge      w_i = -p_min_i max(soc_max - soc_i, 0)^alpha
//   p_i = target w_i / sum w, clipped to [p_min_i, p_max_i]; what was cut off is shared again among
//   the units not yet at a limit, until less than `tolerance_w` is left or no unit is left.
//
// At alpha = 1 and equal power-to-energy ratios all units run empty (or full) at the same time;
// alpha = 0 shares by available power. Each round ends the work or puts one more unit at its limit,
// so there are at most n + 1 rounds.
#pragma once

#include <cstdint>
#include <span>

namespace gridflock::inline v0::dispatch {

struct SharingRule {
    double alpha = 1;
    double soc_min = 0.15;
    double soc_max = 0.95;
    double tolerance_w = 1;
};

/// One lane's units. Shape  all [unit]. A unit that is not eligible, or whose limits are unknown or
/// crossed, gets p_w = NaN; `weight` is scratch.
struct SharingUnits {
    std::span<const double> p_min_w;
    std::span<const double> p_max_w;
    std::span<const double> soc;
    std::span<const std::uint8_t> eligible;
    std::span<double> p_w;
    std::span<double> weight;
};

/// Returns target less the sum of p_w (W). Never leaves [p_min, p_max].
/// Errors  a target that is not finite gives every unit NaN and returns NaN.
double share_by_soc(double target_w, const SharingUnits& units, const SharingRule& rule);

}  // namespace gridflock::inline v0::dispatch
