// SPDX-License-Identifier: Apache-2.0
#include "demo_link.hpp"

#include <gridflock/comms/link_model.hpp>
#include <gridflock/core/error.hpp>

#include <test.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace gridflock;
using namespace gridflock::comms;

namespace {
constexpr SimTime day{1'721'001'600'000'000'000};  // 2024-07-15T00:00Z, start of an hour

std::vector<StableId> homes(std::size_t n) {
    std::vector<StableId> ids;
    for (std::size_t i = 0; i < n; ++i) ids.push_back(stable_id("homes/" + std::to_string(i)));
    return ids;
}

LinkSettings rough() {
    LinkSettings link = broadband();
    link.p_gb = 0.05;
    link.loss_good = 0.02;
    return link;
}

/// One site, homes/3, in world 1 of seed 42.
LinkModel oracle_link(LinkSettings link = rough()) {
    return {{stable_id("homes/3")}, {{42, 1}}, {link}};
}

struct Seen {
    std::vector<std::int64_t> lost;
    std::int64_t delay_ns = 0;
};

Seen send_all(const LinkModel& link, Channel channel, Duration cadence, std::int64_t n) {
    Seen seen;
    Chain chain;
    const std::int64_t first = day.ns / cadence.ns;
    for (std::int64_t k = 0; k < n; ++k) {
        const SimTime at{(first + k) * cadence.ns};
        const Fate f = link.send(chain, {0, 0, channel, first + k}, cadence, at);
        if (f.loss != Loss::none)
            seen.lost.push_back(k);
        else
            seen.delay_ns += (f.arrival - at).ns;
    }
    return seen;
}
}  // namespace

TEST_CASE("fate: three hours of telemetry and two of commands fare as computed outside") {
    // SOURCE tests/unit/comms/fate_oracle.py
    const LinkModel link = oracle_link();
    const Seen up = send_all(link, Channel::telemetry, minutes(1), 180);
    CHECK(up.lost == std::vector<std::int64_t>{29,  30,  31,  32,  33,  34,  35,  77,
                                               119, 131, 132, 133, 135, 139, 143, 144,
                                               145, 146, 147, 160, 173, 174, 175});
    CHECK(static_cast<double>(up.delay_ns) == Approx(7452329989.0).epsilon(1e-8));
    const SimTime noon{day.ns};
    const Fate first =
        link.fate({0, 0, Channel::telemetry, noon.ns / minutes(1).ns}, minutes(1), noon);
    CHECK(static_cast<double>((first.arrival - noon).ns) == Approx(75671190.0).epsilon(1e-8));
    CHECK(link.poll_period(0, 0).ns == 52493659428);
    CHECK((link.next_poll(0, 0, {0}).ns) == 13785623245);
    const Seen down = send_all(link, Channel::command, minutes(5), 24);
    CHECK(down.lost == std::vector<std::int64_t>{0, 12, 13, 14, 15, 16});
    CHECK(static_cast<double>(down.delay_ns) == Approx(394256159400.0).epsilon(1e-10));
}

TEST_CASE("fate: what happened can be recomputed, in any order and from nothing") {
    const LinkModel link(homes(5), {{1, 0}, {1, 1}}, {rough(), rough()});
    for (const Duration cadence : {seconds(7), minutes(1), minutes(40), hours(3)}) {
        std::vector<Chain> chains(10);
        const std::int64_t first = day.ns / cadence.ns;
        for (std::int64_t k = 0; k < 300; ++k)
            for (std::size_t c = 0; c < 10; ++c) {
                const MessageId id{c / 2, c % 2, Channel::telemetry, first + k};
                const SimTime at{(first + k) * cadence.ns};
                const Fate happened = link.send(chains[c], id, cadence, at);
                if (k % 13 == 0) REQUIRE(link.fate(id, cadence, at) == happened);
            }
    }
}

TEST_CASE("fate: messages not sent do not change what happens to the others") {
    const LinkModel link = oracle_link();
    const Duration cadence = minutes(1);
    const std::int64_t first = day.ns / cadence.ns;
    Chain all, some;
    for (std::int64_t k = 0; k < 500; ++k) {
        const MessageId id{0, 0, Channel::telemetry, first + k};
        const SimTime at{(first + k) * cadence.ns};
        const Fate f = link.send(all, id, cadence, at);
        if (k % 7 < 2) REQUIRE(link.send(some, id, cadence, at) == f);
    }
}

TEST_CASE("fate: a second attempt meets the chain of its tick with draws of its own") {
    LinkSettings bad = rough();
    bad.p_gb = 1.0;
    bad.p_bg = 0.0;  // always bad: every attempt is lost
    const LinkModel jammed = oracle_link(bad);
    const LinkModel link = oracle_link();
    const std::int64_t first = day.ns / minutes(1).ns;
    std::size_t different = 0;
    for (std::int64_t k = 0; k < 50; ++k) {
        const SimTime at{(first + k) * minutes(1).ns};
        const MessageId once{0, 0, Channel::telemetry, first + k, 0};
        MessageId again = once;
        again.attempt = 1;
        CHECK(jammed.fate(again, minutes(1), at).loss == Loss::channel);
        different += link.fate(once, minutes(1), at) != link.fate(again, minutes(1), at);
    }
    CHECK(different > 25);
}

TEST_CASE("loss: over many messages the share lost and the length of bursts are the closed forms") {
    // Bad only by bursts: share p_GB / (p_GB + p_BG) = 2/27, mean length 1 / p_BG = 4 messages.
    LinkSettings link = broadband();
    link.p_gb = 0.02;
    link.loss_good = 0.0;
    const LinkModel model(homes(100), {{5, 0}}, {link});
    std::int64_t lost = 0, bursts = 0;
    const std::int64_t n = 3600 * 5, first = day.ns / seconds(1).ns;
    for (std::size_t site = 0; site < 100; ++site) {
        Chain chain;
        bool before = false;
        for (std::int64_t k = 0; k < n; ++k) {
            const bool now = model
                                 .send(chain, {site, 0, Channel::telemetry, first + k}, seconds(1),
                                       {(first + k) * seconds(1).ns})
                                 .loss == Loss::channel;
            lost += now;
            bursts += now && !before;
            before = now;
        }
    }
    // 1.8 million messages: standard errors 0.7 % (share) and 0.5 % (length).
    CHECK(static_cast<double>(lost) / static_cast<double>(100 * n) ==
          Approx(2.0 / 27).epsilon(0.02));
    CHECK(static_cast<double>(lost) / static_cast<double>(bursts) == Approx(4.0).epsilon(0.015));
}

TEST_CASE(
    "loss: the first message of an hour meets the stationary law, whatever the hour before was") {
    LinkSettings link = broadband();
    link.p_gb = 0.02;
    link.loss_good = 0.0;
    const LinkModel model(homes(100), {{5, 0}}, {link});
    std::int64_t lost = 0;
    for (std::size_t site = 0; site < 100; ++site) {
        Chain chain;
        for (std::int64_t k = 0; k < 40'000; ++k)
            lost +=
                model.send(chain, {site, 0, Channel::reads, k}, hours(3), {k * hours(3).ns}).loss ==
                Loss::channel;
    }
    // 4 million independent messages: standard error 0.18 %.
    CHECK(static_cast<double>(lost) / 4e6 == Approx(2.0 / 27).epsilon(0.005));
}

TEST_CASE("delay: median and 95 % quantile are those asked for") {
    LinkSettings link = broadband();
    link.p_gb = link.loss_good = 0.0;
    const LinkModel model(homes(200), {{6, 0}}, {link});
    std::vector<double> delay;
    for (std::size_t site = 0; site < 200; ++site) {
        Chain chain;
        for (std::int64_t k = 0; k < 2000; ++k) {
            const SimTime at{k * seconds(1).ns};
            delay.push_back(
                (model.send(chain, {site, 0, Channel::telemetry, k}, seconds(1), at).arrival - at)
                    .seconds());
        }
    }
    std::sort(delay.begin(), delay.end());
    // 400,000 draws: standard errors 0.2 % and 0.3 %.
    CHECK(delay[200'000] == Approx(0.030).epsilon(0.008));
    CHECK(delay[380'000] == Approx(0.150).epsilon(0.009));
}

TEST_CASE("polling: periods are uniform on 1 to 60 s and a command waits for the next poll only") {
    LinkSettings link = broadband();
    link.p_gb = link.loss_good = 0.0;
    const LinkModel model(homes(20'000), {{6, 0}}, {link});
    double sum = 0.0, least = 1e9, most = 0.0;
    for (std::size_t s = 0; s < model.sites(); ++s) {
        const double p = model.poll_period(s, 0).seconds();
        sum += p;
        least = std::min(least, p);
        most = std::max(most, p);
        const SimTime poll = model.next_poll(s, 0, day);
        REQUIRE(poll >= day);
        REQUIRE((poll - day) < model.poll_period(s, 0));
        REQUIRE(model.next_poll(s, 0, poll) == poll);
        REQUIRE(model.next_poll(s, 0, poll + nanoseconds(1)) == poll + model.poll_period(s, 0));
    }
    CHECK(least >= 1.0);
    CHECK(least < 1.1);
    CHECK(most <= 60.0);
    CHECK(most > 59.9);
    CHECK(sum / 20'000 == Approx(30.5).epsilon(0.008));  // standard error 0.4 %
    const std::int64_t tick = day.ns / minutes(5).ns;
    const SimTime arrival = model.fate({7, 0, Channel::command, tick}, minutes(5), day).arrival;
    CHECK(arrival > model.next_poll(7, 0, day));
    // telemetry does not wait
    const SimTime up = model.fate({7, 0, Channel::telemetry, tick}, minutes(5), day).arrival;
    CHECK((up - day).seconds() < 5.0);
}

TEST_CASE(
    "outage: telemetry inside is lost, at its end not; a command waits for the first poll after") {
    LinkSettings link = broadband();
    link.p_gb = link.loss_good = 0.0;
    const SimTime from = day + minutes(20), to = day + minutes(55);
    Outages outages(1, 2);
    outages.add(0, 0, from, to);
    const LinkModel model(homes(1), {{1, 0}, {1, 0}}, {link, link}, outages);
    const auto up = [&](SimTime t, std::size_t lane) {
        return model.fate({0, lane, Channel::telemetry, t.ns / minutes(1).ns}, minutes(1), t).loss;
    };
    CHECK(up(from - nanoseconds(1), 0) == Loss::none);
    CHECK(up(from, 0) == Loss::outage);
    CHECK(up(to - nanoseconds(1), 0) == Loss::outage);
    CHECK(up(to, 0) == Loss::none);
    CHECK(up(from, 1) == Loss::none);  // the mended variant
    const auto down = [&](SimTime t, std::size_t lane) {
        return model.fate({0, lane, Channel::command, t.ns / minutes(5).ns}, minutes(5), t).arrival;
    };
    CHECK(down(from, 0) > model.next_poll(0, 0, to));
    CHECK(down(from, 0) < model.next_poll(0, 0, to) + seconds(5));
    CHECK(down(from, 1) < from + seconds(65));
    // the delay itself is the same draw in both variants
    CHECK(down(from, 0) - model.next_poll(0, 0, to) == down(from, 1) - model.next_poll(0, 1, from));
}

TEST_CASE(
    "outage: without polling a command sent inside is lost; without an end it never arrives") {
    LinkSettings push = broadband();
    push.polling = false;
    LinkSettings poll = broadband();
    Outages outages(1, 2);
    outages.add(0, 0, day, day + hours(1));
    outages.add(0, 1, day, never);
    const LinkModel model(homes(1), {{1, 0}, {1, 0}}, {push, poll}, outages);
    const std::int64_t tick = day.ns / minutes(5).ns;
    for (std::size_t lane = 0; lane < 2; ++lane)
        CHECK(model.fate({0, lane, Channel::command, tick}, minutes(5), day + seconds(1)) ==
              Fate{never, Loss::outage});
}

TEST_CASE(
    "lanes: worlds differ, variants of one world do not, and settings alone tell them apart") {
    LinkSettings perfect;
    perfect.perfect = true;
    const LinkModel model(homes(30), {{9, 0}, {9, 0}, {9, 1}, {9, 0}},
                          {broadband(), broadband(), broadband(), perfect});
    std::size_t other_world = 0;
    for (std::size_t site = 0; site < 30; ++site) {
        const SimTime at = day + minutes(3);
        const auto fate = [&](std::size_t lane, Channel c) {
            return model.fate({site, lane, c, at.ns / minutes(1).ns}, minutes(1), at);
        };
        for (const Channel c :
             {Channel::telemetry, Channel::command, Channel::acknowledgement, Channel::reads}) {
            CHECK(fate(0, c) == fate(1, c));
            CHECK(fate(3, c) == Fate{at, Loss::none});
            other_world += fate(0, c) != fate(2, c);
        }
        CHECK(fate(0, Channel::telemetry) != fate(0, Channel::acknowledgement));
    }
    CHECK(other_world > 110);
}

TEST_CASE("lanes: one site's fate does not depend on which other sites there are") {
    const LinkModel few(homes(2), {{9, 0}}, {rough()});
    const LinkModel many(homes(50), {{9, 0}}, {rough()});
    for (std::int64_t tick = 0; tick < 100; ++tick)
        CHECK(few.fate({1, 0, Channel::command, tick}, minutes(5), {tick * minutes(5).ns}) ==
              many.fate({1, 0, Channel::command, tick}, minutes(5), {tick * minutes(5).ns}));
}

TEST_CASE("link model: arrays that do not fit are refused") {
    CHECK_THROWS_AS(LinkModel(homes(2), {{1, 0}}, {{}, {}}), ShapeError);
    CHECK_THROWS_AS(LinkModel(homes(2), {{1, 0}}, {{}}, Outages(1, 1)), ShapeError);
    LinkSettings wrong = broadband();
    wrong.loss_bad = 2.0;
    CHECK_THROWS_AS(LinkModel(homes(2), {{1, 0}}, {wrong}), Error);
}

TEST_CASE(
    "delivery: what is sent inside arrives with the delay it drew; the rest does not change") {
    LinkSettings link = broadband();
    link.p_gb = link.loss_bad = 1.0;  // all is lost
    link.p_bg = 0.0;
    const SimTime from = day + minutes(10), to = day + minutes(20);
    Outages outages(1, 3);
    for (std::size_t l = 0; l < 3; ++l) outages.add(0, l, day, day + hours(1));
    Deliveries deliveries(1, 3);
    deliveries.add(0, 0, {Channel::telemetry, from, to});
    deliveries.add(0, 0, {Channel::command, from, to});
    LinkSettings clean = link;  // the delays of the same draws, with no loss
    clean.loss_bad = 0.0;
    const std::vector<RandomKey> keys(3, {1, 0});
    const LinkModel model(homes(1), keys, {link, link, clean}, outages, deliveries);
    const LinkModel open(homes(1), keys, {link, link, clean}, {}, {});
    const auto fate = [&](const LinkModel& m, Channel channel, SimTime at, std::size_t lane) {
        return m.fate({0, lane, channel, at.ns / minutes(1).ns}, minutes(1), at);
    };
    for (SimTime at = day; at < day + minutes(30); at = at + minutes(1)) {
        const bool inside = from <= at && at < to;
        for (const Channel channel : {Channel::telemetry, Channel::command}) {
            const Fate intervened = fate(model, channel, at, 0);
            CHECK(intervened ==
                  (inside ? fate(open, channel, at, 2) : fate(model, channel, at, 1)));
            CHECK((intervened.loss == Loss::none) == inside);
        }
        CHECK(fate(model, Channel::acknowledgement, at, 0) ==
              fate(model, Channel::acknowledgement, at, 1));
    }
    CHECK_THROWS_AS(LinkModel(homes(2), keys, {link, link, clean}, {}, deliveries), ShapeError);
}
