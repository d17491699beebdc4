// SPDX-License-Identifier: Apache-2.0
#include <gridflock/profile/weather.hpp>

#include <gridflock/core/error.hpp>
#include <gridflock/core/math.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace gridflock::inline v0::profile {
namespace {

void require_column(const std::vector<double>& column, std::size_t rows, const char* name) {
    if (column.size() != rows)
        throw ShapeError("weather: " + std::string(name) + " has " + std::to_string(column.size()) +
                         " rows, expected " + std::to_string(rows));
    for (std::size_t i = 0; i < rows; ++i)
        if (!(math::abs(column[i]) < 1e12))
            throw Error("weather: " + std::string(name) + " is not finite in row " +
                        std::to_string(i));
}

}  // namespace

Weather::Weather(WeatherTable table) : table_(std::move(table)) {
    const auto& t = table_.time_ns;
    if (t.empty()) throw Error("weather: the table has no rows");
    for (std::size_t i = 1; i < t.size(); ++i)
        if (t[i] <= t[i - 1])
            throw Error("weather: row " + std::to_string(i) + " (" + iso8601({t[i]}) +
                        ") is not later than the row before it");
    require_column(table_.temperature_c, t.size(), "temperature_c");
    require_column(table_.wind_m_s, t.size(), "wind_m_s");
    require_column(table_.pressure_pa, t.size(), "pressure_pa");
}

WeatherSample Weather::at(SimTime t) const {
    const auto& time = table_.time_ns;
    const auto row = [&](std::size_t i) {
        return WeatherSample{table_.temperature_c[i], table_.wind_m_s[i], table_.pressure_pa[i]};
    };
    const auto next = std::upper_bound(time.begin(), time.end(), t.ns);
    if (next == time.begin()) return row(0);
    if (next == time.end()) return row(time.size() - 1);
    const auto j = static_cast<std::size_t>(next - time.begin());
    const WeatherSample a = row(j - 1), b = row(j);
    const double w =
        static_cast<double>(t.ns - time[j - 1]) / static_cast<double>(time[j] - time[j - 1]);
    const auto mix = [w](double x, double y) { return x + w * (y - x); };
    return {mix(a.temperature_c, b.temperature_c), mix(a.wind_m_s, b.wind_m_s),
            mix(a.pressure_pa, b.pressure_pa)};
}

}  // namespace gridflock::inline v0::profile
