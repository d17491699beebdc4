// SPDX-License-Identifier: Apache-2.0
// The fate of every message: lost, or when it arrives. A pure function of its identity, the cadence
// of its channel and the instant of sending; nothing about a message has to be stored to know it
// again.
//
//   one Philox block a message: key (seed, world), counter (channel and attempt, tick, loss, site)
//     word 0  step of the loss chain       word 1  lost or not       word 2  delay
//   chain of (site, channel), one step a tick, sent or not, redrawn from its stationary law at the
//   first tick of each UTC hour; so a fate needs the draws of one hour at most
//   uplink    lost if the site is cut off when it sends;          arrival = sent + delay
//   downlink  fetched at the site's first poll that works, from sending on (no polling: at once,
//   and
//             lost if the site is cut off);                       arrival = fetched + delay
//   delay     whole nanoseconds, at most 2^51 (26 days)
//   delivered a message that the Plan says arrives: no loss, no outage, the delay that it drew
//
// Draws know the world, never the lane: two lanes of a world with the same settings give every
// message the same fate, and two with different settings differ by the settings alone.
#pragma once

#include <gridflock/comms/delivery.hpp>
#include <gridflock/comms/link.hpp>
#include <gridflock/comms/link_tables.hpp>
#include <gridflock/comms/outage.hpp>
#include <gridflock/core/column.hpp>
#include <gridflock/core/random.hpp>
#include <gridflock/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gridflock::inline v0::comms {

enum class Loss : std::uint8_t { none = 0, channel = 1, outage = 2 };

struct Fate {
    SimTime arrival = never;  ///< `never` when lost
    Loss loss = Loss::none;
    bool operator==(const Fate&) const = default;
};

struct MessageId {
    std::size_t site = 0;
    std::size_t lane = 0;
    Channel channel = Channel::telemetry;
    std::int64_t tick = 0;  ///< number of the sending cadence, >= 0
    std::int64_t attempt = 0;
};

/// State of one loss chain: at which tick it stands. A value that never ran has tick -1.
struct Chain {
    std::int64_t tick = -1;
    std::uint8_t bad = 0;
};

/// The Plan of all links of a lane block.
class LinkModel {
public:
    /// Shape   keys, settings: [lane]; outages, deliveries: [site, lane] or none.
    /// Errors  ShapeError; Error for settings out of range.
    LinkModel(std::vector<StableId> sites, std::vector<RandomKey> keys,
              std::vector<LinkSettings> settings, Outages outages = {}, Deliveries deliveries = {});

    std::size_t sites() const { return sites_.size(); }
    std::size_t lanes() const { return keys_.size(); }
    const LinkSettings& settings(std::size_t lane) const { return settings_[lane]; }
    const RandomKey& key(std::size_t lane) const { return keys_[lane]; }
    const Outages& outages() const { return outages_; }
    const Deliveries& deliveries() const { return deliveries_; }

    /// The fate of a message, from nothing. cadence > 0.
    Fate fate(const MessageId& id, Duration cadence, SimTime sent_at) const;
    /// The same, going on from a chain that this channel used before; O(1) when ticks follow each
    /// other.
    Fate send(Chain& chain, const MessageId& id, Duration cadence, SimTime sent_at) const;
    /// The same again, with the message's draws at hand.
    Fate send(Chain& chain, const MessageId& id, Duration cadence, SimTime sent_at,
              const Block4& draws) const;
    Block4 draws(const MessageId& id) const;

    /// Period of a site's polls, and its first poll from t on. Without polling: 0, and t itself.
    Duration poll_period(std::size_t site, std::size_t lane) const {
        return {poll_period_(site, lane)};
    }
    SimTime next_poll(std::size_t site, std::size_t lane, SimTime t) const;

    // What sending in a batch needs of it.
    const LinkTables& tables() const { return tables_; }
    /// The UTC hour of a tick, and the hour's first tick: there the chain is redrawn.
    std::int64_t hour_of(std::int64_t tick, Duration cadence) const;
    std::int64_t first_tick(std::int64_t hour, Duration cadence) const;
    /// Brings a chain to the tick of a message.
    void advance(Chain& chain, const MessageId& id, Duration cadence) const {
        advance(chain, id, cadence, draws(id));
    }
    /// When a message leaves its sender or the cloud; `never` when an outage keeps it.
    SimTime leaves_at(const MessageId& id, SimTime sent_at) const;

private:
    void advance(Chain& chain, const MessageId& id, Duration cadence, const Block4& draws) const;
    void step(Chain& chain, const LinkSettings& link, const Block4& draws) const;
    SimTime fetched_at(const MessageId& id, SimTime sent_at, bool is_sure) const;

    std::vector<StableId> sites_;
    std::vector<RandomKey> keys_;
    std::vector<LinkSettings> settings_;
    std::vector<double> sigma_;
    std::vector<double> bad_share_;
    Outages outages_;
    Deliveries deliveries_;
    LinkTables tables_;
    Column<std::int64_t> poll_period_;
    Column<std::int64_t> poll_phase_;
};

}  // namespace gridflock::inline v0::comms
