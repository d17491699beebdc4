// SPDX-License-Identifier: Apache-2.0
// Attacks on signed reads, as transformations of a batch. A replay needs no code: post the same
// batch again. An attacker on the wire knows everything but the site's secret.
#pragma once

#include <gridflock/asset/meter_read.hpp>

#include <cstdint>

namespace gridflock::inline v0::comms {

/// The batch as somebody without the site's key would fake it: `extra_wh` more exported in its
/// first interval, all registers to match, signed with the attacker's own key.
inline asset::ReadBatch forge(asset::ReadBatch batch, std::int64_t extra_wh,
                              const asset::SecretKey& attacker,
                              asset::SignatureScheme scheme = asset::SignatureScheme::real) {
    if (!batch.reads.empty()) batch.reads.front().interval.export_wh += extra_wh;
    for (asset::MeterRead& read : batch.reads) read.registers.export_wh += extra_wh;
    asset::seal(batch, attacker, scheme);
    return batch;
}

}  // namespace gridflock::inline v0::comms
