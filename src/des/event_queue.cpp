// SPDX-License-Identifier: Apache-2.0
#include <gridflock/des/event_queue.hpp>

#include <algorithm>
#include <functional>
#include <utility>

namespace gridflock::inline v0::des {

EventHandle EventQueue::schedule(SimTime at, Stage stage, std::int16_t priority,
                                 std::uint32_t source, const EventBody& body) {
    if (source >= next_sequence_.size()) next_sequence_.resize(source + 1, 0);
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
    s.live = true;
    ++live_;
    heap_.push_back({key, slot, s.generation});
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>{});
    return {slot, s.generation};
}

bool EventQueue::pending(EventHandle h) const {
    return h.slot < slots_.size() && slots_[h.slot].live &&
           slots_[h.slot].generation == h.generation;
}

bool EventQueue::cancel(EventHandle h) {
    if (!pending(h)) return false;
    Slot& s = slots_[h.slot];
    s.live = false;
    ++s.generation;
    free_.push_back(h.slot);
    --live_;
    return true;
}

void EventQueue::drop_cancelled() {
    while (!heap_.empty()) {
        const Node& top = heap_.front();
        if (pending({top.slot, top.generation})) return;
        std::pop_heap(heap_.begin(), heap_.end(), std::greater<>{});
        heap_.pop_back();
    }
}

SimTime EventQueue::next_time() {
    return next_key().at;
}

EventKey EventQueue::next_key() {
    drop_cancelled();
    return heap_.empty() ? EventKey{never} : heap_.front().key;
}

Event EventQueue::pop() {
    drop_cancelled();
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>{});
    const Node node = heap_.back();
    heap_.pop_back();
    const Event event{node.key, slots_[node.slot].body};
    cancel({node.slot, node.generation});
    return event;
}

SavedQueue EventQueue::save() const {
    std::vector<Event> events;
    for (const Node& n : heap_)
        if (pending({n.slot, n.generation})) events.push_back({n.key, slots_[n.slot].body});
    std::sort(events.begin(), events.end(),
              [](const Event& a, const Event& b) { return a.key < b.key; });
    return {std::move(events), next_sequence_};
}

void EventQueue::load(const SavedQueue& saved) {
    *this = EventQueue{};
    for (const Event& e : saved.events) insert(e.key, e.body);
    next_sequence_ = saved.next_sequence;
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
