// SPDX-License-Identifier: Apache-2.0
#include <gridflock/forecast/forecaster.hpp>

#include <gridflock/core/math.hpp>

#include <algorithm>
#include <array>

namespace gridflock::inline v0::forecast {

namespace {

constexpr std::size_t hours_a_day = 24;
using Residuals = std::array<std::vector<double>, hours_a_day>;  // pooled by hour of valid time

bool known(double x) {
    return x == x;
}

std::size_t hour_of(SimTime t) {
    const std::int64_t in_day = (t - floor_to(t, days(1))).ns;
    return static_cast<std::size_t>(in_day / hours(1).ns);
}

/// The three series of a group and their forecasts, in the order of Quantity.
struct Triple {
    std::vector<double> value[3];
};

Triple predict_all(const FleetForecaster& forecaster, const ReadHistory& history,
                   const IssueRequest& request, SimTime known_at, std::size_t first) {
    Triple out;
    const auto pv = fleet_power(history, request.members, Quantity::pv, known_at);
    const auto demand = fleet_power(history, request.members, Quantity::demand, known_at);
    for (auto& v : out.value) v.resize(request.steps);
    forecaster.pv.predict(pv, request.clear_sky, first, out.value[0]);
    const auto steps_per_day = static_cast<std::size_t>(days(1) / history.step());
    forecaster.demand.predict(demand, steps_per_day, first, out.value[1]);
    for (std::size_t k = 0; k < request.steps; ++k)
        out.value[2][k] = out.value[1][k] - out.value[0][k];
    return out;
}

/// The truth that the three forecasts are scored by; net means demand - PV, as it is forecast.
Triple truth_of(const ReadHistory& history, const IssueRequest& request) {
    Triple truth;
    truth.value[0] = fleet_power(history, request.members, Quantity::pv, request.issue_time);
    truth.value[1] = fleet_power(history, request.members, Quantity::demand, request.issue_time);
    truth.value[2].resize(history.intervals());
    for (std::size_t i = 0; i < history.intervals(); ++i)
        truth.value[2][i] = truth.value[1][i] - truth.value[0][i];
    return truth;
}

/// Forecasts of earlier days at the same time of day, against what is known now.
std::array<Residuals, 3> past_residuals(const FleetForecaster& forecaster,
                                        const ReadHistory& history, const IssueRequest& request,
                                        std::size_t first) {
    std::array<Residuals, 3> pools;
    const Triple truth = truth_of(history, request);
    const auto steps_per_day = static_cast<std::size_t>(days(1) / history.step());
    for (int day = 1; day <= forecaster.residual_days; ++day) {
        const std::size_t shift = static_cast<std::size_t>(day) * steps_per_day;
        const SimTime known_at = request.issue_time - day * days(1);
        if (shift > first || known_at < history.start() + days(1)) break;
        const Triple guess = predict_all(forecaster, history, request, known_at, first - shift);
        for (std::size_t k = 0; k < request.steps; ++k) {
            const std::size_t i = first - shift + k;
            if (i >= history.intervals()) break;
            const std::size_t hour = hour_of(history.interval_start(i));
            for (std::size_t q = 0; q < 3; ++q)
                if (known(truth.value[q][i]))
                    pools[q][hour].push_back(truth.value[q][i] - guess.value[q][k]);
        }
    }
    return pools;
}

Issue make_issue(Quantity quantity, const FleetForecaster& forecaster, const ReadHistory& history,
                 const IssueRequest& request, std::vector<double> mean,
                 const Residuals& residuals) {
    Issue out{quantity,
              request.issue_time,
              request.valid_start,
              history.step(),
              std::move(mean),
              forecaster.probability,
              {}};
    out.quantile_w = Column<double>(out.probability.size(), request.steps);
    for (std::size_t p = 0; p < out.probability.size(); ++p) {
        std::array<double, hours_a_day> offset{};
        for (std::size_t h = 0; h < hours_a_day; ++h) {
            const double r = quantile(residuals[h], out.probability[p]);
            offset[h] = known(r) ? r : 0.0;
        }
        for (std::size_t k = 0; k < request.steps; ++k) {
            double value = out.mean_w[k] + offset[hour_of(out.interval_start(k))];
            if (quantity != Quantity::net_demand) value = math::max(value, 0.0);
            if (quantity == Quantity::pv && !(out.mean_w[k] > 0)) value = 0.0;  // night
            out.quantile_w(p, k) = value;
        }
    }
    return out;
}

}  // namespace

void SmartPersistence::predict(std::span<const double> series, std::span<const double> clear_sky,
                               std::size_t first, std::span<double> out) const {
    if (clear_sky.size() < first + out.size())
        throw ShapeError("clear_sky has " + std::to_string(clear_sky.size()) +
                         " intervals, expected at least " + std::to_string(first + out.size()));
    double top = 0;
    for (const double c : clear_sky) top = math::max(top, c);
    double sum = 0, sum_clear = 0;
    int seen = 0;
    for (std::size_t i = std::min(first, series.size()); i-- > 0 && seen < window;) {
        if (!known(series[i]) || !(clear_sky[i] > min_clear_sky * top)) continue;
        sum += series[i];
        sum_clear += clear_sky[i];
        ++seen;
    }
    const double kappa = sum_clear > 0 ? sum / sum_clear : 0.0;
    for (std::size_t k = 0; k < out.size(); ++k) out[k] = kappa * clear_sky[first + k];
}

void SeasonalNaive::predict(std::span<const double> series, std::size_t steps_per_day,
                            std::size_t first, std::span<double> out) const {
    double total = 0;
    std::size_t count = 0;
    for (std::size_t i = 0; i < std::min(first, series.size()); ++i) {
        if (!known(series[i])) continue;
        total += series[i];
        ++count;
    }
    const double overall = count > 0 ? total / static_cast<double>(count) : 0.0;
    for (std::size_t k = 0; k < out.size(); ++k) {
        double sum = 0;
        int seen = 0;
        for (std::size_t i = first + k; i >= steps_per_day && seen < days;) {
            i -= steps_per_day;
            if (i >= series.size() || i >= first || !known(series[i])) continue;
            sum += series[i];
            ++seen;
        }
        out[k] = seen > 0 ? sum / seen : overall;
    }
}

FleetIssue issue(const FleetForecaster& forecaster, const ReadHistory& history,
                 const IssueRequest& request) {
    const std::int64_t offset = (request.valid_start - history.start()).ns;
    if (offset < 0 || offset % history.step().ns != 0)
        throw ShapeError("valid_start " + iso8601(request.valid_start) +
                         " is not on the grid of the history, which starts " +
                         iso8601(history.start()));
    const auto first = static_cast<std::size_t>(offset / history.step().ns);
    Triple mean = predict_all(forecaster, history, request, request.issue_time, first);
    const auto pools = past_residuals(forecaster, history, request, first);
    const auto make = [&](std::size_t q, Quantity quantity) {
        return make_issue(quantity, forecaster, history, request, std::move(mean.value[q]),
                          pools[q]);
    };
    return {make(0, Quantity::pv), make(1, Quantity::demand), make(2, Quantity::net_demand)};
}

double quantile(std::vector<double> values, double probability) {
    if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
    std::sort(values.begin(), values.end());
    const double at = probability * static_cast<double>(values.size() - 1);
    const auto low = static_cast<std::size_t>(at);
    if (low + 1 >= values.size()) return values.back();
    const double share = at - static_cast<double>(low);
    return values[low] + share * (values[low + 1] - values[low]);
}

}  // namespace gridflock::inline v0::forecast
