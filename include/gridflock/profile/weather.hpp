// SPDX-License-Identifier: Apache-2.0
// Weather as a table over UTC instants, linear in between.
//
// Who reads a file decides what its stamps mean (a typical year's rows are standard time, stamped
// at the end of their hour) and maps them to instants; here a row is a value at an instant.
#pragma once

#include <gridflock/core/time.hpp>

#include <cstdint>
#include <vector>

namespace gridflock::inline v0::profile {

struct WeatherSample {
    double temperature_c = 15;
    double wind_m_s = 1;
    double pressure_pa = 101325;
};

/// A weather table. All arrays have one length, at least one row.
struct WeatherTable {
    std::vector<std::int64_t> time_ns;  ///< strictly increasing, UTC
    std::vector<double> temperature_c;
    std::vector<double> wind_m_s;
    std::vector<double> pressure_pa;
};

class Weather {
public:
    /// Errors: ShapeError if the lengths differ, Error if the table is empty, not finite or out of
    /// order.
    explicit Weather(WeatherTable table);

    /// Linear between the rows, held constant before the first and after the last.
    WeatherSample at(SimTime t) const;
    SimTime first() const { return {table_.time_ns.front()}; }
    SimTime last() const { return {table_.time_ns.back()}; }
    std::size_t rows() const { return table_.time_ns.size(); }

private:
    WeatherTable table_;
};

}  // namespace gridflock::inline v0::profile
