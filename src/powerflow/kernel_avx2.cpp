// SPDX-License-Identifier: Apache-2.0
#include "kernel_body.hpp"

#if defined(__AVX2__)
#include <immintrin.h>

namespace gridflock::inline v0::powerflow::kernel {

namespace {

struct Avx2 {
    using Register = __m256d;
    using Mask = __m256d;
    static constexpr int size = 4;
    static Register load(const double* p) { return _mm256_load_pd(p); }
    static void store(double* p, Register v) { _mm256_store_pd(p, v); }
    static Register all(double v) { return _mm256_set1_pd(v); }
    static Register root(Register v) { return _mm256_sqrt_pd(v); }
    static Mask less(Register a, Register b) { return _mm256_cmp_pd(a, b, _CMP_LT_OQ); }
    static Mask not_more(Register a, Register b) { return _mm256_cmp_pd(a, b, _CMP_LE_OQ); }
    static Mask same(Register a, Register b) { return _mm256_cmp_pd(a, b, _CMP_EQ_OQ); }
    static Mask both(Mask a, Mask b) { return _mm256_and_pd(a, b); }
    static bool is_all(Mask m) { return _mm256_movemask_pd(m) == 15; }
    static Mask mask(const std::int64_t* p) {
        return _mm256_castsi256_pd(_mm256_load_si256(reinterpret_cast<const __m256i*>(p)));
    }
    static Register pick(Mask m, Register a, Register b) { return _mm256_blendv_pd(b, a, m); }
};

}  // namespace

const KernelTable* avx2(int lanes) {
    switch (lanes) {
        case 8:
            return &Body<Avx2, 2>::table;
        case 16:
            return &Body<Avx2, 4>::table;
        case 32:
            return &Body<Avx2, 8>::table;
        default:
            return nullptr;
    }
}

}  // namespace gridflock::inline v0::powerflow::kernel

#else

namespace gridflock::inline v0::powerflow::kernel {

const KernelTable* avx2(int) {
    return nullptr;
}

}  // namespace gridflock::inline v0::powerflow::kernel

#endif
