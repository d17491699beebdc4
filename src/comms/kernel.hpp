// SPDX-License-Identifier: Apache-2.0
// The batch kernels of message rings, one table for each instruction set. A tile is a stretch of
// cells [site][lane], lanes innermost; every array of a tile has one entry a cell.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gridflock::inline v0::comms::kernel {

/// Cells of a tile at most: its arrays stay in the first cache.
inline constexpr std::size_t tile_cells = 256;
/// What arrays that kernels read whole are padded to, in words.
inline constexpr std::size_t pad = 8;

/// Philox4x64-10 over entities: counter (draw, step, purpose, entity), key.
struct DrawArgs {
    std::size_t n = 0;  ///< entities and words are readable and writable up to a multiple of pad
    const std::uint64_t* entity = nullptr;
    std::uint64_t draw = 0, step = 0, purpose = 0;
    std::uint64_t key[2] = {0, 0};         ///< of all, or
    const std::uint64_t* seeds = nullptr;  ///< one of each an entity, key being 0
    const std::uint64_t* worlds = nullptr;
    std::uint64_t* word[3] = {nullptr, nullptr, nullptr};
};

/// Per-cell constants of a link. A draw of 53 bits is compared with p 2^53, rounded up: the same
/// outcome as of the fraction with p.
struct LinkColumns {
    const std::uint64_t* to_bad = nullptr;
    const std::uint64_t* to_good = nullptr;
    const std::uint64_t* share_bad = nullptr;
    const std::uint64_t* loss_good = nullptr;
    const std::uint64_t* loss_bad = nullptr;
    const double* median_s = nullptr;
    const double* sigma = nullptr;
};

/// What became of a cell.
enum Code : std::uint8_t {
    under_way = 0,  ///< stored in the ring
    lost = 1,
    cut_off = 2,
    idle = 3,     ///< nothing sent
    crowded = 4,  ///< arrives, but its place in the ring is taken: not stored yet
};

/// What a cell does, bits of one byte.
enum Flag : std::uint8_t {
    sends = 1,
    draws = 2,    ///< of the sending: by a link that is not perfect
    steps = 4,    ///< the loss chain steps
    redraws = 8,  ///< the loss chain starts anew
};

/// Counters of a cell in one word: sent, lost, cut off, 21 bits each.
inline constexpr unsigned count_bits = 21;

struct SendArgs {
    std::size_t n = 0;
    std::size_t lanes = 1;
    LinkColumns link;
    const std::uint64_t* chain_word = nullptr;  ///< steps or redraws the loss chain
    const std::uint64_t* loss_word = nullptr;
    const std::uint64_t* delay_word = nullptr;
    const std::uint8_t* flags = nullptr;
    const std::int64_t* leaves = nullptr;  ///< ns; max: cut off
    const std::int64_t* sent_at = nullptr;
    const std::int64_t* tick = nullptr;
    std::uint8_t* chain_bad = nullptr;
    std::int64_t* chain_tick = nullptr;
    // the row of the ring
    std::int64_t* ring_arrival = nullptr;
    std::int64_t* ring_sent_at = nullptr;
    std::int64_t* ring_tick = nullptr;
    double* ring_payload = nullptr;
    const double* payload = nullptr;
    std::size_t width = 0;  ///< numbers in a payload: [site][number][lane]
    // results
    std::int64_t* arrival = nullptr;
    std::uint8_t* code = nullptr;
    std::uint64_t* count = nullptr;  ///< added to
};

struct ReceiveArgs {
    std::size_t n = 0;
    std::size_t lanes = 1;
    std::size_t depth = 1;
    std::size_t stride = 0;  ///< cells from one slot of the ring to the next
    std::int64_t cadence = 0;
    const std::int64_t* now = nullptr;
    const std::uint8_t* is_active = nullptr;
    std::int64_t* ring_arrival = nullptr;
    const std::int64_t* ring_sent_at = nullptr;
    const std::int64_t* ring_tick = nullptr;
    const double* ring_payload = nullptr;
    std::size_t width = 0;
    std::int64_t* latest_tick = nullptr;
    std::int64_t* measured_at = nullptr;
    std::int64_t* received_at = nullptr;
    double* payload = nullptr;
    std::uint8_t* fresh = nullptr;
    std::uint64_t* from = nullptr;   ///< scratch: the slot that the latest came from
    std::uint64_t* count = nullptr;  ///< added to: delivered, late, superseded, 21 bits each
};

struct Table {
    void (*draw)(const DrawArgs&);
    /// True if a cell is `crowded`.
    bool (*send)(const SendArgs&);
    void (*receive)(const ReceiveArgs&);
};

const Table& portable();
const Table* avx2();  ///< null where the compiler does not know the set
const Table* avx512();

}  // namespace gridflock::inline v0::comms::kernel
