// SPDX-License-Identifier: Apache-2.0
#include <gridflock/des/event_queue.hpp>

#include <test.hpp>

#include <algorithm>

using namespace gridflock;
using namespace gridflock::des;

TEST_CASE("queue: events fire by time, stage, priority, source, sequence") {
    EventQueue q;
    q.schedule(SimTime{2}, Stage::events, 0, 1, {10, {}});
    q.schedule(SimTime{1}, Stage::record, 0, 1, {11, {}});
    q.schedule(SimTime{1}, Stage::events, 5, 1, {12, {}});
    q.schedule(SimTime{1}, Stage::events, 0, 2, {13, {}});
    q.schedule(SimTime{1}, Stage::events, 0, 1, {14, {}});
    q.schedule(SimTime{1}, Stage::events, 0, 1, {15, {}});
    std::vector<std::uint32_t> order;
    while (!q.empty()) order.push_back(q.pop().body.handler);
    CHECK(order == std::vector<std::uint32_t>{14, 15, 13, 12, 11, 10});
}

TEST_CASE("queue: a cancelled event never fires and its handle goes stale") {
    EventQueue q;
    const EventHandle a = q.schedule(SimTime{1}, Stage::events, 0, 0, {1, {}});
    const EventHandle b = q.schedule(SimTime{2}, Stage::events, 0, 0, {2, {}});
    CHECK(q.cancel(a));
    CHECK_FALSE(q.cancel(a));
    const EventHandle c = q.schedule(SimTime{3}, Stage::events, 0, 0, {3, {}});
    CHECK(c.slot == a.slot);
    CHECK_FALSE(q.cancel(a));
    CHECK(q.size() == 2);
    CHECK(q.pop().body.handler == 2);
    CHECK_FALSE(q.cancel(b));
    CHECK(q.pop().body.handler == 3);
    CHECK(q.next_time() == never);
}

TEST_CASE("queue: what is saved comes back, in the same order, and numbering goes on") {
    EventQueue q;
    for (int i = 0; i < 500; ++i)
        q.schedule(SimTime{(i * 7919) % 101}, Stage::events, 0, static_cast<std::uint32_t>(i % 3),
                   {static_cast<std::uint32_t>(i), {i, 0, 0, 0}});
    for (int i = 0; i < 100; ++i) q.pop();
    EventQueue r;
    r.load(q.save());
    const SimTime late{1000};
    q.schedule(late, Stage::events, 0, 1, {9999, {}});
    r.schedule(late, Stage::events, 0, 1, {9999, {}});
    CHECK(q.save() == r.save());
    while (!q.empty()) CHECK(q.pop() == r.pop());
}
