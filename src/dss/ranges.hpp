// SPDX-License-Identifier: Apache-2.0
// The ranges that the values of properties must lie in.
#pragma once

#include <string_view>

namespace gridflock::inline v0::dss {

struct Range {
    double least, most;
    bool excludes_least;
    double instead;  ///< stands for a value outside until the faults are reported
    const char* rule;
    const char* remedy;
    bool excludes_zero = false;

    bool holds(double v) const {
        return v <= most && (excludes_least ? v > least : v >= least) && !(excludes_zero && v == 0);
    }
};

/// The range of a property; null where every finite number will do.
const Range* range_of(std::string_view class_name, std::string_view property);

}  // namespace gridflock::inline v0::dss
