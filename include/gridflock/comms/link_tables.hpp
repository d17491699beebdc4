// SPDX-License-Identifier: Apache-2.0
// The settings of the links as the batch kernels read them: one entry a cell of a tile, which is so
// many sites times the lanes, and probabilities as limits of 53-bit draws.
#pragma once

#include <gridflock/comms/link.hpp>
#include <gridflock/core/index.hpp>
#include <gridflock/core/random.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gridflock::inline v0::comms {

struct LinkTables {
    std::size_t tile_sites = 0;                ///< 0: too many lanes for tiles
    std::vector<std::uint64_t> entity;         ///< [site], padded
    std::vector<RandomKey> keys;               ///< the distinct ones
    std::vector<std::uint64_t> seeds, worlds;  ///< where no two lanes share a key
    std::vector<std::size_t> key_of;           ///< [lane]
    std::vector<std::uint64_t> to_bad, to_good, share_bad, loss_good, loss_bad;
    std::vector<double> median_s, sigma;
    bool has_perfect = false;
};

/// Sites of a tile: whole registers, whatever the number of lanes. 0: too many lanes.
std::size_t tile_sites(std::size_t lanes);

/// The least n with n >= p 2^53: a draw of 53 bits is below n just if its fraction is below p.
std::uint64_t draw_limit(double p);

LinkTables tables_of(const std::vector<StableId>& sites, const std::vector<RandomKey>& keys,
                     const std::vector<LinkSettings>& settings);

}  // namespace gridflock::inline v0::comms
