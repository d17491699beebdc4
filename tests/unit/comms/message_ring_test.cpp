// SPDX-License-Identifier: Apache-2.0
#include "demo_link.hpp"

#include <gridflock/comms/attack.hpp>
#include <gridflock/comms/batch_queue.hpp>
#include <gridflock/comms/message_ring.hpp>
#include <gridflock/asset/batch_verifier.hpp>
#include <gridflock/core/error.hpp>

#include <test.hpp>

#include <limits>
#include <string>
#include <vector>

using namespace gridflock;
using namespace gridflock::comms;

namespace {
constexpr SimTime day{1'721'001'600'000'000'000};
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

std::vector<StableId> homes(std::size_t n) {
    std::vector<StableId> ids;
    for (std::size_t i = 0; i < n; ++i) ids.push_back(stable_id("homes/" + std::to_string(i)));
    return ids;
}

LinkSettings slow(double median_s, double p95_s) {
    LinkSettings link = with_loss(broadband(), 0.1);
    link.latency_median_s = median_s;
    link.latency_p95_s = p95_s;
    return link;
}

LinkSettings perfect() {
    LinkSettings link;
    link.perfect = true;
    return link;
}

double value(std::int64_t tick, std::size_t site, std::size_t k) {
    return static_cast<double>(tick % 100000) + 0.01 * static_cast<double>(site) +
           0.001 * static_cast<double>(k);
}

/// Everything one lane needs; a ring with a clock and a payload.
struct Wire {
    LinkModel link;
    MessageRing ring;
    LaneClockBuffer clock;
    Column<double> payload;

    Wire(LinkModel l, RingShape shape)
        : link(std::move(l)),
          ring(shape),
          clock(shape.lanes),
          payload(shape.sites * shape.width, shape.lanes) {}

    void fill(std::int64_t tick) {
        const RingShape& s = ring.shape();
        for (std::size_t r = 0; r < payload.rows(); ++r)
            for (double& x : payload.row(r)) x = value(tick, r / s.width, r % s.width);
    }
    void tick(SimTime now) {
        clock.set(now, ring.shape().cadence);
        ring.receive(clock.view());
        fill(now.ns / ring.shape().cadence.ns);
        ring.send(link, clock.view(), {payload.view(), {}, {}, {}});
    }
};

RingShape shape_of(std::size_t sites, std::size_t lanes, Duration cadence, Duration max_delay,
                   Channel channel = Channel::telemetry) {
    return {sites, lanes, 2, channel, cadence, max_delay};
}

std::uint64_t hash_of(const MessageRing& ring, std::size_t lane) {
    StateHash h;
    ring.hash(h, lane);
    return h.value();
}
}  // namespace

TEST_CASE("ring: a perfect lane has each message at the instant it was sent") {
    Wire w({homes(3), {{1, 0}}, {perfect()}}, shape_of(3, 1, minutes(1), seconds(0)));
    CHECK(w.ring.depth() == 1);
    CHECK(w.ring.latest().tick(0, 0) == -1);
    CHECK(w.ring.latest().payload(0, 0) != w.ring.latest().payload(0, 0));
    for (int i = 0; i < 5; ++i) {
        w.tick(day + minutes(i));
        w.ring.receive(w.clock.view());
        for (std::size_t site = 0; site < 3; ++site) {
            CHECK(w.ring.latest().received_at(site, 0) == (day + minutes(i)).ns);
            CHECK(w.ring.latest().measured_at(site, 0) == (day + minutes(i)).ns);
            CHECK(w.ring.latest().fresh(site, 0) == 1);
            CHECK(w.ring.latest().payload(site * 2 + 1, 0) ==
                  value((day + minutes(i)).ns / minutes(1).ns, site, 1));
        }
    }
    CHECK(w.ring.counts().sent[0] == 15);
    CHECK(w.ring.counts().delivered[0] == 15);
    CHECK(w.ring.counts().late[0] == 0);
    CHECK(w.ring.in_flight(0) == 0);
    w.ring.receive(w.clock.view());
    CHECK(w.ring.latest().fresh(0, 0) == 0);
}

TEST_CASE("ring: at each instant the latest is the newest of all that has arrived, however late") {
    // The obvious reference keeps every message with its recomputed fate. Delays of many cadences
    // make messages overtake each other and overflow the ring.
    const std::size_t sites = 4;
    const Duration cadence = seconds(10);
    for (const Duration depth : {seconds(0), seconds(20), seconds(2000)}) {
        Wire w({homes(sites), {{3, 0}}, {slow(20, 200)}}, shape_of(sites, 1, cadence, depth));
        struct Sent {
            std::int64_t tick, at;
            std::size_t site;
            Fate fate;
        };
        std::vector<Sent> all;
        std::int64_t overtaken = 0;
        for (std::int64_t k = 0; k < 400; ++k) {
            const SimTime now = day + k * cadence;
            w.tick(now);
            for (std::size_t s = 0; s < sites; ++s) {
                const std::int64_t t = now.ns / cadence.ns;
                all.push_back(
                    {t, now.ns, s, w.link.fate({s, 0, Channel::telemetry, t}, cadence, now)});
            }
            const SimTime later = now + seconds(5);
            w.clock.set(later, cadence);
            w.ring.receive(w.clock.view());
            for (std::size_t s = 0; s < sites; ++s) {
                const Sent* newest = nullptr;
                std::int64_t last_arrival = -1;
                for (const Sent& m : all) {
                    if (m.site != s || m.fate.arrival > later) continue;
                    if (!newest || m.tick > newest->tick) newest = &m;
                    last_arrival = std::max(last_arrival, m.fate.arrival.ns);
                }
                REQUIRE(w.ring.latest().tick(s, 0) == (newest ? newest->tick : -1));
                if (!newest) continue;
                REQUIRE(w.ring.latest().measured_at(s, 0) == newest->at);
                REQUIRE(w.ring.latest().received_at(s, 0) == newest->fate.arrival.ns);
                REQUIRE(w.ring.latest().payload(s * 2, 0) == value(newest->tick, s, 0));
                overtaken += last_arrival > newest->fate.arrival.ns;
            }
        }
        std::int64_t lost = 0, delivered = 0, late = 0;
        const SimTime end = day + 399 * cadence + seconds(5);
        for (const Sent& m : all) {
            lost += m.fate.loss == Loss::channel;
            const bool here = m.fate.arrival <= end;
            delivered += here;
            late += here && m.fate.arrival.ns > m.at + cadence.ns;
        }
        CHECK(w.ring.counts().sent[0] == 1600);
        CHECK(w.ring.counts().lost[0] == lost);
        CHECK(w.ring.counts().delivered[0] == delivered);
        CHECK(w.ring.counts().late[0] == late);
        CHECK(w.ring.in_flight(0) == 1600 - lost - delivered);
        CHECK(w.ring.counts().superseded[0] > 100);
        CHECK(overtaken > 100);
        if (depth == seconds(2000)) CHECK(w.ring.state().spill[0].empty());
        if (depth == seconds(0)) CHECK_FALSE(w.ring.state().spill[0].empty());
    }
}

TEST_CASE("ring: a lane in a block has the bits it has alone, beside masked and NaN neighbours") {
    const std::size_t sites = 5;
    const std::vector<RandomKey> keys{{3, 0}, {3, 0}, {3, 1}, {3, 0}};
    const std::vector<LinkSettings> links{broadband(), slow(5, 60), slow(0.03, 0.15), perfect()};
    Outages outages(sites, 4);
    outages.add(2, 1, day + minutes(10), day + minutes(20));
    const RingShape wide = shape_of(sites, 4, seconds(20), seconds(40), Channel::command);
    Wire block({homes(sites), keys, links, outages}, wide);
    std::vector<Wire> alone;
    for (std::size_t l = 0; l < 4; ++l) {
        Outages own(sites, 1);
        if (l == 1) own.add(2, 0, day + minutes(10), day + minutes(20));
        RingShape narrow = wide;
        narrow.lanes = 1;
        alone.emplace_back(LinkModel(homes(sites), {keys[l]}, {links[l]}, own), narrow);
    }
    for (int k = 0; k < 300; ++k) {
        const SimTime now = day + k * seconds(20);
        const auto active = [&](std::size_t l) {
            return static_cast<std::uint8_t>(l == 2 ? k % 3 != 0 : 1);
        };
        const auto run = [&](Wire& w, std::size_t first) {
            w.clock.set(now, seconds(20));
            for (std::size_t i = 0; i < w.clock.mask.size(); ++i)
                w.clock.mask[i] = active(first + i);
            w.ring.receive(w.clock.view());
            w.fill(now.ns / seconds(20).ns);
            for (std::size_t r = 0; r < w.payload.rows(); ++r)
                for (std::size_t i = 0; i < w.clock.mask.size(); ++i)
                    if (first + i == 3) w.payload(r, i) = not_a_number;
            w.ring.send(w.link, w.clock.view(), {w.payload.view(), {}, {}, {}});
        };
        const std::uint64_t before = hash_of(block.ring, 2);
        run(block, 0);
        if (!active(2)) REQUIRE(hash_of(block.ring, 2) == before);
        for (std::size_t l = 0; l < 4; ++l) {
            run(alone[l], l);
            REQUIRE(hash_of(block.ring, l) == hash_of(alone[l].ring, 0));
        }
    }
    CHECK(block.ring.counts().lost_in_outage[1] == 0);  // a poll after the outage fetches commands
    CHECK(block.ring.counts().delivered[3] == 5 * 299);
    CHECK(hash_of(block.ring, 0) != hash_of(block.ring, 1));
}

TEST_CASE("ring: variants of one world with the same link have the same messages") {
    Wire w({homes(20), {{3, 0}, {3, 0}, {3, 1}}, {broadband(), broadband(), broadband()}},
           shape_of(20, 3, minutes(1), seconds(10)));
    for (int k = 0; k < 120; ++k) w.tick(day + minutes(k));
    CHECK(hash_of(w.ring, 0) == hash_of(w.ring, 1));
    CHECK(hash_of(w.ring, 0) != hash_of(w.ring, 2));
}

TEST_CASE("ring: lanes keep their own time, and acknowledgements leave when commands arrive") {
    const std::size_t sites = 3;
    const LinkModel link(homes(sites), {{4, 0}, {4, 1}}, {broadband(), broadband()});
    Wire commands(link, shape_of(sites, 2, minutes(5), minutes(2), Channel::command));
    MessageRing acks(shape_of(sites, 2, minutes(5), minutes(2), Channel::acknowledgement));
    commands.tick(day);
    std::int64_t acknowledged = 0;
    for (int s = 1; s <= 200; ++s) {
        commands.clock.set(day + seconds(s), seconds(1));
        commands.clock.now[1] += 500'000'000;
        commands.ring.receive(commands.clock.view());
        const Latest& got = commands.ring.latest();
        acks.send(link, commands.clock.view(),
                  {got.payload.view(), got.fresh.view(), got.received_at.view(), got.tick.view()});
        acks.receive(commands.clock.view());
        for (std::size_t site = 0; site < sites; ++site)
            for (std::size_t l = 0; l < 2; ++l)
                if (acks.latest().fresh(site, l)) {
                    ++acknowledged;
                    CHECK(acks.latest().tick(site, l) == day.ns / minutes(5).ns);
                    CHECK(acks.latest().measured_at(site, l) == got.received_at(site, l));
                    CHECK(acks.latest().received_at(site, l) > got.received_at(site, l));
                }
    }
    CHECK(acknowledged == acks.counts().delivered[0] + acks.counts().delivered[1]);
    CHECK(acks.counts().sent[0] == commands.ring.counts().delivered[0]);
    CHECK(acknowledged > 0);
}

TEST_CASE("ring: a run that goes on from a saved state is the straight run") {
    const auto make = [] {
        return Wire({homes(6), {{5, 0}, {5, 1}}, {slow(20, 200), broadband()}},
                    shape_of(6, 2, seconds(10), seconds(30)));
    };
    Wire straight = make(), first = make(), second = make();
    for (int k = 0; k < 100; ++k) straight.tick(day + k * seconds(10));
    for (int k = 0; k < 57; ++k) first.tick(day + k * seconds(10));
    second.ring.restore(first.ring.state());
    for (int k = 57; k < 100; ++k) second.tick(day + k * seconds(10));
    for (std::size_t l = 0; l < 2; ++l) CHECK(hash_of(straight.ring, l) == hash_of(second.ring, l));
    MessageRing other(shape_of(7, 2, seconds(10), seconds(30)));
    CHECK_THROWS_AS(other.restore(first.ring.state()), ShapeError);
}

TEST_CASE("ring: shapes that do not fit are refused by name") {
    Wire w({homes(2), {{1, 0}}, {{}}}, shape_of(2, 1, minutes(1), seconds(10)));
    Column<double> wrong(3, 1);
    CHECK_THROWS_WITH(w.ring.send(w.link, w.clock.view(), {wrong.view(), {}, {}, {}}),
                      "payload is [3, 1], expected [4, 1]");
    const LinkModel other(homes(3), {{1, 0}}, {{}});
    CHECK_THROWS_AS(w.ring.send(other, w.clock.view(), {w.payload.view(), {}, {}, {}}), ShapeError);
    CHECK_THROWS_AS(MessageRing(shape_of(1, 1, seconds(0), seconds(1))), Error);
}

TEST_CASE("batches: forged, replayed and late ones get their verdicts after the journey") {
    const StableId home = stable_id("homes/0");
    const asset::SecretKey key = asset::device_key(1, home), thief = asset::device_key(2, home);
    const asset::BatchVerifier verifier({home}, {key.public_key()});
    asset::VerifierState state = verifier.start();
    std::vector<asset::ReadBatch> sent;
    for (std::int64_t n = 0; n < 3; ++n) {
        asset::ReadBatch b{home, day + hours(n), n, {}, {}, {}};
        if (n > 0) b.prev = asset::content_hash(sent.back());
        const asset::Energies e{100, 0, 0, 0, 0};
        for (std::int64_t i = 0; i < 4; ++i)
            b.reads.push_back(
                {b.start + i * minutes(15), e, {400 * n + 100 * (i + 1), 0, 0, 0, 0}, -1});
        asset::seal(b, key);
        sent.push_back(b);
    }
    BatchQueue queue(2);
    queue.post(0, sent[0], day + hours(1));
    queue.post(0, forge(sent[1], 500, thief), day + hours(2));
    queue.post(0, sent[1], day + hours(9));  // late
    queue.post(0, sent[2], day + hours(3));
    queue.post(0, sent[0], day + hours(4));  // replayed
    queue.post(0, sent[2], never);
    std::vector<asset::BatchVerdict> verdicts;
    for (std::int64_t h = 0; h < 12; ++h)
        for (const ArrivingBatch& a : queue.take(0, day + hours(h)))
            verdicts.push_back(verifier.receive(state, a.batch, a.arrival));
    using asset::BatchVerdict;
    CHECK(verdicts == std::vector{BatchVerdict::accepted, BatchVerdict::bad_signature,
                                  BatchVerdict::accepted, BatchVerdict::replayed,
                                  BatchVerdict::accepted});
    CHECK(state.sites[0].size() == 3);
    CHECK(state.sites[0][1].received_at == day + hours(9));
    CHECK(queue.waiting(0).empty());
    CHECK(queue.take(1, never).empty());
}

TEST_CASE("batches: the queue keeps the order of arrival, then of posting") {
    BatchQueue queue(1);
    for (std::int64_t n = 0; n < 3; ++n)
        queue.post(0, {{1}, day, n, {}, {}, {}}, day + seconds(n == 1 ? 0 : 5));
    StateHash full, less;
    queue.hash(full);
    CHECK(queue.take(0, day - nanoseconds(1)).empty());
    CHECK(queue.take(0, day)[0].batch.sequence == 1);
    queue.hash(less);
    CHECK(full.value() != less.value());
    const auto rest = queue.take(0, day + seconds(5));
    REQUIRE(rest.size() == 2);
    CHECK(rest[0].batch.sequence == 0);
    CHECK(rest[1].batch.sequence == 2);
}
