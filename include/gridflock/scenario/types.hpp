// SPDX-License-Identifier: Apache-2.0
// Small values that occur in many parts of a scenario: a drawn quantity, a clock time relative to
// the delivery day, a figure with its source, a text with a fixed set of words.
#pragma once

#include <gridflock/core/time.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace gridflock::inline v0::scenario {

/// A number, or the law that each unit of a fleet draws its own from.
/// TOML   6 | { dist = "uniform", low, high } | { dist = "normal", mean, sd } | { dist =
/// "lognormal",
///        mean, cv } | { values = [..], p = [..] }; `min` and `max` clip what is drawn.
/// Unit   of the field it fills (already scaled to SI). `cv` is sd / mean.
struct Dist {
    enum class Law : std::uint8_t { constant, uniform, normal, lognormal, discrete };
    Law law = Law::constant;
    double value = 0;  ///< constant
    double low = 0, high = 0;
    double mean = 0, sd = 0, cv = 0;
    std::vector<double> values, p;
    double min = -std::numeric_limits<double>::infinity();
    double max = std::numeric_limits<double>::infinity();

    static Dist constant(double v);
    bool operator==(const Dist&) const = default;
};

/// The value at probability u, 0 < u < 1 (inverse distribution, then clipped to min and max).
/// Errors  none; NaN parameters give NaN.
/// Source  lognormal of mean m and cv c: sigma^2 = ln(1 + c^2), mu = ln m - sigma^2 / 2.
double quantile(const Dist& d, double u);
/// Mean of the law before clipping.
double mean(const Dist& d);

/// A clock time of the delivery day or a day before it: "22:15", "D 22:15", "D-1 09:30", "24:00".
struct ClockTime {
    int day = 0;     ///< days from the delivery day, <= 0 is before
    int minute = 0;  ///< since midnight, 0..1440
    auto operator<=>(const ClockTime&) const = default;
};
std::string to_text(ClockTime t);
/// Errors  Error when the text is no such time.
ClockTime parse_clock_time(const std::string& text);

/// One part of a mixture of normal laws.
struct MixturePart {
    double weight = 1, mean = 1, sd = 0;
    bool operator==(const MixturePart&) const = default;
};

/// A figure of a region's rules, with where it comes from. `value` holds one number, or the list.
struct Figure {
    std::vector<double> value;
    std::string unit;
    std::string source;
    std::string retrieved, valid_from, valid_to;  ///< ISO dates, may be empty
    std::string status = "ours";                  ///< verified | secondary | memory | ours
    bool operator==(const Figure&) const = default;

    double number() const { return value.empty() ? 0.0 : value.front(); }
};

}  // namespace gridflock::inline v0::scenario
