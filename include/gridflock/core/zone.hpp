// SPDX-License-Identifier: Apache-2.0
// A time zone as a view over UTC instants, for tariffs, calendars and reports. Days of 23 and 25
// hours fall out of it: ask for the instant of a wall time and subtract.
#pragma once

#include <gridflock/core/time.hpp>

#include <string>

namespace gridflock::inline v0 {

class Zone {
public:
    Zone() = default;  ///< UTC

    /// Looks the name up in the system's IANA database. Errors: Error, with the nearest name.
    static Zone find(const std::string& name);

    const std::string& name() const { return name_; }
    Duration offset(SimTime t) const;           ///< wall minus UTC at t
    Duration standard_offset(SimTime t) const;  ///< without daylight saving
    Civil wall(SimTime t) const;
    /// Instant of a wall time. A time that occurs twice means the first; one that is skipped means
    /// the instant of the jump.
    SimTime instant(const Civil& wall) const;
    SimTime midnight(SimTime t) const;  ///< start of t's wall day
    /// Start of the wall day `n` days after t's.
    SimTime midnight_after(SimTime t, int n) const;
    /// Hours of wall time since midnight (0 to 24, as the clock shows it).
    double hour_of_day(SimTime t) const;

private:
    std::string name_ = "UTC";
    const void* zone_ = nullptr;  // date::time_zone, owned by the zone database
};

}  // namespace gridflock::inline v0
