// SPDX-License-Identifier: Apache-2.0
// Growth of loads over the years.
#pragma once

#include "session.hpp"

#include <gridflock/core/math.hpp>

namespace gridflock::inline v0::dss {

struct GrowthObject : Object {
    int points = 0;
    std::vector<double> years, multipliers;

    /// The product of each year's multiplier from the first year to this one; a year without one
    /// of its own takes the last before it.
    double at(int year) const;
};

/// Growth without a shape: a fixed rate from year 1 on.
inline double usual_growth(const Settings& settings) {
    double growth = 1;
    for (int year = 1; year < settings.year; ++year) growth *= 1 + settings.growth_percent / 100;
    for (int year = 1; settings.year < 0 && year > settings.year; --year)
        growth /= 1 + settings.growth_percent / 100;
    return growth;
}

}  // namespace gridflock::inline v0::dss
