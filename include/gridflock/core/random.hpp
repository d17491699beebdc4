// SPDX-License-Identifier: Apache-2.0
// Counter-based random numbers: Philox4x64-10.
//
// A draw is a pure function of its name: key (seed, world), counter (draw, step, purpose, entity).
// No state, no order, no thread: adding a device, a variant or a lane changes nobody else's
// numbers. Bits equal numpy.random.Philox(key=[seed, world], counter=[draw - 1, step, purpose,
// entity]), which steps its counter before the first block; pinned by a test vector. Source Salmon,
// Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11.
#pragma once

#include <gridflock/core/index.hpp>
#include <gridflock/core/math.hpp>

#include <array>
#include <cstdint>

namespace gridflock::inline v0 {

using Block4 = std::array<std::uint64_t, 4>;

namespace detail {
struct Product {
    std::uint64_t hi, lo;
};
constexpr Product multiply(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide p = static_cast<Wide>(a) * b;
    return {static_cast<std::uint64_t>(p >> 64), static_cast<std::uint64_t>(p)};
}
}  // namespace detail

/// Ten rounds of Philox4x64.
constexpr Block4 philox4x64(Block4 c, std::array<std::uint64_t, 2> k) {
    for (int round = 0; round < 10; ++round) {
        const auto a = detail::multiply(0xD2E7470EE14C6C93ULL, c[0]);
        const auto b = detail::multiply(0xCA5A826395121157ULL, c[2]);
        c = {b.hi ^ c[1] ^ k[0], b.lo, a.hi ^ c[3] ^ k[1], a.lo};
        k[0] += 0x9E3779B97F4A7C15ULL;
        k[1] += 0xBB67AE8584CAA73BULL;
    }
    return c;
}

/// What a draw is for. One number each, for ever: results depend on them.
enum class Purpose : std::uint64_t {
    parameters = 1,  ///< sizes and angles of a fleet's units
    placement = 2,   ///< which site gets which device
    occupancy = 3,
    load_noise = 4,
    clouds = 5,
    latency = 6,
    loss = 7,
    loss_state = 8,  ///< hourly redraw of the Gilbert-Elliott chain
    polling = 9,
    keys = 10,
    outage = 11,
    attack = 12,
    meter_delay = 13,
    user = 1000,
};

/// (seed, world): the only key of a run's random numbers. Never the lane, never the variant.
struct RandomKey {
    std::uint64_t seed = 0;
    std::uint64_t world = 0;
};

constexpr Block4 draw_block(RandomKey key, StableId entity, Purpose purpose, std::uint64_t step,
                            std::uint64_t draw = 0) {
    return philox4x64({draw, step, static_cast<std::uint64_t>(purpose), entity.value},
                      {key.seed, key.world});
}

/// Uniform on [0, 1), 53 bits, as NumPy makes it from 64.
constexpr double to_unit(std::uint64_t bits) {
    return static_cast<double>(bits >> 11) * 0x1p-53;
}
/// Uniform on (0, 1): safe for logarithms and quantile functions.
constexpr double to_open_unit(std::uint64_t bits) {
    return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52;
}

/// Standard normal from 64 bits by the quantile function (one draw, monotone in the bits).
inline double to_normal(std::uint64_t bits) {
    return math::normal_quantile(to_open_unit(bits));
}

inline double uniform(RandomKey key, StableId entity, Purpose purpose, std::uint64_t step,
                      std::uint64_t draw = 0) {
    return to_open_unit(draw_block(key, entity, purpose, step, draw)[0]);
}
inline double normal(RandomKey key, StableId entity, Purpose purpose, std::uint64_t step,
                     std::uint64_t draw = 0) {
    return to_normal(draw_block(key, entity, purpose, step, draw)[0]);
}

}  // namespace gridflock::inline v0
