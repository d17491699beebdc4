// SPDX-License-Identifier: Apache-2.0
// What a room wants sent, handed to whoever owns the channels: rooms below `comms` know no channel.
#pragma once

#include <gridflock/asset/command.hpp>
#include <gridflock/core/hash.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace gridflock::inline v0::asset {

enum class OutgoingKind : std::uint8_t {
    command = 0,
    notice = 1,             ///< tells a person or a party something
    request_to_person = 2,  ///< asks; may be declined
};

struct Outgoing {
    SimTime at;   ///< not to be sent before
    StableId to;  ///< site or party
    OutgoingKind kind = OutgoingKind::command;
    Command command;
    std::string text;
};

/// A queue in order of (time, order of posting). One per lane, part of State.
class Outbox {
public:
    void post(Outgoing message);
    /// Removes and returns all that is due by `now`, in order.
    std::vector<Outgoing> take(SimTime now);
    const std::vector<Outgoing>& waiting() const { return waiting_; }
    std::size_t size() const { return waiting_.size(); }
    void hash(StateHash& h) const;

private:
    std::vector<Outgoing> waiting_;
};

}  // namespace gridflock::inline v0::asset
