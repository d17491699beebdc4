// SPDX-License-Identifier: Apache-2.0
// How much to offer, from received reads alone.
//
// The baseline of the settlement is what the fleet draws in self-consumption, so only what it can
// give beyond that counts as delivered. For one past evening from t0 (17:00) to t1 (21:00):
//
//   energy  sum over sites of  max(soc(t0) - soc_min, 0) E eta_d  -  (discharge - charge) in t0..t1
//   power   sum over sites of  p_max                              -  mean of (discharge - charge)
//
// The state of charge at t0 is the one at the end of the interval before. Offered is the energy
// that nine evenings of ten reach if they are normal: mean - z sd, z = 1.2816 (the 90 % quantile).
#pragma once

#include <gridflock/asset/records.hpp>
#include <gridflock/forecast/reads.hpp>
#include <gridflock/market/bid.hpp>

namespace gridflock::inline v0::vpp {

/// Past evenings of a fleet. `capability` [member] is each member's battery.
struct Evenings {
    std::span<const std::size_t> members;           ///< rows of the history
    std::span<const asset::Capability> capability;  ///< [member]
    std::span<const SimTime> starts;                ///< [evening] t0, on the history's grid
    std::size_t hours = 4;
    SimTime known_at;  ///< reads that arrived later do not count
};

/// What the fleet could have given beyond self-consumption. A member with a missing read is left
/// out of that evening and the rest scaled up; an evening with fewer than half the members is left
/// out.
/// Shape   [evening that counts]. Unit  Wh, may be negative.
/// Errors  ShapeError unless there is one capability a member.
std::vector<double> spare_energy_wh(const forecast::ReadHistory& history, const Evenings& evenings);

/// The same of power, by hour, mean over the evenings that count (nameplate if none does).
/// Shape   [hour]. Unit  W, at least 0.
std::vector<double> spare_power_w(const forecast::ReadHistory& history, const Evenings& evenings);

/// mean - z sd (n - 1), at least 0. Fewer than two evenings show no spread: 0.
double deliverable_wh(std::span<const double> spare_wh, double z = 1.2816);

struct LadderRule {
    std::int64_t step_w = 100'000;
    market::Price ask{60'000'000};      ///< 60 $/MWh
    std::int64_t power_permille = 900;  ///< of the spare power of an hour
};

/// Fills whole steps into the hours by falling expected price (earlier first at equal prices), each
/// hour within its power, all within the energy; a step takes step_w x 1 h.
/// Shape   power_w and expected [hour]; steps come by rising hour.
/// Errors  ShapeError when the two differ in length.
market::BidLadder build_ladder(const LadderRule& rule, double energy_wh,
                               std::span<const double> power_w,
                               std::span<const market::Price> expected);

}  // namespace gridflock::inline v0::vpp
