// SPDX-License-Identifier: Apache-2.0
#include <gridflock/des/saved_kernel.hpp>

#include <gridflock/core/archive.hpp>

#include <array>

namespace gridflock::inline v0::des {

namespace {
constexpr std::array<char, 8> magic{'g', 'f', 'k', 'e', 'r', 'n', '0', '1'};

template <class A>
void put(A& a, EventKey& k) {
    a(k.at, k.stage, k.priority, k.source, k.sequence);
    a.check(k.stage <= Stage::record, "an event of no stage");
}
template <class A>
void put(A& a, EventBody& b) {
    a(b.handler, b.payload);
}

/// `n` as stored, and v of that many elements; each element takes a byte at least.
template <class A, class T, class F>
void put_each(A& a, std::vector<T>& v, F&& f) {
    const std::size_t n = a.length(v.size());
    for (std::size_t i = 0; i < n; ++i) {
        if (i == v.size()) v.emplace_back();
        f(v[i]);
    }
}

template <class A>
void put(A& a, SavedKernel& k) {
    std::array<char, 8> begin = magic;
    a(begin);
    a.check(begin == magic, "these bytes are no kernel");
    a(k.now, k.fired, k.handlers);
    put_each(a, k.tasks, [&](SavedTask& t) {
        a(t.generation, t.period);
        a.check(t.period.ns > 0 || t.generation % 2 == 0, "a task without a period");
        put(a, t.order);
        put(a, t.body);
    });
    put_each(a, k.queue.events, [&](Event& e) {
        put(a, e.key);
        put(a, e.body);
    });
    a(k.queue.next_sequence);
}
}  // namespace

std::vector<std::byte> to_bytes(const SavedKernel& saved) {
    std::vector<std::byte> bytes;
    Saver saver(bytes);
    SavedKernel copy = saved;
    put(saver, copy);
    return bytes;
}

SavedKernel kernel_from_bytes(std::span<const std::byte> bytes) {
    Loader loader(bytes);
    SavedKernel saved;
    put(loader, saved);
    loader.check(loader.left() == 0, "bytes are left over");
    return saved;
}

}  // namespace gridflock::inline v0::des
