// SPDX-License-Identifier: Apache-2.0
// The queue against an obvious reference: a list sorted by key.
#include <gridflock/des/event_queue.hpp>

#include <test.hpp>

#include <rapidcheck.h>

#include <cstdint>
#include <map>
#include <vector>

using namespace gridflock;
using namespace gridflock::des;

namespace {

/// Every operation done on both; throws when they differ.
class Pair {
public:
    void schedule(std::int64_t at, int stage, int priority, std::uint32_t source) {
        const std::uint32_t name = next_name_++;
        const EventBody body{name, {at, name, 0, -1}};
        const auto s = static_cast<Stage>(stage);
        const auto p = static_cast<std::int16_t>(priority);
        const EventHandle h = queue_.schedule(SimTime{at}, s, p, source, body);
        reference_[{SimTime{at}, s, p, source, sequence_[source]++}] = {body, h};
        if (given_.size() < 4096)
            given_.push_back(h);
        else
            given_[name % 4096] = h;
    }
    void pop() {
        RC_ASSERT(queue_.empty() == reference_.empty());
        if (reference_.empty()) return;
        const auto first = reference_.begin();
        RC_ASSERT(queue_.pending(first->second.handle));
        const Event e = queue_.pop();
        RC_ASSERT(e.key == first->first);
        RC_ASSERT(e.body == first->second.body);
        RC_ASSERT(!queue_.pending(first->second.handle));
        now_ = e.key.at.ns;
        reference_.erase(first);
    }
    void peek() {
        const EventKey k = queue_.next_key();
        if (reference_.empty())
            RC_ASSERT(k.at == never);
        else
            RC_ASSERT(k == reference_.begin()->first);
        RC_ASSERT(queue_.size() == reference_.size());
    }
    /// Cancels the k-th of the handles given so far, whether or not its event still waits.
    void cancel(std::uint64_t k) {
        if (given_.empty()) return;
        const EventHandle h = given_[k % given_.size()];
        auto it = reference_.begin();
        while (it != reference_.end() && !(it->second.handle == h)) ++it;
        RC_ASSERT(queue_.cancel(h) == (it != reference_.end()));
        if (it != reference_.end()) reference_.erase(it);
    }
    void save_and_load() {
        EventQueue other;
        other.load(queue_.save());
        RC_ASSERT(other.save() == queue_.save());
        queue_ = std::move(other);
        given_.clear();
        std::uint32_t slot = 0;  // loading hands slots out in order
        for (auto& [key, entry] : reference_) entry.handle = {slot++, 1};
        for (const auto& [key, entry] : reference_) given_.push_back(entry.handle);
    }
    void drain() {
        while (!reference_.empty()) pop();
        peek();
    }
    std::int64_t now() const { return now_; }

private:
    struct Entry {
        EventBody body;
        EventHandle handle;
    };
    EventQueue queue_;
    std::map<EventKey, Entry> reference_;
    std::map<std::uint32_t, std::uint64_t> sequence_;
    std::vector<EventHandle> given_;
    std::uint32_t next_name_ = 0;
    std::int64_t now_ = 0;
};

std::uint64_t next(std::uint64_t& x) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    return x;
}

/// Delays of very different kinds: none, a lattice, near, far, in the past, to the ends of time.
std::int64_t some_time(std::int64_t now, std::uint64_t& x) {
    const auto r = static_cast<std::int64_t>(next(x) >> 34);
    switch (next(x) % 8) {
        case 0:
            return now;
        case 1:
        case 2: {
            const std::int64_t quarter = 900'000'000'000;
            return (now / quarter + 1 + r % 4) * quarter;
        }
        case 3:
            return now + r % 1000;
        case 4:
            return now + r * 1000;
        case 5:
            return now - r % 5000;
        case 6:
            return r % 50 == 0 ? never_ns : now + r * 1'000'000;
        default:
            return r % 50 == 0 ? -never_ns - 1 : now + r;
    }
}

void random_run(std::uint64_t seed, int steps, unsigned grow) {
    std::uint64_t x = seed * 0x9E3779B97F4A7C15ULL + 1;
    Pair pair;
    for (int i = 0; i < steps; ++i) {
        const std::uint64_t what = next(x) % 100;
        constexpr std::int64_t far = std::int64_t{1} << 61;
        const std::int64_t base = pair.now() > far || pair.now() < -far ? 0 : pair.now();
        if (what < grow)
            pair.schedule(some_time(base, x), static_cast<int>(next(x) % 9),
                          static_cast<int>(next(x) % 5) - 2,
                          static_cast<std::uint32_t>(next(x) % 7));
        else if (what < 80)
            pair.pop();
        else if (what < 88)
            pair.peek();
        else if (what < 99)
            pair.cancel(next(x));
        else if (next(x) % 20 == 0)
            pair.save_and_load();
    }
    pair.drain();
}

}  // namespace

TEST_CASE("queue: any schedule, with cancels, peeks and restores, fires in the order of a list") {
    const bool held = rc::check([](std::uint64_t seed) {
        random_run(seed, 300, 45);   // stays small
        random_run(seed, 2000, 62);  // grows
    });
    CHECK(held);
}

TEST_CASE(
    "queue: ten thousand pending on a lattice from many sources fire in the order of a list") {
    Pair pair;
    std::uint64_t x = 7;
    const std::int64_t quarter = 900'000'000'000;
    for (std::uint32_t i = 0; i < 10'000; ++i)
        pair.schedule(static_cast<std::int64_t>(next(x) % 4) * quarter, 0, 0,
                      static_cast<std::uint32_t>(next(x) % 3000));
    for (int i = 0; i < 30'000; ++i) {
        pair.pop();
        pair.schedule(pair.now() + static_cast<std::int64_t>(next(x) % 5) * quarter,
                      static_cast<int>(next(x) % 3), 0, static_cast<std::uint32_t>(next(x) % 3000));
    }
    pair.drain();
}

TEST_CASE("queue: a look far ahead does not make what is then scheduled nearer come out of order") {
    Pair pair;
    std::uint64_t x = 11;
    for (int round = 0; round < 20; ++round) {
        for (int i = 0; i < 300; ++i)
            pair.schedule(pair.now() + 1'000'000'000 + static_cast<std::int64_t>(next(x) % 1000), 0,
                          0, 0);
        pair.peek();
        for (int i = 0; i < 500; ++i)
            pair.schedule(pair.now() + static_cast<std::int64_t>(next(x) % 900'000'000), 0, 0, 1);
        for (int i = 0; i < 700; ++i) pair.pop();
    }
    pair.drain();
}

TEST_CASE("queue: timeouts that are cancelled in their millions leave nothing behind") {
    EventQueue q;
    q.schedule(SimTime{0}, Stage::events, 0, 0, {});
    for (std::int64_t i = 0; i < 300'000; ++i)
        q.cancel(q.schedule(SimTime{3'600'000'000'000 + i}, Stage::events, 0, 0, {}));
    CHECK(q.size() == 1);
    CHECK(q.pop().key.at.ns == 0);
    CHECK(q.next_time() == never);
}
