// SPDX-License-Identifier: Apache-2.0
#include "reference_control.hpp"

#include <gridflock/core/math.hpp>

#include <algorithm>

namespace gridflock::inline v0::powerflow {

namespace {

using grid::Complex;

Complex across(const ReferenceControl::Ends& e, const double* re, const double* im) {
    return {re[e.a] - re[e.b], im[e.a] - im[e.b]};
}

double length(Complex v) {
    return math::sqrt(std::norm(v));
}

void add_current(const ReferenceControl::Ends& e, Complex current, double* re, double* im) {
    re[e.a] += current.real();
    im[e.a] += current.imag();
    re[e.b] -= current.real();
    im[e.b] -= current.imag();
}

/// Solves the dense system in place by elimination with row pivots; rows of fixed unknowns are
/// identity.
void solve_dense(std::vector<double>& a, std::vector<double>& x) {
    const std::size_t n = x.size();
    for (std::size_t k = 0; k < n; ++k) {
        std::size_t pivot = k;
        for (std::size_t i = k + 1; i < n; ++i)
            if (math::abs(a[i * n + k]) > math::abs(a[pivot * n + k])) pivot = i;
        for (std::size_t j = 0; j < n; ++j) std::swap(a[k * n + j], a[pivot * n + j]);
        std::swap(x[k], x[pivot]);
        if (a[k * n + k] == 0) continue;
        for (std::size_t i = k + 1; i < n; ++i) {
            const double f = a[i * n + k] / a[k * n + k];
            for (std::size_t j = k; j < n; ++j) a[i * n + j] -= f * a[k * n + j];
            x[i] -= f * x[k];
        }
    }
    for (std::size_t k = n; k-- > 0;) {
        for (std::size_t j = k + 1; j < n; ++j) x[k] -= a[k * n + j] * x[j];
        x[k] = a[k * n + k] == 0 ? 0 : x[k] / a[k * n + k];
    }
}

}  // namespace

void ReferenceControl::build(std::vector<Generator> generators, const Factor& factor,
                             std::span<const double> base_re, std::span<const double> base_im) {
    generators_ = std::move(generators);
    const std::size_t n = generators_.size();
    sensitivity_.assign(n * n, 0);
    for (std::size_t h = 0; h < n; ++h) {
        std::vector<double> re(base_re.size()), im(base_re.size());
        for (const Ends& e : generators_[h].phases) {
            const Complex v = across(e, base_re.data(), base_im.data());
            const double q = 1.0 / static_cast<double>(generators_[h].phases.size());
            if (v != Complex{}) add_current(e, Complex(0, -q) / std::conj(v), re.data(), im.data());
        }
        re.back() = im.back() = 0;
        factor.solve(re.data(), im.data());
        for (std::size_t g = 0; g < n; ++g)
            for (const Ends& e : generators_[g].phases) {
                const Complex v = across(e, base_re.data(), base_im.data());
                const Complex dv = across(e, re.data(), im.data());
                if (v != Complex{})
                    sensitivity_[g * n + h] += (dv * std::conj(v)).real() / length(v) /
                                               static_cast<double>(generators_[g].phases.size());
            }
    }
}

std::vector<double> ReferenceControl::start() const {
    std::vector<double> q;
    for (const Generator& g : generators_)
        q.push_back(std::clamp(g.q_start_var, g.q_min_var, g.q_max_var));
    return q;
}

double ReferenceControl::mean_voltage(const Generator& g, const RowState& s) const {
    double sum = 0;
    for (const Ends& e : g.phases) sum += length(across(e, s.v_re, s.v_im));
    return sum / static_cast<double>(g.phases.size());
}

double ReferenceControl::step(const RowState& s, std::span<double> q) const {
    const std::size_t n = generators_.size();
    std::vector<double> error(n), change(n);
    for (std::size_t g = 0; g < n; ++g)
        error[g] = generators_[g].v_set_v - mean_voltage(generators_[g], s);
    std::vector<std::uint8_t> is_fixed(n, 0);
    for (bool is_settled = false; !is_settled;) {
        is_settled = true;
        std::vector<double> a = sensitivity_, x = error;
        for (std::size_t g = 0; g < n; ++g) {
            if (!is_fixed[g]) continue;
            for (std::size_t h = 0; h < n; ++h) a[g * n + h] = g == h;
            x[g] = change[g];
        }
        solve_dense(a, x);
        for (std::size_t g = 0; g < n; ++g) {
            if (is_fixed[g]) continue;
            const Generator& limits = generators_[g];
            const double wanted = std::clamp(q[g] + x[g], limits.q_min_var, limits.q_max_var);
            change[g] = wanted - q[g];
            if (wanted == q[g] + x[g]) continue;
            is_fixed[g] = 1;
            is_settled = false;
        }
    }
    double worst = 0;
    for (std::size_t g = 0; g < n; ++g) {
        q[g] += change[g];
        if (!is_fixed[g]) worst = math::max(worst, math::abs(error[g]) / generators_[g].v_set_v);
    }
    return worst;
}

Complex ReferenceControl::inject(const RowState& s, std::span<const double> q) const {
    Complex total{};
    for (std::size_t g = 0; g < generators_.size(); ++g) {
        const Generator& generator = generators_[g];
        const Complex power(generator.p_w, q[g] / static_cast<double>(generator.phases.size()));
        for (const Ends& e : generator.phases) {
            const Complex v = across(e, s.v_re, s.v_im);
            if (v == Complex{}) continue;
            add_current(e, std::conj(power / v), s.i_re, s.i_im);
            total += power;
        }
    }
    return total;
}

}  // namespace gridflock::inline v0::powerflow
