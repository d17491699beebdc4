// SPDX-License-Identifier: Apache-2.0
// The C++ example of messages in docs/events.md, word for word.
#include <gridflock/comms/message_ring.hpp>

#include <test.hpp>

#include <string>
#include <vector>

using namespace gridflock;

TEST_CASE("docs: the example of messages") {
    // [messages]
    comms::LinkSettings broadband;
    broadband.latency_median_s = 0.030;
    broadband.latency_p95_s = 0.150;
    broadband.p_gb = 0.002;  // good to bad and back, a message: bursts of four
    broadband.p_bg = 0.25;

    std::vector<StableId> homes;
    for (int i = 0; i < 1000; ++i) homes.push_back(stable_id("homes/" + std::to_string(i)));
    const comms::LinkModel link(homes, {{.seed = 1, .world = 0}}, {broadband});
    comms::MessageRing ring({homes.size(), 1, 2, comms::Channel::telemetry, minutes(1)});

    LaneClockBuffer clock(1);
    const Column<double> payload(2 * homes.size(), 1, 230.0);
    const SimTime begin = to_utc(parse_civil("2024-07-15"));
    for (int k = 0; k < 60; ++k) {
        clock.set(begin + minutes(k), minutes(1));
        ring.receive(clock.view());  // what has arrived by now
        ring.send(link, clock.view(), {payload.view(), {}, {}, {}});
    }
    const comms::MessageCounts& n = ring.counts();

    // the fate of one message, from nothing
    const SimTime at = begin + minutes(7);
    const comms::Fate fate = link.fate(
        {.site = 3, .lane = 0, .channel = comms::Channel::telemetry, .tick = at.ns / minutes(1).ns},
        minutes(1), at);
    // [messages]
    CHECK(n.sent[0] == 60'000);
    CHECK(n.sent[0] == n.lost[0] + n.delivered[0] + ring.in_flight(0));
    CHECK(n.lost[0] > 0);
    CHECK(fate.arrival > at);
}
