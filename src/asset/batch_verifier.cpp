// SPDX-License-Identifier: Apache-2.0
#include <gridflock/asset/batch_verifier.hpp>

#include <gridflock/core/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace gridflock::inline v0::asset {

namespace {

auto place_of(const std::vector<AcceptedBatch>& chain, std::int64_t sequence) {
    return std::lower_bound(
        chain.begin(), chain.end(), sequence,
        [](const AcceptedBatch& b, std::int64_t wanted) { return b.sequence < wanted; });
}

/// The link between two batches of one site, `a` with the lower sequence number.
BatchVerdict check_link(const AcceptedBatch& a, const AcceptedBatch& b) {
    const bool adjacent = b.sequence - a.sequence == 1;
    if (a.end > b.start || (adjacent && b.prev != a.content)) return BatchVerdict::broken_chain;
    if (adjacent && a.end == b.start && a.after != b.before) return BatchVerdict::register_break;
    return b.before.at_least(a.after) ? BatchVerdict::accepted : BatchVerdict::register_break;
}

void add(StateHash& h, const Energies& e) {
    for (const std::int64_t wh : {e.import_wh, e.export_wh, e.pv_wh, e.charge_wh, e.discharge_wh})
        h.add(wh);
}

}  // namespace

const char* to_text(BatchVerdict verdict) {
    switch (verdict) {
        case BatchVerdict::accepted:
            return "accepted";
        case BatchVerdict::malformed:
            return "malformed";
        case BatchVerdict::unknown_site:
            return "unknown site";
        case BatchVerdict::bad_signature:
            return "bad signature";
        case BatchVerdict::replayed:
            return "replayed";
        case BatchVerdict::conflicting:
            return "conflicting";
        case BatchVerdict::broken_chain:
            return "broken chain";
        case BatchVerdict::register_break:
            return "register break";
    }
    return "unknown";
}

std::int64_t VerifierState::refused() const {
    return std::accumulate(counts.begin() + 1, counts.end(), std::int64_t{0});
}

void VerifierState::hash(StateHash& h) const {
    for (const std::int64_t n : counts) h.add(n);
    for (const auto& chain : sites) {
        h.add(chain.size());
        for (const AcceptedBatch& b : chain) {
            h.add(b.sequence);
            h.add(b.start.ns);
            h.add(b.end.ns);
            h.add(b.received_at.ns);
            for (const std::uint8_t byte : b.content) h.add(byte);
            for (const std::uint8_t byte : b.prev) h.add(byte);
            add(h, b.before);
            add(h, b.after);
        }
    }
}

BatchVerifier::BatchVerifier(std::vector<StableId> sites, std::vector<PublicKey> keys,
                             SignatureScheme scheme, Duration interval)
    : sites_(std::move(sites)),
      keys_(std::move(keys)),
      order_(sites_.size()),
      scheme_(scheme),
      interval_(interval) {
    if (sites_.size() != keys_.size())
        throw ShapeError(fmt::format("{} sites and {} keys", sites_.size(), keys_.size()));
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::sort(order_.begin(), order_.end(),
              [&](std::size_t a, std::size_t b) { return sites_[a] < sites_[b]; });
}

VerifierState BatchVerifier::start() const {
    VerifierState state;
    state.sites.resize(sites_.size());
    return state;
}

std::size_t BatchVerifier::find(StableId site) const {
    const auto at =
        std::lower_bound(order_.begin(), order_.end(), site,
                         [&](std::size_t i, StableId wanted) { return sites_[i] < wanted; });
    return at != order_.end() && sites_[*at] == site ? *at : sites_.size();
}

BatchVerdict BatchVerifier::judge(const VerifierState& state, std::size_t site,
                                  const ReadBatch& batch, const AcceptedBatch& entry,
                                  Bytes bytes) const {
    if (!verify(keys_[site], bytes, batch.signature, scheme_)) return BatchVerdict::bad_signature;
    const auto& chain = state.sites[site];
    const auto next = place_of(chain, entry.sequence);
    if (next != chain.end() && next->sequence == entry.sequence)
        return next->content == entry.content ? BatchVerdict::replayed : BatchVerdict::conflicting;
    BatchVerdict verdict = BatchVerdict::accepted;
    if (next != chain.begin()) verdict = check_link(*(next - 1), entry);
    if (verdict == BatchVerdict::accepted && next != chain.end())
        verdict = check_link(entry, *next);
    return verdict;
}

BatchVerdict BatchVerifier::receive(VerifierState& state, const ReadBatch& batch,
                                    SimTime received_at) const {
    BatchVerdict verdict = BatchVerdict::accepted;
    const std::size_t site = find(batch.site);
    if (!well_formed(batch, interval_)) {
        verdict = BatchVerdict::malformed;
    } else if (site == sites_.size()) {
        verdict = BatchVerdict::unknown_site;
    } else {
        const std::vector<std::uint8_t> bytes = canonical_bytes(batch);
        const MeterRead& first = batch.reads.front();
        const AcceptedBatch entry{batch.sequence,
                                  batch.start,
                                  batch.end(interval_),
                                  received_at,
                                  sha256(bytes),
                                  batch.prev,
                                  first.registers - first.interval,
                                  batch.reads.back().registers};
        verdict = judge(state, site, batch, entry, bytes);
        auto& chain = state.sites[site];
        if (verdict == BatchVerdict::accepted) chain.insert(place_of(chain, entry.sequence), entry);
    }
    ++state.counts[static_cast<std::size_t>(verdict)];
    return verdict;
}

}  // namespace gridflock::inline v0::asset
