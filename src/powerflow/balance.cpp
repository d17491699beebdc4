// SPDX-License-Identifier: Apache-2.0
#include <gridflock/powerflow/balance.hpp>

#include "lane_network.hpp"

#include <gridflock/core/math.hpp>

#include <fmt/format.h>

#include <limits>
#include <vector>

namespace gridflock::inline v0::powerflow {

namespace {

using grid::Complex;

constexpr int most_corrections = 40;
constexpr double finest = 1e-19, fine_enough = 1e-10;  // last step of dV, pu
constexpr double device_floor_pu = 0.5;  // as the solver's: below it a device is an impedance

std::size_t at(std::int32_t i) {
    return static_cast<std::size_t>(i);
}

double size_of(Complex z) {
    return math::sqrt(z.real() * z.real() + z.imag() * z.imag());
}

/// A sum with twice the digits. Source  T. J. Dekker, "A floating-point technique for extending the
/// available precision", Numer. Math. 18, 1971; D. E. Knuth, TAOCP 2, 4.2.2, theorem B.
class Wide {
public:
    void add(double x) {
        const double sum = high_ + x, other = sum - high_;
        low_ += (high_ - (sum - other)) + (x - other);
        high_ = sum;
    }
    void add_product(double a, double b) {
        const double product = a * b;
        const double ah = upper(a), bh = upper(b), al = a - ah, bl = b - bh;
        add(product);
        low_ += ((ah * bh - product) + ah * bl + al * bh) + al * bl;
    }
    double value() const { return high_ + low_; }

private:
    static double upper(double x) {
        const double t = 134217729.0 * x;  // 2^27 + 1
        return t - (t - x);
    }
    double high_ = 0, low_ = 0;
};

struct WideComplex {
    Wide re, im;

    void add(Complex z) {
        re.add(z.real());
        im.add(z.imag());
    }
    void add_product(Complex y, Complex z) {
        re.add_product(y.real(), z.real());
        re.add_product(-y.imag(), z.imag());
        im.add_product(y.real(), z.imag());
        im.add_product(y.imag(), z.real());
    }
};

class Ledger {
public:
    Ledger(const Solver& solver, const SolveInput& input, std::size_t lane,
           ColumnView<const Complex> v)
        : lanes_(*solver.lane_network()), net_(solver.network()), scale_(input.load_scale[lane]) {
        for (std::size_t i = 0; i < net_.nodes(); ++i) v_.push_back(v(i, lane));
        low_.resize(v_.size());
        for (std::size_t t = 0; t < lanes_.terminals().size(); ++t)
            powers_.emplace_back(input.p_w(t, lane), input.q_var(t, lane));
    }

    /// dV by the loads' linear shares in Y, else by their rated admittances.
    void correct() {
        if (!net_.voltage_controls().empty()) return;
        for (const LaneNetwork* y : {&lanes_, lanes_.rated()}) {
            if (!y) continue;
            low_.assign(v_.size(), {});
            if (improve(*y)) return;
        }
        low_.assign(v_.size(), {});
    }

    PowerBalance powers() const {
        PowerBalance out;
        for (const SourceBranch& s : net_.sources()) out.head_p_w += source_power(s);
        for (const SourceBranch& s : net_.linear_injections())
            (s.is_source ? out.head_p_w : out.losses_w) += s.is_source ? source_power(s) : lost(s);
        for (const FixedCurrent& f : net_.fixed_currents())
            out.head_p_w += (whole(f.node) * std::conj(f.current)).real();
        for_each_load([&](NodeIdx, NodeIdx, Complex across, Complex drawn) {
            out.load_p_w += (across * std::conj(drawn)).real();
        });
        for_each_device([&](NodeIdx, NodeIdx, Complex across, Complex given) {
            out.device_p_w += (across * std::conj(given)).real();
        });
        out.losses_w += element_losses();
        for (std::size_t i = 0; i < low_.size(); ++i) {
            const std::int32_t r = lanes_.row(NodeIdx(i));
            if (r < lanes_.rows())
                out.correction_pu =
                    math::max(out.correction_pu, size_of(low_[i]) * lanes_.per_base()[at(r)]);
        }
        return out;
    }

private:
    Complex high(NodeIdx n) const { return n.valid() ? v_[n.pos()] : Complex{}; }
    Complex low(NodeIdx n) const { return n.valid() ? low_[n.pos()] : Complex{}; }
    Complex whole(NodeIdx n) const { return high(n) + low(n); }
    Complex across(NodeIdx a, NodeIdx b) const { return (high(a) - high(b)) + (low(a) - low(b)); }
    bool is_live(NodeIdx n) const { return lanes_.row(n) < lanes_.rows(); }

    /// f(a, b, V across, current drawn from a into b)
    template <class F>
    void for_each_load(F&& f) const {
        for (const LoadPhase& l : net_.load_phases()) {
            if (!is_live(l.a) && !is_live(l.b)) continue;
            const LoadLaw& law = net_.laws()[at(l.law)];
            const Complex u = across(l.a, l.b);
            const Admittance y = admittance(law, size_of(u) / law.rated_v, scale_);
            f(l.a, l.b, u, Complex(y.g, y.b) * u);
        }
    }

    /// f(a, b, V across, current given into a from b)
    template <class F>
    void for_each_device(F&& f) const {
        for (std::size_t t = 0; t < powers_.size(); ++t) {
            const Terminal& d = lanes_.terminals()[t];
            if (powers_[t] == Complex{} || lanes_.row(d.a) == lanes_.row(d.b)) continue;
            const Complex u = across(d.a, d.b), base = base_of(d.a) - base_of(d.b);
            const double floor2 = device_floor_pu * device_floor_pu * std::norm(base);
            f(d.a, d.b, u, std::conj(powers_[t]) * u / math::max(std::norm(u), floor2));
        }
    }
    Complex base_of(NodeIdx n) const {
        const std::int32_t r = lanes_.row(n);
        return r < lanes_.rows() ? Complex(lanes_.base_re()[at(r)], lanes_.base_im()[at(r)])
                                 : Complex{};
    }

    /// I - Y (V + dV) of each node.
    std::vector<WideComplex> residual() const {
        std::vector<WideComplex> r(v_.size());
        const auto into = [&](NodeIdx n, auto&& add) {
            if (n.valid() && is_live(n)) add(r[n.pos()]);
        };
        const auto current = [&](NodeIdx n, Complex i) {
            into(n, [&](WideComplex& sum) { sum.add(i); });
        };
        const auto take_off = [&](NodeIdx row, Complex y, NodeIdx n) {
            into(row, [&](WideComplex& sum) {
                sum.add_product(-y, high(n));
                sum.add(-y * low(n));
            });
        };
        for (const Stamp& s : net_.stamps()) take_off(s.row, s.y, s.col);
        for (const auto& branches : {net_.sources(), net_.linear_injections()})
            for (const SourceBranch& s : branches)
                for (std::size_t i = 0; i < s.ports.size(); ++i)
                    for (std::size_t j = 0; j < s.ports.size(); ++j) {
                        into(s.ports[i],
                             [&](WideComplex& sum) { sum.add_product(s.y(i, j), s.ideal_v[j]); });
                        take_off(s.ports[i], s.y(i, j), s.ports[j]);
                    }
        for (const FixedCurrent& f : net_.fixed_currents()) current(f.node, f.current);
        const auto move = [&](NodeIdx a, NodeIdx b, Complex i) {
            current(a, i);
            current(b, -i);
        };
        for_each_load([&](NodeIdx a, NodeIdx b, Complex, Complex drawn) { move(a, b, -drawn); });
        for_each_device([&](NodeIdx a, NodeIdx b, Complex, Complex given) { move(a, b, given); });
        return r;
    }

    /// dV += Y^-1 (I - Y (V + dV)) while steps shrink; whether they became small enough.
    bool improve(const LaneNetwork& y) {
        double last = std::numeric_limits<double>::infinity();
        for (int k = 0; k < most_corrections && last > finest; ++k) {
            const std::vector<WideComplex> r = residual();
            std::vector<double> re(at(y.rows()) + 1), im(re);
            for (std::size_t i = 0; i < r.size(); ++i) {
                re[at(y.row(NodeIdx(i)))] = r[i].re.value();
                im[at(y.row(NodeIdx(i)))] = r[i].im.value();
            }
            y.factor().solve(re.data(), im.data());
            double step = 0;
            for (std::int32_t i = 0; i < y.rows(); ++i)
                step = math::max(step, size_of({re[at(i)], im[at(i)]}) * y.per_base()[at(i)]);
            if (!(step < last)) break;
            last = step;
            for (std::size_t i = 0; i < r.size(); ++i)
                if (const std::int32_t row = y.row(NodeIdx(i)); row < y.rows())
                    low_[i] += Complex(re[at(row)], im[at(row)]);
        }
        return last <= fine_enough;
    }

    double source_power(const SourceBranch& s) const {
        double power = 0;
        for (std::size_t i = 0; i < s.ports.size(); ++i) {
            Complex out{};
            for (std::size_t j = 0; j < s.ports.size(); ++j)
                out += s.y(i, j) * ((s.ideal_v[j] - high(s.ports[j])) - low(s.ports[j]));
            power += (whole(s.ports[i]) * std::conj(out)).real();
        }
        return power;
    }

    double lost(const SourceBranch& s) const {
        double power = 0;
        for (std::size_t i = 0; i < s.ports.size(); ++i)
            for (std::size_t j = 0; j < s.ports.size(); ++j)
                power += (whole(s.ports[i]) * std::conj(s.y(i, j) * whole(s.ports[j]))).real();
        return power;
    }

    double element_losses() const {
        std::vector<Wide> to_ground(v_.size());
        Wide losses;
        for (const Stamp& s : net_.stamps()) {
            to_ground[s.row.pos()].add(s.y.real());
            if (s.row != s.col) losses.add(-0.5 * s.y.real() * std::norm(across(s.row, s.col)));
        }
        for (std::size_t i = 0; i < v_.size(); ++i)
            losses.add(to_ground[i].value() * std::norm(v_[i] + low_[i]));
        return losses.value();
    }

    const LaneNetwork& lanes_;
    const Network& net_;
    double scale_;
    std::vector<Complex> v_, low_, powers_;
};

}  // namespace

PowerBalance power_balance(const Solver& solver, const SolveInput& input, std::size_t lane,
                           ColumnView<const Complex> v) {
    const std::size_t lanes = input.mask.size();
    if (v.rows() != solver.nodes()) require_shape(v, solver.nodes(), v.lanes(), "v");
    require_shape(input.p_w, solver.terminals(), lanes, "p_w");
    require_shape(input.q_var, solver.terminals(), lanes, "q_var");
    if (lane >= lanes || lane >= v.lanes())
        throw ShapeError(fmt::format("lane {}: there are {}", lane, std::min(lanes, v.lanes())));
    Ledger ledger(solver, input, lane, v);
    ledger.correct();
    return ledger.powers();
}

}  // namespace gridflock::inline v0::powerflow
