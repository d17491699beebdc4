// SPDX-License-Identifier: Apache-2.0
#include <gridflock/forecast/score.hpp>

#include <gridflock/core/error.hpp>
#include <gridflock/core/math.hpp>

#include <limits>
#include <string>

namespace gridflock::inline v0::forecast {

namespace {

/// Mean of f over the pairs without NaN.
template <class F>
double mean_over(std::span<const double> a, std::span<const double> b, F&& f) {
    if (a.size() != b.size())
        throw ShapeError("a score needs equal lengths, got " + std::to_string(a.size()) + " and " +
                         std::to_string(b.size()));
    double sum = 0;
    double count = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] != a[i] || b[i] != b[i]) continue;
        sum += f(a[i], b[i]);
        count += 1;
    }
    return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

double mae(std::span<const double> forecast, std::span<const double> truth) {
    return mean_over(forecast, truth, [](double f, double y) { return math::abs(f - y); });
}

double rmse(std::span<const double> forecast, std::span<const double> truth) {
    return math::sqrt(
        mean_over(forecast, truth, [](double f, double y) { return (f - y) * (f - y); }));
}

double bias(std::span<const double> forecast, std::span<const double> truth) {
    return mean_over(forecast, truth, [](double f, double y) { return f - y; });
}

double nmae(std::span<const double> forecast, std::span<const double> truth) {
    return mae(forecast, truth) /
           mean_over(forecast, truth, [](double, double y) { return math::abs(y); });
}

double nmae(std::span<const double> forecast, std::span<const double> truth, double scale) {
    return mae(forecast, truth) / scale;
}

double pinball(std::span<const double> quantile, std::span<const double> truth, double tau) {
    return mean_over(quantile, truth, [tau](double q, double y) {
        const double u = y - q;
        return u < 0 ? u * (tau - 1.0) : u * tau;
    });
}

double coverage(std::span<const double> low, std::span<const double> high,
                std::span<const double> truth) {
    if (low.size() != truth.size() || high.size() != truth.size())
        throw ShapeError("coverage needs equal lengths of low, high and truth");
    double inside = 0, count = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        if (truth[i] != truth[i] || low[i] != low[i] || high[i] != high[i]) continue;
        inside += truth[i] >= low[i] && truth[i] <= high[i] ? 1 : 0;
        count += 1;
    }
    return count > 0 ? inside / count : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace gridflock::inline v0::forecast
