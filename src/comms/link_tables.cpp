// SPDX-License-Identifier: Apache-2.0
#include <gridflock/comms/link_tables.hpp>

#include "kernel.hpp"

#include <algorithm>

namespace gridflock::inline v0::comms {

std::uint64_t draw_limit(double p) {
    const double x = p * 0x1p53;
    const auto n = static_cast<std::uint64_t>(x);
    return static_cast<double>(n) < x ? n + 1 : n;
}

std::size_t tile_sites(std::size_t lanes) {
    const std::size_t most = lanes == 0 ? 0 : kernel::tile_cells / lanes;
    return most - most % kernel::pad;
}

LinkTables tables_of(const std::vector<StableId>& sites, const std::vector<RandomKey>& keys,
                     const std::vector<LinkSettings>& settings) {
    LinkTables t;
    const std::size_t lanes = keys.size();
    for (const StableId& id : sites) t.entity.push_back(id.value);
    t.entity.resize(sites.size() + kernel::pad);
    for (const RandomKey& key : keys) {
        const auto at = std::find_if(t.keys.begin(), t.keys.end(), [&](const RandomKey& k) {
            return k.seed == key.seed && k.world == key.world;
        });
        t.key_of.push_back(static_cast<std::size_t>(at - t.keys.begin()));
        if (at == t.keys.end()) t.keys.push_back(key);
    }
    t.tile_sites = tile_sites(lanes);
    for (std::size_t cell = 0; cell < t.tile_sites * lanes; ++cell) {
        const LinkSettings& s = settings[cell % lanes];
        t.to_bad.push_back(draw_limit(s.p_gb));
        t.to_good.push_back(draw_limit(s.p_bg));
        t.share_bad.push_back(draw_limit(stationary_bad(s)));
        t.loss_good.push_back(draw_limit(s.loss_good));
        t.loss_bad.push_back(draw_limit(s.loss_bad));
        t.median_s.push_back(s.latency_median_s);
        t.sigma.push_back(latency_sigma(s));
        t.has_perfect = t.has_perfect || s.perfect;
        if (lanes == 1 || t.keys.size() < lanes) continue;
        t.seeds.push_back(keys[cell % lanes].seed);
        t.worlds.push_back(keys[cell % lanes].world);
    }
    return t;
}

}  // namespace gridflock::inline v0::comms
