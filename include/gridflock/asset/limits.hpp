// SPDX-License-Identifier: Apache-2.0
// What a device can do now: the nameplate cut by the energy in its store.
//
//   discharge   p dt / eta_d <= E - soc_min E_r       charge   -p dt eta_c <= soc_max E_r - E
#pragma once

#include <gridflock/asset/records.hpp>
#include <gridflock/core/math.hpp>

namespace gridflock::inline v0::asset {

/// Power range W, + into the grid; min_w <= 0 <= max_w.
struct PowerRange {
    double min_w = 0.0;
    double max_w = 0.0;
    bool operator==(const PowerRange&) const = default;
};

/// The power that a device can hold for `hold_s` from a stored energy of `energy_j`.
/// Unit    energy J, hold s (> 0), power W + into the grid.
/// Errors  none; a device without a store gives its nameplate.
/// Source  energy balance of a store with constant efficiencies.
inline PowerRange available(const Capability& c, double energy_j, double hold_s) {
    if (!(c.energy_j > 0.0)) return {c.p_min_w, c.p_max_w};
    const double above = math::max(0.0, energy_j - c.soc_min * c.energy_j);
    const double room = math::max(0.0, c.soc_max * c.energy_j - energy_j);
    return {math::max(c.p_min_w, -room / (c.efficiency_charge * hold_s)),
            math::min(c.p_max_w, above * c.efficiency_discharge / hold_s)};
}

}  // namespace gridflock::inline v0::asset
