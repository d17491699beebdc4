// SPDX-License-Identifier: Apache-2.0
// Counts every call of operator new in this program.
#include <gridflock/des/kernel.hpp>

#include <test.hpp>

#include <atomic>
#include <cstdlib>
#include <new>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define GRIDFLOCK_NEW_IS_TAKEN  // clang's thread sanitizer has its own and lets none replace it
#endif
#endif

#ifdef GRIDFLOCK_NEW_IS_TAKEN

TEST_CASE("allocation: is not counted under this sanitizer") {
    WARN("what the kernel allocates is counted in the other builds");
}

#else

namespace {
std::atomic<std::uint64_t> allocations{0};

void* counted(std::size_t n) {
    ++allocations;
    if (void* p = std::malloc(n ? n : 1)) return p;
    throw std::bad_alloc();
}
}  // namespace

void* operator new(std::size_t n) {
    return counted(n);
}
void* operator new[](std::size_t n) {
    return counted(n);
}
void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
    ++allocations;
    return std::malloc(n ? n : 1);
}
void* operator new[](std::size_t n, const std::nothrow_t&) noexcept {
    ++allocations;
    return std::malloc(n ? n : 1);
}
void operator delete(void* p) noexcept {
    std::free(p);
}
void operator delete[](void* p) noexcept {
    std::free(p);
}
void operator delete(void* p, const std::nothrow_t&) noexcept {
    std::free(p);
}
void operator delete[](void* p, const std::nothrow_t&) noexcept {
    std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
    std::free(p);
}
void operator delete[](void* p, std::size_t) noexcept {
    std::free(p);
}

using namespace gridflock;
using namespace gridflock::des;

namespace {
std::uint64_t next(std::uint64_t& x) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    return x;
}
}  // namespace

TEST_CASE("allocation: the counter of this program counts") {
    const std::uint64_t before = allocations;
    const std::vector<int> v(10);
    CHECK(allocations > before);
    CHECK(v.size() == 10);
}

TEST_CASE("allocation: a hundred thousand pending events, on a lattice and at random, cost none") {
    constexpr std::int64_t n = 100'000;
    for (const bool is_lattice : {true, false}) {
        Kernel k;
        k.reserve(n, 64);
        std::uint64_t x = 5;
        std::uint64_t fired = 0;
        const auto delay = [&] {
            const auto r = static_cast<std::int64_t>(next(x) >> 33);
            return is_lattice ? minutes(15 * (1 + r % 4)) : nanoseconds(1 + r);
        };
        const HandlerId hop = k.on("hop", [&](Kernel& kernel, const Event& e) {
            ++fired;
            // now and then a timeout that is cancelled again
            if (fired % 4 == 0) kernel.cancel(kernel.after(hours(2), {e.body.handler}));
            kernel.after(delay(), {e.body.handler}, e.body.payload,
                         {e.key.stage, e.key.priority, e.key.source});
        });
        const std::uint64_t before = allocations;
        for (std::int64_t i = 0; i + 1 < n; ++i)
            k.after(delay(), hop, {i}, {Stage::events, 0, static_cast<std::uint32_t>(i % 64)});
        k.run_for({.events = 1'000'000});
        CHECK(allocations == before);
        CHECK(k.pending() == n - 1);
        CHECK(fired == 1'000'000);
    }
}

TEST_CASE("allocation: periodic tasks and waiting processes cost none") {
    Kernel k;
    Signal never_comes(k);
    const auto walker = [](Kernel& kernel, Signal& s, Duration d) -> Process {
        while (true) {
            co_await kernel.wait(d);
            co_await kernel.any_of(s, d);
        }
    };
    const HandlerId nothing = k.on("nothing", [](Kernel&, const Event&) {});
    for (int i = 0; i < 1000; ++i) {
        k.every(seconds(1 + i % 7), nothing);
        k.start("walker", walker(k, never_comes, milliseconds(100 + i)));
    }
    k.reserve(3000);
    k.run_until(k.now() + seconds(10));
    const std::uint64_t before = allocations;
    const Outcome o = k.run_for({.events = 200'000});
    CHECK(allocations - before <= 1);  // the text of an outcome
    CHECK(o.events == 200'000);
}

#endif
