// SPDX-License-Identifier: Apache-2.0
#include <gridflock/profile/cloud_field.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace gridflock::inline v0::profile {
namespace {

constexpr std::uint64_t draw_innovation = 0, draw_start = 1;
constexpr double table_reach = 6.0;
constexpr std::size_t table_cells = 4096;

using Millimetres = std::pair<std::int64_t, std::int64_t>;

Millimetres place_of(const PointM& p) {
    return {math::to_integer(p.x_m * 1e3), math::to_integer(p.y_m * 1e3)};
}

double distance(const PointM& a, const PointM& b) {
    const double dx = a.x_m - b.x_m, dy = a.y_m - b.y_m;
    return math::sqrt(dx * dx + dy * dy);
}

std::size_t row_start(std::size_t i) {
    return i * (i + 1) / 2;
}

void require_valid(const CloudParams& p, std::span<const PointM> site) {
    const ClearnessLaw& f = p.law;
    if (!(p.correlation_m > 0) || p.time_constant.ns <= 0)
        throw Error("clouds: correlation length and time constant must be > 0");
    if (!(f.clear_weight >= 0 && f.clear_weight <= 1) || !(f.clear_sd > 0) || !(f.cloudy_sd > 0) ||
        !(f.lowest >= 0 && f.highest > f.lowest))
        throw Error("clouds: the mixture needs 0 <= weight <= 1, sd > 0 and 0 <= lowest < highest");
    for (const PointM& s : site)
        if (!(math::abs(s.x_m) < 1e9) || !(math::abs(s.y_m) < 1e9))
            throw Error("clouds: a site's coordinates are not finite");
}

void draw(std::span<const StableId> id, std::span<const RandomKey> key, std::uint64_t which,
          const LaneClock& clock, ColumnView<double> xi) {
    drive(id.size(), clock, [&](std::size_t i, std::size_t l) {
        xi(i, l) =
            normal(key[l], id[i], Purpose::clouds, static_cast<std::uint64_t>(clock.now[l]), which);
    });
}

}  // namespace

double ClearnessLaw::cdf(double kappa) const {
    return clear_weight * math::normal_cdf((kappa - clear_mean) / clear_sd) +
           (1.0 - clear_weight) * math::normal_cdf((kappa - cloudy_mean) / cloudy_sd);
}

double ClearnessLaw::quantile(double u) const {
    double lo = lowest, hi = highest;
    if (u <= cdf(lo)) return lo;
    if (u >= cdf(hi)) return hi;
    while (hi - lo > 1e-12) {
        const double mid = 0.5 * (lo + hi);
        (cdf(mid) < u ? lo : hi) = mid;
    }
    return 0.5 * (lo + hi);
}

std::vector<double> exponential_factor(std::span<const PointM> points, double correlation_m) {
    const std::size_t n = points.size();
    std::vector<double> c(row_start(n), 0.0);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
            double sum = math::exp(-distance(points[i], points[j]) / correlation_m);
            for (std::size_t k = 0; k < j; ++k) sum -= c[row_start(i) + k] * c[row_start(j) + k];
            c[row_start(i) + j] =
                i == j ? math::sqrt(math::max(sum, 1e-12)) : sum / c[row_start(j) + j];
        }
    }
    return c;
}

CloudField::CloudField(const CloudParams& params, std::span<const PointM> site) : params_(params) {
    require_valid(params, site);
    std::map<Millimetres, std::size_t> known;
    std::vector<PointM> location;
    for (const PointM& s : site) {
        const Millimetres mm = place_of(s);
        const auto [it, is_new] = known.emplace(mm, location.size());
        if (is_new) {
            location.push_back(s);
            id_.push_back(
                stable_id("clouds/" + std::to_string(mm.first) + "/" + std::to_string(mm.second)));
        }
        location_of_.push_back(it->second);
    }
    factor_ = exponential_factor(location, params.correlation_m);
    for (std::size_t i = 0; i <= table_cells; ++i) {
        const double z = -table_reach + 2 * table_reach * static_cast<double>(i) / table_cells;
        table_.push_back(params.law.quantile(math::normal_cdf(z)));
    }
}

double CloudField::correlated(std::size_t location, ColumnView<const double> xi,
                              std::size_t lane) const {
    const double* row = factor_.data() + row_start(location);
    double sum = 0;
    for (std::size_t j = 0; j <= location; ++j) sum = math::madd(row[j], xi(j, lane), sum);
    return sum;
}

CloudState CloudField::start(std::span<const RandomKey> key, SimTime t0) const {
    CloudState state{Column<double>(locations(), key.size())};
    Column<double> xi(locations(), key.size());
    LaneClockBuffer clock(key.size());
    clock.set(t0, seconds(1));
    draw(id_, key, draw_start, clock.view(), xi.view());
    drive(locations(), clock.view(),
          [&](std::size_t i, std::size_t l) { state.z(i, l) = correlated(i, xi.view(), l); });
    return state;
}

double CloudField::kappa_of(double z) const {
    const double x = (math::clamp(z, -table_reach, table_reach) + table_reach) *
                     (table_cells / (2 * table_reach));
    if (!(x >= 0)) return x;  // NaN stays NaN
    const auto i = static_cast<std::size_t>(math::min(math::floor(x), table_cells - 1.0));
    return table_[i] + (x - static_cast<double>(i)) * (table_[i + 1] - table_[i]);
}

void CloudField::clearness(const CloudState& state, const LaneClock& clock,
                           ColumnView<double> kappa) const {
    drive(sites(), clock, [&](std::size_t s, std::size_t l) {
        kappa(s, l) = kappa_of(state.z(location_of_[s], l));
    });
}

void CloudField::advance(CloudState& state, const LaneClock& clock, std::span<const RandomKey> key,
                         ColumnView<double> scratch) const {
    draw(id_, key, draw_innovation, clock, scratch);
    const double tau = params_.time_constant.seconds();
    drive(locations(), clock, [&](std::size_t i, std::size_t l) {
        const double r = math::exp(-clock.dt[l] / tau);
        const double kick = math::sqrt(1.0 - r * r) * correlated(i, scratch, l);
        state.z(i, l) = math::snap(r * state.z(i, l) + kick);
    });
}

}  // namespace gridflock::inline v0::profile
