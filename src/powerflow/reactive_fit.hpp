// SPDX-License-Identifier: Apache-2.0
// Reactive powers of generators that hold voltages, all at once, within their limits.
//
//   J dq = e        for those that are free:   q_min <= q + dq <= q_max
//   e - J dq >= 0   for those at q_max,        <= 0 for those at q_min
//
// J(g, h) = d mean |V_g| / d Q_h, e = V_set - mean |V|. Which stand at a limit is found by
// principal pivots of the least index, one generator at a time: all at once would send two that
// pull against each other to opposite limits. Source  K. G. Murty, "Note on a Bard-type scheme for
// solving the complementarity problem", Opsearch 11, 1974: finite where J is a P-matrix.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace gridflock::inline v0::powerflow {

class ReactiveFit {
public:
    enum class Place : std::uint8_t { free, lower, upper };

    ReactiveFit() = default;
    /// Shape   sensitivity: [g][h], V per var; limits: [g], var.
    ReactiveFit(std::vector<double> sensitivity, std::vector<double> q_min,
                std::vector<double> q_max);
    std::size_t size() const { return q_min_.size(); }

    /// Moves q by dq. Allocates nothing.
    /// Shape   error, q: [g]. Unit V, var.
    void step(std::span<const double> error, std::span<double> q);
    /// Where the last step left a generator.
    Place place(std::size_t g) const { return place_[g]; }

private:
    void fit(std::span<const double> error, std::span<const double> q);
    void solve();
    bool repair(std::span<const double> q);

    std::vector<double> sensitivity_, q_min_, q_max_;
    std::vector<double> matrix_, change_, left_;
    std::vector<Place> place_;
};

}  // namespace gridflock::inline v0::powerflow
