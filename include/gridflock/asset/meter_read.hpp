// SPDX-License-Identifier: Apache-2.0
// Meter reads, and the signed batches in which a site sends them.
//
//   batch n of a site:  content(n) = canonical bytes of {site, start, n, prev(n), reads}
//                       prev(n) = SHA-256(content(n-1)), prev(0) = 0        a hash chain
//                       signature(n) = sign(site's key, content(n))
//
// A read carries the energies of its interval and the registers after it, so a lost or late batch
// can be told from energy that never flowed. All integers; canonical bytes are little endian, fixed
// width.
#pragma once

#include <gridflock/asset/crypto.hpp>
#include <gridflock/core/hash.hpp>
#include <gridflock/core/time.hpp>

#include <compare>
#include <cstdint>
#include <span>
#include <vector>

namespace gridflock::inline v0::asset {

/// Wh, each counted up from zero in its own direction.
struct Energies {
    std::int64_t import_wh = 0;
    std::int64_t export_wh = 0;
    std::int64_t pv_wh = 0;
    std::int64_t charge_wh = 0;
    std::int64_t discharge_wh = 0;

    bool operator==(const Energies&) const = default;
    friend Energies operator+(const Energies& a, const Energies& b);
    friend Energies operator-(const Energies& a, const Energies& b);
    /// No entry below that of `other`: what a register may do.
    bool at_least(const Energies& other) const;
    /// Net injection at the meter: export - import.
    std::int64_t net_wh() const { return export_wh - import_wh; }
    /// Demand behind the meter, from the balance of the site.
    std::int64_t demand_wh() const {
        return import_wh + pv_wh + discharge_wh - export_wh - charge_wh;
    }
};

struct MeterRead {
    SimTime t_start;
    Energies interval;
    Energies registers;        ///< after the interval
    std::int32_t soc_e4 = -1;  ///< state of charge x 10^4 at the end; -1: no battery

    bool operator==(const MeterRead&) const = default;
};

struct ReadBatch {
    StableId site;
    SimTime start;
    std::int64_t sequence = 0;  ///< 0, 1, 2, ... of this site
    Digest prev{};
    std::vector<MeterRead> reads;
    Signature signature;

    SimTime end(Duration interval) const {
        return reads.empty() ? start : reads.back().t_start + interval;
    }
    bool operator==(const ReadBatch&) const = default;
};

/// What is signed and hashed: everything but the signature. Injective.
std::vector<std::uint8_t> canonical_bytes(const ReadBatch& batch);
Digest content_hash(const ReadBatch& batch);
void hash(StateHash& h, const ReadBatch& batch);

/// Site named, sequence not negative, 1 to 192 gapless reads from `start`, no negative energy, each
/// register the one before plus the interval, state of charge -1 or 0..10^4.
bool well_formed(const ReadBatch& batch, Duration interval = minutes(15));

/// Signs. Changes batch.signature.
void seal(ReadBatch& batch, const SecretKey& key, SignatureScheme scheme = SignatureScheme::real);
/// Signs the batches of one site, one a lane; equal bytes are signed once.
void seal(std::span<ReadBatch> lanes, const SecretKey& key,
          SignatureScheme scheme = SignatureScheme::real);

}  // namespace gridflock::inline v0::asset
