// SPDX-License-Identifier: Apache-2.0
#include "ring_batch.hpp"

#include <algorithm>

namespace gridflock::inline v0::comms {

namespace {
using kernel::pad;
using kernel::tile_cells;

template <class T>
using Cells = std::array<T, tile_cells + pad>;
/// Below this share of cells that send, one by one is faster.
constexpr std::size_t sparse = 8;
}  // namespace

const kernel::Table& table_of(InstructionSet set) {
    const kernel::Table* t = nullptr;
    if (set == InstructionSet::avx512) t = kernel::avx512();
    if (set == InstructionSet::avx2) t = kernel::avx2();
    return t ? *t : kernel::portable();
}

struct RingBatch::Tile {
    std::size_t site = 0;  ///< the first
    std::size_t sites = 0;
    std::size_t lanes = 0;
    std::size_t n = 0;      ///< cells
    std::size_t sent = 0;   ///< of them
    std::int64_t step = 0;  ///< the tick of all that send
    bool is_same = false;   ///< all tiles offer the same: fill once
    bool is_plain = false;  ///< every chain steps: the flags of the tile before serve
    bool any_redraw = false;
    Cells<std::uint8_t> flags, code;
    alignas(64) Cells<std::int64_t> sent_at, tick, leaves, arrival;
    alignas(64) Cells<std::uint64_t> chain_word, loss_word, delay_word;
    alignas(64) std::array<Cells<std::uint64_t>, 4> drawn;  // of one key: three words, one redraw

    std::size_t first_cell() const { return site * lanes; }
    MessageId id(std::size_t cell, Channel channel) const {
        return {site + cell / lanes, cell % lanes, channel, step, 0};
    }
};

/// What is offered, as one entry a cell.
void RingBatch::fill(Tile& t, const Offer& offer) const {
    const std::int64_t cadence = ring_.shape_.cadence.ns;
    std::array<std::int64_t, tile_cells> tick;
    for (std::size_t l = 0; l < t.lanes; ++l) tick[l] = clock_.now[l] / cadence;
    const bool some = offer.present.size() != 0, own_time = offer.sent_at.size() != 0,
               own_tick = offer.tick.size() != 0;
    t.is_plain = false;
    t.sent = 0;
    for (std::size_t s = 0, i = 0; s < t.sites; ++s)
        for (std::size_t l = 0; l < t.lanes; ++l, ++i) {
            const bool sends = clock_.mask[l] && (!some || offer.present(t.site + s, l));
            t.flags[i] = sends ? kernel::sends : 0;
            t.sent += sends;
            t.sent_at[i] = own_time ? offer.sent_at(t.site + s, l) : clock_.now[l];
            t.tick[i] = own_tick ? offer.tick(t.site + s, l) : tick[l];
        }
}

/// Whether the tile is worth a batch: enough to send, all of one tick.
bool RingBatch::is_batch(Tile& t) const {
    if (t.sent == 0 || t.sent * sparse < t.n) return false;
    std::size_t first = 0;
    while (!(t.flags[first] & kernel::sends)) ++first;
    t.step = t.tick[first];
    std::uint64_t differ = 0;
    for (std::size_t i = 0; i < t.n; ++i)
        differ |= t.flags[i] & kernel::sends ? static_cast<std::uint64_t>(t.tick[i] ^ t.step) : 0;
    return differ == 0;
}

/// Whether a message of the tile is sure to arrive: the kernels know of no such message.
bool RingBatch::has_delivery(const Tile& t, const LinkModel& link) const {
    if (link.deliveries().is_empty()) return false;
    for (std::size_t i = 0; i < t.n; ++i)
        if ((t.flags[i] & kernel::sends) &&
            link.deliveries().covers(ring_.shape_.channel, t.site + i / t.lanes, i % t.lanes,
                                     {t.sent_at[i]}))
            return true;
    return false;
}

/// Which chains step and which start anew; those that lag are brought up one by one.
void RingBatch::prepare_chains(Tile& t, const LinkModel& link) const {
    const Duration cadence = ring_.shape_.cadence;
    const std::int64_t first = link.first_tick(link.hour_of(t.step, cadence), cadence);
    const std::int64_t* at = ring_.state_.chain_tick.all().data() + t.first_cell();
    t.any_redraw = false;
    std::uint64_t differ = t.step > first ? 0 : 1;
    for (std::size_t i = 0; i < t.n; ++i)
        differ |= static_cast<std::uint64_t>(at[i] ^ (t.step - 1));
    if (differ == 0 && t.is_plain) return;
    for (std::size_t i = 0; i < t.n; ++i) {
        t.flags[i] &= kernel::sends;
        if (t.flags[i] && !(link.tables().has_perfect && link.settings(i % t.lanes).perfect))
            t.flags[i] |= kernel::draws | (differ == 0 ? kernel::steps : 0);
    }
    t.is_plain = differ == 0;
    if (differ != 0) catch_up(t, link, first);
}

void RingBatch::catch_up(Tile& t, const LinkModel& link, std::int64_t first_tick) const {
    std::int64_t* at = ring_.state_.chain_tick.all().data() + t.first_cell();
    std::uint8_t* bad = ring_.state_.chain_bad.all().data() + t.first_cell();
    for (std::size_t i = 0; i < t.n; ++i) {
        if (!(t.flags[i] & kernel::draws)) continue;
        const bool is_known = at[i] >= first_tick && at[i] <= t.step;
        if (is_known && at[i] == t.step) continue;
        if (is_known && at[i] == t.step - 1) {
            t.flags[i] |= kernel::steps;
        } else if (t.step == first_tick) {
            t.flags[i] |= kernel::redraws;
            t.any_redraw = true;
        } else {
            Chain chain{at[i], bad[i]};
            link.advance(chain, t.id(i, ring_.shape_.channel), ring_.shape_.cadence);
            at[i] = chain.tick;
            bad[i] = chain.bad;
        }
    }
}

void RingBatch::draw(Tile& t, const LinkModel& link) const {
    kernel::DrawArgs a;
    a.draw = static_cast<std::uint64_t>(ring_.shape_.channel);
    a.step = static_cast<std::uint64_t>(t.step);
    a.purpose = static_cast<std::uint64_t>(Purpose::loss);
    if (link.tables().seeds.empty())
        draw_worlds(t, link, a);
    else
        draw_cells(t, link, a);
    for (std::size_t k = 0; t.any_redraw && k < link.tables().keys.size(); ++k) redraw(t, link, k);
}

/// A block of every cell: no two lanes are of one world.
void RingBatch::draw_cells(Tile& t, const LinkModel& link, kernel::DrawArgs& a) const {
    const LinkTables& tables = link.tables();
    for (std::size_t s = 0, i = 0; s < t.sites; ++s)
        for (std::size_t l = 0; l < t.lanes; ++l, ++i) t.drawn[0][i] = tables.entity[t.site + s];
    a.n = t.n;
    a.entity = t.drawn[0].data();
    a.seeds = tables.seeds.data();
    a.worlds = tables.worlds.data();
    a.word[0] = t.chain_word.data();
    a.word[1] = t.loss_word.data();
    a.word[2] = t.delay_word.data();
    table_.draw(a);
}

/// Each world's words once a site, dealt out to its lanes.
void RingBatch::draw_worlds(Tile& t, const LinkModel& link, kernel::DrawArgs& a) const {
    const LinkTables& tables = link.tables();
    const bool is_single = t.lanes == 1;
    a.n = t.sites;
    a.entity = tables.entity.data() + t.site;
    std::uint64_t* const dealt[] = {t.chain_word.data(), t.loss_word.data(), t.delay_word.data()};
    for (std::size_t k = 0; k < tables.keys.size(); ++k) {
        a.key[0] = tables.keys[k].seed;
        a.key[1] = tables.keys[k].world;
        for (std::size_t w = 0; w < 3; ++w)
            a.word[w] = is_single ? dealt[w] : t.drawn[w].data() + k * tile_sites_;
        table_.draw(a);
    }
    std::array<std::size_t, tile_cells> from;
    for (std::size_t l = 0; l < t.lanes; ++l) from[l] = tables.key_of[l] * tile_sites_;
    for (std::size_t w = 0; !is_single && w < 3; ++w)
        for (std::size_t s = 0, i = 0; s < t.sites; ++s)
            for (std::size_t l = 0; l < t.lanes; ++l, ++i) dealt[w][i] = t.drawn[w][from[l] + s];
}

/// The stationary law of the hour, for the chains of one world that start anew.
void RingBatch::redraw(Tile& t, const LinkModel& link, std::size_t key) const {
    const LinkTables& tables = link.tables();
    kernel::DrawArgs a;
    a.n = t.sites;
    a.entity = tables.entity.data() + t.site;
    a.draw = static_cast<std::uint64_t>(ring_.shape_.channel);
    a.step = static_cast<std::uint64_t>(link.hour_of(t.step, ring_.shape_.cadence));
    a.purpose = static_cast<std::uint64_t>(Purpose::loss_state);
    a.key[0] = tables.keys[key].seed;
    a.key[1] = tables.keys[key].world;
    for (std::size_t w = 0; w < 3; ++w) a.word[w] = t.drawn[3 - w].data();
    table_.draw(a);
    for (std::size_t i = 0; i < t.n; ++i)
        if ((t.flags[i] & kernel::redraws) && tables.key_of[i % t.lanes] == key)
            t.chain_word[i] = t.drawn[3][i / t.lanes];
}

/// When each cell leaves: at once, or as outages and polls have it.
void RingBatch::leave(Tile& t, const LinkModel& link) const {
    for (std::size_t i = 0; i < t.n; ++i)
        t.leaves[i] = t.flags[i] & kernel::draws
                          ? link.leaves_at(t.id(i, ring_.shape_.channel), {t.sent_at[i]}).ns
                          : t.sent_at[i];
}

void RingBatch::run(Tile& t, const LinkModel& link, const Offer& offer) {
    const LinkTables& c = link.tables();
    RingState& s = ring_.state_;
    const std::size_t slot = static_cast<std::size_t>(t.step) % ring_.depth_;
    const std::size_t ring = slot * ring_.shape_.sites * t.lanes + t.first_cell();
    kernel::SendArgs a;
    a.n = t.n;
    a.lanes = t.lanes;
    a.link = {c.to_bad.data(),   c.to_good.data(),  c.share_bad.data(), c.loss_good.data(),
              c.loss_bad.data(), c.median_s.data(), c.sigma.data()};
    a.chain_word = t.chain_word.data();
    a.loss_word = t.loss_word.data();
    a.delay_word = t.delay_word.data();
    a.flags = t.flags.data();
    const bool is_delayed = ring_.shape_.channel == Channel::command || link.outages().sites() != 0;
    if (is_delayed) leave(t, link);
    a.leaves = is_delayed ? t.leaves.data() : t.sent_at.data();
    a.sent_at = t.sent_at.data();
    a.tick = t.tick.data();
    a.chain_bad = s.chain_bad.all().data() + t.first_cell();
    a.chain_tick = s.chain_tick.all().data() + t.first_cell();
    a.ring_arrival = s.arrival.all().data() + ring;
    a.ring_sent_at = s.sent_at.all().data() + ring;
    a.ring_tick = s.tick.all().data() + ring;
    a.width = ring_.shape_.width;
    a.ring_payload = s.payload.all().data() + ring * a.width;
    a.payload = offer.payload.data() + t.first_cell() * a.width;
    a.arrival = t.arrival.data();
    a.code = t.code.data();
    a.count = counts_.data();
    if (!table_.send(a)) return;
    for (std::size_t i = 0; i < t.n; ++i)
        if (t.code[i] == kernel::crowded)
            ring_.store(offer, t.id(i, ring_.shape_.channel), t.sent_at[i], t.arrival[i]);
}

void RingBatch::add_to(std::vector<std::int64_t>& counts, unsigned place) const {
    constexpr std::uint64_t mask = (std::uint64_t{1} << kernel::count_bits) - 1;
    const std::size_t lanes = counts.size();
    for (std::size_t i = 0; i < tile_sites_ * lanes; ++i)
        counts[i % lanes] +=
            static_cast<std::int64_t>((counts_[i] >> (place * kernel::count_bits)) & mask);
}

void RingBatch::send(const LinkModel& link, const Offer& offer) {
    Tile t;
    t.lanes = ring_.shape_.lanes;
    t.is_same = offer.present.size() + offer.sent_at.size() + offer.tick.size() == 0;
    bool is_worth_it = false;
    for (t.site = 0; t.site < ring_.shape_.sites; t.site += tile_sites_) {
        t.sites = std::min(tile_sites_, ring_.shape_.sites - t.site);
        t.n = t.sites * t.lanes;
        if (t.site == 0 || !t.is_same) {
            fill(t, offer);
            is_worth_it = is_batch(t);
        }
        if (is_worth_it && !has_delivery(t, link)) {
            prepare_chains(t, link);
            draw(t, link);
            run(t, link, offer);
            continue;
        }
        for (std::size_t i = 0; t.sent != 0 && i < t.n; ++i)
            if (t.flags[i] & kernel::sends)
                ring_.send_one(link, offer, t.site + i / t.lanes, i % t.lanes, t.sent_at[i],
                               t.tick[i]);
    }
    MessageCounts& c = ring_.state_.counts;
    add_to(c.sent, 0);
    add_to(c.lost, 1);
    add_to(c.lost_in_outage, 2);
}

void RingBatch::receive() {
    RingState& s = ring_.state_;
    const std::size_t sites = ring_.shape_.sites, lanes = ring_.shape_.lanes;
    Cells<std::int64_t> now;
    Cells<std::uint8_t> is_active;
    Cells<std::uint64_t> from;
    for (std::size_t i = 0; i < tile_sites_ * lanes; ++i) {
        now[i] = clock_.now[i % lanes];
        is_active[i] = clock_.mask[i % lanes];
    }
    kernel::ReceiveArgs a;
    a.lanes = lanes;
    a.depth = ring_.depth_;
    a.stride = sites * lanes;
    a.cadence = ring_.shape_.cadence.ns;
    a.now = now.data();
    a.is_active = is_active.data();
    a.from = from.data();
    a.width = ring_.shape_.width;
    a.count = counts_.data();
    for (std::size_t site = 0; site < sites; site += tile_sites_) {
        const std::size_t cell = site * lanes;
        a.n = std::min(tile_sites_, sites - site) * lanes;
        a.ring_arrival = s.arrival.all().data() + cell;
        a.ring_sent_at = s.sent_at.all().data() + cell;
        a.ring_tick = s.tick.all().data() + cell;
        a.ring_payload = s.payload.all().data() + cell * a.width;
        a.latest_tick = s.latest.tick.all().data() + cell;
        a.measured_at = s.latest.measured_at.all().data() + cell;
        a.received_at = s.latest.received_at.all().data() + cell;
        a.payload = s.latest.payload.all().data() + cell * a.width;
        a.fresh = s.latest.fresh.all().data() + cell;
        table_.receive(a);
    }
    add_to(s.counts.delivered, 0);
    add_to(s.counts.late, 1);
    add_to(s.counts.superseded, 2);
}

}  // namespace gridflock::inline v0::comms
