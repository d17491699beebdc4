// SPDX-License-Identifier: Apache-2.0
#include <gridflock/des/kernel.hpp>

#include <fmt/format.h>

#include <utility>

namespace gridflock::inline v0::des {

namespace {
/// The index of a wake that is not a timer's.
constexpr std::int64_t woken_by_others = -1;

std::int64_t packed(const ProcessSlot& s) {
    return static_cast<std::int64_t>(std::uint64_t{s.generation} << 32 | s.place);
}
}  // namespace

void WaitList::push_back(WaitNode& node) {
    node.list = this;
    node.previous = last_;
    node.next = nullptr;
    (last_ ? last_->next : first_) = &node;
    last_ = &node;
    ++size_;
}

void WaitList::unlink(WaitNode& node) {
    (node.previous ? node.previous->next : first_) = node.next;
    (node.next ? node.next->previous : last_) = node.previous;
    node.list = nullptr;
    --size_;
}

void Signal::fire() {
    has_fired_ = true;
    while (WaitNode* node = waiting_.front()) {
        waiting_.unlink(*node);
        node->owner->satisfy_and_wake(*node);
    }
}

Resource::Resource(Kernel& kernel, std::size_t capacity) : kernel_(&kernel), capacity_(capacity) {
    if (capacity == 0) throw Error("a resource needs a place");
}

void Resource::release() {
    if (in_use_ == 0) throw Error("a resource is released more often than taken");
    WaitNode* node = waiting_.front();
    if (!node) {
        --in_use_;
        return;
    }
    waiting_.unlink(*node);  // the place goes to the one who has waited longest
    node->owner->satisfy_and_wake(*node);
}

bool Awaiting::suspend(Process::Frame frame, const Wait* waits, WaitNode* nodes, std::size_t n) {
    slot_ = frame.promise().slot;
    for (std::size_t i = 0; i < n; ++i) {
        const bool is_other = waits[i].signal_ || waits[i].resource_ || waits[i].is_process_;
        if (!is_other && waits[i].delay_.ns < 0) throw Error("a delay below zero");
        if (waits[i].resource_ && need_ > 1)
            throw Error("a place of a resource is waited for by wait or any_of, not by all_of");
    }
    if (std::exchange(slot_->has_next_interrupt, false)) {
        slot_->interrupt = std::move(slot_->next_interrupt);
        is_interrupted_ = true;
        return false;
    }
    nodes_ = nodes;
    count_ = n;
    for (std::size_t i = 0; i < n; ++i) {
        nodes_[i].owner = this;
        if (!join(i, waits[i]) || !satisfy(i)) continue;
        leave();
        return false;
    }
    slot_->waiting = this;
    return true;
}

/// Starts to wait for one thing; true if it is there already.
bool Awaiting::join(std::size_t i, const Wait& wait) {
    WaitNode& node = nodes_[i];
    if (wait.signal_) {
        if (wait.signal_->has_fired_) return true;
        wait.signal_->waiting_.push_back(node);
        return false;
    }
    if (Resource* r = wait.resource_) {
        const bool is_free = r->in_use_ < r->capacity_;
        if (is_free)
            ++r->in_use_;
        else
            r->waiting_.push_back(node);
        return is_free;
    }
    if (wait.is_process_) {
        ProcessSlot* other = kernel_->find(wait.process_);
        if (other) other->ended.push_back(node);
        return !other;
    }
    kernel_->wake(*slot_, wait.delay_, i, &node.timer);
    node.has_timer = true;
    return false;
}

bool Awaiting::satisfy(std::size_t i) {
    nodes_[i].has_timer = false;
    last_ = i;
    return --need_ == 0;
}

void Awaiting::satisfy_and_wake(WaitNode& node) {
    if (!satisfy(static_cast<std::size_t>(&node - nodes_))) return;
    is_waking_ = true;
    leave();
    kernel_->wake(*slot_, {}, static_cast<std::size_t>(woken_by_others));
}

void Awaiting::leave() {
    for (std::size_t i = 0; i < count_; ++i) {
        WaitNode& node = nodes_[i];
        if (node.list) node.list->unlink(node);
        if (std::exchange(node.has_timer, false)) kernel_->queue_.cancel(node.timer);
    }
}

std::size_t Awaiting::resume() {
    if (is_interrupted_) throw Interrupted(slot_->interrupt);
    return last_;
}

ProcessHandle Kernel::start(std::string name, Process process, Order order) {
    require_source(order.source);
    std::uint32_t place = static_cast<std::uint32_t>(slots_.size());
    if (free_slots_.empty()) {
        slots_.emplace_back();
    } else {
        place = free_slots_.back();
        free_slots_.pop_back();
    }
    ProcessSlot& s = slots_[place];
    s.name = std::move(name);
    s.frame = process.release();
    s.frame.promise().slot = &s;
    s.place = place;
    ++s.generation;
    s.order = {{}, order.stage, order.priority, order.source, 0};
    s.has_next_interrupt = false;
    ++alive_;
    wake(s, {}, static_cast<std::size_t>(woken_by_others));
    return {place, s.generation};
}

const ProcessSlot* Kernel::find(ProcessHandle p) const {
    const bool lives = p.slot < slots_.size() && slots_[p.slot].generation == p.generation &&
                       p.generation % 2 == 1;
    return lives ? &slots_[p.slot] : nullptr;
}

ProcessSlot* Kernel::find(ProcessHandle p) {
    return const_cast<ProcessSlot*>(std::as_const(*this).find(p));
}

bool Kernel::is_alive(ProcessHandle process) const {
    return find(process) != nullptr;
}

bool Kernel::interrupt(ProcessHandle process, std::string reason) {
    ProcessSlot* s = find(process);
    if (!s) return false;
    Awaiting* a = s->waiting;
    if (!a || a->is_waking_) {
        s->next_interrupt = std::move(reason);
        s->has_next_interrupt = true;
        return true;
    }
    s->interrupt = std::move(reason);
    a->leave();
    a->is_waking_ = true;
    a->is_interrupted_ = true;
    wake(*s, {}, static_cast<std::size_t>(woken_by_others));
    return true;
}

void Kernel::wake(ProcessSlot& s, Duration delay, std::size_t index, EventHandle* handle) {
    const EventHandle h = queue_.schedule(
        later(now_, delay), s.order.stage, s.order.priority, s.order.source,
        {detail::wake_handler,
         {packed(s), static_cast<std::int64_t>(s.wait), static_cast<std::int64_t>(index), 0}});
    if (handle) *handle = h;
}

void Kernel::woken(const Event& event) {
    const auto who = static_cast<std::uint64_t>(event.body.payload[0]);
    ProcessSlot* s = find({static_cast<std::uint32_t>(who), static_cast<std::uint32_t>(who >> 32)});
    if (!s || s->wait != static_cast<std::uint64_t>(event.body.payload[1])) return;
    const std::int64_t index = event.body.payload[2];
    if (index != woken_by_others && !s->waiting->satisfy(static_cast<std::size_t>(index))) return;
    resume(*s);
}

void Kernel::resume(ProcessSlot& s) {
    if (s.waiting) s.waiting->leave();
    s.waiting = nullptr;
    ++s.wait;
    s.frame.resume();
    if (s.frame.done()) finish(s);
}

/// Wakes who waits for the end, frees the place, and lets out what the process threw.
void Kernel::finish(ProcessSlot& s) {
    const std::exception_ptr error = s.frame.promise().error;
    std::exchange(s.frame, {}).destroy();
    --alive_;
    while (WaitNode* node = s.ended.front()) {
        s.ended.unlink(*node);
        node->owner->satisfy_and_wake(*node);
    }
    if (++s.generation != ~std::uint32_t{0} - 1) free_slots_.push_back(s.place);
    if (error) std::rethrow_exception(error);
}

}  // namespace gridflock::inline v0::des
