// SPDX-License-Identifier: Apache-2.0
// The event queue of one lane block: only what is the same for every lane (cadences, gates,
// scripted switching). What differs from lane to lane is a column of instants, [row][lane], of the
// room that owns it.
//
// The key of an event is (time, stage, priority, source, sequence): a total order, equal in every
// run, so adding a recorder reorders nobody. An event is a handler id and at most 32 bytes. Slots
// are reused; a handle is (slot, generation), so cancelling is O(1) and valid up to the moment of
// execution: the node in the order stays behind, is skipped when it surfaces, and swept away when
// more than half of the nodes are of that kind. Events may be scheduled at any time, earlier ones
// than the last that fired included.
#pragma once

#include <gridflock/core/hash.hpp>
#include <gridflock/core/time.hpp>
#include <gridflock/des/bucket_store.hpp>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gridflock::inline v0::des {

/// The stages of one step, in order (see sim/simulation.hpp).
enum class Stage : std::uint8_t {
    events = 0,
    observe = 1,
    decide = 2,
    clear = 3,
    act = 4,
    gather = 5,
    solve = 6,
    meter = 7,
    record = 8,
};

struct EventKey {
    SimTime at;
    Stage stage = Stage::events;
    std::int16_t priority = 0;   ///< smaller first
    std::uint32_t source = 0;    ///< who scheduled it
    std::uint64_t sequence = 0;  ///< per source, in order of scheduling
    auto operator<=>(const EventKey&) const = default;
};

/// What to do: a handler of the owner's table and up to 32 bytes of its own meaning.
struct EventBody {
    std::uint32_t handler = 0;
    std::array<std::int64_t, 4> payload{};
    bool operator==(const EventBody&) const = default;
};

struct EventHandle {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
    bool operator==(const EventHandle&) const = default;
};

struct Event {
    EventKey key;
    EventBody body;
    bool operator==(const Event&) const = default;
};

/// What a checkpoint saves of a queue: the pending events in their order, and each source's
/// counter.
struct SavedQueue {
    std::vector<Event> events;
    std::vector<std::uint64_t> next_sequence;
    bool operator==(const SavedQueue&) const = default;
};

class EventQueue {
public:
    /// Adds an event; the sequence number is the source's next one. O(1) amortised, and no
    /// allocation while the queue stays within what was reserved or reached before.
    EventHandle schedule(SimTime at, Stage stage, std::int16_t priority, std::uint32_t source,
                         const EventBody& body);
    /// True if the event was pending and will now not fire. O(1).
    bool cancel(EventHandle handle);
    bool pending(EventHandle handle) const;

    bool empty() const { return live_ == 0; }
    std::size_t size() const { return live_; }
    /// Time of the next event, `never` when there is none.
    SimTime next_time();
    /// Key of the next event; its time is `never` when there is none.
    EventKey next_key();
    /// Takes the next event. Call only when not empty.
    Event pop();
    /// Takes the next event if it is due before `end`; false when there is none.
    bool pop_before(SimTime end, Event& event);

    /// Room for n pending events and as many cancelled ones, from sources below `sources`: within
    /// it nothing is allocated.
    void reserve(std::size_t n, std::size_t sources = 1);

    SavedQueue save() const;
    /// Replaces the contents. Handles given before are void; those of the events are returned, in
    /// the order of the events.
    std::vector<EventHandle> load(const SavedQueue& saved);
    void hash(StateHash& h) const;

private:
    struct Slot {
        EventBody body;
        std::uint32_t generation = 0;  ///< odd while the slot's event is pending
    };

    EventHandle insert(const EventKey& key, const EventBody& body);
    bool is_live(const QueueNode& n) const { return slots_[n.slot].generation == n.generation; }
    const QueueNode* first_live();
    void take(const QueueNode& first, Event& event);
    void free_slot(std::uint32_t slot);
    void sweep();

    BucketStore nodes_;
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
    std::vector<std::uint64_t> next_sequence_;  // [source]
    std::size_t live_ = 0;
};

}  // namespace gridflock::inline v0::des
