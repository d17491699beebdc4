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

/// What the set of generators at a limit makes of the others: the change of each Q, and the error
/// of voltage that is then left.
struct ReferenceControl::Fit {
    std::vector<Place> place;
    std::vector<double> change, left;
};

void ReferenceControl::fit(std::span<const double> error, std::span<const double> q, Fit& f) const {
    const std::size_t n = generators_.size();
    std::vector<double> a = sensitivity_;
    f.change.assign(error.begin(), error.end());
    for (std::size_t g = 0; g < n; ++g) {
        if (f.place[g] == Place::free) continue;
        for (std::size_t h = 0; h < n; ++h) a[g * n + h] = g == h;
        const Generator& limits = generators_[g];
        f.change[g] = (f.place[g] == Place::lower ? limits.q_min_var : limits.q_max_var) - q[g];
    }
    solve_dense(a, f.change);
    f.left.assign(error.begin(), error.end());
    for (std::size_t g = 0; g < n; ++g)
        for (std::size_t h = 0; h < n; ++h) f.left[g] -= sensitivity_[g * n + h] * f.change[h];
}

/// Moves the first generator that stands wrong; false when none does.
bool ReferenceControl::repair(std::span<const double> q, Fit& f) const {
    for (std::size_t g = 0; g < generators_.size(); ++g) {
        const Generator& limits = generators_[g];
        const double wanted = q[g] + f.change[g];
        const double slack = 1e-12 * (1 + math::abs(wanted));
        Place place = f.place[g];
        if (place == Place::free) {
            if (wanted > limits.q_max_var + slack) place = Place::upper;
            if (wanted < limits.q_min_var - slack) place = Place::lower;
        } else if ((place == Place::upper) == (f.left[g] < 0) && f.left[g] != 0) {
            place = Place::free;
        }
        if (place == f.place[g]) continue;
        f.place[g] = place;
        return true;
    }
    return false;
}

double ReferenceControl::step(const RowState& s, std::span<double> q) const {
    const std::size_t n = generators_.size();
    if (n == 0) return 0;
    std::vector<double> error(n);
    for (std::size_t g = 0; g < n; ++g)
        error[g] = generators_[g].v_set_v - mean_voltage(generators_[g], s);
    Fit f{std::vector<Place>(n, Place::free), {}, {}};
    const std::size_t most = 50 * n;
    for (std::size_t k = 0; k < most; ++k) {
        fit(error, q, f);
        if (!repair(q, f)) break;
    }
    double worst = 0;
    for (std::size_t g = 0; g < n; ++g) {
        q[g] += f.change[g];
        if (f.place[g] == Place::free)
            worst = math::max(worst, math::abs(error[g]) / generators_[g].v_set_v);
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
