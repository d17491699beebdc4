// SPDX-License-Identifier: Apache-2.0
// What a site tells the aggregator, as values and as the payload of a message. The message itself
// carries measured_at and received_at; all powers are + into the grid.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace gridflock::inline v0::asset {

/// Why a value may be doubted.
enum class Quality : std::uint8_t { good = 0, estimated = 1, stale = 2, bad = 3 };

struct Telemetry {
    static constexpr std::size_t width = 7;  ///< doubles in a payload

    double p_w = 0.0;         ///< the battery's power
    double soc = 0.0;         ///< 0..1
    double site_net_w = 0.0;  ///< at the meter
    double pv_w = 0.0;
    double p_min_w = 0.0;  ///< range available now
    double p_max_w = 0.0;
    Quality quality = Quality::good;

    bool operator==(const Telemetry&) const = default;
};

/// Shape  out: [Telemetry::width].
inline void pack(const Telemetry& t, std::span<double> out) {
    out[0] = t.p_w;
    out[1] = t.soc;
    out[2] = t.site_net_w;
    out[3] = t.pv_w;
    out[4] = t.p_min_w;
    out[5] = t.p_max_w;
    out[6] = static_cast<double>(t.quality);
}

inline Telemetry unpack_telemetry(std::span<const double> in) {
    const bool known = in[6] >= 0.0 && in[6] <= 3.0;
    return {in[0],
            in[1],
            in[2],
            in[3],
            in[4],
            in[5],
            known ? static_cast<Quality>(static_cast<std::uint8_t>(in[6])) : Quality::bad};
}

}  // namespace gridflock::inline v0::asset
