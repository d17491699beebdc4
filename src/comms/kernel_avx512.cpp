// SPDX-License-Identifier: Apache-2.0
#include "kernel_body.hpp"

#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#include <immintrin.h>

namespace gridflock::inline v0::comms::kernel {

namespace {

struct Avx512 {
    using D = __m512d;
    using U = __m512i;
    using M = __mmask8;
    using Drawing = Avx512;
    static constexpr std::size_t size = 8;

    [[gnu::always_inline]] static inline U load(const std::uint64_t* p) {
        return _mm512_loadu_si512(p);
    }
    [[gnu::always_inline]] static inline D load(const double* p) { return _mm512_loadu_pd(p); }
    [[gnu::always_inline]] static inline void store(std::uint64_t* p, U v) {
        _mm512_storeu_si512(p, v);
    }
    [[gnu::always_inline]] static inline void store(double* p, D v) { _mm512_storeu_pd(p, v); }
    [[gnu::always_inline]] static inline U load_bytes(const std::uint8_t* p) {
        return _mm512_cvtepu8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
    }
    [[gnu::always_inline]] static inline M has(U flags, Flag f) {
        return _mm512_test_epi64_mask(flags, word(f));
    }
    [[gnu::always_inline]] static inline std::size_t list(std::uint64_t* to, std::size_t i, M m) {
        const U cells = _mm512_add_epi64(word(i), _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7));
        store(to, _mm512_maskz_compress_epi64(m, cells));
        return static_cast<std::size_t>(__builtin_popcount(m));
    }
    [[gnu::always_inline]] static inline M flags(const std::uint8_t* p) {
        const U v = load_bytes(p);
        return _mm512_test_epi64_mask(v, v);
    }
    [[gnu::always_inline]] static inline void store_flags(std::uint8_t* p, M m) {
        store_bytes(p, _mm512_maskz_set1_epi64(m, 1));
    }
    [[gnu::always_inline]] static inline void store_bytes(std::uint8_t* p, U v) {
        _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm512_cvtepi64_epi8(v));
    }
    [[gnu::always_inline]] static inline U word(std::uint64_t v) {
        return _mm512_set1_epi64(static_cast<long long>(v));
    }
    [[gnu::always_inline]] static inline D all(double v) { return _mm512_set1_pd(v); }
    [[gnu::always_inline]] static inline M none() { return 0; }
    [[gnu::always_inline]] static inline D infinity() { return _mm512_set1_pd(__builtin_inf()); }
    [[gnu::always_inline]] static inline U add(U a, U b) { return _mm512_add_epi64(a, b); }
    [[gnu::always_inline]] static inline U subtract(U a, U b) { return _mm512_sub_epi64(a, b); }
    [[gnu::always_inline]] static inline U both(U a, U b) { return _mm512_and_si512(a, b); }
    [[gnu::always_inline]] static inline U either(U a, U b) { return _mm512_or_si512(a, b); }
    [[gnu::always_inline]] static inline U exclusive(U a, U b) { return _mm512_xor_si512(a, b); }
    [[gnu::always_inline]] static inline U multiply32(U a, U b) { return _mm512_mul_epu32(a, b); }
    [[gnu::always_inline]] static inline void multiply(std::uint64_t constant, U b, U& hi, U& lo) {
        multiply_wide<Avx512>(constant, b, hi, lo);
    }
    [[gnu::always_inline]] static inline U low_high(U low, U high) {
        return _mm512_mask_shuffle_epi32(low, 0xAAAA, high, _MM_PERM_CCAA);
    }
    template <int N>
    [[gnu::always_inline]] static inline U shift_right(U v) {
        return _mm512_srli_epi64(v, N);
    }
    template <int N>
    [[gnu::always_inline]] static inline U shift_left(U v) {
        return _mm512_slli_epi64(v, N);
    }
    [[gnu::always_inline]] static inline U bits(D v) { return _mm512_castpd_si512(v); }
    [[gnu::always_inline]] static inline D real(U v) { return _mm512_castsi512_pd(v); }
    [[gnu::always_inline]] static inline D number(U v) { return _mm512_cvtepi64_pd(v); }
    [[gnu::always_inline]] static inline D root(D v) { return _mm512_sqrt_pd(v); }
    [[gnu::always_inline]] static inline D negative(D v) {
        return _mm512_xor_pd(v, _mm512_set1_pd(-0.0));
    }
    [[gnu::always_inline]] static inline M less(D a, D b) {
        return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ);
    }
    [[gnu::always_inline]] static inline M less(U a, U b) { return _mm512_cmplt_epi64_mask(a, b); }
    [[gnu::always_inline]] static inline M not_more(U a, U b) {
        return _mm512_cmple_epi64_mask(a, b);
    }
    [[gnu::always_inline]] static inline M same(U a, U b) { return _mm512_cmpeq_epi64_mask(a, b); }
    [[gnu::always_inline]] static inline M both(M a, M b) { return static_cast<M>(a & b); }
    [[gnu::always_inline]] static inline M any_of(M a, M b) { return static_cast<M>(a | b); }
    [[gnu::always_inline]] static inline M without(M a, M b) { return static_cast<M>(a & ~b); }
    [[gnu::always_inline]] static inline M differ(M a, M b) { return static_cast<M>(a ^ b); }
    [[gnu::always_inline]] static inline bool any(M m) { return m != 0; }
    [[gnu::always_inline]] static inline D pick(M m, D a, D b) {
        return _mm512_mask_blend_pd(m, b, a);
    }
    [[gnu::always_inline]] static inline U pick(M m, U a, U b) {
        return _mm512_mask_blend_epi64(m, b, a);
    }
    [[gnu::always_inline]] static inline M pick(M m, M a, M b) {
        return static_cast<M>((m & a) | (~m & b));
    }
};

}  // namespace

const Table* avx512() {
    return &Body<Avx512, Single<Avx512>>::table;
}

}  // namespace gridflock::inline v0::comms::kernel

#else

namespace gridflock::inline v0::comms::kernel {

const Table* avx512() {
    return nullptr;
}

}  // namespace gridflock::inline v0::comms::kernel

#endif
