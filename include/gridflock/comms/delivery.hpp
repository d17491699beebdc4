// SPDX-License-Identifier: Apache-2.0
// Messages that arrive whatever the link does: an intervention ("had this command come through").
// Windows are [from, to) of the instant of sending. Such a message is neither lost nor cut off and
// takes the delay that it drew; the draws of every other message stay as they are.
#pragma once

#include <gridflock/core/column.hpp>
#include <gridflock/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gridflock::inline v0::comms {

/// What a message is for; each has its own loss chain. Numbers key random draws: for ever.
enum class Channel : std::uint8_t {
    telemetry = 0,        ///< up
    command = 1,          ///< down
    acknowledgement = 2,  ///< up
    reads = 3,            ///< up
};

struct DeliveryWindow {
    Channel channel = Channel::command;
    SimTime from;
    SimTime to;
};

/// Windows by site and lane, as Outages have them.
class Deliveries {
public:
    Deliveries() = default;  ///< none, for any site and lane
    Deliveries(std::size_t sites, std::size_t lanes) : windows_(sites, lanes) {}

    std::size_t sites() const { return windows_.rows(); }
    std::size_t lanes() const { return windows_.lanes(); }
    bool is_empty() const { return count_ == 0; }
    /// Adds a window; windows may overlap. An empty one is ignored.
    void add(std::size_t site, std::size_t lane, const DeliveryWindow& window) {
        if (!(window.from < window.to)) return;
        windows_(site, lane).push_back(window);
        ++count_;
    }
    /// Whether a message of this channel, sent at t, is sure to arrive.
    bool covers(Channel channel, std::size_t site, std::size_t lane, SimTime t) const {
        if (count_ == 0) return false;
        for (const DeliveryWindow& w : windows_(site, lane))
            if (w.channel == channel && w.from <= t && t < w.to) return true;
        return false;
    }

private:
    Column<std::vector<DeliveryWindow>> windows_;
    std::size_t count_ = 0;
};

}  // namespace gridflock::inline v0::comms
