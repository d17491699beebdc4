// SPDX-License-Identifier: Apache-2.0
// Messages under way, all sites and lanes of one channel, and the newest that has arrived of each.
//
//   send     for each site and lane: draw the fate, write the arrival into slot (tick mod depth)
//   receive  for each site and lane: of all that has arrived by now, keep the newest by tick
//
// depth = max_delay / cadence + 1, so that a slot is free again when its turn comes; a message that
// is slower than max_delay moves to a spill, sorted by arrival. Messages are no events of the
// queue; they are sent and received by tiles of cells, with vector instructions, and one by one
// only where few are sent or their ticks differ. An older message that arrives after a newer one is
// counted and dropped.
#pragma once

#include <gridflock/comms/link_model.hpp>
#include <gridflock/core/column.hpp>
#include <gridflock/core/hash.hpp>
#include <gridflock/core/instruction_set.hpp>
#include <gridflock/core/lanes.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gridflock::inline v0::comms {

struct RingShape {
    std::size_t sites = 0;
    std::size_t lanes = 0;
    std::size_t width = 0;  ///< K: doubles in a payload
    Channel channel = Channel::telemetry;
    Duration cadence = minutes(1);    ///< > 0
    Duration max_delay = minutes(2);  ///< what the ring holds; longer delays spill
};

/// What is offered to be sent. An empty view means the default.
struct Offer {
    ColumnView<const double> payload;        ///< [site * K + k, lane]
    ColumnView<const std::uint8_t> present;  ///< [site, lane], 0: nothing to send; default: all 1
    ColumnView<const std::int64_t> sent_at;  ///< [site, lane] ns; default: the lane's now
    ColumnView<const std::int64_t> tick;     ///< [site, lane]; default: now / cadence
};

/// The newest arrived message of each site, as the receiver knows it.
struct Latest {
    Column<std::int64_t> tick;         ///< [site, lane]; -1: none yet
    Column<std::int64_t> measured_at;  ///< ns, when it was sent; never_ns: none yet
    Column<std::int64_t> received_at;  ///< ns, when it arrived; never_ns: none yet
    Column<double> payload;            ///< [site * K + k, lane]; NaN: none yet
    Column<std::uint8_t> fresh;        ///< 1: changed by the last receive
};

/// Integers per lane; sent = lost + lost_in_outage + delivered + in flight.
struct MessageCounts {
    std::vector<std::int64_t> sent;
    std::vector<std::int64_t> lost;  ///< by the channel
    std::vector<std::int64_t> lost_in_outage;
    std::vector<std::int64_t> delivered;
    std::vector<std::int64_t> late;        ///< of the delivered: more than a cadence after sending
    std::vector<std::int64_t> superseded;  ///< of the delivered: a newer one was there already
    bool operator==(const MessageCounts&) const = default;
};

/// A message that was slower than the ring is deep.
struct Spilled {
    std::int64_t arrival = never_ns;
    std::int64_t tick = -1;
    std::int64_t sent_at = 0;
    std::size_t site = 0;
    std::vector<double> payload;
};

/// All that a checkpoint saves.
struct RingState {
    Column<std::int64_t> arrival;  ///< [slot * sites + site, lane]; never_ns: slot free
    Column<std::int64_t> sent_at;
    Column<std::int64_t> tick;
    Column<double> payload;           ///< [(slot * sites + site) * K + k, lane]
    Column<std::int64_t> chain_tick;  ///< [site, lane]
    Column<std::uint8_t> chain_bad;
    std::vector<std::vector<Spilled>> spill;  ///< [lane], by (arrival, tick, site)
    Latest latest;
    MessageCounts counts;
};

class MessageRing {
public:
    /// The instruction set changes the time it takes, no bit of what comes out.
    explicit MessageRing(const RingShape& shape, InstructionSet set = best_instruction_set());

    /// Sends what is offered. Changes the active lanes of the state only.
    /// Errors  ShapeError when link, clock or offer do not fit.
    void send(const LinkModel& link, const LaneClock& clock, const Offer& offer);
    /// Takes in all that has arrived by each lane's now.
    void receive(const LaneClock& clock);

    const RingShape& shape() const { return shape_; }
    std::size_t depth() const { return depth_; }
    const Latest& latest() const { return state_.latest; }
    const MessageCounts& counts() const { return state_.counts; }
    std::int64_t in_flight(std::size_t lane) const;

    const RingState& state() const { return state_; }
    /// Goes on from a saved state. Errors  ShapeError.
    void restore(RingState state);
    void hash(StateHash& h) const;
    void hash(StateHash& h, std::size_t lane) const;

private:
    friend class RingBatch;
    void send_one(const LinkModel& link, const Offer& offer, std::size_t site, std::size_t lane,
                  std::int64_t sent_at, std::int64_t tick);
    void store(const Offer& offer, const MessageId& id, std::int64_t sent_at, std::int64_t arrival);
    void make_room(std::size_t row, std::size_t site, std::size_t lane);
    bool accept(std::size_t site, std::size_t lane, std::int64_t tick, std::int64_t sent_at,
                std::int64_t arrival);
    void receive_ring(std::size_t site, std::size_t lane, std::int64_t now);
    void receive_spill(std::size_t lane, std::int64_t now);

    RingShape shape_;
    InstructionSet set_;
    std::size_t depth_ = 1;
    RingState state_;
};

}  // namespace gridflock::inline v0::comms
