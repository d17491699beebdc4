// SPDX-License-Identifier: Apache-2.0
// Kernels of the acceleration: samples of the last iterates, their products, their mixture.
#pragma once

#include "kernel.hpp"

namespace gridflock::inline v0::powerflow::kernel {

template <class S, int K>
struct Mixing {
    using R = typename S::Register;
    using M = typename S::Mask;
    static constexpr int lanes = S::size * K;

    static void mix(const MixArgs& a) {
        R weight[4][K];
        const R zero = S::all(0.0);
        M take[K], frozen[K], unused[4][K];
        for (int k = 0; k < K; ++k) {
            for (int h = 0; h < 4; ++h) {
                weight[h][k] = S::load(a.weight + h * lanes + k * S::size);
                unused[h][k] = S::same(weight[h][k], zero);
            }
            take[k] = S::mask(a.take + k * S::size);
            frozen[k] = S::mask(a.frozen + k * S::size);
        }
        const std::int64_t doubles = static_cast<std::int64_t>(a.rows) * 2 * lanes;
        for (std::int64_t o = 0; o < doubles; o += lanes)
            for (int k = 0; k < K; ++k) {
                const std::int64_t i = o + k * S::size;
                const R newest = S::load(a.history[0] + i);
                R mixed = newest * weight[0][k];
                for (int h = 1; h < 4; ++h)  // what has no weight may hold anything
                    mixed = mixed +
                            S::pick(unused[h][k], zero, S::load(a.history[h] + i) * weight[h][k]);
                const R next = S::pick(take[k], mixed, newest);
                S::store(a.v + i, S::pick(frozen[k], S::load(a.v + i), next));
            }
    }

    static void gram(const GramArgs& a) {
        for (int k = 0; k < K; ++k) {
            R sum[gram_products];
            for (R& s : sum) s = S::all(0.0);
            for (std::int32_t i = 0; i < a.doubles; ++i) {
                const std::int64_t o = static_cast<std::int64_t>(i) * lanes + k * S::size;
                const R f = S::load(a.history[0] + o), u = S::load(a.history_u[0] + o);
                R d[3], e[3];
                for (int h = 0; h < 3; ++h) {
                    d[h] = f - S::load(a.history[h + 1] + o);
                    e[h] = u - S::load(a.history_u[h + 1] + o);
                }
                int n = 0;
                for (int g = 0; g < 3; ++g)
                    for (int h = g; h < 3; ++h, ++n) {
                        sum[n] = sum[n] + d[g] * d[h];
                        sum[n + 9] = sum[n + 9] + (d[g] * e[h] + d[h] * e[g]);
                    }
                for (int g = 0; g < 3; ++g) sum[6 + g] = sum[6 + g] + d[g] * f;
            }
            for (int n = 0; n < gram_products; ++n)
                S::store(a.products + n * lanes + k * S::size, sum[n]);
        }
    }

    static void sample(const SampleArgs& a) {
        for (std::int32_t n = 0; n < a.count; ++n) {
            const R w = S::all(a.weight[n]);
            const double* x = a.x + static_cast<std::int64_t>(a.rows[n]) * (2 * lanes);
            const double* v = a.v + static_cast<std::int64_t>(a.rows[n]) * (2 * lanes);
            const std::int64_t to = static_cast<std::int64_t>(n) * (2 * lanes);
            for (int o = 0; o < 2 * lanes; o += S::size) {
                const R voltage = S::load(v + o);
                S::store(a.f + to + o, (S::load(x + o) - voltage) * w);
                S::store(a.u + to + o, voltage * w);
            }
        }
    }
};

}  // namespace gridflock::inline v0::powerflow::kernel
