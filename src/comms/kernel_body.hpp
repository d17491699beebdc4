// SPDX-License-Identifier: Apache-2.0
// The batch kernels, once: S is an instruction set (registers of doubles D and of 64-bit words U, a
// mask M, and what they can do), One the same for a single cell, for what is left over. Only + - *
// / and sqrt, each rounded by itself and in the order of core/math.hpp, so the bits are those of
// LinkModel::fate. No function of another header is called: it would take on the flags of this one.
#pragma once

#include "kernel.hpp"

namespace gridflock::inline v0::comms::kernel {

/// 64 x 64 -> 128 bits from four products of 32.
template <class S, class U>
[[gnu::always_inline]] static inline void multiply_wide(std::uint64_t constant, U b, U& hi, U& lo) {
    const U mask = S::word(0xffffffffULL);
    const U al = S::word(constant & 0xffffffffULL), ah = S::word(constant >> 32);
    const U bh = S::template shift_right<32>(b);
    const U ll = S::multiply32(al, b), lh = S::multiply32(al, bh);
    const U hl = S::multiply32(ah, b), hh = S::multiply32(ah, bh);
    const U t = S::add(lh, S::template shift_right<32>(ll));
    const U u = S::add(hl, S::both(t, mask));
    hi = S::add(S::add(hh, S::template shift_right<32>(t)), S::template shift_right<32>(u));
    lo = S::low_high(ll, u);
}

/// Philox rounds of K registers side by side, to hide the latency of the products. The counter's
/// first three words are of all entities alike, and under one key so is much of what the first
/// rounds make of them: the type of a word says which, and what is alike is computed once.
template <class S, std::size_t K>
struct Rounds {
    using U = typename S::U;
    using Alike = std::uint64_t;
    struct Each {
        U k[K];
    };
    template <class A, class B, class C, class D>
    struct Counter {
        A c0;
        B c1;
        C c2;
        D c3;
    };
    template <class T>
    struct Product {
        T high, low;
    };
    template <class T>
    struct Key {
        T first, second;
    };

    [[gnu::always_inline]] static inline Each each(const Each& v) { return v; }
    [[gnu::always_inline]] static inline Each each(Alike v) {
        Each r;
        for (std::size_t k = 0; k < K; ++k) r.k[k] = S::word(v);
        return r;
    }
    [[gnu::always_inline]] static inline Each load(const std::uint64_t* p) {
        Each r;
        for (std::size_t k = 0; k < K; ++k) r.k[k] = S::load(p + k * S::size);
        return r;
    }
    [[gnu::always_inline]] static inline void store(std::uint64_t* p, const Each& v) {
        for (std::size_t k = 0; k < K; ++k) S::store(p + k * S::size, v.k[k]);
    }
    [[gnu::always_inline]] static inline Alike add(Alike a, Alike b) { return a + b; }
    [[gnu::always_inline]] static inline Each add(const Each& a, Alike b) {
        Each r;
        for (std::size_t k = 0; k < K; ++k) r.k[k] = S::add(a.k[k], S::word(b));
        return r;
    }
    [[gnu::always_inline]] static inline Alike exclusive(Alike a, Alike b) { return a ^ b; }
    template <class A, class B>
    [[gnu::always_inline]] static inline Each exclusive(const A& a, const B& b) {
        const Each x = each(a), y = each(b);
        Each r;
        for (std::size_t k = 0; k < K; ++k) r.k[k] = S::exclusive(x.k[k], y.k[k]);
        return r;
    }
    [[gnu::always_inline]] static inline Product<Alike> multiply(Alike constant, Alike v) {
        __extension__ using Wide = unsigned __int128;
        const Wide p = static_cast<Wide>(constant) * v;
        return {static_cast<Alike>(p >> 64), static_cast<Alike>(p)};
    }
    [[gnu::always_inline]] static inline Product<Each> multiply(Alike constant, const Each& v) {
        Product<Each> r;
        for (std::size_t k = 0; k < K; ++k) S::multiply(constant, v.k[k], r.high.k[k], r.low.k[k]);
        return r;
    }

    template <class A, class B, class C, class D, class T>
    [[gnu::always_inline]] static inline auto next(const Counter<A, B, C, D>& c,
                                                   const Key<T>& key) {
        const auto a = multiply(0xD2E7470EE14C6C93ULL, c.c0);
        const auto b = multiply(0xCA5A826395121157ULL, c.c2);
        auto c0 = exclusive(b.high, exclusive(c.c1, key.first));
        auto c2 = exclusive(a.high, exclusive(c.c3, key.second));
        return Counter<decltype(c0), decltype(b.low), decltype(c2), decltype(a.low)>{c0, b.low, c2,
                                                                                     a.low};
    }
    template <int n, class C, class T>
    [[gnu::always_inline]] static inline auto run(const C& counter, const Key<T>& key) {
        if constexpr (n == 0)
            return counter;
        else
            return run<n - 1>(next(counter, key), Key<T>{add(key.first, 0x9E3779B97F4A7C15ULL),
                                                         add(key.second, 0xBB67AE8584CAA73BULL)});
    }
    template <class T>
    [[gnu::always_inline]] static inline void draw(const DrawArgs& a, std::size_t i,
                                                   const Key<T>& key) {
        const Counter<Alike, Alike, Alike, Each> begin{a.draw, a.step, a.purpose,
                                                       load(a.entity + i)};
        const auto end = run<10>(begin, key);
        store(a.word[0] + i, end.c0);
        store(a.word[1] + i, end.c1);
        store(a.word[2] + i, end.c2);
    }
    [[gnu::always_inline]] static inline void draw_alike(const DrawArgs& a, std::size_t i) {
        draw(a, i, Key<Alike>{a.key[0], a.key[1]});
    }
    [[gnu::always_inline]] static inline void draw_own(const DrawArgs& a, std::size_t i) {
        draw(a, i, Key<Each>{load(a.seeds + i), load(a.worlds + i)});
    }
};

template <class S>
struct Cells {
    using D = typename S::D;
    using U = typename S::U;
    using M = typename S::M;

    [[gnu::always_inline]] static inline D polynomial(D x, const double* c, int n) {
        D p = S::all(c[0]);
        for (int i = 1; i < n; ++i) p = p * x + S::all(c[i]);
        return p;
    }

    /// math::log for normal positive x.
    [[gnu::always_inline]] static inline D log(D x) {
        constexpr double c[] = {2.0 / 21.0, 2.0 / 19.0, 2.0 / 17.0, 2.0 / 15.0, 2.0 / 13.0,
                                2.0 / 11.0, 2.0 / 9.0,  2.0 / 7.0,  2.0 / 5.0,  2.0 / 3.0};
        const U bits = S::bits(x);
        D k = S::number(S::template shift_right<52>(bits)) - S::all(1023.0);
        D m = S::real(S::either(S::both(bits, S::word(0x000fffffffffffffULL)),
                                S::word(0x3ff0000000000000ULL)));
        const M high = S::less(S::all(1.41421356237309504880), m);
        m = S::pick(high, m * S::all(0.5), m);
        k = S::pick(high, k + S::all(1.0), k);
        const D f = m - S::all(1.0);
        const D s = f / (S::all(2.0) + f);
        const D z = s * s;
        const D p = polynomial(z, c, 10);
        const D half_square = S::all(0.5) * f * f;
        const D l = f - (half_square - s * (half_square + z * p));
        return k * S::all(0x1.62e42fee00000p-1) + (l + k * S::all(0x1.a39ef35793c76p-33));
    }

    /// math::exp.
    [[gnu::always_inline]] static inline D exp(D x) {
        constexpr double c[] = {1.0 / 6227020800.0, 1.0 / 479001600.0, 1.0 / 39916800.0,
                                1.0 / 3628800.0,    1.0 / 362880.0,    1.0 / 40320.0,
                                1.0 / 5040.0,       1.0 / 720.0,       1.0 / 120.0,
                                1.0 / 24.0,         1.0 / 6.0,         0.5};
        const D magic = S::all(0x1.8p52);
        const D kept = S::pick(S::less(x, S::all(709.782712893384)), x, S::all(0.0));
        const D safe = S::pick(S::less(kept, S::all(-745.2)), S::all(0.0), kept);
        const D shifted = safe * S::all(1.44269504088896340736) + magic;
        const D k = shifted - magic;
        const D r = (safe - k * S::all(0x1.62e42fee00000p-1)) - k * S::all(0x1.a39ef35793c76p-33);
        const D p = polynomial(r, c, 12);
        // k as an integer, + 2048 so that it is halved without a sign
        const U n = S::add(S::bits(shifted), S::word(2048 - 0x4338000000000000ULL));
        const U half = S::template shift_right<1>(n);
        const U rest = S::subtract(n, half);
        const D low = S::real(S::template shift_left<52>(S::add(half, S::word(1023ULL - 1024))));
        const D high = S::real(S::template shift_left<52>(S::add(rest, S::word(1023ULL - 1024))));
        const D y = (S::all(1.0) + (r + r * r * p)) * low * high;
        const D bounded = S::pick(S::less(x, S::all(709.782712893384)), y, S::infinity());
        return S::pick(S::less(x, S::all(-745.2)), S::all(0.0), bounded);
    }

    [[gnu::always_inline]] static inline D open_unit(U draw) {
        return (S::number(S::template shift_right<12>(draw)) + S::all(0.5)) * S::all(0x1p-52);
    }
    [[gnu::always_inline]] static inline D tail(D u) {
        const D one_less = S::all(1.0) - u;
        return S::pick(S::less(one_less, u), one_less, u);
    }
    /// math::normal_quantile in the middle.
    [[gnu::always_inline]] static inline D central(D u) {
        constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,
                                -2.759285104469687e+02, 1.383577518672690e+02,
                                -3.066479806614716e+01, 2.506628277459239e+00};
        constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02,
                                -1.556989798598866e+02, 6.680131188771972e+01,
                                -1.328068155288572e+01, 1.0};
        const D q = u - S::all(0.5);
        const D r = q * q;
        return polynomial(r, a, 6) * q / polynomial(r, b, 6);
    }
    /// math::normal_quantile in the tails.
    [[gnu::always_inline]] static inline D outer(D u) {
        constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01,
                                -2.400758277161838e+00, -2.549732539343734e+00,
                                4.374664141464968e+00,  2.938163982698783e+00};
        constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                                3.754408661907416e+00, 1.0};
        const D t = S::root(S::all(-2.0) * log(tail(u)));
        const D v = polynomial(t, c, 6) / polynomial(t, d, 5);
        return S::pick(S::less(u, S::all(0.5)), v, S::negative(v));
    }
    /// The middle form of cell i into z; the cells of the tails are listed in `far`.
    [[gnu::always_inline]] static inline std::size_t normal(const std::uint64_t* draw,
                                                            std::size_t i, double* z,
                                                            std::uint64_t* far, std::size_t n_far) {
        const D u = open_unit(S::load(draw + i));
        S::store(z + i, central(u));
        return n_far + S::list(far + n_far, i, S::less(tail(u), S::all(0.02425)));
    }

    /// A delay in ns, rounded, at most 2^51.
    [[gnu::always_inline]] static inline U delay(D median_s, D sigma, D z) {
        const D most = S::all(0x1p51), magic = S::all(0x1p52);
        const D ns = median_s * exp(sigma * z) * S::all(1e9) + S::all(0.5);
        const D x = S::pick(S::less(most, ns), most, ns);
        const D near = (x + magic) - magic;
        const D floor = S::pick(S::less(x, near), near - S::all(1.0), near);
        return S::both(S::bits(floor + magic), S::word(0x000fffffffffffffULL));
    }

    [[gnu::always_inline]] static inline U words(const std::int64_t* p) {
        return S::load(reinterpret_cast<const std::uint64_t*>(p));
    }
    [[gnu::always_inline]] static inline void put(std::int64_t* p, M where, U value) {
        auto* q = reinterpret_cast<std::uint64_t*>(p);
        S::store(q, S::pick(where, value, S::load(q)));
    }
    [[gnu::always_inline]] static inline U one_if(M where, unsigned place) {
        return S::pick(where, S::word(std::uint64_t{1} << (place * count_bits)),
                       S::word(std::uint64_t{0}));
    }
    [[gnu::always_inline]] static inline void count(std::uint64_t* p, M first, M second, M third) {
        const U sum = S::add(S::add(one_if(first, 0), one_if(second, 1)), one_if(third, 2));
        S::store(p, S::add(S::load(p), sum));
    }

    /// The loss chain after this message, and whether the channel loses it.
    [[gnu::always_inline]] static inline M step_and_lose(const SendArgs& a, std::size_t i, U flags,
                                                         M drawn) {
        const M stepping = S::has(flags, steps), anew = S::has(flags, redraws);
        const M bad = S::flags(a.chain_bad + i);
        const U u = S::template shift_right<11>(S::load(a.chain_word + i));
        const U limit =
            S::pick(anew, S::load(a.link.share_bad + i),
                    S::pick(bad, S::load(a.link.to_good + i), S::load(a.link.to_bad + i)));
        const M stepped = S::differ(S::less(u, limit), S::both(bad, stepping));
        const M next = S::pick(S::any_of(stepping, anew), stepped, bad);
        S::store_flags(a.chain_bad + i, next);
        put(a.chain_tick + i, drawn, words(a.tick + i));
        const U loss = S::pick(next, S::load(a.link.loss_bad + i), S::load(a.link.loss_good + i));
        return S::less(S::template shift_right<11>(S::load(a.loss_word + i)), loss);
    }

    [[gnu::always_inline]] static inline M send(const SendArgs& a, std::size_t i, const double* z) {
        const U never = S::word(std::uint64_t{0x7fffffffffffffff});
        const U flags = S::load_bytes(a.flags + i);
        const M sent = S::has(flags, sends), drawn = S::has(flags, draws);
        const U leaves = words(a.leaves + i);
        const M cut = S::both(sent, S::same(leaves, never));
        const M is_lost = S::without(S::both(drawn, step_and_lose(a, i, flags, drawn)), cut);
        const U journey =
            delay(S::load(a.link.median_s + i), S::load(a.link.sigma + i), S::load(z + i));
        const U arrival = S::add(leaves, S::pick(drawn, journey, S::word(std::uint64_t{0})));
        const M arrives = S::without(S::without(sent, is_lost), cut);
        S::store(reinterpret_cast<std::uint64_t*>(a.arrival) + i, arrival);

        const M stored = S::both(arrives, S::same(words(a.ring_arrival + i), never));
        put(a.ring_arrival + i, stored, arrival);
        put(a.ring_sent_at + i, stored, words(a.sent_at + i));
        put(a.ring_tick + i, stored, words(a.tick + i));
        const auto code = [](Code c) { return S::word(std::uint64_t{c}); };
        const U away = S::pick(cut, code(cut_off), S::pick(sent, code(lost), code(idle)));
        const M is_crowded = S::without(arrives, stored);
        S::store_bytes(a.code + i,
                       S::pick(stored, code(under_way), S::pick(is_crowded, code(crowded), away)));
        count(a.count + i, sent, is_lost, cut);
        return is_crowded;
    }

    [[gnu::always_inline]] static inline void receive(const ReceiveArgs& a, std::size_t i) {
        const U never = S::word(std::uint64_t{0x7fffffffffffffff});
        const M active = S::flags(a.is_active + i);
        const U now = words(a.now + i), cadence = S::word(static_cast<std::uint64_t>(a.cadence));
        U tick = words(a.latest_tick + i), measured = S::word(std::uint64_t{0});
        U received = measured, from = measured;
        M fresh = S::none();
        for (std::size_t slot = 0; slot < a.depth; ++slot) {
            const std::size_t at = slot * a.stride + i;
            const U arrival = words(a.ring_arrival + at);
            const M here =
                S::without(S::both(active, S::not_more(arrival, now)), S::same(arrival, never));
            if (!S::any(here)) continue;
            put(a.ring_arrival + at, here, never);
            const U its_tick = words(a.ring_tick + at), sent = words(a.ring_sent_at + at);
            const M newer = S::both(here, S::less(tick, its_tick));
            count(a.count + i, here, S::both(here, S::less(cadence, S::subtract(arrival, sent))),
                  S::without(here, S::without(newer, fresh)));
            tick = S::pick(newer, its_tick, tick);
            measured = S::pick(newer, sent, measured);
            received = S::pick(newer, arrival, received);
            from = S::pick(newer, S::word(std::uint64_t{slot}), from);
            fresh = S::any_of(fresh, newer);
        }
        S::store_flags(a.fresh + i, S::any_of(S::without(S::flags(a.fresh + i), active), fresh));
        if (!S::any(fresh)) return;
        put(a.latest_tick + i, fresh, tick);
        put(a.measured_at + i, fresh, measured);
        put(a.received_at + i, fresh, received);
        S::store(a.from + i, from);
    }
};

/// The numbers of one site: `from(lane)` is where those of a lane lie, null to leave it alone.
template <class From>
[[gnu::always_inline]] static inline void copy_site(double* to, std::size_t width,
                                                    std::size_t lanes, From&& from) {
    const double* first = from(0);
    bool is_one_block = first != nullptr;
    for (std::size_t l = 1; l < lanes; ++l) is_one_block = is_one_block && from(l) == first;
    if (is_one_block) {
        for (std::size_t i = 0; i < width * lanes; ++i) to[i] = first[i];
        return;
    }
    for (std::size_t l = 0; l < lanes; ++l) {
        const double* row = from(l);
        for (std::size_t k = 0; row && k < width; ++k) to[k * lanes + l] = row[k * lanes + l];
    }
}

template <class S, class One>
struct Body {
    static void draw(const DrawArgs& args) {
        using Drawing = typename S::Drawing;
        using Pair = Rounds<Drawing, 2>;
        using Rest = Rounds<Drawing, 1>;
        constexpr std::size_t size = Drawing::size;
        const DrawArgs a = args;  // what is stored cannot change it
        std::size_t i = 0;
        if (a.seeds) {
            for (; i + 2 * size <= a.n; i += 2 * size) Pair::draw_own(a, i);
            for (; i < a.n; i += size) Rest::draw_own(a, i);
        } else {
            for (; i + 2 * size <= a.n; i += 2 * size) Pair::draw_alike(a, i);
            for (; i < a.n; i += size) Rest::draw_alike(a, i);
        }
    }
    /// z of every cell; those of the tails apart, close together.
    static inline void normals(const std::uint64_t* draw, std::size_t n, double* z) {
        std::uint64_t far[tile_cells + pad], far_draw[tile_cells + pad];
        double far_z[tile_cells + pad];
        std::size_t n_far = 0, i = 0;
        for (; i + S::size <= n; i += S::size) n_far = Cells<S>::normal(draw, i, z, far, n_far);
        for (; i < n; ++i) n_far = Cells<One>::normal(draw, i, z, far, n_far);
        for (i = 0; i < n_far; ++i) far_draw[i] = draw[far[i]];
        for (i = n_far; i % S::size != 0; ++i) far_draw[i] = 0;
        for (i = 0; i < n_far; i += S::size)
            S::store(far_z + i, Cells<S>::outer(Cells<S>::open_unit(S::load(far_draw + i))));
        for (i = 0; i < n_far; ++i) z[far[i]] = far_z[i];
    }
    static bool send(const SendArgs& a) {
        double z[tile_cells + pad];
        normals(a.delay_word, a.n, z);
        std::size_t i = 0;
        typename S::M some = S::none();
        for (; i + S::size <= a.n; i += S::size) some = S::any_of(some, Cells<S>::send(a, i, z));
        bool any = S::any(some);
        for (; i < a.n; ++i) any = Cells<One>::send(a, i, z) || any;
        if (a.width == 0) return any;
        for (std::size_t first = 0; first < a.n; first += a.lanes)
            copy_site(a.ring_payload + first * a.width, a.width, a.lanes, [&](std::size_t l) {
                return a.code[first + l] == under_way ? a.payload + first * a.width : nullptr;
            });
        return any;
    }
    static void receive(const ReceiveArgs& a) {
        std::size_t i = 0;
        for (; i + S::size <= a.n; i += S::size) Cells<S>::receive(a, i);
        for (; i < a.n; ++i) Cells<One>::receive(a, i);
        if (a.width == 0) return;
        for (std::size_t first = 0; first < a.n; first += a.lanes)
            copy_site(a.payload + first * a.width, a.width, a.lanes, [&](std::size_t l) {
                const bool is_new = a.fresh[first + l] && a.is_active[first + l];
                const std::size_t row = is_new ? a.from[first + l] * a.stride + first : 0;
                return is_new ? a.ring_payload + row * a.width : nullptr;
            });
    }
    static constexpr Table table{&draw, &send, &receive};
};

/// One cell at a time, in plain C++. Each translation unit gives its own Tag.
template <class Tag>
struct Single {
    using D = double;
    using U = std::uint64_t;
    using M = bool;
    using Drawing = Single;
    static constexpr std::size_t size = 1;

    [[gnu::always_inline]] static inline U load(const std::uint64_t* p) { return *p; }
    [[gnu::always_inline]] static inline D load(const double* p) { return *p; }
    [[gnu::always_inline]] static inline void store(std::uint64_t* p, U v) { *p = v; }
    [[gnu::always_inline]] static inline void store(double* p, D v) { *p = v; }
    [[gnu::always_inline]] static inline U load_bytes(const std::uint8_t* p) { return *p; }
    [[gnu::always_inline]] static inline M has(U flags, Flag f) { return (flags & f) != 0; }
    /// Appends the numbers of the cells, i and on, that m holds; how many.
    [[gnu::always_inline]] static inline std::size_t list(std::uint64_t* to, std::size_t i, M m) {
        *to = i;
        return m;
    }
    [[gnu::always_inline]] static inline M flags(const std::uint8_t* p) { return *p != 0; }
    [[gnu::always_inline]] static inline void store_flags(std::uint8_t* p, M m) { *p = m; }
    [[gnu::always_inline]] static inline void store_bytes(std::uint8_t* p, U v) {
        *p = static_cast<std::uint8_t>(v);
    }
    [[gnu::always_inline]] static inline U word(std::uint64_t v) { return v; }
    [[gnu::always_inline]] static inline D all(double v) { return v; }
    [[gnu::always_inline]] static inline M none() { return false; }
    [[gnu::always_inline]] static inline D infinity() { return __builtin_inf(); }
    [[gnu::always_inline]] static inline U add(U a, U b) { return a + b; }
    [[gnu::always_inline]] static inline U subtract(U a, U b) { return a - b; }
    [[gnu::always_inline]] static inline U both(U a, U b) { return a & b; }
    [[gnu::always_inline]] static inline U either(U a, U b) { return a | b; }
    [[gnu::always_inline]] static inline U exclusive(U a, U b) { return a ^ b; }
    [[gnu::always_inline]] static inline void multiply(std::uint64_t constant, U b, U& hi, U& lo) {
        __extension__ using Wide = unsigned __int128;
        const Wide p = static_cast<Wide>(constant) * b;
        hi = static_cast<U>(p >> 64);
        lo = static_cast<U>(p);
    }
    template <int N>
    [[gnu::always_inline]] static inline U shift_right(U v) {
        return v >> N;
    }
    template <int N>
    [[gnu::always_inline]] static inline U shift_left(U v) {
        return v << N;
    }
    [[gnu::always_inline]] static inline U bits(D v) { return __builtin_bit_cast(U, v); }
    [[gnu::always_inline]] static inline D real(U v) { return __builtin_bit_cast(D, v); }
    [[gnu::always_inline]] static inline D number(U v) {
        return static_cast<D>(static_cast<std::int64_t>(v));
    }
    [[gnu::always_inline]] static inline D root(D v) { return __builtin_sqrt(v); }
    [[gnu::always_inline]] static inline D negative(D v) { return -v; }
    [[gnu::always_inline]] static inline M less(D a, D b) { return a < b; }
    [[gnu::always_inline]] static inline M less(U a, U b) {
        return static_cast<std::int64_t>(a) < static_cast<std::int64_t>(b);
    }
    [[gnu::always_inline]] static inline M not_more(U a, U b) { return !less(b, a); }
    [[gnu::always_inline]] static inline M same(U a, U b) { return a == b; }
    [[gnu::always_inline]] static inline M both(M a, M b) { return a && b; }
    [[gnu::always_inline]] static inline M any_of(M a, M b) { return a || b; }
    [[gnu::always_inline]] static inline M without(M a, M b) { return a && !b; }
    [[gnu::always_inline]] static inline M differ(M a, M b) { return a != b; }
    [[gnu::always_inline]] static inline bool any(M m) { return m; }
    [[gnu::always_inline]] static inline D pick(M m, D a, D b) { return m ? a : b; }
    [[gnu::always_inline]] static inline U pick(M m, U a, U b) { return m ? a : b; }
    [[gnu::always_inline]] static inline M pick(M m, M a, M b) { return m ? a : b; }
};

}  // namespace gridflock::inline v0::comms::kernel
