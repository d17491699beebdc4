// SPDX-License-Identifier: Apache-2.0
#include <gridflock/scenario/types.hpp>

#include <gridflock/core/error.hpp>
#include <gridflock/core/math.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace gridflock::inline v0::scenario {

Dist Dist::constant(double v) {
    Dist d;
    d.value = v;
    return d;
}

namespace {

struct LogNormal {
    double mu, sigma;
};
LogNormal log_normal(const Dist& d) {
    const double variance = math::log(1.0 + d.cv * d.cv);
    return {math::log(d.mean) - 0.5 * variance, math::sqrt(variance)};
}

double discrete_quantile(const Dist& d, double u) {
    double total = 0;
    for (std::size_t i = 0; i < d.values.size(); ++i) {
        total += i < d.p.size() ? d.p[i] : 0.0;
        if (u < total) return d.values[i];
    }
    return d.values.empty() ? 0.0 : d.values.back();
}

double unclipped(const Dist& d, double u) {
    switch (d.law) {
        case Dist::Law::constant:
            return d.value;
        case Dist::Law::uniform:
            return d.low + (d.high - d.low) * u;
        case Dist::Law::normal:
            return d.mean + d.sd * math::normal_quantile(u);
        case Dist::Law::lognormal: {
            const LogNormal l = log_normal(d);
            return math::exp(l.mu + l.sigma * math::normal_quantile(u));
        }
        case Dist::Law::discrete:
            return discrete_quantile(d, u);
    }
    return d.value;
}

}  // namespace

double quantile(const Dist& d, double u) {
    const double x = unclipped(d, u);
    return x < d.min ? d.min : (x > d.max ? d.max : x);
}

double mean(const Dist& d) {
    switch (d.law) {
        case Dist::Law::constant:
            return d.value;
        case Dist::Law::uniform:
            return 0.5 * (d.low + d.high);
        case Dist::Law::normal:
        case Dist::Law::lognormal:
            return d.mean;
        case Dist::Law::discrete: {
            double sum = 0;
            for (std::size_t i = 0; i < d.values.size() && i < d.p.size(); ++i)
                sum += d.values[i] * d.p[i];
            return sum;
        }
    }
    return 0;
}

std::string to_text(ClockTime t) {
    std::array<char, 48> b{};
    std::snprintf(b.data(), b.size(), "%02d:%02d", t.minute / 60, t.minute % 60);
    if (t.day == 0) return b.data();
    return (t.day < 0 ? "D-" : "D+") + std::to_string(t.day < 0 ? -t.day : t.day) + " " + b.data();
}

ClockTime parse_clock_time(const std::string& text) {
    const auto refuse = [&] {
        return Error("'" + text + "' is no clock time like \"22:15\" or \"D-1 09:30\"");
    };
    std::string_view s = text;
    ClockTime t;
    if (!s.empty() && s[0] == 'D') {
        s.remove_prefix(1);
        if (!s.empty() && (s[0] == '-' || s[0] == '+')) {
            const int sign = s[0] == '-' ? -1 : 1;
            s.remove_prefix(1);
            std::size_t n = 0;
            while (n < s.size() && n < 3 && s[n] >= '0' && s[n] <= '9')
                t.day = t.day * 10 + (s[n++] - '0');
            if (n == 0) throw refuse();
            t.day *= sign;
            s.remove_prefix(n);
        }
        if (s.empty() || s[0] != ' ') throw refuse();
        s.remove_prefix(1);
    }
    const auto digit = [&](std::size_t i) { return s[i] >= '0' && s[i] <= '9'; };
    if (s.size() != 5 || s[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4))
        throw refuse();
    const int minute = (s[3] - '0') * 10 + (s[4] - '0');
    t.minute = ((s[0] - '0') * 10 + (s[1] - '0')) * 60 + minute;
    if (t.minute > 1440 || minute > 59) throw refuse();
    return t;
}

}  // namespace gridflock::inline v0::scenario
