// SPDX-License-Identifier: Apache-2.0
// ns an event of the hold model (the next event fires and schedules another), with N pending:
//
//   kernel     des::Kernel, all in: order of five keys, handler called through its table
//   heap       std::priority_queue of the same events, compared by the same five keys, a call
//              through the same kind of function
//   bare heap  std::priority_queue of 24-byte nodes (time, sequence, number), nothing called
//   process    des::Kernel with N coroutines that wait in a loop
//
// delays: random, exponential of mean 1 s; lattice, 15, 30, 45 or 60 min; sources, the same from N
// sources. Allocations during the measured events are counted. JSON on standard output.
#include <gridflock/core/math.hpp>
#include <gridflock/core/random.hpp>
#include <gridflock/des/kernel.hpp>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <new>
#include <queue>
#include <string>
#include <vector>

namespace {
std::atomic<std::uint64_t> allocations{0};
}
void* operator new(std::size_t n) {
    ++allocations;
    if (void* p = std::malloc(n ? n : 1)) return p;
    throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
    std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
    std::free(p);
}

using namespace gridflock;
using namespace gridflock::des;

namespace {

enum class Delays { random, lattice, sources };
constexpr const char* names[] = {"random", "lattice", "sources"};
constexpr std::size_t table_size = 1 << 16;

std::vector<std::int64_t> delay_table(Delays kind) {
    std::vector<std::int64_t> table(table_size);
    for (std::size_t i = 0; i < table_size; ++i) {
        const Block4 b = draw_block({1, 0}, {i}, Purpose::user, 0);
        const double s = -math::log(to_open_unit(b[0]));
        table[i] = kind == Delays::random
                       ? static_cast<std::int64_t>(s * 1e9)
                       : minutes(15 * (1 + static_cast<std::int64_t>(b[1] % 4))).ns;
    }
    return table;
}

/// CPU time of this thread, so that others on the machine count less.
double cpu_ns() {
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return 1e9 * static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec);
}

struct Result {
    double ns = 1e300;
    std::uint64_t allocated = 0;
};

/// Best of the repetitions of run(events), which follow a warm-up of the same length.
template <class F>
Result measure(std::size_t events, int repetitions, F&& run) {
    Result best;
    run(events);
    for (int r = 0; r < repetitions; ++r) {
        const std::uint64_t before = allocations;
        const double begin = cpu_ns();
        run(events);
        const double t = cpu_ns() - begin;
        best.ns = std::min(best.ns, t / static_cast<double>(events));
        best.allocated = std::max(best.allocated, allocations - before);
    }
    return best;
}

Result kernel(Delays kind, std::size_t n, std::size_t events, int repetitions) {
    const auto table = delay_table(kind);
    Kernel k;
    k.reserve(n + 1, n + 1);
    std::size_t i = 0;
    const HandlerId hop = k.on("hop", [&](Kernel& kernel, const Event& e) {
        kernel.after({table[i++ % table_size]}, {e.body.handler}, e.body.payload,
                     {Stage::events, 0, e.key.source});
    });
    for (std::size_t s = 0; s < n; ++s)
        k.after({table[i++ % table_size]}, hop, {static_cast<std::int64_t>(s)},
                {Stage::events, 0, kind == Delays::sources ? static_cast<std::uint32_t>(s) : 0});
    return measure(events, repetitions, [&](std::size_t m) { k.run_for({.events = m}); });
}

Process walker(Kernel& k, const std::vector<std::int64_t>& table, std::size_t i) {
    while (true) {
        co_await k.wait(Duration{table[i % table_size]});
        i += 7919;
    }
}

Result process(Delays kind, std::size_t n, std::size_t events, int repetitions) {
    const auto table = delay_table(kind);
    Kernel k;
    k.reserve(n + 1, n + 1);
    for (std::size_t s = 0; s < n; ++s)
        k.start("walker", walker(k, table, s),
                {Stage::events, 0, kind == Delays::sources ? static_cast<std::uint32_t>(s) : 0});
    return measure(events, repetitions, [&](std::size_t m) { k.run_for({.events = m}); });
}

Result heap(Delays kind, std::size_t n, std::size_t events, int repetitions) {
    struct Later {
        bool operator()(const Event& a, const Event& b) const { return a.key > b.key; }
    };
    const auto table = delay_table(kind);
    std::vector<Event> room;
    room.reserve(n + 1);
    std::priority_queue<Event, std::vector<Event>, Later> q(Later{}, std::move(room));
    std::vector<std::uint64_t> sequence(n + 1);
    std::size_t i = 0;
    const auto push = [&](SimTime t, std::uint32_t source, const EventBody& body) {
        q.push({{t, Stage::events, 0, source, sequence[source]++}, body});
    };
    const std::vector<std::function<void(const Event&)>> handlers{[&](const Event& e) {
        push(e.key.at + Duration{table[i++ % table_size]}, e.key.source, e.body);
    }};
    for (std::size_t s = 0; s < n; ++s)
        push({table[i++ % table_size]}, kind == Delays::sources ? static_cast<std::uint32_t>(s) : 0,
             {0, {static_cast<std::int64_t>(s), 0, 0, 0}});
    return measure(events, repetitions, [&](std::size_t m) {
        for (std::size_t j = 0; j < m; ++j) {
            const Event e = q.top();
            q.pop();
            handlers[e.body.handler](e);
        }
    });
}

Result bare_heap(Delays kind, std::size_t n, std::size_t events, int repetitions) {
    struct Node {
        std::int64_t at;
        std::uint64_t sequence, number;
        bool operator>(const Node& o) const {
            return at != o.at ? at > o.at : sequence > o.sequence;
        }
    };
    const auto table = delay_table(kind);
    std::vector<Node> room;
    room.reserve(n + 1);
    std::priority_queue<Node, std::vector<Node>, std::greater<>> q({}, std::move(room));
    std::uint64_t sequence = 0;
    for (std::size_t s = 0; s < n; ++s) q.push({table[s % table_size], sequence++, s});
    return measure(events, repetitions, [&](std::size_t m) {
        for (std::size_t j = 0; j < m; ++j) {
            Node e = q.top();
            q.pop();
            e.at += table[sequence % table_size];
            e.sequence = sequence++;
            q.push(e);
        }
    });
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t least = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
    struct Contestant {
        const char* name;
        Result (*run)(Delays, std::size_t, std::size_t, int);
    };
    constexpr Contestant contestants[] = {
        {"kernel", kernel}, {"process", process}, {"heap", heap}, {"bare heap", bare_heap}};
    std::printf("[");
    const char* comma = "";
    for (const Delays kind : {Delays::random, Delays::lattice, Delays::sources})
        for (const std::size_t n : {1'000, 10'000, 100'000, 1'000'000})
            for (const Contestant& c : contestants) {
                const Result r = c.run(kind, n, std::max(least, n), n > 100'000 ? 2 : 5);
                std::printf(
                    "%s\n  {\"contestant\": \"%s\", \"delays\": \"%s\", \"pending\": %zu, "
                    "\"ns\": %.1f, \"allocated\": %llu}",
                    comma, c.name, names[static_cast<int>(kind)], n, r.ns,
                    static_cast<unsigned long long>(r.allocated));
                std::fflush(stdout);
                comma = ",";
            }
    std::printf("\n]\n");
}
