// SPDX-License-Identifier: Apache-2.0
// Time: int64 nanoseconds since 1970-01-01T00:00:00 UTC (no leap seconds), and durations in the
// same unit. Intervals are named by their start. Wall time is a view (zone.hpp).
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace gridflock::inline v0 {

/// A span of time, ns.
struct Duration {
    std::int64_t ns = 0;
    constexpr auto operator<=>(const Duration&) const = default;
    constexpr double seconds() const { return static_cast<double>(ns) / 1e9; }
    constexpr double hours() const { return static_cast<double>(ns) / 3.6e12; }
    constexpr Duration operator-() const { return {-ns}; }
    friend constexpr Duration operator+(Duration a, Duration b) { return {a.ns + b.ns}; }
    friend constexpr Duration operator-(Duration a, Duration b) { return {a.ns - b.ns}; }
    friend constexpr Duration operator*(std::int64_t k, Duration d) { return {k * d.ns}; }
    friend constexpr std::int64_t operator/(Duration a, Duration b) { return a.ns / b.ns; }
};

constexpr Duration nanoseconds(std::int64_t n) {
    return {n};
}
constexpr Duration milliseconds(std::int64_t n) {
    return {n * 1'000'000};
}
constexpr Duration seconds(std::int64_t n) {
    return {n * 1'000'000'000};
}
constexpr Duration minutes(std::int64_t n) {
    return seconds(60 * n);
}
constexpr Duration hours(std::int64_t n) {
    return seconds(3600 * n);
}
constexpr Duration days(std::int64_t n) {
    return hours(24 * n);
}

/// An instant, ns since the epoch, UTC.
struct SimTime {
    std::int64_t ns = 0;
    constexpr auto operator<=>(const SimTime&) const = default;
    friend constexpr SimTime operator+(SimTime t, Duration d) { return {t.ns + d.ns}; }
    friend constexpr SimTime operator-(SimTime t, Duration d) { return {t.ns - d.ns}; }
    friend constexpr Duration operator-(SimTime a, SimTime b) { return {a.ns - b.ns}; }
};

/// "Never", for due columns and arrivals of lost messages.
inline constexpr std::int64_t never_ns = std::numeric_limits<std::int64_t>::max();
inline constexpr SimTime never{never_ns};

/// A proleptic Gregorian date and time of day, without a zone.
struct Civil {
    int year = 1970;
    int month = 1;  ///< 1..12
    int day = 1;    ///< 1..31
    int hour = 0;
    int minute = 0;
    int second = 0;
    std::int32_t nanosecond = 0;
    constexpr auto operator<=>(const Civil&) const = default;
};

/// Days since 1970-01-01. Source  H. Hinnant, chrono-compatible low-level date algorithms.
std::int64_t days_from_civil(int year, int month, int day);
/// Civil time taken as UTC.
SimTime to_utc(const Civil& civil);
Civil utc_civil(SimTime t);
int day_of_year(const Civil& civil);  ///< 1..366
int days_in_month(int year, int month);

/// Parses "2024-07-15", "2024-07-15T18:20", "2024-07-15T18:20:00[.fff][Z]". Errors: Error.
Civil parse_civil(std::string_view text);
/// Parses "5 min", "1 day", "90 s", "2 h", "250 ms", "1.5 h", "15min". Errors: Error.
Duration parse_duration(std::string_view text);

std::string iso8601(SimTime t);   ///< "2024-07-15T18:20:00Z"
std::string to_text(Duration d);  ///< shortest of "5 min", "1 day", "250 ms"

/// Floor of t to a multiple of `period` counted from the epoch.
constexpr SimTime floor_to(SimTime t, Duration period) {
    std::int64_t r = t.ns % period.ns;
    if (r < 0) r += period.ns;
    return {t.ns - r};
}

}  // namespace gridflock::inline v0
