// SPDX-License-Identifier: Apache-2.0
#include "kernel_body.hpp"

#if defined(__AVX2__)
#include <immintrin.h>

namespace gridflock::inline v0::comms::kernel {

namespace {

struct Avx2 {
    using D = __m256d;
    using U = __m256i;
    /// All bits of a word or none. A type of its own, to tell it from words.
    struct M {
        __m256i v;
    };
    using Drawing = Single<Avx2>;  // four 32-bit products of four words take longer than one each
    static constexpr std::size_t size = 4;

    [[gnu::always_inline]] static inline U load(const std::uint64_t* p) {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    }
    [[gnu::always_inline]] static inline D load(const double* p) { return _mm256_loadu_pd(p); }
    [[gnu::always_inline]] static inline void store(std::uint64_t* p, U v) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v);
    }
    [[gnu::always_inline]] static inline void store(double* p, D v) { _mm256_storeu_pd(p, v); }
    [[gnu::always_inline]] static inline U load_bytes(const std::uint8_t* p) {
        return _mm256_cvtepu8_epi64(_mm_loadu_si32(p));
    }
    [[gnu::always_inline]] static inline M has(U flags, Flag f) {
        return {_mm256_cmpgt_epi64(_mm256_and_si256(flags, word(f)), _mm256_setzero_si256())};
    }
    [[gnu::always_inline]] static inline std::size_t list(std::uint64_t* to, std::size_t i, M m) {
        std::size_t n = 0;
        for (auto bits = static_cast<unsigned>(_mm256_movemask_pd(real(m.v))); bits != 0;
             bits &= bits - 1)
            to[n++] = i + static_cast<std::size_t>(__builtin_ctz(bits));
        return n;
    }
    [[gnu::always_inline]] static inline M flags(const std::uint8_t* p) {
        return {_mm256_cmpgt_epi64(load_bytes(p), _mm256_setzero_si256())};
    }
    [[gnu::always_inline]] static inline void store_flags(std::uint8_t* p, M m) {
        store_bytes(p, _mm256_srli_epi64(m.v, 63));
    }
    [[gnu::always_inline]] static inline void store_bytes(std::uint8_t* p, U v) {
        const __m256i first =
            _mm256_setr_epi8(0, 8, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 8, -1,
                             -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
        const __m256i packed = _mm256_shuffle_epi8(v, first);
        const __m128i both_halves =
            _mm_unpacklo_epi16(_mm256_castsi256_si128(packed), _mm256_extracti128_si256(packed, 1));
        _mm_storeu_si32(p, both_halves);
    }
    [[gnu::always_inline]] static inline U word(std::uint64_t v) {
        return _mm256_set1_epi64x(static_cast<long long>(v));
    }
    [[gnu::always_inline]] static inline D all(double v) { return _mm256_set1_pd(v); }
    [[gnu::always_inline]] static inline M none() { return {_mm256_setzero_si256()}; }
    [[gnu::always_inline]] static inline D infinity() { return _mm256_set1_pd(__builtin_inf()); }
    [[gnu::always_inline]] static inline U add(U a, U b) { return _mm256_add_epi64(a, b); }
    [[gnu::always_inline]] static inline U subtract(U a, U b) { return _mm256_sub_epi64(a, b); }
    [[gnu::always_inline]] static inline U both(U a, U b) { return _mm256_and_si256(a, b); }
    [[gnu::always_inline]] static inline U either(U a, U b) { return _mm256_or_si256(a, b); }
    [[gnu::always_inline]] static inline U exclusive(U a, U b) { return _mm256_xor_si256(a, b); }
    template <int N>
    [[gnu::always_inline]] static inline U shift_right(U v) {
        return _mm256_srli_epi64(v, N);
    }
    template <int N>
    [[gnu::always_inline]] static inline U shift_left(U v) {
        return _mm256_slli_epi64(v, N);
    }
    [[gnu::always_inline]] static inline U bits(D v) { return _mm256_castpd_si256(v); }
    [[gnu::always_inline]] static inline D real(U v) { return _mm256_castsi256_pd(v); }
    /// Exact below 2^52.
    [[gnu::always_inline]] static inline D number(U v) {
        return real(either(v, word(std::uint64_t{0x4330000000000000}))) - all(0x1p52);
    }
    [[gnu::always_inline]] static inline D root(D v) { return _mm256_sqrt_pd(v); }
    [[gnu::always_inline]] static inline D negative(D v) {
        return _mm256_xor_pd(v, _mm256_set1_pd(-0.0));
    }
    [[gnu::always_inline]] static inline M less(D a, D b) {
        return {bits(_mm256_cmp_pd(a, b, _CMP_LT_OQ))};
    }
    [[gnu::always_inline]] static inline M less(U a, U b) { return {_mm256_cmpgt_epi64(b, a)}; }
    [[gnu::always_inline]] static inline M not_more(U a, U b) {
        return {_mm256_xor_si256(_mm256_cmpgt_epi64(a, b), _mm256_set1_epi64x(-1))};
    }
    [[gnu::always_inline]] static inline M same(U a, U b) { return {_mm256_cmpeq_epi64(a, b)}; }
    [[gnu::always_inline]] static inline M both(M a, M b) { return {_mm256_and_si256(a.v, b.v)}; }
    [[gnu::always_inline]] static inline M any_of(M a, M b) { return {_mm256_or_si256(a.v, b.v)}; }
    [[gnu::always_inline]] static inline M without(M a, M b) {
        return {_mm256_andnot_si256(b.v, a.v)};
    }
    [[gnu::always_inline]] static inline M differ(M a, M b) { return {_mm256_xor_si256(a.v, b.v)}; }
    [[gnu::always_inline]] static inline bool any(M m) { return _mm256_testz_si256(m.v, m.v) == 0; }
    [[gnu::always_inline]] static inline D pick(M m, D a, D b) {
        return _mm256_blendv_pd(b, a, real(m.v));
    }
    [[gnu::always_inline]] static inline U pick(M m, U a, U b) {
        return _mm256_blendv_epi8(b, a, m.v);
    }
    [[gnu::always_inline]] static inline M pick(M m, M a, M b) {
        return {_mm256_blendv_epi8(b.v, a.v, m.v)};
    }
};

}  // namespace

const Table* avx2() {
    return &Body<Avx2, Single<Avx2>>::table;
}

}  // namespace gridflock::inline v0::comms::kernel

#else

namespace gridflock::inline v0::comms::kernel {

const Table* avx2() {
    return nullptr;
}

}  // namespace gridflock::inline v0::comms::kernel

#endif
