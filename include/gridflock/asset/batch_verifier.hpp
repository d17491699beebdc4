// SPDX-License-Identifier: Apache-2.0
// Which read batches count. The checks, in order; the first that fails gives the verdict:
//
//   malformed       not a batch (well_formed)
//   unknown_site    no key is known for the site
//   bad_signature   not signed by the site's key
//   replayed        the same content was accepted before
//   conflicting     another content was accepted for the same sequence number: the site signed
//   twice broken_chain    prev does not name the neighbour, or the times of neighbours overlap
//   register_break  a register stepped between neighbours, or ran backwards over a gap
//
// Late is not wrong: an authentic batch is accepted whenever it comes, in any order; the links to
// its neighbours are checked as soon as both are there. (Whether a read still counts for money
// after a deadline is for `settle`.)
#pragma once

#include <gridflock/asset/meter_read.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gridflock::inline v0::asset {

enum class BatchVerdict : std::uint8_t {
    accepted = 0,
    malformed = 1,
    unknown_site = 2,
    bad_signature = 3,
    replayed = 4,
    conflicting = 5,
    broken_chain = 6,
    register_break = 7,
};
inline constexpr std::size_t verdict_count = 8;

const char* to_text(BatchVerdict verdict);

/// What is remembered of a batch that counts.
struct AcceptedBatch {
    std::int64_t sequence = 0;
    SimTime start;
    SimTime end;
    SimTime received_at;
    Digest content{};
    Digest prev{};
    Energies before;  ///< registers at `start`
    Energies after;   ///< registers at `end`
    bool operator==(const AcceptedBatch&) const = default;
};

/// The State of one lane: plain data.
struct VerifierState {
    std::vector<std::vector<AcceptedBatch>> sites;  ///< by sequence
    std::array<std::int64_t, verdict_count> counts{};

    std::int64_t count(BatchVerdict v) const { return counts[static_cast<std::size_t>(v)]; }
    std::int64_t refused() const;
    void hash(StateHash& h) const;
    bool operator==(const VerifierState&) const = default;
};

/// The Plan: who signs for which site.
class BatchVerifier {
public:
    /// Errors  ShapeError unless there is one key a site.
    BatchVerifier(std::vector<StableId> sites, std::vector<PublicKey> keys,
                  SignatureScheme scheme = SignatureScheme::real, Duration interval = minutes(15));

    VerifierState start() const;
    /// Judges a batch, remembers it if it counts, and counts the verdict. Changes state only.
    BatchVerdict receive(VerifierState& state, const ReadBatch& batch, SimTime received_at) const;
    /// Position of a site, or the number of sites when it is unknown.
    std::size_t find(StableId site) const;

private:
    BatchVerdict judge(const VerifierState& state, std::size_t site, const ReadBatch& batch,
                       const AcceptedBatch& entry, Bytes bytes) const;

    std::vector<StableId> sites_;
    std::vector<PublicKey> keys_;
    std::vector<std::size_t> order_;  // positions by site id
    SignatureScheme scheme_;
    Duration interval_;
};

}  // namespace gridflock::inline v0::asset
