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

}  // namespace

void ReferenceControl::build(std::vector<Generator> generators, const Factor& factor,
                             std::span<const double> base_re, std::span<const double> base_im) {
    generators_ = std::move(generators);
    const std::size_t n = generators_.size();
    std::vector<double> sensitivity(n * n), q_min, q_max;
    for (const Generator& g : generators_) {
        q_min.push_back(g.q_min_var);
        q_max.push_back(g.q_max_var);
    }
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
                    sensitivity[g * n + h] += (dv * std::conj(v)).real() / length(v) /
                                              static_cast<double>(generators_[g].phases.size());
            }
    }
    fit_ = ReactiveFit(std::move(sensitivity), std::move(q_min), std::move(q_max));
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
    if (n == 0) return 0;
    std::vector<double> error(n);
    for (std::size_t g = 0; g < n; ++g)
        error[g] = generators_[g].v_set_v - mean_voltage(generators_[g], s);
    ReactiveFit fit = fit_;
    fit.step(error, q);
    double worst = 0;
    for (std::size_t g = 0; g < n; ++g)
        if (fit.place(g) == ReactiveFit::Place::free)
            worst = math::max(worst, math::abs(error[g]) / generators_[g].v_set_v);
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
