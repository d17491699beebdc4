// SPDX-License-Identifier: Apache-2.0
// What a script says of curves: efficiency over power, power over temperature.
#pragma once

#include "session.hpp"

namespace gridflock::inline v0::dss {

struct CurveObject : Object {
    int points = 0;  ///< stated; 0 = as many as there are
    std::vector<double> x, y;

    /// Straight lines between the points, the end ones drawn on; 0 without points.
    double at(double where) const;
};

}  // namespace gridflock::inline v0::dss
