// SPDX-License-Identifier: Apache-2.0
// Pending events in buckets by the digits of their time: what the event queue keeps its order in.
//
//   A time is an unsigned number of 8 digits of 8 bits. The floor is a time up to which everything
//   lies in `run` (sorted) or `early` (a heap); every later time lies in bucket [level][digit]: the
//   highest digit in which it differs from the floor, and its value there.
//   next     the first of run and early; when both are empty, the lowest bucket is opened: few
//            nodes, or all of one instant, become the run; more are dealt out to lower levels
//
// A node is moved at most 8 times, in practice 1 to 3: O(1) amortised, with nothing to tune to the
// number of events or their spacing. Events of one instant (a lattice of cadences) are opened
// together. Times below the floor cost a heap, O(log n), until the floor is lowered again. Nodes
// lie in chunks of a pool, so a bucket costs no allocation. Source  radix heap: Ahuja, Mehlhorn,
// Orlin, Tarjan, "Faster algorithms for the shortest path
//         problem", JACM 37 (1990); hierarchical wheels: Varghese, Lauck, SOSP 1987.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gridflock::inline v0::des {

/// A pending event without its body: where it stands in the order, and its slot.
struct QueueNode {
    std::int64_t at = 0;
    std::uint64_t rank = 0;  ///< stage, priority, source as one number
    std::uint64_t sequence = 0;
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;

    friend bool operator<(const QueueNode& a, const QueueNode& b) {
        if (a.at != b.at) return a.at < b.at;
        if (a.rank != b.rank) return a.rank < b.rank;
        return a.sequence < b.sequence;
    }
};

class BucketStore {
public:
    BucketStore();

    std::size_t size() const { return size_; }
    /// No allocation while at most n nodes are held.
    void reserve(std::size_t n);
    void push(const QueueNode& node);
    /// The first node; null when there is none. Valid until the next change.
    const QueueNode* front();
    /// Drops the first node. Call after front() only.
    void drop_front();
    /// A node that comes soon after the first one, to warm its slot; null when not known.
    const QueueNode* ahead(std::size_t n) const {
        return run_at_ + n < run_.size() ? &run_[run_at_ + n] : nullptr;
    }
    /// `f(node)` for each node, in no order.
    template <class F>
    void for_each(F&& f) const;
    /// Drops the nodes that `keep(node)` refuses. Allocates nothing.
    template <class F>
    void keep_if(F&& keep);

private:
    static constexpr std::size_t levels = 8;
    static constexpr std::size_t digits = 256;
    static constexpr std::size_t chunk_nodes = 7;
    static constexpr std::uint32_t none = ~std::uint32_t{0};

    struct Chunk {
        std::array<QueueNode, chunk_nodes> nodes;
        std::uint32_t count;
        std::uint32_t next;
    };
    struct Bucket {
        std::uint32_t first = none;
        std::uint32_t last = none;
    };
    struct Extent {
        std::size_t count = 0;
        std::uint64_t least = ~std::uint64_t{0};
        std::uint64_t most = 0;
    };

    static std::uint64_t unsigned_time(std::int64_t at) {
        return static_cast<std::uint64_t>(at) ^ (std::uint64_t{1} << 63);
    }
    static std::size_t level_of(std::uint64_t difference) {
        return static_cast<std::size_t>(63 - __builtin_clzll(difference)) / 8;
    }
    static bool comes_later(const QueueNode& a, const QueueNode& b) { return b < a; }
    std::size_t run_rest() const { return run_.size() - run_at_; }
    bool is_early_first() const {
        return !early_.empty() && (run_rest() == 0 || early_.front() < run_[run_at_]);
    }

    void append(const QueueNode& node, std::uint64_t time);
    void push_early(const QueueNode& node);
    void append_to_run(const QueueNode& node);
    bool open_next();
    Bucket take(std::size_t index);
    std::uint32_t first_used() const;
    Extent measure(const Bucket& bucket) const;
    void deal(const Bucket& bucket);
    void sort_run();
    void radix_sort_run();
    bool is_floor_too_high() const;
    void lower_floor();
    std::uint32_t new_chunk();
    void free_chunk(std::uint32_t chunk);

    std::vector<Chunk> chunks_;
    std::uint32_t free_ = none;
    std::vector<Bucket> buckets_;                              // [level][digit]
    std::array<std::array<std::uint64_t, 4>, levels> used_{};  // a bit a bucket
    std::array<std::size_t, levels> held_{};                   // nodes by level
    std::vector<QueueNode> run_;
    std::size_t run_at_ = 0;
    std::vector<QueueNode> early_;  // heap
    std::vector<QueueNode> scratch_;
    std::uint64_t floor_ = 0;
    std::uint64_t last_ = 0;  // time of the last node taken
    std::size_t size_ = 0;
};

template <class F>
void BucketStore::for_each(F&& f) const {
    for (std::size_t i = run_at_; i < run_.size(); ++i) f(run_[i]);
    for (const QueueNode& n : early_) f(n);
    for (const Bucket& b : buckets_)
        for (std::uint32_t c = b.first; c != none; c = chunks_[c].next)
            for (std::uint32_t i = 0; i < chunks_[c].count; ++i) f(chunks_[c].nodes[i]);
}

template <class F>
void BucketStore::keep_if(F&& keep) {
    const auto refused = [&](const QueueNode& n) { return !keep(n); };
    run_.erase(run_.begin(), run_.begin() + static_cast<std::ptrdiff_t>(run_at_));
    run_at_ = 0;
    std::erase_if(run_, refused);
    std::erase_if(early_, refused);
    std::make_heap(early_.begin(), early_.end(), comes_later);
    size_ = run_.size() + early_.size();
    for (std::size_t index = 0; index < buckets_.size(); ++index) {
        if (buckets_[index].first == none) continue;
        for (std::uint32_t c = take(index).first; c != none;) {
            const Chunk chunk = chunks_[c];
            free_chunk(c);
            held_[index / digits] -= chunk.count;
            for (std::uint32_t i = 0; i < chunk.count; ++i)
                if (keep(chunk.nodes[i])) append(chunk.nodes[i], unsigned_time(chunk.nodes[i].at));
            c = chunk.next;
        }
        // appended nodes went to this bucket again
    }
    for (const std::size_t held : held_) size_ += held;
}

}  // namespace gridflock::inline v0::des
