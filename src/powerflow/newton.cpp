// SPDX-License-Identifier: Apache-2.0
#include "newton.hpp"

#include <gridflock/core/math.hpp>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace gridflock::inline v0::powerflow {

namespace {

using grid::Complex;

constexpr double rounding = 1e-13, plain = 1e-6;  // of the currents at a node

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
    LaneSystem(const NewtonCase& c, std::span<double> table)
        : net_(c.network),
          inj_(c.injections),
          changes_(c.changes),
          table_(table),
          f_(at(net_.rows()) + 1),
          size_(f_.size()),
          place_(inj_.controls.size(), Place::free),
          off_(place_.size(), 0) {}

    std::size_t controls() const { return place_.size(); }

    /// F at v; returns the largest |F_r| / |Y_rr| V_base and |V - V_set| / V_set, pu.
    double mismatch(std::span<const Complex> v) {
        const SparseRows& y = net_.y();
        for (std::int32_t r = 0; r < net_.rows(); ++r) {
            Complex sum(-net_.source_re()[at(r)], -net_.source_im()[at(r)]);
            size_[at(r)] = size_of(sum);
            for (std::int32_t k = y.start[at(r)]; k < y.start[at(r) + 1]; ++k) {
                const Complex current = Complex(y.re[at(k)], y.im[at(k)]) * v[at(y.col[at(k)])];
                sum += current;
                size_[at(r)] += size_of(current);
            }
            f_[at(r)] = sum;
        }
        for (const Delta& d : changes_) f_[at(d.row)] += d.y * v[at(d.col)];
        for (const SourceBranch& s : inj_.linear)
            for (std::size_t i = 0; i < s.ports.size(); ++i)
                for (std::size_t j = 0; j < s.ports.size(); ++j)
                    f_[at(net_.row(s.ports[i]))] -=
                        s.y(i, j) * (s.ideal_v[j] - at_row(v, net_.row(s.ports[j])));
        for_each_current(v, [&](std::int32_t a, std::int32_t b, const PhaseCurrent& c) {
            if (a < net_.rows()) f_[at(a)] -= c.current;
            if (b < net_.rows()) f_[at(b)] += c.current;
        });
        double worst = 0;
        for (std::int32_t r = 0; r < net_.rows(); ++r) {
            const double pu = size_of(f_[at(r)] / diagonal(r)) * net_.per_base()[at(r)];
            if (!(pu <= worst)) worst = pu;
        }
        for (std::size_t g = 0; g < controls(); ++g) {
            off_[g] = mean_size(g, v) - inj_.controls[g].v_set;
            const double pu = math::abs(off_[g]) / inj_.controls[g].v_set;
            if (place_[g] == Place::free && !(pu <= worst)) worst = pu;
        }
        return worst;
    }

    /// Whether each F_r of the last mismatch is at most this share of what it is summed from.
    bool is_balanced(double share) const {
        for (std::size_t r = 0; r < at(net_.rows()); ++r)
            if (!(size_of(f_[r]) <= share * size_[r])) return false;
        for (std::size_t g = 0; g < controls(); ++g)
            if (place_[g] == Place::free && !(math::abs(off_[g]) <= share * inj_.controls[g].v_set))
                return false;
        return true;
    }

    /// Solves J (dx, dq) = -F; false when J is singular.
    bool step(std::span<const Complex> v, std::vector<Complex>& dx, std::vector<double>& dq) {
        std::vector<RealEntry> j;
        const SparseRows& y = net_.y();
        const auto add_y = [&](std::int32_t r, std::int32_t c, Complex z) {
            add(j, r, c, {z.real(), -z.imag(), z.imag(), z.real()}, 1);
        };
        for (std::int32_t r = 0; r < net_.rows(); ++r)
            for (std::int32_t k = y.start[at(r)]; k < y.start[at(r) + 1]; ++k)
                add_y(r, y.col[at(k)], {y.re[at(k)], y.im[at(k)]});
        for (const Delta& d : changes_) add_y(d.row, d.col, d.y);
        for (const SourceBranch& s : inj_.linear)
            for (std::size_t i = 0; i < s.ports.size(); ++i)
                for (std::size_t k = 0; k < s.ports.size(); ++k)
                    add_y(net_.row(s.ports[i]), net_.row(s.ports[k]), s.y(i, k));
        for_each_current(v, [&](std::int32_t a, std::int32_t b, const PhaseCurrent& c) {
            add(j, a, a, c.slope, -1);
            add(j, b, b, c.slope, -1);
            add(j, a, b, c.slope, 1);
            add(j, b, a, c.slope, 1);
        });
        add_controls(j, v);
        const std::size_t rows = at(net_.rows());
        std::vector<double> rhs(2 * rows + controls());
        for (std::size_t r = 0; r < rows; ++r) {
            rhs[2 * r] = -f_[r].real();
            rhs[2 * r + 1] = -f_[r].imag();
        }
        for (std::size_t g = 0; g < controls(); ++g)
            rhs[2 * rows + g] = place_[g] == Place::free ? -off_[g] : 0;
        if (!solve_real(static_cast<std::int32_t>(rhs.size()), j, rhs)) return false;
        dx.resize(rows);
        for (std::size_t r = 0; r < rows; ++r) dx[r] = {rhs[2 * r], rhs[2 * r + 1]};
        dq.assign(rhs.begin() + static_cast<std::ptrdiff_t>(2 * rows), rhs.end());
        return true;
    }

    /// Var injected by all phases of a generator.
    double q(std::size_t g) const {
        const KernelControl& c = inj_.controls[g];
        return -table_[at(c.q_row)] * static_cast<double>(c.a.size());
    }
    void set_q(std::size_t g, double var) {
        const KernelControl& c = inj_.controls[g];
        table_[at(c.q_row)] = -var / static_cast<double>(c.a.size());
    }

    /// Puts generators at their limits and takes them off; false when all stand right. v is that of
    /// the last mismatch.
    bool move_limits(bool only_first) {
        bool is_any = false;
        for (std::size_t g = 0; g < controls() && !(is_any && only_first); ++g) {
            const KernelControl& c = inj_.controls[g];
            const double slack = 1e-9 * (1 + math::abs(q(g)));
            Place place = place_[g];
            if (place == Place::free) {
                if (q(g) > c.q_max + slack) place = Place::upper;
                if (q(g) < c.q_min - slack) place = Place::lower;
            } else if (place == Place::upper ? off_[g] > 0 : off_[g] < 0) {
                place = Place::free;
            }
            if (place == place_[g]) continue;
            place_[g] = place;
            if (place != Place::free) set_q(g, place == Place::upper ? c.q_max : c.q_min);
            is_any = true;
        }
        return is_any;
    }

private:
    using Place = ReactiveFit::Place;

    Complex at_row(std::span<const Complex> v, std::int32_t r) const {
        return r < net_.rows() ? v[at(r)] : Complex{};
    }

    double mean_size(std::size_t g, std::span<const Complex> v) const {
        const KernelControl& c = inj_.controls[g];
        double sum = 0;
        for (std::size_t i = 0; i < c.a.size(); ++i)
            sum += size_of(at_row(v, c.a[i]) - at_row(v, c.b[i]));
        return sum / static_cast<double>(c.a.size());
    }

    /// Columns of the reactive powers, rows of the voltages that they hold.
    void add_controls(std::vector<RealEntry>& j, std::span<const Complex> v) const {
        for (std::size_t g = 0; g < controls(); ++g) {
            const KernelControl& c = inj_.controls[g];
            const std::int32_t own = 2 * net_.rows() + static_cast<std::int32_t>(g);
            const double share = 1.0 / static_cast<double>(c.a.size());
            const bool is_free = place_[g] == Place::free;
            if (!is_free) j.push_back({own, own, 1});
            for (std::size_t i = 0; is_free && i < c.a.size(); ++i) {
                const Complex across = at_row(v, c.a[i]) - at_row(v, c.b[i]);
                const Complex unit = share * across / size_of(across);
                const auto hold = [&](std::int32_t r, double sign) {
                    if (r >= net_.rows()) return;
                    j.push_back({own, 2 * r, sign * unit.real()});
                    j.push_back({own, 2 * r + 1, sign * unit.imag()});
                };
                hold(c.a[i], 1);
                hold(c.b[i], -1);
            }
        }
        for (std::size_t n = 0; n < inj_.phases.size(); ++n) add_reactive(j, n, v);
    }

    /// What the current of a phase gains by a var of the generator it belongs to.
    void add_reactive(std::vector<RealEntry>& j, std::size_t n, std::span<const Complex> v) const {
        const KernelPhase& p = inj_.phases[n];
        for (std::size_t g = 0; g < controls(); ++g) {
            if (p.iq != inj_.controls[g].q_row) continue;
            const std::int32_t a = p.a + net_.lead(), b = p.b + net_.lead();
            const std::int32_t own = 2 * net_.rows() + static_cast<std::int32_t>(g);
            const Complex across = at_row(v, a) - at_row(v, b);
            const KernelLaw& k = inj_.laws[n];
            const double share = 1.0 / static_cast<double>(inj_.controls[g].a.size());
            const Complex gain = share * law_at(k, 0, 1, size_of(across) / k.rated) * across;
            const auto put = [&](std::int32_t r, double sign) {
                if (r >= net_.rows()) return;
                j.push_back({2 * r, own, sign * gain.real()});
                j.push_back({2 * r + 1, own, sign * gain.imag()});
            };
            put(a, -1);
            put(b, 1);
        }
    }

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
            return at_row(v, ra) - at_row(v, rb);
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
    std::span<const Delta> changes_;
    std::span<double> table_;
    std::vector<Complex> f_;
    std::vector<double> size_;  // sum of the sizes of what f_ is summed from
    std::vector<Place> place_;
    std::vector<double> off_;  // mean |V| - V_set
};

/// Newton with the generators where they stand.
bool solve_places(LaneSystem& system, const LaneNetwork& network, double tolerance,
                  int max_iterations, std::span<Complex> v, NewtonResult& out) {
    std::vector<Complex> dx, next(v.begin(), v.end());
    std::vector<double> dq, q(system.controls());
    double error = system.mismatch(v);
    for (; out.iterations < max_iterations; ++out.iterations) {
        if (!system.step(v, dx, dq)) return false;
        out.change = 0;
        for (std::size_t r = 0; r < dx.size(); ++r)
            out.change = math::max(out.change, size_of(dx[r]) * network.per_base()[r]);
        if (!(out.change < std::numeric_limits<double>::infinity())) return false;
        for (std::size_t g = 0; g < q.size(); ++g) q[g] = system.q(g);
        double length = 1, after = 0;
        for (int halving = 0; halving < 12; ++halving, length *= 0.5) {
            for (std::size_t r = 0; r < dx.size(); ++r) next[r] = v[r] + length * dx[r];
            for (std::size_t g = 0; g < q.size(); ++g) system.set_q(g, q[g] + length * dq[g]);
            after = system.mismatch(next);
            if (after < error || out.change <= tolerance) break;
        }
        if (!(after < error) && out.change > tolerance) {
            for (std::size_t g = 0; g < q.size(); ++g) system.set_q(g, q[g]);
            system.mismatch(v);  // of where no step leads further down
            return system.is_balanced(rounding);
        }
        std::copy(next.begin(), next.end(), v.begin());
        error = after;
        if (out.change <= tolerance) {
            ++out.iterations;
            return system.is_balanced(plain);
        }
    }
    return false;
}

}  // namespace

NewtonResult newton(const NewtonCase& c, std::span<double> table, double tolerance,
                    int max_iterations, std::span<Complex> v) {
    constexpr int together = 4;  // rounds in which all move
    LaneSystem system(c, table);
    NewtonResult out;
    for (int round = 0; solve_places(system, c.network, tolerance, max_iterations, v, out); ++round)
        if (!system.move_limits(round >= together)) {
            out.is_solved = true;
            break;
        }
    return out;
}

}  // namespace gridflock::inline v0::powerflow
