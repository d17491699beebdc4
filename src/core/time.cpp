// SPDX-License-Identifier: Apache-2.0
#include <gridflock/core/time.hpp>

#include <gridflock/core/error.hpp>

#include <array>
#include <charconv>
#include <cstdio>

namespace gridflock::inline v0 {

namespace {

constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0);
}

bool is_leap(int y) {
    return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

struct Scanner {
    std::string_view text;
    std::size_t at = 0;

    bool done() const { return at >= text.size(); }
    bool take(char c) {
        if (done() || text[at] != c) return false;
        ++at;
        return true;
    }
    bool digits(int n, int& out) {
        if (at + static_cast<std::size_t>(n) > text.size()) return false;
        int v = 0;
        for (int i = 0; i < n; ++i) {
            const char c = text[at + static_cast<std::size_t>(i)];
            if (c < '0' || c > '9') return false;
            v = v * 10 + (c - '0');
        }
        at += static_cast<std::size_t>(n);
        out = v;
        return true;
    }
};

bool scan_time_of_day(Scanner& s, Civil& c) {
    if (!s.digits(2, c.hour) || !s.take(':') || !s.digits(2, c.minute)) return false;
    if (!s.take(':')) return true;
    if (!s.digits(2, c.second)) return false;
    if (!s.take('.')) return true;
    std::int64_t scale = 100'000'000;
    int n = 0;
    for (int d = 0; s.digits(1, d); ++n, scale /= 10)
        c.nanosecond += static_cast<std::int32_t>(d * scale);
    return n > 0 && n <= 9;
}

struct Unit {
    std::string_view name;
    std::int64_t ns;
};
constexpr std::array<Unit, 19> units{{{"ns", 1},
                                      {"us", 1'000},
                                      {"ms", 1'000'000},
                                      {"s", 1'000'000'000},
                                      {"sec", 1'000'000'000},
                                      {"second", 1'000'000'000},
                                      {"seconds", 1'000'000'000},
                                      {"min", 60'000'000'000},
                                      {"m", 60'000'000'000},
                                      {"minute", 60'000'000'000},
                                      {"minutes", 60'000'000'000},
                                      {"h", 3'600'000'000'000},
                                      {"hour", 3'600'000'000'000},
                                      {"hours", 3'600'000'000'000},
                                      {"d", 86'400'000'000'000},
                                      {"day", 86'400'000'000'000},
                                      {"days", 86'400'000'000'000},
                                      {"week", 604'800'000'000'000},
                                      {"weeks", 604'800'000'000'000}}};

}  // namespace

std::int64_t days_from_civil(int year, int month, int day) {
    const std::int64_t y = year - (month <= 2 ? 1 : 0);
    const std::int64_t era = floor_div(y, 400);
    const std::int64_t yoe = y - era * 400;
    const std::int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const std::int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

SimTime to_utc(const Civil& c) {
    const std::int64_t s =
        days_from_civil(c.year, c.month, c.day) * 86400 + c.hour * 3600 + c.minute * 60 + c.second;
    return {s * 1'000'000'000 + c.nanosecond};
}

Civil utc_civil(SimTime t) {
    const std::int64_t total = floor_div(t.ns, 1'000'000'000);
    const std::int64_t z0 = floor_div(total, 86400);
    const std::int64_t sod = total - z0 * 86400;
    const std::int64_t z = z0 + 719468;
    const std::int64_t era = floor_div(z, 146097);
    const std::int64_t doe = z - era * 146097;
    const std::int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const std::int64_t mp = (5 * doy + 2) / 153;
    Civil c;
    c.day = static_cast<int>(doy - (153 * mp + 2) / 5 + 1);
    c.month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
    c.year = static_cast<int>(yoe + era * 400 + (c.month <= 2 ? 1 : 0));
    c.hour = static_cast<int>(sod / 3600);
    c.minute = static_cast<int>(sod / 60 % 60);
    c.second = static_cast<int>(sod % 60);
    c.nanosecond = static_cast<std::int32_t>(t.ns - total * 1'000'000'000);
    return c;
}

int day_of_year(const Civil& c) {
    return static_cast<int>(days_from_civil(c.year, c.month, c.day) -
                            days_from_civil(c.year, 1, 1)) +
           1;
}

int days_in_month(int year, int month) {
    constexpr std::array<int, 12> n{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return n[static_cast<std::size_t>(month - 1)] + (month == 2 && is_leap(year) ? 1 : 0);
}

Civil parse_civil(std::string_view text) {
    Scanner s{text};
    Civil c;
    bool ok = s.digits(4, c.year) && s.take('-') && s.digits(2, c.month) && s.take('-') &&
              s.digits(2, c.day);
    if (ok && !s.done()) {
        ok = (s.take('T') || s.take(' ')) && scan_time_of_day(s, c);
        if (ok) s.take('Z');
    }
    ok = ok && s.done() && c.month >= 1 && c.month <= 12 && c.day >= 1 &&
         c.day <= days_in_month(c.year, c.month) && c.hour < 24 && c.minute < 60 && c.second < 60;
    if (!ok)
        throw Error("'" + std::string(text) + "' is not a date and time like 2024-07-15T18:20:00");
    return c;
}

Duration parse_duration(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    double number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
    if (failure == std::errc{}) {
        for (const Unit& u : units) {
            if (u.name != unit) continue;
            const double ns = number * static_cast<double>(u.ns);
            if (!(ns >= -9.2e18 && ns <= 9.2e18)) break;
            return {static_cast<std::int64_t>(ns + (ns < 0 ? -0.5 : 0.5))};
        }
    }
    throw Error("'" + std::string(text) +
                "' is not a duration like \"5 min\" (units: ns, us, ms, s, min, h, day, week)");
}

std::string iso8601(SimTime t) {
    const Civil c = utc_civil(t);
    std::array<char, 80> buffer{};
    if (c.nanosecond == 0)
        std::snprintf(buffer.data(), buffer.size(), "%04d-%02d-%02dT%02d:%02d:%02dZ", c.year,
                      c.month, c.day, c.hour, c.minute, c.second);
    else
        std::snprintf(buffer.data(), buffer.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%09dZ", c.year,
                      c.month, c.day, c.hour, c.minute, c.second, c.nanosecond);
    return buffer.data();
}

std::string to_text(Duration d) {
    constexpr std::array<Unit, 6> names{{{"day", 86'400'000'000'000},
                                         {"h", 3'600'000'000'000},
                                         {"min", 60'000'000'000},
                                         {"s", 1'000'000'000},
                                         {"ms", 1'000'000},
                                         {"ns", 1}}};
    for (const Unit& u : names) {
        if (d.ns == 0 || d.ns % u.ns != 0) continue;
        const std::int64_t n = d.ns / u.ns;
        return std::to_string(n) + " " + std::string(u.name) +
               (u.name == "day" && n != 1 ? "s" : "");
    }
    return "0 s";
}

}  // namespace gridflock::inline v0
