// SPDX-License-Identifier: Apache-2.0
// Hourly weather of a typical year at one station, as the file gives it, in SI.
#pragma once

#include <string>
#include <vector>

namespace gridflock::inline v0::scenario {

/// Shape  all columns [hour], the same length, 8760 for a whole year.
/// Unit   degC, m/s, Pa, W/m2; angles in degrees, north and east positive; altitude m; utc_offset
/// h. Time   rows are standard time and interval ENDING: row 0 of a TMY3 file covers 00:00-01:00 of
///        1 January at UTC + utc_offset. `hour_of_year` is the START of the row's interval,
///        0..8759.
struct WeatherTable {
    std::string station;
    std::string name;
    double latitude = 0, longitude = 0, altitude = 0;
    double utc_offset = 0;
    std::vector<int> hour_of_year;
    std::vector<double> temperature_c, wind_speed, pressure;
    std::vector<double> ghi, dni, dhi;

    std::size_t size() const { return hour_of_year.size(); }
    bool operator==(const WeatherTable&) const = default;
};

}  // namespace gridflock::inline v0::scenario
