// SPDX-License-Identifier: Apache-2.0
// The lane kernels, once: S is an instruction set (a register of doubles and what it can do), K the
// number of registers a row of lanes takes. Only + - * / and sqrt, each rounded by itself.
#pragma once

#include "kernel_mixing.hpp"

namespace gridflock::inline v0::powerflow::kernel {

template <class S, int K>
struct Body {
    using R = typename S::Register;
    using M = typename S::Mask;
    static constexpr int lanes = S::size * K;

    struct Pair {
        R re[K], im[K];
    };

    static inline __attribute__((always_inline)) void load(const double* row, Pair& v) {
        for (int k = 0; k < K; ++k) {
            v.re[k] = S::load(row + k * S::size);
            v.im[k] = S::load(row + lanes + k * S::size);
        }
    }
    static inline __attribute__((always_inline)) void store(double* row, const Pair& v) {
        for (int k = 0; k < K; ++k) {
            S::store(row + k * S::size, v.re[k]);
            S::store(row + lanes + k * S::size, v.im[k]);
        }
    }
    /// acc -= l * v
    static inline __attribute__((always_inline)) void take_off(Pair& acc, const double* l,
                                                               const double* row) {
        const R lr = S::all(l[0]), li = S::all(l[1]);
        for (int k = 0; k < K; ++k) {
            const R re = S::load(row + k * S::size), im = S::load(row + lanes + k * S::size);
            acc.re[k] = acc.re[k] - lr * re;
            acc.im[k] = acc.im[k] - lr * im;
            acc.re[k] = acc.re[k] + li * im;
            acc.im[k] = acc.im[k] - li * re;
        }
    }
    static inline __attribute__((always_inline)) double* row(double* base, std::int32_t r) {
        return base + static_cast<std::int64_t>(r) * (2 * lanes);
    }
    static inline __attribute__((always_inline)) const double* row(const double* base,
                                                                   std::int32_t r) {
        return base + static_cast<std::int64_t>(r) * (2 * lanes);
    }
    static inline __attribute__((always_inline)) const double* cells(const double* base,
                                                                     std::int32_t r) {
        return base + static_cast<std::int64_t>(r) * lanes;
    }
    static inline __attribute__((always_inline)) double* cells(double* base, std::int32_t r) {
        return base + static_cast<std::int64_t>(r) * lanes;
    }

    // --- currents ------------------------------------------------------------------------------

    /// Voltage across a phase and what it demands at rated voltage.
    struct Seen {
        R re[K], im[K], v2[K], p[K], q[K];
    };

    template <class Phase>
    static inline __attribute__((always_inline)) void look(const InjectArgs& a, const Phase& f,
                                                           Seen& s) {
        const double* va = row(a.v, f.a);
        const double* vb = row(a.v, f.b);
        const double* tp = cells(a.table, f.ip);
        const double* tq = cells(a.table, f.iq);
        const R p0 = S::all(f.p), q0 = S::all(f.q);
        for (int k = 0; k < K; ++k) {
            const int o = k * S::size;
            s.re[k] = S::load(va + o) - S::load(vb + o);
            s.im[k] = S::load(va + lanes + o) - S::load(vb + lanes + o);
            s.v2[k] = s.re[k] * s.re[k] + s.im[k] * s.im[k];
            s.p[k] = p0 * S::load(tp + o);
            s.q[k] = q0 * S::load(tq + o);
        }
    }

    /// Puts a current (re, im) in at a, out at b.
    static inline __attribute__((always_inline)) void put(const InjectArgs& a, std::int32_t at,
                                                          std::int32_t from, const Pair& i) {
        double* xa = row(a.x, at);
        for (int k = 0; k < K; ++k) {
            const int o = k * S::size;
            S::store(xa + o, S::load(xa + o) + i.re[k]);
            S::store(xa + lanes + o, S::load(xa + lanes + o) + i.im[k]);
        }
        if (from == a.rows) return;
        double* xb = row(a.x, from);
        for (int k = 0; k < K; ++k) {
            const int o = k * S::size;
            S::store(xb + o, S::load(xb + o) - i.re[k]);
            S::store(xb + lanes + o, S::load(xb + lanes + o) - i.im[k]);
        }
    }

    static inline __attribute__((always_inline)) void add_total(double* total, const R* g,
                                                                const R* w) {
        for (int k = 0; k < K; ++k)
            S::store(total + k * S::size, S::load(total + k * S::size) + g[k] * w[k]);
    }

    /// Whether some lane is below its inner form (or not a number).
    static inline __attribute__((always_inline)) bool is_below(const KernelPhase& f, const Seen& s,
                                                               M* inside) {
        const R low = S::all(f.low2);
        bool all = true;
        for (int k = 0; k < K; ++k) {
            inside[k] = S::less(low, s.v2[k]);
            all = all && S::is_all(inside[k]);
        }
        return !all;
    }
    static inline __attribute__((always_inline)) R least(R a, R b) {
        return S::pick(S::less(b, a), b, a);
    }

    /// Takes the line below the inner form where that does not hold, the scalar form below the
    /// line.
    static __attribute__((noinline)) void outer_form(const InjectArgs& a, const KernelLaw& law,
                                                     const Seen& s, const M* inside, R* g, R* b) {
        const R zero = S::all(0.0), floor2 = S::all(law.floor2);
        const R line_a = S::all(law.line_a), line_b = S::all(law.line_b);
        bool is_line = true;
        M holds[K];
        for (int k = 0; k < K; ++k) {
            const R per = line_a / S::root(s.v2[k]) + line_b;
            g[k] = S::pick(inside[k], g[k], s.p[k] * per);
            b[k] = S::pick(inside[k], b[k], zero - s.q[k] * per);
            holds[k] = S::less(floor2, s.v2[k]);
            is_line = is_line && S::is_all(holds[k]);
        }
        if (!is_line) scalar_form(a, law.law, s, holds, g, b);
    }

    static __attribute__((noinline)) void scalar_form(const InjectArgs& a, std::int32_t law,
                                                      const Seen& s, const M* holds, R* g, R* b) {
        alignas(64) double v2[lanes], p[lanes], q[lanes], yg[lanes], yb[lanes];
        for (int k = 0; k < K; ++k) {
            S::store(v2 + k * S::size, s.v2[k]);
            S::store(p + k * S::size, s.p[k]);
            S::store(q + k * S::size, s.q[k]);
        }
        a.scalar(a.law_table, law, lanes, v2, p, q, yg, yb);
        for (int k = 0; k < K; ++k) {
            g[k] = S::pick(holds[k], g[k], S::load(yg + k * S::size));
            b[k] = S::pick(holds[k], b[k], S::load(yb + k * S::size));
        }
    }

    /// (share - y) V into the grid.
    static inline __attribute__((always_inline)) void compensate(const InjectArgs& a,
                                                                 const KernelPhase& f,
                                                                 double share_g, double share_b,
                                                                 const Seen& s, const R* g,
                                                                 const R* b) {
        const R sg = S::all(share_g), sb = S::all(share_b);
        Pair i;
        for (int k = 0; k < K; ++k) {
            const R dg = sg - g[k], db = sb - b[k];
            i.re[k] = dg * s.re[k] - db * s.im[k];
            i.im[k] = dg * s.im[k] + db * s.re[k];
        }
        put(a, f.a, f.b, i);
        if (!a.totals) return;
        R minus_b[K];
        for (int k = 0; k < K; ++k) minus_b[k] = S::all(0.0) - b[k];
        add_total(a.totals, g, s.v2);
        add_total(a.totals + lanes, minus_b, s.v2);
    }

    /// The inner forms of laws: what one register of lanes demands, as an admittance.
    struct Demand {
        R g, b;
    };

    struct PowerForm {
        static constexpr bool has_line = true;  // below it another form takes over
        R high;
        PowerForm(const KernelPhase& f, const KernelLaw&) : high(S::all(f.high2)) {}
        inline __attribute__((always_inline)) Demand operator()(const Seen& s, int k) const {
            const R per = S::all(1.0) / least(s.v2[k], high);  // an impedance above v_max
            return {s.p[k] * per, S::all(0.0) - s.q[k] * per};
        }
    };

    struct CurrentForm {
        static constexpr bool has_line = true;
        R high, rated;
        CurrentForm(const KernelPhase& f, const KernelLaw& law)
            : high(S::all(f.high2)), rated(S::all(law.rated)) {}
        inline __attribute__((always_inline)) Demand operator()(const Seen& s, int k) const {
            const R per = S::all(1.0) / (S::root(least(s.v2[k], high)) * rated);
            return {s.p[k] * per, S::all(0.0) - s.q[k] * per};
        }
    };

    struct ImpedanceForm {
        static constexpr bool has_line = false;
        R per;
        ImpedanceForm(const KernelPhase&, const KernelLaw& law)
            : per(S::all(1.0 / (law.rated * law.rated))) {}
        inline __attribute__((always_inline)) Demand operator()(const Seen& s, int k) const {
            return {s.p[k] * per, S::all(0.0) - s.q[k] * per};
        }
    };

    /// log(u) for u within 0.5..2: 2 atanh((u-1)/(u+1)), odd series to w^33.
    static inline __attribute__((always_inline)) R log_near_one(R u) {
        const R one = S::all(1.0);
        const R w = (u - one) / (u + one);
        const R z = w * w;
        R p = S::all(1.0 / 33.0);
        for (int n = 31; n >= 1; n -= 2) p = p * z + S::all(1.0 / n);
        return (w + w) * p;
    }
    /// exp(x) for |x| within 3: (Taylor to x^16 of x/8)^8.
    static inline __attribute__((always_inline)) R exp_small(R x) {
        const R r = x * S::all(0.125);
        R p = S::all(1.0);
        for (int n = 16; n >= 1; --n) p = p * r * S::all(1.0 / n) + S::all(1.0);
        p = p * p;
        p = p * p;
        return p * p;
    }

    struct CvrForm {
        static constexpr bool has_line = true;
        const KernelLaw& law;
        R high, per_high, per_rated, per_rated2, watts, vars;
        CvrForm(const KernelPhase& f, const KernelLaw& l)
            : law(l),
              high(S::all(f.high2)),
              per_high(S::all(1.0 / f.high2)),
              per_rated(S::all(1.0 / l.rated)),
              per_rated2(S::all(1.0 / (l.rated * l.rated))),
              watts(S::all(l.watts - 2.0)),
              vars(S::all(l.vars - 2.0)) {}
        inline __attribute__((always_inline)) Demand operator()(const Seen& s, int k) const {
            const M is_high = S::less(high, s.v2[k]);
            const R u = S::root(least(s.v2[k], high)) * per_rated;
            const R log_u = log_near_one(u);
            const R kq = law.vars == 2.0   ? S::all(1.0)
                         : law.vars == 3.0 ? u
                                           : exp_small(vars * log_u);
            const R g = s.p[k] * per_rated2 * exp_small(watts * log_u);
            const R b = S::all(0.0) - s.q[k] * per_rated2 * kq;
            return {S::pick(is_high, s.p[k] * per_high, g),
                    S::pick(is_high, S::all(0.0) - s.q[k] * per_high, b)};
        }
    };

    template <class Form>
    static inline __attribute__((always_inline)) void phase(const InjectArgs& a, std::int32_t n) {
        const KernelPhase& f = a.phases[n];
        const KernelLaw& law = a.laws[n];
        const Form form(f, law);
        Seen s;
        look(a, f, s);
        R g[K], b[K];
        for (int k = 0; k < K; ++k) {
            const Demand y = form(s, k);
            g[k] = y.g;
            b[k] = y.b;
        }
        M inside[K];
        if (Form::has_line && is_below(f, s, inside)) outer_form(a, law, s, inside, g, b);
        compensate(a, f, law.share_g, law.share_b, s, g, b);
    }

    static inline __attribute__((always_inline)) void other_phase(const InjectArgs& a,
                                                                  std::int32_t n) {
        const KernelPhase& f = a.phases[n];
        const KernelLaw& law = a.laws[n];
        Seen s;
        look(a, f, s);
        R g[K], b[K];
        M inside[K];
        for (int k = 0; k < K; ++k) {
            g[k] = b[k] = S::all(0.0);
            inside[k] = S::less(g[k], g[k]);
        }
        scalar_form(a, law.law, s, inside, g, b);
        compensate(a, f, law.share_g, law.share_b, s, g, b);
    }

    static inline __attribute__((always_inline)) void device(const InjectArgs& a,
                                                             const KernelDevice& d) {
        Seen s;
        look(a, d, s);
        const R one = S::all(1.0), floor2 = S::all(d.floor2), zero = S::all(0.0);
        Pair i;
        R per[K];
        for (int k = 0; k < K; ++k) {
            const M is_idle = S::both(S::same(s.p[k], zero), S::same(s.q[k], zero));
            per[k] = one / S::pick(S::less(s.v2[k], floor2), floor2, s.v2[k]);
            i.re[k] = S::pick(is_idle, zero, (s.p[k] * s.re[k] + s.q[k] * s.im[k]) * per[k]);
            i.im[k] = S::pick(is_idle, zero, (s.p[k] * s.im[k] - s.q[k] * s.re[k]) * per[k]);
            per[k] = S::pick(is_idle, zero, s.v2[k] * per[k]);
        }
        put(a, d.a, d.b, i);
        if (!a.totals) return;
        add_total(a.totals + 2 * lanes, s.p, per);
        add_total(a.totals + 3 * lanes, s.q, per);
    }

    static void inject(const InjectArgs& a) {
        for (std::int32_t r = 0; r < a.rows; ++r) {
            double* x = row(a.x, r);
            const R re = S::all(a.constant[2 * r]), im = S::all(a.constant[2 * r + 1]);
            for (int k = 0; k < K; ++k) {
                S::store(x + k * S::size, re);
                S::store(x + lanes + k * S::size, im);
            }
        }
        if (a.totals)
            for (int i = 0; i < 4 * lanes; ++i) a.totals[i] = 0;
        std::int32_t n = 0;
        for (; n < a.kind_start[1]; ++n) phase<PowerForm>(a, n);
        for (; n < a.kind_start[2]; ++n) phase<CurrentForm>(a, n);
        for (; n < a.kind_start[3]; ++n) phase<ImpedanceForm>(a, n);
        for (; n < a.kind_start[4]; ++n) phase<CvrForm>(a, n);
        for (; n < a.kind_start[5]; ++n) other_phase(a, n);
        for (std::int32_t d = 0; d < a.device_count; ++d) device(a, a.devices[d]);
    }

    // --- sweeps --------------------------------------------------------------------------------

    /// acc -= l * v, each lane its own l
    static inline __attribute__((always_inline)) void take_off_lanes(Pair& acc, const double* l,
                                                                     const double* v) {
        Pair a, b;
        load(l, a);
        load(v, b);
        for (int k = 0; k < K; ++k) {
            acc.re[k] = acc.re[k] - a.re[k] * b.re[k];
            acc.im[k] = acc.im[k] - a.re[k] * b.im[k];
            acc.re[k] = acc.re[k] + a.im[k] * b.im[k];
            acc.im[k] = acc.im[k] - a.im[k] * b.re[k];
        }
    }

    static void forward(const SweepArgs& a) {
        const KernelFactor& f = a.factor;
        const std::int32_t tail = f.rows - f.tail;
        const double* lane_l = a.tail_l;
        for (std::int32_t r = 0; r < f.rows; ++r) {
            const std::int32_t end = r < tail ? f.row_start[r + 1] : f.row_split[r - tail];
            if (r < tail && f.row_start[r] == end) continue;
            Pair acc;
            load(row(a.x, r), acc);
            for (std::int32_t e = f.row_start[r]; e < end; ++e)
                take_off(acc, f.row_l + 2 * static_cast<std::int64_t>(e), row(a.x, f.row_col[e]));
            for (std::int32_t c = tail; c < r; ++c, lane_l += 2 * lanes)
                take_off_lanes(acc, lane_l, row(a.x, c));
            store(row(a.x, r), acc);
        }
    }

    /// What a sweep finds out while it replaces voltages.
    struct Found {
        R largest[K], sum[K];
        M keep[K];
    };

    static inline __attribute__((always_inline)) void settle(const SweepArgs& a, std::int32_t r,
                                                             const Pair& acc, Found& found) {
        store(row(a.x, r), acc);
        double* v = row(a.v, r);
        const R w2 = S::all(a.weight2[r]);
        for (int k = 0; k < K; ++k) {
            const int o = k * S::size;
            const R vr = S::load(v + o), vi = S::load(v + lanes + o);
            const R er = acc.re[k] - vr, ei = acc.im[k] - vi;
            const R e2 = (er * er + ei * ei) * w2;
            found.largest[k] = S::pick(S::not_more(e2, found.largest[k]), found.largest[k], e2);
            found.sum[k] = found.sum[k] + e2;
            if (a.keep_v) continue;
            S::store(v + o, S::pick(found.keep[k], vr, acc.re[k]));
            S::store(v + lanes + o, S::pick(found.keep[k], vi, acc.im[k]));
        }
    }

    static inline __attribute__((always_inline)) void times(const Pair& d, const Pair& z,
                                                            Pair& out) {
        for (int k = 0; k < K; ++k) {
            out.re[k] = d.re[k] * z.re[k] - d.im[k] * z.im[k];
            out.im[k] = d.re[k] * z.im[k] + d.im[k] * z.re[k];
        }
    }

    static void backward_tail(const SweepArgs& a, Found& found) {
        const KernelFactor& f = a.factor;
        const std::int32_t first = f.rows - f.tail;
        for (std::int32_t t = f.tail - 1; t >= 0; --t) {
            Pair z, d, acc;
            load(row(a.x, first + t), z);
            load(row(a.tail_d, t), d);
            times(d, z, acc);
            for (std::int32_t i = t + 1; i < f.tail; ++i)
                take_off_lanes(acc, row(a.tail_l, i * (i - 1) / 2 + t), row(a.x, first + i));
            settle(a, first + t, acc, found);
        }
    }

    static void sweep(const SweepArgs& a) {
        forward(a);
        const KernelFactor& f = a.factor;
        Found found;
        for (int k = 0; k < K; ++k) {
            found.largest[k] = found.sum[k] = S::all(0.0);
            found.keep[k] = S::mask(a.frozen + k * S::size);
        }
        backward_tail(a, found);
        for (std::int32_t r = f.rows - f.tail - 1; r >= 0; --r) {
            Pair z, d, acc;
            load(row(a.x, r), z);
            for (int k = 0; k < K; ++k) {
                d.re[k] = S::all(f.d[2 * r]);
                d.im[k] = S::all(f.d[2 * r + 1]);
            }
            times(d, z, acc);
            for (std::int32_t e = f.col_start[r]; e < f.col_start[r + 1]; ++e)
                take_off(acc, f.col_l + 2 * static_cast<std::int64_t>(e), row(a.x, f.col_row[e]));
            settle(a, r, acc, found);
        }
        for (int k = 0; k < K; ++k) {
            S::store(a.change2 + k * S::size, found.largest[k]);
            S::store(a.sum2 + k * S::size, found.sum[k]);
        }
    }

    // --- after the iteration -------------------------------------------------------------------

    struct Range {
        R least[K], most[K];
    };

    static inline __attribute__((always_inline)) void note_magnitude(const RecoverArgs& a,
                                                                     std::int32_t r, const Pair& v,
                                                                     Range& range) {
        const R per = S::all(a.per_base[r]);
        for (int k = 0; k < K; ++k) {
            const R size = S::root(v.re[k] * v.re[k] + v.im[k] * v.im[k]);
            S::store(cells(a.magnitude, r) + k * S::size, size);
            const R pu = size * per;
            range.least[k] = least(range.least[k], pu);
            range.most[k] = S::pick(S::not_more(pu, range.most[k]), range.most[k], pu);
        }
    }

    static void recover(const RecoverArgs& a) {
        Range range;
        for (int k = 0; k < K; ++k) {
            range.least[k] = S::all(1e300);
            range.most[k] = S::all(0.0);
        }
        for (std::int32_t r = a.lead; r < a.rows; ++r) {
            Pair v;
            load(row(a.v, r), v);
            note_magnitude(a, r, v, range);
        }
        for (std::int32_t r = a.lead - 1; r >= 0; --r) {
            Pair acc;
            const R re = S::all(a.constant[2 * r]), im = S::all(a.constant[2 * r + 1]);
            for (int k = 0; k < K; ++k) {
                acc.re[k] = re;
                acc.im[k] = im;
            }
            for (std::int32_t e = a.col_start[r]; e < a.col_start[r + 1]; ++e)
                take_off(acc, a.col_l + 2 * static_cast<std::int64_t>(e), row(a.v, a.col_row[e]));
            store(row(a.v, r), acc);
            note_magnitude(a, r, acc, range);
        }
        for (int k = 0; k < K; ++k) {
            S::store(a.least + k * S::size, range.least[k]);
            S::store(a.most + k * S::size, range.most[k]);
        }
    }

    static void residual(const ResidualArgs& a) {
        R worst[K];
        for (int k = 0; k < K; ++k) worst[k] = S::all(0.0);
        for (std::int32_t r = a.begin; r < a.end; ++r) {
            Pair acc;
            R size[K];
            const R cr = S::all(a.constant[2 * r]), ci = S::all(a.constant[2 * r + 1]);
            for (int k = 0; k < K; ++k) {
                acc.re[k] = cr;
                acc.im[k] = ci;
            }
            if (r >= a.lead) load(row(a.x, r - a.lead), acc);
            for (int k = 0; k < K; ++k)
                size[k] = S::root(acc.re[k] * acc.re[k] + acc.im[k] * acc.im[k]);
            for (std::int32_t e = a.start[r]; e < a.start[r + 1]; ++e) {
                take_off(acc, a.y + 2 * static_cast<std::int64_t>(e), row(a.v, a.col[e]));
                const R m = S::all(a.size[e]);
                const double* mag = cells(a.magnitude, a.col[e]);
                for (int k = 0; k < K; ++k) size[k] = size[k] + m * S::load(mag + k * S::size);
            }
            if (a.correction) store(row(a.correction, r), acc);
            for (int k = 0; k < K; ++k) {
                const R e2 = acc.re[k] * acc.re[k] + acc.im[k] * acc.im[k];
                const R s2 = size[k] * size[k];
                const M fine = S::not_more(e2, worst[k] * s2);
                worst[k] = S::pick(fine, worst[k], e2 / s2);
            }
        }
        for (int k = 0; k < K; ++k) S::store(a.worst2 + k * S::size, worst[k]);
    }

    static void statistics(const StatisticsArgs& a) {
        const R one = S::all(1.0), zero = S::all(0.0);
        const R low = S::all(a.low), high = S::all(a.high);
        const R magic = S::all(0x1.8p20);  // multiples of 2^-32: sums of them are exact
        M live[K];
        for (int k = 0; k < K; ++k) live[k] = S::mask(a.live + k * S::size);
        for (std::int32_t r = 0; r < a.rows; ++r) {
            const double* m = cells(a.magnitude, r);
            const R per = S::all(a.per_base[r]);
            for (int k = 0; k < K; ++k) {
                const int o = k * S::size;
                double *lo = cells(a.min, r) + o, *hi = cells(a.max, r) + o;
                double* sum = cells(a.sum, r) + o;
                const R u = S::load(m + o) * per;
                const R rounded = (u + magic) - magic;
                S::store(sum, S::load(sum) + S::pick(live[k], rounded, zero));
                const R was_lo = S::load(lo), was_hi = S::load(hi);  // they seldom move
                if (!S::is_all(S::both(S::not_more(was_lo, u), S::not_more(u, was_hi)))) {
                    S::store(lo, S::pick(S::both(live[k], S::less(u, was_lo)), u, was_lo));
                    S::store(hi, S::pick(S::both(live[k], S::less(was_hi, u)), u, was_hi));
                }
                if (S::is_all(S::both(S::not_more(low, u), S::not_more(u, high)))) continue;
                double *below = cells(a.below, r) + o, *above = cells(a.above, r) + o;
                const M is_below = S::both(live[k], S::less(u, low));
                const M is_above = S::both(live[k], S::less(high, u));
                S::store(below, S::load(below) + S::pick(is_below, one, zero));
                S::store(above, S::load(above) + S::pick(is_above, one, zero));
            }
        }
    }

    using Mix = Mixing<S, K>;
    static constexpr KernelTable table{inject,     sweep,    recover,   residual,
                                       statistics, Mix::mix, Mix::gram, Mix::sample};
};

}  // namespace gridflock::inline v0::powerflow::kernel
