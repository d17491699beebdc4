// SPDX-License-Identifier: Apache-2.0
#include <gridflock/des/kernel.hpp>

#include <test.hpp>

#include <rapidcheck.h>

#include <string>
#include <tuple>
#include <vector>

using namespace gridflock;
using namespace gridflock::des;

namespace {
constexpr SimTime begin{1'721'001'600'000'000'000};

/// A small model of nothing but events: what it does depends on all that it has seen.
struct Model {
    std::vector<std::tuple<std::int64_t, std::int64_t>> seen;
    std::uint64_t x = 1;
    HandlerId hop, stop_task, tick;

    void enter(Kernel& k) {
        hop = k.on("hop", [this](Kernel& kernel, const Event& e) {
            seen.emplace_back(e.key.at.ns, e.body.payload[0]);
            x = x * 6364136223846793005ULL + 1442695040888963407ULL;
            if (seen.size() > 400) return;
            const auto ns = static_cast<std::int64_t>((x >> 33) % 5) * 100;
            kernel.after(Duration{ns}, hop, {e.body.payload[0] + 1},
                         {Stage::act, static_cast<std::int16_t>((x >> 40) % 3), 2});
        });
        tick = k.on("tick", [this](Kernel&, const Event& e) {
            seen.emplace_back(e.key.at.ns, -e.body.payload[0]);
        });
        stop_task = k.on("stop task", [this](Kernel& kernel, const Event& e) {
            const TaskHandle task{static_cast<std::uint32_t>(e.body.payload[0]),
                                  static_cast<std::uint32_t>(e.body.payload[1])};
            seen.emplace_back(e.key.at.ns, kernel.cancel(task) ? -100 : -200);
        });
    }
    void plant(Kernel& k) {
        for (std::int64_t i = 0; i < 3; ++i) k.at(begin + Duration{i}, hop, {1000 * i});
        const TaskHandle t = k.every(nanoseconds(250), tick, {1});
        k.every(nanoseconds(400), begin, tick, {2}, {Stage::observe, -1, 1});
        k.at(begin + nanoseconds(3000), stop_task, {t.slot, t.generation});
    }
};
}  // namespace

TEST_CASE("kernel: events of one instant fire by stage, priority, source and order of scheduling") {
    Kernel k(begin);
    std::string order;
    const HandlerId say = k.on(
        "say", [&](Kernel&, const Event& e) { order += static_cast<char>(e.body.payload[0]); });
    k.at(begin, say, {'f'}, {Stage::record});
    k.at(begin, say, {'d'}, {Stage::events, 1, 0});
    k.at(begin, say, {'c'}, {Stage::events, 0, 1});
    k.at(begin, say, {'a'});
    k.at(begin, say, {'b'});
    k.at(begin, say, {'e'}, {Stage::decide, -5, 0});
    CHECK(k.run().events == 6);
    CHECK(order == "abcdef");
}

TEST_CASE("kernel: a window is half-open and leaves the clock at its end") {
    Kernel k(begin);
    int fired = 0;
    k.call_at(begin + seconds(10), [&fired] { ++fired; });
    const Outcome first = k.run_until(begin + seconds(10));
    CHECK(first.ended == Ended::time);
    CHECK(first.events == 0);
    CHECK(k.now() == begin + seconds(10));
    CHECK(k.run_until(begin + seconds(11)).events == 1);
    CHECK(fired == 1);
    CHECK_THROWS_AS(k.run_until(begin), Error);
    CHECK(k.run().ended == Ended::empty);
    CHECK(k.now() == begin + seconds(11));
}

TEST_CASE("kernel: what lies before now is refused, with both instants") {
    Kernel k(begin);
    k.run_until(begin + hours(1));
    CHECK_THROWS_WITH(k.call_at(begin, [] {}),
                      "an event at 2024-07-15T00:00:00Z lies before now, 2024-07-15T01:00:00Z");
    CHECK_THROWS_AS(k.at(begin + hours(2), HandlerId{77}), Error);
    CHECK_THROWS_WITH(k.call_after(Duration{never_ns}, [] {}),
                      "an event beyond the last instant, in the year 2262");
    CHECK_THROWS_AS(k.every(seconds(0), k.on("x", {})), Error);
    CHECK_THROWS_AS(k.call_after(seconds(0), [] {}, {.source = most_sources}), Error);
    CHECK_THROWS_AS(k.on("x", {}), Error);
}

TEST_CASE("kernel: an event is cancelled up to the moment of execution, also at its own instant") {
    Kernel k(begin);
    std::vector<int> fired;
    const HandlerId log = k.on("log", [&](Kernel&, const Event& e) {
        fired.push_back(static_cast<int>(e.body.payload[0]));
    });
    EventHandle second;
    bool could_cancel_itself = true;
    EventHandle first = k.at(begin, k.on("first", [&](Kernel& kernel, const Event&) {
        could_cancel_itself = kernel.cancel(first);
        CHECK(kernel.cancel(second));
        CHECK_FALSE(kernel.cancel(second));
    }));
    second = k.at(begin, log, {2});
    k.at(begin, log, {3});
    CHECK(k.pending(second));
    k.run();
    CHECK_FALSE(could_cancel_itself);
    CHECK(fired == std::vector<int>{3});
}

TEST_CASE("kernel: step, budget and stop end a run where they say, and it goes on from there") {
    Kernel k(begin);
    int n = 0;
    const HandlerId count = k.on("count", [&](Kernel& kernel, const Event&) {
        if (++n == 70) kernel.stop("seventy is enough");
    });
    k.every(seconds(1), count);
    CHECK(k.step());
    CHECK(n == 1);
    const Outcome some = k.run_for({.events = 49});
    CHECK(some.ended == Ended::budget);
    CHECK(some.events == 49);
    CHECK(k.now() == begin + seconds(50));
    const Outcome stopped = k.run_until(begin + hours(1));
    CHECK(stopped.ended == Ended::stopped);
    CHECK(stopped.reason == "seventy is enough");
    CHECK(k.now() == begin + seconds(70));
    CHECK(k.run_until(begin + hours(1)).events == 3599 - 70);
    CHECK(k.run_for({.wall_s = 0.0}).events == 0);
    const Outcome timed = k.run_for({.wall_s = 0.01});
    CHECK(timed.ended == Ended::budget);
    CHECK(timed.events % 256 == 0);
    Kernel empty;
    CHECK_FALSE(empty.step());
}

TEST_CASE("kernel: a run cannot be started from inside a run") {
    Kernel k;
    k.call_at(k.now(), [](Kernel& inner) { inner.run(); });
    CHECK_THROWS_WITH(k.run(), "run: not from inside a run of the kernel");
    CHECK(k.run().ended == Ended::empty);  // what threw is over, the kernel is not
}

TEST_CASE("kernel: a periodic task keeps its phase and ends when cancelled, by itself too") {
    Kernel k(begin);
    std::vector<std::int64_t> at;
    TaskHandle task;
    const HandlerId tick = k.on("tick", [&](Kernel& kernel, const Event& e) {
        at.push_back((e.key.at - begin).ns / 1'000'000'000);
        CHECK(e.body.payload[3] == 9);
        if (at.size() == 4) CHECK(kernel.cancel(task));
    });
    task = k.every(minutes(15), begin + seconds(5), tick, {0, 0, 0, 9});
    CHECK(k.is_active(task));
    k.run();
    CHECK(at == std::vector<std::int64_t>{5, 905, 1805, 2705});
    CHECK_FALSE(k.is_active(task));
    CHECK_FALSE(k.cancel(task));
    const TaskHandle again = k.every(minutes(1), tick);
    CHECK(again.slot == task.slot);
    CHECK_FALSE(k.cancel(task));
    CHECK(k.cancel(again));
    CHECK(k.pending() == 0);
}

TEST_CASE("kernel: saved after any number of events and gone on with, a run is the straight run") {
    Kernel straight(begin);
    Model reference;
    reference.enter(straight);
    reference.plant(straight);
    straight.run_until(begin + nanoseconds(20'000));
    REQUIRE(reference.seen.size() > 350);
    const bool held = rc::check([&](std::uint16_t cut) {
        Kernel first(begin);
        Model model;
        model.enter(first);
        model.plant(first);
        first.run_for({.events = cut % std::uint64_t{360}});
        const SavedKernel saved = kernel_from_bytes(to_bytes(first.save()));
        RC_ASSERT(saved == first.save());

        Kernel second;
        Model rest{model.seen, model.x, {}, {}, {}};
        second.on("another handler that shifts the ids", {});
        rest.enter(second);
        second.load(saved);
        RC_ASSERT(second.now() == first.now());
        second.run_until(begin + nanoseconds(20'000));
        RC_ASSERT(rest.seen == reference.seen);
        RC_ASSERT(second.fired() == straight.fired());
    });
    CHECK(held);
}

TEST_CASE("kernel: a fork goes its own way, and handles given before hold in both") {
    Kernel k(begin);
    std::vector<std::pair<const Kernel*, std::int64_t>> seen;
    const HandlerId log = k.on("log", [&](Kernel& kernel, const Event& e) {
        seen.emplace_back(&kernel, e.body.payload[0]);
    });
    const EventHandle outage = k.at(begin + hours(1), log, {1});
    k.at(begin + hours(2), log, {2});
    const TaskHandle task = k.every(hours(3), log, {3});
    k.run_until(begin + minutes(30));
    const std::unique_ptr<Kernel> other = k.fork();
    CHECK(other->cancel(outage));  // the intervention
    CHECK(k.cancel(task));
    k.run_until(begin + hours(4));
    other->run_until(begin + hours(4));
    const Kernel* o = other.get();
    CHECK(seen ==
          std::vector<std::pair<const Kernel*, std::int64_t>>{{&k, 1}, {&k, 2}, {o, 2}, {o, 3}});
}

TEST_CASE("kernel: code that waits cannot be saved or forked, and is named") {
    Kernel k(begin);
    k.call_at(begin + hours(1), [] {});
    try {
        k.save();
        FAIL("saved a callback");
    } catch (const NotCheckpointable& e) {
        CHECK(e.name() == "the call at 2024-07-15T01:00:00Z");
    }
    CHECK_THROWS_AS(k.fork(), NotCheckpointable);
    k.run();
    CHECK_NOTHROW(k.save());
}

TEST_CASE("kernel: a checkpoint of other handlers, or of broken bytes, is refused") {
    Kernel k(begin);
    Model model;
    model.enter(k);
    model.plant(k);
    k.run_for({.events = 5});
    const std::vector<std::byte> bytes = to_bytes(k.save());
    Kernel other;
    CHECK_THROWS_WITH(other.load(k.save()),
                      "not a usable kernel checkpoint: no handler 'hop' is registered here");
    for (std::size_t n = 0; n < bytes.size(); ++n)
        CHECK_THROWS_AS(kernel_from_bytes(std::span(bytes).first(n)), CheckpointError);
    SavedKernel wrong = k.save();
    wrong.tasks.clear();
    Kernel same;
    Model second;
    second.enter(same);
    CHECK_THROWS_WITH(same.load(wrong),
                      "not a usable kernel checkpoint: an event of an unknown task");
    wrong = k.save();
    wrong.now = begin + days(1);
    CHECK_THROWS_AS(same.load(wrong), CheckpointError);
}

TEST_CASE("kernel: bytes with a few of them changed are refused, or run") {
    Kernel k(begin);
    Model model;
    model.enter(k);
    model.plant(k);
    k.run_for({.events = 20});
    const std::vector<std::byte> good = to_bytes(k.save());
    std::size_t refused = 0, ran = 0;
    std::uint64_t x = 3;
    for (int i = 0; i < 5000; ++i) {
        std::vector<std::byte> bytes = good;
        for (int n = 0; n <= i % 3; ++n) {
            x = x * 6364136223846793005ULL + 1442695040888963407ULL;
            bytes[(x >> 33) % bytes.size()] = static_cast<std::byte>(x >> 56);
        }
        Kernel other;
        Model rest;
        rest.enter(other);
        try {
            other.load(kernel_from_bytes(bytes));
            other.run_for({.events = 50});
            ++ran;
        } catch (const Error&) {
            ++refused;
        }
    }
    CHECK(refused > 500);
    CHECK(ran > 500);
}
