// SPDX-License-Identifier: Apache-2.0
#include "newton.hpp"

#include <gridflock/core/math.hpp>

#include <algorithm>
#include <limits>

namespace gridflock::inline v0::powerflow {

namespace {

using grid::Complex;

std::size_t at(std::int32_t i) {
    return static_cast<std::size_t>(i);
}

double size_of(Complex z) {
    return math::sqrt(z.real() * z.real() + z.imag() * z.imag());
}

/// Real 2 x 2 derivative of a current (re, im) by a voltage (re, im).
struct Slope {
    double rr = 0, ri = 0, ir = 0, ii = 0;
};

struct PhaseCurrent {
    Complex current;
    Slope slope;
};

class LaneSystem {
public:
    LaneSystem(const LaneNetwork& network, const Injections& injections,
               std::span<const double> table)
        : net_(network), inj_(injections), table_(table), f_(at(network.rows()) + 1) {}

    /// F at v; returns the largest |F_r| / |Y_rr| V_base, pu.
    double mismatch(std::span<const Complex> v) {
        const SparseRows& y = net_.y();
        for (std::int32_t r = 0; r < net_.rows(); ++r) {
            Complex sum(-net_.source_re()[at(r)], -net_.source_im()[at(r)]);
            for (std::int32_t k = y.start[at(r)]; k < y.start[at(r) + 1]; ++k)
                sum += Complex(y.re[at(k)], y.im[at(k)]) * v[at(y.col[at(k)])];
            f_[at(r)] = sum;
        }
        for_each_current(v, [&](std::int32_t a, std::int32_t b, const PhaseCurrent& c) {
            if (a < net_.rows()) f_[at(a)] -= c.current;
            if (b < net_.rows()) f_[at(b)] += c.current;
        });
        double worst = 0;
        for (std::int32_t r = 0; r < net_.rows(); ++r) {
            const double pu = size_of(f_[at(r)] / diagonal(r)) * net_.per_base()[at(r)];
            if (!(pu <= worst)) worst = pu;
        }
        return worst;
    }

    /// Solves J dx = -F; false when J is singular.
    bool step(std::span<const Complex> v, std::vector<Complex>& dx) {
        std::vector<RealEntry> j;
        const SparseRows& y = net_.y();
        for (std::int32_t r = 0; r < net_.rows(); ++r)
            for (std::int32_t k = y.start[at(r)]; k < y.start[at(r) + 1]; ++k) {
                const double re = y.re[at(k)], im = y.im[at(k)];
                add(j, r, y.col[at(k)], {re, -im, im, re}, 1);
            }
        for_each_current(v, [&](std::int32_t a, std::int32_t b, const PhaseCurrent& c) {
            add(j, a, a, c.slope, -1);
            add(j, b, b, c.slope, -1);
            add(j, a, b, c.slope, 1);
            add(j, b, a, c.slope, 1);
        });
        std::vector<double> rhs(2 * at(net_.rows()));
        for (std::size_t r = 0; r < at(net_.rows()); ++r) {
            rhs[2 * r] = -f_[r].real();
            rhs[2 * r + 1] = -f_[r].imag();
        }
        if (!solve_real(2 * net_.rows(), j, rhs)) return false;
        dx.resize(at(net_.rows()));
        for (std::size_t r = 0; r < dx.size(); ++r) dx[r] = {rhs[2 * r], rhs[2 * r + 1]};
        return true;
    }

private:
    void add(std::vector<RealEntry>& j, std::int32_t r, std::int32_t c, const Slope& s,
             double sign) const {
        if (r >= net_.rows() || c >= net_.rows()) return;
        j.push_back({2 * r, 2 * c, sign * s.rr});
        j.push_back({2 * r, 2 * c + 1, sign * s.ri});
        j.push_back({2 * r + 1, 2 * c, sign * s.ir});
        j.push_back({2 * r + 1, 2 * c + 1, sign * s.ii});
    }

    Complex diagonal(std::int32_t r) const {
        const SparseRows& y = net_.y();
        for (std::int32_t k = y.start[at(r)]; k < y.start[at(r) + 1]; ++k)
            if (y.col[at(k)] == r) return {y.re[at(k)], y.im[at(k)]};
        return 1;
    }

    template <class F>
    void for_each_current(std::span<const Complex> v, F&& f) const {
        const auto across = [&](std::int32_t a, std::int32_t b) {
            const std::int32_t ra = a + net_.lead(), rb = b + net_.lead();
            return (ra < net_.rows() ? v[at(ra)] : Complex{}) -
                   (rb < net_.rows() ? v[at(rb)] : Complex{});
        };
        for (std::size_t n = 0; n < inj_.phases.size(); ++n) {
            const KernelPhase& p = inj_.phases[n];
            f(p.a + net_.lead(), p.b + net_.lead(),
              of_law(inj_.laws[n], p.p * table_[at(p.ip)], p.q * table_[at(p.iq)],
                     across(p.a, p.b)));
        }
        for (const KernelDevice& d : inj_.devices)
            f(d.a + net_.lead(), d.b + net_.lead(),
              of_device(d, table_[at(d.ip)], table_[at(d.iq)], across(d.a, d.b)));
    }

    Complex law_at(const KernelLaw& k, double p, double q, double u) const {
        LoadLaw law = inj_.scalar_laws[at(k.law)];
        const double per = 1.0 / (law.rated_v * law.rated_v);
        law.g = p * per;
        law.b = -q * per;
        const Admittance y = admittance(law, u, 1.0);
        return {y.g, y.b};
    }

    PhaseCurrent of_law(const KernelLaw& k, double p, double q, Complex v) const {
        const double size = size_of(v), u = size / k.rated, h = 1e-6;
        const Complex s = Complex(k.share_g, k.share_b) - law_at(k, p, q, u);
        const Complex by_u = (law_at(k, p, q, u + h) - law_at(k, p, q, u - h)) / (2 * h);
        return with_slope(s, by_u / k.rated, v, size);
    }

    static PhaseCurrent of_device(const KernelDevice& d, double p, double q, Complex v) {
        const double v2 = (v.real() * v.real() + v.imag() * v.imag()), size = math::sqrt(v2);
        const Complex s = Complex(p, -q) / math::max(v2, d.floor2);
        const Complex by_v = v2 > d.floor2 ? 2.0 * s / size : Complex{};
        return with_slope(s, by_v, v, size);
    }

    /// Current (s(|v|)) v, where y' = -ds/d|v|.
    static PhaseCurrent with_slope(Complex s, Complex minus_by_size, Complex v, double size) {
        PhaseCurrent c{s * v, {s.real(), -s.imag(), s.imag(), s.real()}};
        if (!(size > 0)) return c;
        const Complex k = -minus_by_size * v;
        const double dr = v.real() / size, di = v.imag() / size;
        c.slope.rr += k.real() * dr;
        c.slope.ri += k.real() * di;
        c.slope.ir += k.imag() * dr;
        c.slope.ii += k.imag() * di;
        return c;
    }

    const LaneNetwork& net_;
    const Injections& inj_;
    std::span<const double> table_;
    std::vector<Complex> f_;
};

}  // namespace

NewtonResult newton(const LaneNetwork& network, const Injections& injections,
                    std::span<const double> table, double tolerance, int max_iterations,
                    std::span<Complex> v) {
    LaneSystem system(network, injections, table);
    NewtonResult out;
    std::vector<Complex> dx, next(v.begin(), v.end());
    double error = system.mismatch(v);
    for (; out.iterations < max_iterations; ++out.iterations) {
        if (!system.step(v, dx)) return out;
        out.change = 0;
        for (std::size_t r = 0; r < dx.size(); ++r)
            out.change = math::max(out.change, size_of(dx[r]) * network.per_base()[r]);
        if (!(out.change < std::numeric_limits<double>::infinity())) return out;
        double length = 1, after = 0;
        for (int halving = 0; halving < 12; ++halving, length *= 0.5) {
            for (std::size_t r = 0; r < dx.size(); ++r) next[r] = v[r] + length * dx[r];
            after = system.mismatch(next);
            if (after < error || out.change <= tolerance) break;
        }
        if (!(after < error) && out.change > tolerance) return out;
        std::copy(next.begin(), next.end(), v.begin());
        error = after;
        if (out.change <= tolerance) {
            out.is_solved = true;
            return out;
        }
    }
    return out;
}

}  // namespace gridflock::inline v0::powerflow
