// SPDX-License-Identifier: Apache-2.0
// Residential demand: a daily shape, occupants and an AR(1) disturbance.
//
//   demand = max(floor, E_day / 24 h  x  shape(wall hour) / mean  x  occupants / mean occupants
//                       x  (1 + sd x z))
//   z(t + dt) = phi z(t) + sqrt(1 - phi^2) xi,   phi = noise_phi ^ (dt / noise_interval)
//
// z is an Ornstein-Uhlenbeck process read at the steps, so any cadence has the same law: sd 0.6 and
// lag-15-minute correlation 0.85 by default (`ours`). xi is keyed by (seed, world),
// the site's stable id and the instant, so State holds no counters and variants of one world see
// the same people. The floor lifts the mean by the part of the law that it cuts off.
#pragma once

#include <gridflock/core/column.hpp>
#include <gridflock/core/lanes.hpp>
#include <gridflock/core/random.hpp>
#include <gridflock/profile/daily_shape.hpp>

#include <span>
#include <vector>

namespace gridflock::inline v0::profile {

struct ResidentialParams {
    double daily_energy_j = 20 * 3.6e6;  ///< of a home with mean occupants, before the floor
    double mean_occupants = 1;           ///< > 0
    double noise_sd = 0.6;
    double noise_phi = 0.85;  ///< correlation over noise_interval, 0 < phi < 1
    Duration noise_interval = minutes(15);
    double floor_w = 50;
    DailyShape shape;
    std::vector<double> occupants;  ///< [site]
    std::vector<StableId> id;       ///< [site]
};

/// What a checkpoint keeps: z, of unit variance, [site][lane].
struct ResidentialState {
    Column<double> noise;
    bool operator==(const ResidentialState&) const = default;
};

/// z after `dt` for one standard normal `xi`; `phi` belongs to dt.
inline double ar1_step(double z, double phi, double xi) {
    return phi * z + math::sqrt(1.0 - phi * phi) * xi;
}

class Residential {
public:
    /// Errors: ShapeError if occupants and id differ in length; Error for parameters out of range.
    explicit Residential(ResidentialParams params);

    std::size_t sites() const { return params_.id.size(); }
    const ResidentialParams& params() const { return params_; }

    /// z at t0 from its stationary law. `key` is [lane].
    ResidentialState start(std::span<const RandomKey> key, SimTime t0) const;

    /// Demand at clock.now, W >= 0, consumption counted positive.
    /// Shape   wall_hour: [lane]; demand_w: [site, lane].
    /// Changes demand_w of the lanes that take part. Allocates nothing.
    void demand(const ResidentialState& state, const LaneClock& clock,
                std::span<const double> wall_hour, ColumnView<double> demand_w) const;

    /// Carries z from clock.now to clock.now + dt.
    /// Changes state.noise of the lanes that take part. Allocates nothing.
    void advance(ResidentialState& state, const LaneClock& clock,
                 std::span<const RandomKey> key) const;

private:
    ResidentialParams params_;
    std::vector<double> mean_w_;  // [site]
};

}  // namespace gridflock::inline v0::profile
