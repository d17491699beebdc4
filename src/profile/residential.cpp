// SPDX-License-Identifier: Apache-2.0
#include <gridflock/profile/residential.hpp>

#include <utility>

namespace gridflock::inline v0::profile {
namespace {

// The stationary draw and the innovation of the same instant must differ.
constexpr std::uint64_t draw_innovation = 0, draw_start = 1;

std::uint64_t instant(std::int64_t ns) {
    return static_cast<std::uint64_t>(ns);
}

}  // namespace

Residential::Residential(ResidentialParams params) : params_(std::move(params)) {
    const auto& p = params_;
    if (p.occupants.size() != p.id.size())
        throw ShapeError("residential: occupants has " + std::to_string(p.occupants.size()) +
                         " rows, id has " + std::to_string(p.id.size()));
    if (!(p.noise_phi > 0 && p.noise_phi < 1) || !(p.noise_sd >= 0) || p.noise_interval.ns <= 0)
        throw Error("residential: the disturbance needs 0 < phi < 1, sd >= 0 and an interval > 0");
    if (!(p.mean_occupants > 0) || !(p.shape.mean() > 0) || !(p.daily_energy_j >= 0) ||
        !(p.floor_w >= 0))
        throw Error("residential: mean occupants and shape must be > 0, energy and floor >= 0");
    mean_w_.reserve(p.id.size());
    for (const double n : p.occupants)
        mean_w_.push_back(p.daily_energy_j / 86400.0 * (n / p.mean_occupants));
}

ResidentialState Residential::start(std::span<const RandomKey> key, SimTime t0) const {
    ResidentialState state{Column<double>(sites(), key.size())};
    for (std::size_t s = 0; s < sites(); ++s)
        for (std::size_t l = 0; l < key.size(); ++l)
            state.noise(s, l) =
                normal(key[l], params_.id[s], Purpose::load_noise, instant(t0.ns), draw_start);
    return state;
}

void Residential::demand(const ResidentialState& state, const LaneClock& clock,
                         std::span<const double> wall_hour, ColumnView<double> demand_w) const {
    const double sd = params_.noise_sd, floor_w = params_.floor_w;
    drive(sites(), clock, [&](std::size_t s, std::size_t l) {
        const double mean = mean_w_[s] * params_.shape.relative(wall_hour[l]);
        demand_w(s, l) = math::max(mean * (1.0 + sd * state.noise(s, l)), floor_w);
    });
}

void Residential::advance(ResidentialState& state, const LaneClock& clock,
                          std::span<const RandomKey> key) const {
    const double rate = math::log(params_.noise_phi) / params_.noise_interval.seconds();
    drive(sites(), clock, [&](std::size_t s, std::size_t l) {
        const double phi = math::exp(rate * clock.dt[l]);
        const double xi = normal(key[l], params_.id[s], Purpose::load_noise, instant(clock.now[l]),
                                 draw_innovation);
        state.noise(s, l) = math::snap(ar1_step(state.noise(s, l), phi, xi));
    });
}

}  // namespace gridflock::inline v0::profile
