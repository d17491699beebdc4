// SPDX-License-Identifier: Apache-2.0
// ns a message: 100,000 devices, telemetry every minute, by instruction set and by lanes; beside it
// the floor, one Philox4x64-10 block a message with the same instructions, and the time that moving
// the same bytes takes. JSON on standard output; best of the repetitions.
#include <gridflock/comms/message_ring.hpp>

#include "comms/kernel.hpp"
#include "comms/ring_batch.hpp"

#include <algorithm>
#include <ctime>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

using namespace gridflock;
using namespace gridflock::comms;

namespace {
constexpr SimTime day{1'721'001'600'000'000'000};

/// CPU time of this thread, so that others on the machine count less.
double cpu_ns() {
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return 1e9 * static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec);
}

/// ns of one call of f, the best of `repetitions`.
template <class F>
double best_ns(int repetitions, F&& f) {
    double best = 1e300;
    for (int r = 0; r < repetitions; ++r) {
        const double begin = cpu_ns();
        f();
        best = std::min(best, cpu_ns() - begin);
    }
    return best;
}

LinkSettings broadband() {
    LinkSettings s;
    s.latency_median_s = 0.030;
    s.latency_p95_s = 0.150;
    s.p_gb = 0.002;
    s.p_bg = 0.25;
    s.loss_good = 0.002;
    return s;
}

std::vector<StableId> sites(std::size_t n) {
    std::vector<StableId> ids;
    for (std::size_t i = 0; i < n; ++i) ids.push_back(stable_id("homes/" + std::to_string(i)));
    return ids;
}

/// One Philox block for each of n entities, in tiles that stay in the cache.
double floor_ns(InstructionSet set, std::size_t n) {
    const std::vector<StableId> ids = sites(1024);
    std::vector<std::uint64_t> entity;
    for (const StableId id : ids) entity.push_back(id.value);
    std::vector<std::uint64_t> w[3];
    for (auto& v : w) v.resize(256);
    kernel::DrawArgs a;
    a.n = 256;
    a.key[0] = 1;
    a.purpose = 7;
    for (int i = 0; i < 3; ++i) a.word[i] = w[i].data();
    const kernel::Table& table = table_of(set);
    return best_ns(9,
                   [&] {
                       for (std::size_t i = 0; i < n; i += a.n) {
                           a.entity = entity.data() + i % 1024;
                           a.step = i / 1024;
                           table.draw(a);
                       }
                   }) /
           static_cast<double>(n);
}

struct Timing {
    double send = 1e300, receive = 1e300;
};

Timing ring_ns(InstructionSet set, std::size_t n, std::size_t worlds, std::size_t variants,
               std::size_t width, std::int64_t ticks) {
    const std::size_t lanes = worlds * variants;
    std::vector<RandomKey> keys;
    for (std::size_t l = 0; l < lanes; ++l) keys.push_back({1, l / variants});
    const LinkModel link(sites(n), keys, std::vector<LinkSettings>(lanes, broadband()));
    MessageRing ring({n, lanes, width, Channel::telemetry, minutes(1), minutes(2)}, set);
    const Column<double> payload(n * width, lanes, 1.0);
    LaneClockBuffer clock(lanes);
    Timing best;
    for (std::int64_t k = 0; k < ticks; ++k) {
        clock.set(day + minutes(k), minutes(1));
        const double r = best_ns(1, [&] { ring.receive(clock.view()); });
        const double s = best_ns(1, [&] {
            ring.send(link, clock.view(), {payload.view(), {}, {}, {}});
        });
        if (k < 4) continue;  // the ring fills
        best.receive = std::min(best.receive, r / static_cast<double>(n * lanes));
        best.send = std::min(best.send, s / static_cast<double>(n * lanes));
    }
    return best;
}

/// One message at a time: LinkModel::send, as the scalar definition of a fate.
double scalar_ns(std::size_t n) {
    const LinkModel link(sites(n), {{1, 0}}, {broadband()});
    std::vector<Chain> chains(n);
    std::int64_t k = 0, sum = 0;
    const double t = best_ns(9, [&] {
        const SimTime at = day + minutes(k++);
        for (std::size_t s = 0; s < n; ++s)
            sum += link.send(chains[s], {s, 0, Channel::telemetry, at.ns / minutes(1).ns},
                             minutes(1), at)
                       .arrival.ns &
                   1;
    });
    if (sum == -1) std::puts("");
    return t / static_cast<double>(n);
}

/// Bytes that sending and receiving a message must read and write, moved by memcpy.
double memory_ns(std::size_t n, std::size_t width) {
    // send: payload in, ring row out (arrival, sent, tick, payload), chain; receive: row in, latest
    // out
    const std::size_t doubles = n * (3 + width + 1);
    std::vector<double> from(doubles, 1.0), ring(3 * doubles), latest(doubles);
    std::size_t slot = 0;
    return best_ns(20,
                   [&] {
                       double* row = ring.data() + slot * doubles;
                       slot = (slot + 1) % 3;
                       std::memcpy(row, from.data(), doubles * sizeof(double));
                       std::memcpy(latest.data(), row, doubles * sizeof(double));
                   }) /
           static_cast<double>(n);
}
}  // namespace

int main(int argc, char** argv) {
    const std::size_t n = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
    std::printf("{\n  \"devices\": %zu,\n  \"scalar_fate_ns\": %.2f,\n", n, scalar_ns(n));
    std::printf("  \"memory_ns\": {\"width_0\": %.2f, \"width_7\": %.2f},\n  \"sets\": [",
                memory_ns(n, 0), memory_ns(n, 7));
    const char* comma = "";
    for (const InstructionSet set :
         {InstructionSet::portable, InstructionSet::avx2, InstructionSet::avx512}) {
        if (!is_available(set)) continue;
        std::printf("%s\n    {\"set\": \"%s\", \"philox_block_ns\": %.2f, \"runs\": [", comma,
                    to_text(set), floor_ns(set, 1 << 20));
        const char* inner = "";
        struct Case {
            std::size_t worlds, variants, width;
        };
        for (const Case c : {Case{1, 1, 0}, Case{1, 1, 7}, Case{8, 1, 0}, Case{8, 1, 7},
                             Case{1, 8, 0}, Case{1, 8, 7}}) {
            const Timing t = ring_ns(set, n, c.worlds, c.variants, c.width, 40);
            std::printf(
                "%s\n      {\"worlds\": %zu, \"variants\": %zu, \"payload\": %zu, "
                "\"send_ns\": %.2f, \"receive_ns\": %.2f}",
                inner, c.worlds, c.variants, c.width, t.send, t.receive);
            inner = ",";
        }
        std::printf("]}");
        comma = ",";
    }
    std::printf("\n  ]\n}\n");
}
