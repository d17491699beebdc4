// SPDX-License-Identifier: Apache-2.0
#include <gridflock/io/weather_file.hpp>

#include <gridflock/core/time.hpp>

#include "io/file_text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace gridflock::inline v0::io {

namespace {

std::vector<std::string_view> cells(std::string_view line) {
    std::vector<std::string_view> out;
    std::size_t at = 0;
    while (true) {
        std::size_t end = line.find(',', at);
        if (at < line.size() && line[at] == '"') {
            const std::size_t quote = line.find('"', at + 1);
            end = quote == std::string_view::npos ? end : line.find(',', quote);
        }
        std::string_view cell = line.substr(at, end == std::string_view::npos ? end : end - at);
        while (!cell.empty() && (cell.front() == ' ' || cell.front() == '"')) cell.remove_prefix(1);
        while (!cell.empty() && (cell.back() == ' ' || cell.back() == '"' || cell.back() == '\r'))
            cell.remove_suffix(1);
        out.push_back(cell);
        if (end == std::string_view::npos) return out;
        at = end + 1;
    }
}

bool to_number(std::string_view cell, double& out) {
    if (!cell.empty() && cell.front() == '+') cell.remove_prefix(1);
    const char* end = cell.data() + cell.size();
    const auto r = std::from_chars(cell.data(), end, out);
    return r.ec == std::errc{} && r.ptr == end && std::isfinite(out);
}

struct ColumnRule {
    const char* title;
    double scale;
    double min, max;  ///< in the file's unit
    std::vector<double> scenario::WeatherTable::*member;
};
using T = scenario::WeatherTable;
constexpr std::array<ColumnRule, 6> column_rules{{{"Dry-bulb (C)", 1, -80, 65, &T::temperature_c},
                                                  {"Wspd (m/s)", 1, 0, 100, &T::wind_speed},
                                                  {"Pressure (mbar)", 100, 400, 1100, &T::pressure},
                                                  {"GHI (W/m^2)", 1, 0, 1600, &T::ghi},
                                                  {"DNI (W/m^2)", 1, 0, 1600, &T::dni},
                                                  {"DHI (W/m^2)", 1, 0, 1600, &T::dhi}}};

class Tmy3Reader {
public:
    Tmy3Reader(std::string_view text, std::string file) : rest_(text), file_(std::move(file)) {}

    T read() {
        read_station();
        if (read_titles())
            while (next()) read_row();
        if (faults_.empty() && table_.size() != 8760)
            fault("", std::to_string(table_.size()) + " rows", "must have 8760 hourly rows",
                  "is the file whole?");
        if (!faults_.empty()) throw ScenarioError(std::move(faults_));
        return std::move(table_);
    }

private:
    std::string_view rest_;
    std::string file_;
    int line_ = 0;
    std::vector<std::string_view> row_;
    std::array<std::size_t, column_rules.size()> column_{};
    T table_;
    std::vector<Fault> faults_;

    bool next() {
        while (!rest_.empty()) {
            const std::size_t end = rest_.find('\n');
            std::string_view line = rest_.substr(0, end);
            rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
            ++line_;
            if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
            if (line.empty()) continue;
            row_ = cells(line);
            return true;
        }
        return false;
    }
    void fault(const std::string& path, std::string found, std::string rule,
               std::string remedy = "") {
        if (faults_.size() < 20)
            faults_.push_back(
                {{file_, line_, path}, std::move(found), std::move(rule), std::move(remedy)});
    }
    void station_number(std::size_t i, const char* name, double min, double max, double& out) {
        if (!to_number(row_[i], out) || out < min || out > max)
            fault(name, std::string(row_[i]),
                  "must be a number from " + std::to_string(static_cast<int>(min)) + " to " +
                      std::to_string(static_cast<int>(max)));
    }
    void read_station() {
        if (!next() || row_.size() < 7) {
            fault("", "", "is no TMY3 file",
                  "row 1 holds station, name, state, UTC offset, latitude, longitude, altitude");
            return;
        }
        table_.station = row_[0];
        table_.name = row_[1];
        station_number(3, "UTC offset", -12, 14, table_.utc_offset);
        station_number(4, "latitude", -90, 90, table_.latitude);
        station_number(5, "longitude", -180, 180, table_.longitude);
        station_number(6, "altitude", -500, 9000, table_.altitude);
    }
    bool read_titles() {
        if (!faults_.empty() || !next()) return false;
        std::vector<std::string> titles(row_.begin(), row_.end());
        for (std::size_t k = 0; k < column_rules.size(); ++k) {
            std::size_t i = 0;
            while (i < titles.size() && titles[i] != column_rules[k].title) ++i;
            column_[k] = i;
            if (i == titles.size())
                fault(column_rules[k].title, "", "is missing among the columns",
                      suggest(column_rules[k].title, titles));
        }
        return faults_.empty();
    }
    /// "07/15/1994,18:00": the hour that ends then; 24:00 belongs to the same day.
    bool read_hour(int& hour_of_year) {
        const std::string_view date = row_[0], time = row_[1];
        int month = 0, day = 0, hour = 0;
        const auto part = [](std::string_view s, int& out) {
            return std::from_chars(s.data(), s.data() + s.size(), out).ec == std::errc{};
        };
        if (date.size() < 10 || time.size() < 4 || !part(date.substr(0, 2), month) ||
            !part(date.substr(3, 2), day) || !part(time.substr(0, time.find(':')), hour) ||
            month < 1 || month > 12 || day < 1 || day > days_in_month(2023, month) || hour < 1 ||
            hour > 24)
            return false;
        hour_of_year = (day_of_year({2023, month, day}) - 1) * 24 + hour - 1;
        return true;
    }
    void read_row() {
        int hour = 0;
        if (row_.size() < 2 || !read_hour(hour)) {
            fault("", row_.empty() ? "" : std::string(row_[0]),
                  "must start with a date and an hour from 01:00 to 24:00",
                  "write it like 07/15/1994,18:00");
            return;
        }
        if (hour != static_cast<int>(table_.size()))
            fault("", std::string(row_[0]) + " " + std::string(row_[1]),
                  "must follow the hour before it", "rows go from 1 January 01:00 in steps of 1 h");
        table_.hour_of_year.push_back(hour);
        for (std::size_t k = 0; k < column_rules.size(); ++k)
            read_cell(column_rules[k], column_[k]);
    }
    void read_cell(const ColumnRule& rule, std::size_t column) {
        double x = 0;
        const std::string found = column < row_.size() ? std::string(row_[column]) : "";
        if (!to_number(found, x) || x < rule.min || x > rule.max)
            fault(rule.title, found,
                  "must be a number from " + std::to_string(static_cast<int>(rule.min)) + " to " +
                      std::to_string(static_cast<int>(rule.max)),
                  "interpolate from the hours beside it");
        (table_.*rule.member).push_back(x * rule.scale);
    }
};

}  // namespace

scenario::WeatherTable parse_tmy3(const std::string& text, const std::string& file) {
    return Tmy3Reader(text, file).read();
}

scenario::WeatherTable read_tmy3(const std::string& path) {
    return parse_tmy3(read_file(path), path);
}

}  // namespace gridflock::inline v0::io
