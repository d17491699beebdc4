// SPDX-License-Identifier: Apache-2.0
#include <gridflock/des/event_queue.hpp>

#include <algorithm>
#include <utility>

namespace gridflock::inline v0::des {

namespace {
/// Cancelled nodes beyond the live ones that are not worth a sweep.
constexpr std::size_t few_cancelled = 1024;
/// How many events ahead a slot is fetched.
constexpr std::size_t fetch_ahead = 6;

std::uint64_t rank_of(const EventKey& k) {
    const auto priority = static_cast<std::uint64_t>(std::int64_t{k.priority} + 32768);
    return static_cast<std::uint64_t>(k.stage) << 48 | priority << 32 | k.source;
}

EventKey key_of(const QueueNode& n) {
    const auto priority = static_cast<std::int64_t>((n.rank >> 32) & 0xffff) - 32768;
    return {SimTime{n.at}, static_cast<Stage>(n.rank >> 48), static_cast<std::int16_t>(priority),
            static_cast<std::uint32_t>(n.rank), n.sequence};
}
}  // namespace

EventHandle EventQueue::schedule(SimTime at, Stage stage, std::int16_t priority,
                                 std::uint32_t source, const EventBody& body) {
    if (source >= next_sequence_.size()) next_sequence_.resize(std::size_t{source} + 1, 0);
    return insert({at, stage, priority, source, next_sequence_[source]++}, body);
}

EventHandle EventQueue::insert(const EventKey& key, const EventBody& body) {
    std::uint32_t slot = 0;
    if (free_.empty()) {
        slot = static_cast<std::uint32_t>(slots_.size());
        slots_.emplace_back();
    } else {
        slot = free_.back();
        free_.pop_back();
    }
    Slot& s = slots_[slot];
    s.body = body;
    ++s.generation;
    ++live_;
    nodes_.push({key.at.ns, rank_of(key), key.sequence, slot, s.generation});
    return {slot, s.generation};
}

bool EventQueue::pending(EventHandle h) const {
    return h.slot < slots_.size() && slots_[h.slot].generation == h.generation &&
           h.generation % 2 == 1;
}

/// A slot whose generations are used up is left unused, so that no old handle comes to life.
void EventQueue::free_slot(std::uint32_t slot) {
    if (++slots_[slot].generation != ~std::uint32_t{0} - 1) free_.push_back(slot);
    --live_;
}

bool EventQueue::cancel(EventHandle h) {
    if (!pending(h)) return false;
    free_slot(h.slot);
    if (nodes_.size() > 2 * live_ + few_cancelled) sweep();
    return true;
}

void EventQueue::sweep() {
    nodes_.keep_if([&](const QueueNode& n) { return is_live(n); });
}

const QueueNode* EventQueue::first_live() {
    const QueueNode* first = nodes_.front();
    while (first && !is_live(*first)) {
        nodes_.drop_front();
        first = nodes_.front();
    }
    return first;
}

SimTime EventQueue::next_time() {
    const QueueNode* first = first_live();
    return first ? SimTime{first->at} : never;
}

EventKey EventQueue::next_key() {
    const QueueNode* first = first_live();
    return first ? key_of(*first) : EventKey{never};
}

/// `first` lies in the store: not to be used after.
void EventQueue::take(const QueueNode& first, Event& event) {
    if (const QueueNode* later = nodes_.ahead(fetch_ahead))
        __builtin_prefetch(&slots_[later->slot]);
    event.key = key_of(first);
    event.body = slots_[first.slot].body;
    free_slot(first.slot);
    nodes_.drop_front();
}

Event EventQueue::pop() {
    Event event;
    take(*first_live(), event);
    return event;
}

bool EventQueue::pop_before(SimTime end, Event& event) {
    const QueueNode* first = first_live();
    if (!first || first->at >= end.ns) return false;
    take(*first, event);
    return true;
}

void EventQueue::reserve(std::size_t n, std::size_t sources) {
    nodes_.reserve(2 * n + few_cancelled + 1);
    slots_.reserve(n);
    free_.reserve(n);
    next_sequence_.reserve(sources);
}

SavedQueue EventQueue::save() const {
    std::vector<std::pair<QueueNode, EventBody>> live;
    nodes_.for_each([&](const QueueNode& n) {
        if (is_live(n)) live.emplace_back(n, slots_[n.slot].body);
    });
    std::sort(live.begin(), live.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<Event> events;
    for (const auto& [node, body] : live) events.push_back({key_of(node), body});
    return {std::move(events), next_sequence_};
}

std::vector<EventHandle> EventQueue::load(const SavedQueue& saved) {
    *this = EventQueue{};
    std::vector<EventHandle> handles;
    for (const Event& e : saved.events) handles.push_back(insert(e.key, e.body));
    next_sequence_ = saved.next_sequence;
    return handles;
}

void EventQueue::hash(StateHash& h) const {
    for (const Event& e : save().events) {
        h.add(e.key.at.ns);
        h.add(e.key.stage);
        h.add(e.key.priority);
        h.add(e.key.source);
        h.add(e.key.sequence);
        h.add(e.body.handler);
        for (const std::int64_t p : e.body.payload) h.add(p);
    }
}

}  // namespace gridflock::inline v0::des
