// SPDX-License-Identifier: Apache-2.0
#include <gridflock/des/bucket_store.hpp>

#include <algorithm>
#include <utility>

namespace gridflock::inline v0::des {

namespace {
/// A bucket of so many nodes is sorted at once, a larger one is dealt out first.
constexpr std::size_t small = 64;
/// So many early nodes are no reason to lower the floor.
constexpr std::size_t few_early = 64;
/// Nodes that lowering the floor may move for each early one.
constexpr std::size_t moves_per_early = 8;
/// From here on a run of one instant is sorted by digits.
constexpr std::size_t radix_from = 96;
}  // namespace

BucketStore::BucketStore() : buckets_(levels * digits) {}

void BucketStore::reserve(std::size_t n) {
    chunks_.reserve(n / chunk_nodes + levels * digits + 1);
    run_.reserve(2 * n);  // as many taken ones lie before those that are held
    scratch_.reserve(2 * n);
    early_.reserve(n);
}

void BucketStore::push(const QueueNode& node) {
    ++size_;
    const std::uint64_t time = unsigned_time(node.at);
    if (time > floor_) return append(node, time);
    if (run_rest() == 0 || !(node < run_.back())) return append_to_run(node);
    push_early(node);
}

const QueueNode* BucketStore::front() {
    while (true) {
        if (is_early_first()) return early_.data();
        if (run_rest() != 0) return &run_[run_at_];
        if (!open_next()) return nullptr;
    }
}

void BucketStore::drop_front() {
    --size_;
    if (!is_early_first()) {
        last_ = unsigned_time(run_[run_at_++].at);
        return;
    }
    last_ = unsigned_time(early_.front().at);
    std::pop_heap(early_.begin(), early_.end(), comes_later);
    early_.pop_back();
}

void BucketStore::append(const QueueNode& node, std::uint64_t time) {
    const std::size_t level = level_of(time ^ floor_);
    const std::size_t digit = (time >> (8 * level)) & (digits - 1);
    Bucket& b = buckets_[level * digits + digit];
    ++held_[level];
    if (b.last == none || chunks_[b.last].count == chunk_nodes) {
        const std::uint32_t c = new_chunk();
        if (b.last == none) {
            b.first = c;
            used_[level][digit / 64] |= std::uint64_t{1} << (digit % 64);
        } else {
            chunks_[b.last].next = c;
        }
        b.last = c;
    }
    Chunk& chunk = chunks_[b.last];
    chunk.nodes[chunk.count++] = node;
}

void BucketStore::append_to_run(const QueueNode& node) {
    if (run_rest() == 0) {
        run_.clear();
        run_at_ = 0;
    } else if (run_.size() == run_.capacity() && run_at_ > run_.size() / 2) {
        run_.erase(run_.begin(), run_.begin() + static_cast<std::ptrdiff_t>(run_at_));
        run_at_ = 0;
    }
    run_.push_back(node);
}

void BucketStore::push_early(const QueueNode& node) {
    early_.push_back(node);
    std::push_heap(early_.begin(), early_.end(), comes_later);
    if (early_.size() > few_early && is_floor_too_high()) lower_floor();
}

/// Whether the early nodes would be better off in buckets, at a fair price for moving the others.
bool BucketStore::is_floor_too_high() const {
    if (last_ >= floor_) return false;
    std::size_t moved = run_rest();
    for (std::size_t l = 0; l < level_of(last_ ^ floor_); ++l) moved += held_[l];
    return moved < moves_per_early * early_.size();
}

/// Puts the floor at the last node taken. Buckets above the level where old and new floor differ,
/// and those of that level, stay as they are.
void BucketStore::lower_floor() {
    const std::size_t level = level_of(last_ ^ floor_);
    scratch_.assign(run_.begin() + static_cast<std::ptrdiff_t>(run_at_), run_.end());
    scratch_.insert(scratch_.end(), early_.begin(), early_.end());
    run_.clear();
    early_.clear();
    run_at_ = 0;
    for (std::size_t l = 0; l < level; ++l)
        for (std::size_t digit = 0; digit < digits; ++digit) {
            if (buckets_[l * digits + digit].first == none) continue;
            const Bucket b = take(l * digits + digit);
            for (std::uint32_t c = b.first; c != none;) {
                const Chunk chunk = chunks_[c];
                scratch_.insert(scratch_.end(), chunk.nodes.begin(),
                                chunk.nodes.begin() + chunk.count);
                held_[l] -= chunk.count;
                free_chunk(c);
                c = chunk.next;
            }
        }
    floor_ = last_;
    for (const QueueNode& n : scratch_) {
        const std::uint64_t time = unsigned_time(n.at);
        if (time > floor_)
            append(n, time);
        else
            run_.push_back(n);
    }
    sort_run();
}

std::uint32_t BucketStore::first_used() const {
    for (std::uint32_t l = 0; l < levels; ++l) {
        if (held_[l] == 0) continue;
        for (std::uint32_t w = 0; w < 4; ++w)
            if (used_[l][w] != 0)
                return l * static_cast<std::uint32_t>(digits) + 64 * w +
                       static_cast<std::uint32_t>(__builtin_ctzll(used_[l][w]));
    }
    return none;
}

/// Detaches a bucket's chain; the caller counts its nodes off the level and frees its chunks.
BucketStore::Bucket BucketStore::take(std::size_t index) {
    const std::size_t level = index / digits, digit = index % digits;
    const Bucket b = buckets_[index];
    buckets_[index] = {};
    used_[level][digit / 64] &= ~(std::uint64_t{1} << (digit % 64));
    return b;
}

BucketStore::Extent BucketStore::measure(const Bucket& bucket) const {
    Extent e;
    for (std::uint32_t c = bucket.first; c != none; c = chunks_[c].next) {
        const Chunk& chunk = chunks_[c];
        e.count += chunk.count;
        for (std::uint32_t i = 0; i < chunk.count; ++i) {
            const std::uint64_t time = unsigned_time(chunk.nodes[i].at);
            e.least = std::min(e.least, time);
            e.most = std::max(e.most, time);
        }
    }
    return e;
}

/// Opens the lowest bucket; run and early are empty. False when there is none.
bool BucketStore::open_next() {
    const std::uint32_t index = first_used();
    if (index == none) return false;
    const Bucket bucket = take(index);
    const Extent e = measure(bucket);
    held_[index / digits] -= e.count;
    run_.clear();
    run_at_ = 0;
    floor_ = e.count <= small ? e.most : e.least;
    deal(bucket);
    sort_run();
    return true;
}

/// Nodes up to the floor become the run, the others go to buckets. Frees the chain.
void BucketStore::deal(const Bucket& bucket) {
    for (std::uint32_t c = bucket.first; c != none;) {
        const Chunk chunk = chunks_[c];
        free_chunk(c);  // its room may be taken by the next append
        for (std::uint32_t i = 0; i < chunk.count; ++i) {
            const std::uint64_t time = unsigned_time(chunk.nodes[i].at);
            if (time > floor_)
                append(chunk.nodes[i], time);
            else
                run_.push_back(chunk.nodes[i]);
        }
        c = chunk.next;
    }
}

void BucketStore::sort_run() {
    if (std::is_sorted(run_.begin(), run_.end())) return;
    if (run_.size() >= radix_from) {
        radix_sort_run();
        if (std::is_sorted(run_.begin(), run_.end())) return;
    }
    std::sort(run_.begin(), run_.end());
}

/// Stable, by the bytes of the rank that differ: enough for one instant, where each source's
/// sequence goes up as it was appended. Anything else is left to the sort by comparison.
void BucketStore::radix_sort_run() {
    std::uint64_t differ = 0;
    for (const QueueNode& n : run_) differ |= n.rank ^ run_.front().rank;
    for (unsigned shift = 0; shift < 64; shift += 8) {
        if (((differ >> shift) & 255) == 0) continue;
        std::array<std::size_t, digits> start{};
        for (const QueueNode& n : run_) ++start[(n.rank >> shift) & 255];
        std::size_t sum = 0;
        for (std::size_t& s : start) sum += std::exchange(s, sum);
        scratch_.resize(run_.size());
        for (const QueueNode& n : run_) scratch_[start[(n.rank >> shift) & 255]++] = n;
        run_.swap(scratch_);
    }
}

std::uint32_t BucketStore::new_chunk() {
    std::uint32_t c = free_;
    if (c != none) {
        free_ = chunks_[c].next;
    } else {
        c = static_cast<std::uint32_t>(chunks_.size());
        chunks_.emplace_back();
    }
    chunks_[c].count = 0;
    chunks_[c].next = none;
    return c;
}

void BucketStore::free_chunk(std::uint32_t chunk) {
    chunks_[chunk].next = free_;
    free_ = chunk;
}

}  // namespace gridflock::inline v0::des
