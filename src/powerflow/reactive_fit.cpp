// SPDX-License-Identifier: Apache-2.0
#include "reactive_fit.hpp"

#include <gridflock/core/math.hpp>

#include <algorithm>

namespace gridflock::inline v0::powerflow {

ReactiveFit::ReactiveFit(std::vector<double> sensitivity, std::vector<double> q_min,
                         std::vector<double> q_max)
    : sensitivity_(std::move(sensitivity)),
      q_min_(std::move(q_min)),
      q_max_(std::move(q_max)),
      matrix_(sensitivity_.size()),
      change_(q_min_.size()),
      left_(q_min_.size()),
      place_(q_min_.size(), Place::free) {}

/// Elimination with row pivots of matrix_ change_ = change_.
void ReactiveFit::solve() {
    const std::size_t n = size();
    std::vector<double>& a = matrix_;
    for (std::size_t k = 0; k < n; ++k) {
        std::size_t pivot = k;
        for (std::size_t i = k + 1; i < n; ++i)
            if (math::abs(a[i * n + k]) > math::abs(a[pivot * n + k])) pivot = i;
        for (std::size_t j = 0; j < n; ++j) std::swap(a[k * n + j], a[pivot * n + j]);
        std::swap(change_[k], change_[pivot]);
        if (a[k * n + k] == 0) continue;
        for (std::size_t i = k + 1; i < n; ++i) {
            if (a[i * n + k] == 0) continue;  // the row of one that stands at a limit
            const double f = a[i * n + k] / a[k * n + k];
            for (std::size_t j = k; j < n; ++j) a[i * n + j] -= f * a[k * n + j];
            change_[i] -= f * change_[k];
        }
    }
    for (std::size_t k = n; k-- > 0;) {
        for (std::size_t j = k + 1; j < n; ++j) change_[k] -= a[k * n + j] * change_[j];
        change_[k] = a[k * n + k] == 0 ? 0 : change_[k] / a[k * n + k];
    }
}

/// The change of each Q with the places as they are, and the error of voltage then left.
void ReactiveFit::fit(std::span<const double> error, std::span<const double> q) {
    const std::size_t n = size();
    std::copy(sensitivity_.begin(), sensitivity_.end(), matrix_.begin());
    std::copy(error.begin(), error.end(), change_.begin());
    for (std::size_t g = 0; g < n; ++g) {
        if (place_[g] == Place::free) continue;
        for (std::size_t h = 0; h < n; ++h) matrix_[g * n + h] = g == h;
        change_[g] = (place_[g] == Place::lower ? q_min_[g] : q_max_[g]) - q[g];
    }
    solve();
    std::copy(error.begin(), error.end(), left_.begin());
    for (std::size_t g = 0; g < n; ++g)
        for (std::size_t h = 0; h < n; ++h) left_[g] -= sensitivity_[g * n + h] * change_[h];
}

/// Moves the first generator that stands wrong; false when none does.
bool ReactiveFit::repair(std::span<const double> q) {
    for (std::size_t g = 0; g < size(); ++g) {
        const double wanted = q[g] + change_[g];
        const double slack = 1e-12 * (1 + math::abs(wanted));
        Place place = place_[g];
        if (place == Place::free) {
            if (wanted > q_max_[g] + slack) place = Place::upper;
            if (wanted < q_min_[g] - slack) place = Place::lower;
        } else if (place == Place::upper ? left_[g] < 0 : left_[g] > 0) {
            place = Place::free;
        }
        if (place == place_[g]) continue;
        place_[g] = place;
        return true;
    }
    return false;
}

void ReactiveFit::step(std::span<const double> error, std::span<double> q) {
    std::fill(place_.begin(), place_.end(), Place::free);
    const std::size_t most = std::max(std::size_t{50}, 4 * size());
    for (std::size_t k = 0; k < most; ++k) {
        fit(error, q);
        if (!repair(q)) break;
    }
    for (std::size_t g = 0; g < size(); ++g)
        q[g] = math::clamp(q[g] + change_[g], q_min_[g], q_max_[g]);
}

}  // namespace gridflock::inline v0::powerflow
