// SPDX-License-Identifier: Apache-2.0
#include <gridflock/comms/message_ring.hpp>

#include "ring_batch.hpp"

#include <gridflock/core/error.hpp>

#include <algorithm>
#include <limits>
#include <tuple>

namespace gridflock::inline v0::comms {

namespace {
auto order(const Spilled& m) {
    return std::tie(m.arrival, m.tick, m.site);
}

template <class View>
void require_optional(const View& view, std::size_t rows, std::size_t lanes, const char* name) {
    if (view.size() != 0) require_shape(view, rows, lanes, name);
}

template <class T>
void add_lane(StateHash& h, const Column<T>& column, std::size_t lane) {
    for (std::size_t r = 0; r < column.rows(); ++r) h.add(column(r, lane));
}
}  // namespace

MessageRing::MessageRing(const RingShape& shape, InstructionSet set) : shape_(shape), set_(set) {
    if (shape.cadence.ns <= 0 || shape.max_delay.ns < 0)
        throw Error("a message ring needs a cadence above zero and a delay of zero or more");
    depth_ = static_cast<std::size_t>(shape.max_delay / shape.cadence) + 1;
    const std::size_t n = shape.sites, w = shape.lanes;
    const double none = std::numeric_limits<double>::quiet_NaN();
    state_.arrival = {depth_ * n, w, never_ns};
    state_.sent_at = {depth_ * n, w};
    state_.tick = {depth_ * n, w, -1};
    state_.payload = {depth_ * n * shape.width, w};
    state_.chain_tick = {n, w, -1};
    state_.chain_bad = {n, w};
    state_.spill.resize(w);
    state_.latest = {Column<std::int64_t>(n, w, -1), Column<std::int64_t>(n, w, never_ns),
                     Column<std::int64_t>(n, w, never_ns), Column<double>(n * shape.width, w, none),
                     Column<std::uint8_t>(n, w)};
    const std::vector<std::int64_t> zero(w, 0);
    state_.counts = {zero, zero, zero, zero, zero, zero};
}

void MessageRing::send(const LinkModel& link, const LaneClock& clock, const Offer& offer) {
    const std::size_t n = shape_.sites, w = shape_.lanes;
    if (link.sites() != n || link.lanes() != w || clock.lanes() != w)
        throw ShapeError("message ring, link model and clock differ in sites or lanes");
    require_shape(offer.payload, n * shape_.width, w, "payload");
    require_optional(offer.present, n, w, "present");
    require_optional(offer.sent_at, n, w, "sent_at");
    require_optional(offer.tick, n, w, "tick");
    if (const std::size_t tile = link.tables().tile_sites; tile != 0)
        return RingBatch(*this, clock, tile).send(link, offer);
    drive(n, clock, [&](std::size_t site, std::size_t lane) {
        if (offer.present.size() != 0 && !offer.present(site, lane)) return;
        const std::int64_t now = clock.now[lane];
        send_one(link, offer, site, lane,
                 offer.sent_at.size() != 0 ? offer.sent_at(site, lane) : now,
                 offer.tick.size() != 0 ? offer.tick(site, lane) : now / shape_.cadence.ns);
    });
}

void MessageRing::send_one(const LinkModel& link, const Offer& offer, std::size_t site,
                           std::size_t lane, std::int64_t sent_at, std::int64_t tick) {
    const MessageId id{site, lane, shape_.channel, tick, 0};
    Chain chain{state_.chain_tick(site, lane), state_.chain_bad(site, lane)};
    const Fate fate = link.send(chain, id, shape_.cadence, {sent_at});
    state_.chain_tick(site, lane) = chain.tick;
    state_.chain_bad(site, lane) = chain.bad;
    ++state_.counts.sent[lane];
    if (fate.loss == Loss::none)
        store(offer, id, sent_at, fate.arrival.ns);
    else
        ++(fate.loss == Loss::outage ? state_.counts.lost_in_outage : state_.counts.lost)[lane];
}

void MessageRing::store(const Offer& offer, const MessageId& id, std::int64_t sent_at,
                        std::int64_t arrival) {
    const std::size_t slot = static_cast<std::size_t>(id.tick) % depth_;
    const std::size_t row = slot * shape_.sites + id.site;
    if (state_.arrival(row, id.lane) != never_ns) make_room(row, id.site, id.lane);
    state_.arrival(row, id.lane) = arrival;
    state_.sent_at(row, id.lane) = sent_at;
    state_.tick(row, id.lane) = id.tick;
    for (std::size_t k = 0; k < shape_.width; ++k)
        state_.payload(row * shape_.width + k, id.lane) =
            offer.payload(id.site * shape_.width + k, id.lane);
}

/// Moves the message in a slot to the spill.
void MessageRing::make_room(std::size_t row, std::size_t site, std::size_t lane) {
    Spilled m{
        state_.arrival(row, lane), state_.tick(row, lane), state_.sent_at(row, lane), site, {}};
    for (std::size_t k = 0; k < shape_.width; ++k)
        m.payload.push_back(state_.payload(row * shape_.width + k, lane));
    auto& spill = state_.spill[lane];
    const auto at =
        std::upper_bound(spill.begin(), spill.end(), m,
                         [](const auto& a, const auto& b) { return order(a) < order(b); });
    spill.insert(at, std::move(m));
}

void MessageRing::receive(const LaneClock& clock) {
    if (clock.lanes() != shape_.lanes) throw ShapeError("message ring and clock differ in lanes");
    if (const std::size_t tile = tile_sites(shape_.lanes); tile != 0)
        RingBatch(*this, clock, tile).receive();
    else
        drive(shape_.sites, clock, [&](std::size_t site, std::size_t lane) {
            state_.latest.fresh(site, lane) = 0;
            receive_ring(site, lane, clock.now[lane]);
        });
    for (std::size_t lane = 0; lane < shape_.lanes; ++lane)
        if (clock.mask[lane] && !state_.spill[lane].empty()) receive_spill(lane, clock.now[lane]);
}

/// Counts an arrival; true when it becomes the latest, whose columns it then fills but the payload.
bool MessageRing::accept(std::size_t site, std::size_t lane, std::int64_t tick,
                         std::int64_t sent_at, std::int64_t arrival) {
    MessageCounts& counts = state_.counts;
    Latest& latest = state_.latest;
    ++counts.delivered[lane];
    if (arrival - sent_at > shape_.cadence.ns) ++counts.late[lane];
    // Of several that came since the last receive one stays, whatever the order they are looked at.
    const bool newer = tick > latest.tick(site, lane);
    if (!newer || latest.fresh(site, lane)) ++counts.superseded[lane];
    if (!newer) return false;
    latest.fresh(site, lane) = 1;
    latest.tick(site, lane) = tick;
    latest.measured_at(site, lane) = sent_at;
    latest.received_at(site, lane) = arrival;
    return true;
}

void MessageRing::receive_ring(std::size_t site, std::size_t lane, std::int64_t now) {
    const std::size_t k_count = shape_.width;
    for (std::size_t slot = 0; slot < depth_; ++slot) {
        const std::size_t row = slot * shape_.sites + site;
        const std::int64_t arrival = state_.arrival(row, lane);
        if (arrival > now || arrival == never_ns) continue;
        state_.arrival(row, lane) = never_ns;
        if (!accept(site, lane, state_.tick(row, lane), state_.sent_at(row, lane), arrival))
            continue;
        for (std::size_t k = 0; k < k_count; ++k)
            state_.latest.payload(site * k_count + k, lane) =
                state_.payload(row * k_count + k, lane);
    }
}

void MessageRing::receive_spill(std::size_t lane, std::int64_t now) {
    auto& spill = state_.spill[lane];
    std::size_t arrived = 0;
    for (; arrived < spill.size() && spill[arrived].arrival <= now; ++arrived) {
        const Spilled& m = spill[arrived];
        if (!accept(m.site, lane, m.tick, m.sent_at, m.arrival)) continue;
        for (std::size_t k = 0; k < shape_.width; ++k)
            state_.latest.payload(m.site * shape_.width + k, lane) = m.payload[k];
    }
    spill.erase(spill.begin(), spill.begin() + static_cast<std::ptrdiff_t>(arrived));
}

std::int64_t MessageRing::in_flight(std::size_t lane) const {
    const MessageCounts& c = state_.counts;
    return c.sent[lane] - c.lost[lane] - c.lost_in_outage[lane] - c.delivered[lane];
}

void MessageRing::restore(RingState state) {
    require_shape(state.arrival, depth_ * shape_.sites, shape_.lanes, "arrival");
    require_shape(state.payload, depth_ * shape_.sites * shape_.width, shape_.lanes, "payload");
    require_shape(state.latest.tick, shape_.sites, shape_.lanes, "latest.tick");
    if (state.spill.size() != shape_.lanes) throw ShapeError("spill: one list a lane");
    state_ = std::move(state);
}

void MessageRing::hash(StateHash& h, std::size_t lane) const {
    add_lane(h, state_.arrival, lane);
    add_lane(h, state_.sent_at, lane);
    add_lane(h, state_.tick, lane);
    add_lane(h, state_.payload, lane);
    add_lane(h, state_.chain_tick, lane);
    add_lane(h, state_.chain_bad, lane);
    for (const Spilled& m : state_.spill[lane]) {
        h.add(m.arrival);
        h.add(m.tick);
        h.add(m.sent_at);
        h.add(m.site);
        for (const double x : m.payload) h.add(x);
    }
    const Latest& l = state_.latest;
    add_lane(h, l.tick, lane);
    add_lane(h, l.measured_at, lane);
    add_lane(h, l.received_at, lane);
    add_lane(h, l.payload, lane);
    add_lane(h, l.fresh, lane);
    const MessageCounts& c = state_.counts;
    for (const auto* count :
         {&c.sent, &c.lost, &c.lost_in_outage, &c.delivered, &c.late, &c.superseded})
        h.add((*count)[lane]);
}

void MessageRing::hash(StateHash& h) const {
    for (std::size_t lane = 0; lane < shape_.lanes; ++lane) hash(h, lane);
}

}  // namespace gridflock::inline v0::comms
