// SPDX-License-Identifier: Apache-2.0
// Generators that hold a voltage: their reactive powers follow between two sweeps.
#include "block.hpp"

#include <gridflock/core/math.hpp>

#include <algorithm>

namespace gridflock::inline v0::powerflow {

namespace {

using grid::Complex;

std::size_t at(std::int32_t i) {
    return static_cast<std::size_t>(i);
}

}  // namespace

void Block::prepare_controls() {
    const auto& controls = injections_.controls;
    const std::size_t n = controls.size();
    if (n == 0) return;
    control_error_.assign(n, 0);
    control_q_.assign(n, 0);
    const std::size_t rows = at(network_.rows()) + 1;
    const auto base = [&](std::int32_t r) {
        return Complex(network_.base_re()[at(r)], network_.base_im()[at(r)]);
    };
    std::vector<double> x(n * n), re(rows), im(rows);
    for (std::size_t h = 0; h < n; ++h) {
        std::fill(re.begin(), re.end(), 0);
        std::fill(im.begin(), im.end(), 0);
        const double share = 1.0 / static_cast<double>(controls[h].a.size());
        for (std::size_t i = 0; i < controls[h].a.size(); ++i) {
            const std::size_t a = at(controls[h].a[i]), b = at(controls[h].b[i]);
            const Complex v = base(controls[h].a[i]) - base(controls[h].b[i]);
            const Complex current = Complex(0, -share) * v / std::norm(v);
            re[a] += current.real(), im[a] += current.imag();
            re[b] -= current.real(), im[b] -= current.imag();
        }
        network_.factor().solve(re.data(), im.data());
        re.back() = im.back() = 0;
        for (std::size_t g = 0; g < n; ++g)
            for (std::size_t i = 0; i < controls[g].a.size(); ++i) {
                const std::size_t a = at(controls[g].a[i]), b = at(controls[g].b[i]);
                const Complex v = base(controls[g].a[i]) - base(controls[g].b[i]);
                const Complex dv(re[a] - re[b], im[a] - im[b]);
                x[g * n + h] += (std::conj(v) * dv).real() / math::sqrt(std::norm(v)) /
                                static_cast<double>(controls[g].a.size());
            }
    }
    std::vector<double> q_min, q_max;
    for (const KernelControl& c : controls) {
        q_min.push_back(c.q_min);
        q_max.push_back(c.q_max);
    }
    control_fit_ = ReactiveFit(std::move(x), std::move(q_min), std::move(q_max));
}

/// Moves the reactive powers of one lane; returns the largest |V - Vset| / Vset that limits allow
/// to mend.
double Block::control_voltages(std::size_t lane) {
    const auto& controls = injections_.controls;
    const std::size_t n = controls.size();
    double worst = 0;
    std::vector<double>& error = control_error_;
    std::vector<double>& q = control_q_;
    for (std::size_t g = 0; g < n; ++g) {
        const KernelControl& c = controls[g];
        double mean = 0;
        for (std::size_t i = 0; i < c.a.size(); ++i) {
            const Complex across = v(c.a[i], lane) - v(c.b[i], lane);
            mean += math::sqrt(across.real() * across.real() + across.imag() * across.imag());
        }
        const double phases = static_cast<double>(c.a.size());
        error[g] = c.v_set - mean / phases;
        q[g] = -table(c.q_row)[lane] * phases;
    }
    control_fit_.step(error, q);
    for (std::size_t g = 0; g < n; ++g) {
        const KernelControl& c = controls[g];
        if (control_fit_.place(g) == ReactiveFit::Place::free)
            worst = math::max(worst, math::abs(error[g]) / c.v_set);
        table(c.q_row)[lane] = -q[g] / static_cast<double>(c.a.size());
    }
    return worst;
}
}  // namespace gridflock::inline v0::powerflow
