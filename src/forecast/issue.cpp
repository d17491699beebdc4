// SPDX-License-Identifier: Apache-2.0
#include <gridflock/forecast/issue.hpp>

namespace gridflock::inline v0::forecast {

std::int64_t Issue::index_of(SimTime t) const {
    if (t < valid_start) return -1;
    const std::int64_t k = (t - valid_start) / step;
    return k < static_cast<std::int64_t>(steps()) ? k : -1;
}

double Issue::mean_at(SimTime t) const {
    const std::int64_t k = index_of(t);
    return k < 0 ? std::numeric_limits<double>::quiet_NaN() : mean_w[static_cast<std::size_t>(k)];
}

const Issue* ForecastStore::latest(std::size_t lane, Quantity quantity, SimTime known_at,
                                   SimTime valid) const {
    const auto& issues = issues_[lane];
    for (auto it = issues.rbegin(); it != issues.rend(); ++it)
        if (it->quantity == quantity && it->issue_time <= known_at && it->index_of(valid) >= 0)
            return &*it;
    return nullptr;
}

}  // namespace gridflock::inline v0::forecast
