// SPDX-License-Identifier: Apache-2.0
#include "kernel_body.hpp"

#if defined(__AVX512F__)
#include <immintrin.h>

namespace gridflock::inline v0::powerflow::kernel {

namespace {

struct Avx512 {
    using Register = __m512d;
    using Mask = __mmask8;
    static constexpr int size = 8;
    static Register load(const double* p) { return _mm512_load_pd(p); }
    static void store(double* p, Register v) { _mm512_store_pd(p, v); }
    static Register all(double v) { return _mm512_set1_pd(v); }
    static Register root(Register v) { return _mm512_maskz_sqrt_pd(0xff, v); }
    static Mask less(Register a, Register b) { return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ); }
    static Mask not_more(Register a, Register b) { return _mm512_cmp_pd_mask(a, b, _CMP_LE_OQ); }
    static Mask same(Register a, Register b) { return _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ); }
    static Mask both(Mask a, Mask b) { return static_cast<Mask>(a & b); }
    static bool is_all(Mask m) { return m == 0xff; }
    static Mask mask(const std::int64_t* p) { return _mm512_movepi64_mask(_mm512_load_si512(p)); }
    static Register pick(Mask m, Register a, Register b) { return _mm512_mask_blend_pd(m, b, a); }
};

}  // namespace

const KernelTable* avx512(int lanes) {
    switch (lanes) {
        case 8:
            return &Body<Avx512, 1>::table;
        case 16:
            return &Body<Avx512, 2>::table;
        case 32:
            return &Body<Avx512, 4>::table;
        default:
            return nullptr;
    }
}

}  // namespace gridflock::inline v0::powerflow::kernel

#else

namespace gridflock::inline v0::powerflow::kernel {

const KernelTable* avx512(int) {
    return nullptr;
}

}  // namespace gridflock::inline v0::powerflow::kernel

#endif
