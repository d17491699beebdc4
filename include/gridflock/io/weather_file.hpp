// SPDX-License-Identifier: Apache-2.0
// Weather files. TMY3 CSV (NREL): row 1 is the station, row 2 names the columns with their units,
// then 8760 rows in standard time, each for the hour that ENDS at its time (01:00 to 24:00). Source
// Wilcox and Marion, "Users Manual for TMY3 Data Sets", NREL/TP-581-43156.
#pragma once

#include <gridflock/core/error.hpp>
#include <gridflock/scenario/weather_table.hpp>

#include <string>
#include <vector>

namespace gridflock::inline v0::io {

/// Reads a TMY3 file, plain or gzip (by its first bytes).
/// Errors  IoError: cannot be opened or unpacked. ScenarioError: all rows at fault (at most 20 are
///         named), with file and line.
scenario::WeatherTable read_tmy3(const std::string& path);
scenario::WeatherTable parse_tmy3(const std::string& text, const std::string& file);

}  // namespace gridflock::inline v0::io
