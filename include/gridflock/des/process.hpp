// SPDX-License-Identifier: Apache-2.0
// Processes: C++20 coroutines that wait for time, signals, resources and each other.
//
//   des::Process customer(des::Kernel& k, des::Resource& desk) {
//       co_await k.wait(desk);                      // in order of arrival
//       co_await k.wait(seconds(90));
//       desk.release();
//   }
//   k.start("customer", customer(k, desk));
//
// A wait costs one event and allocates nothing: its nodes lie in the coroutine's frame. A signal
// wakes in the order of waiting, each waiter by an event of the present instant. What a process
// refers to must outlive it. Processes cannot be saved: Kernel::save names one that lives.
#pragma once

#include <gridflock/core/error.hpp>
#include <gridflock/core/time.hpp>
#include <gridflock/des/event_queue.hpp>

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace gridflock::inline v0::des {

class Kernel;
class Awaiting;
struct ProcessSlot;

struct ProcessHandle {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
    bool operator==(const ProcessHandle&) const = default;
};

/// Thrown at the wait of a process that Kernel::interrupt was called on. what(): the reason.
class Interrupted : public Error {
public:
    using Error::Error;
};

/// What a coroutine that is a process returns; Kernel::start takes it over.
class Process {
public:
    struct promise_type {
        ProcessSlot* slot = nullptr;
        std::exception_ptr error;
        Process get_return_object() { return Process(Frame::from_promise(*this)); }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { error = std::current_exception(); }
    };
    using Frame = std::coroutine_handle<promise_type>;

    Process(Process&& other) noexcept : frame_(std::exchange(other.frame_, {})) {}
    Process& operator=(Process&&) = delete;
    ~Process() {
        if (frame_) frame_.destroy();
    }
    Frame release() { return std::exchange(frame_, {}); }

private:
    explicit Process(Frame frame) : frame_(frame) {}
    Frame frame_;
};

class WaitList;

/// One thing that a process waits for, in the frame of the process.
struct WaitNode {
    Awaiting* owner = nullptr;
    WaitList* list = nullptr;  ///< null: not linked
    WaitNode* previous = nullptr;
    WaitNode* next = nullptr;
    EventHandle timer;
    bool has_timer = false;
};

/// Waiting processes in the order in which they came.
class WaitList {
public:
    WaitList() = default;
    WaitList(const WaitList&) = delete;
    WaitList& operator=(const WaitList&) = delete;
    ~WaitList() {
        while (first_) unlink(*first_);
    }
    void push_back(WaitNode& node);
    void unlink(WaitNode& node);
    WaitNode* front() const { return first_; }
    std::size_t size() const { return size_; }

private:
    WaitNode* first_ = nullptr;
    WaitNode* last_ = nullptr;
    std::size_t size_ = 0;
};

/// Something that happens once: who waits is woken, who comes later does not wait.
class Signal {
public:
    explicit Signal(Kernel& kernel) : kernel_(&kernel) {}
    void fire();
    bool has_fired() const { return has_fired_; }
    /// From now on it can happen again.
    void reset() { has_fired_ = false; }

private:
    friend class Awaiting;
    Kernel* kernel_;
    WaitList waiting_;
    bool has_fired_ = false;
};

/// So many places; a process that has one gives it back by release().
class Resource {
public:
    /// Errors  Error for a capacity of 0.
    Resource(Kernel& kernel, std::size_t capacity);
    void release();
    std::size_t capacity() const { return capacity_; }
    std::size_t in_use() const { return in_use_; }
    std::size_t queue_length() const { return waiting_.size(); }

private:
    friend class Awaiting;
    Kernel* kernel_;
    std::size_t capacity_;
    std::size_t in_use_ = 0;
    WaitList waiting_;
};

/// What can be waited for: a span of time, a signal, a place in a resource, the end of a process.
class Wait {
public:
    Wait(Duration d) : delay_(d) {}
    Wait(Signal& s) : signal_(&s) {}
    Wait(Resource& r) : resource_(&r) {}
    Wait(ProcessHandle p) : process_(p), is_process_(true) {}

private:
    friend class Awaiting;
    Duration delay_{-1};
    Signal* signal_ = nullptr;
    Resource* resource_ = nullptr;
    ProcessHandle process_;
    bool is_process_ = false;
};

/// A wait under way; made by Kernel::wait, any_of, all_of and awaited where it is made.
class Awaiting {
public:
    Awaiting(Kernel& kernel, std::size_t need) : kernel_(&kernel), need_(need) {}
    Awaiting(const Awaiting&) = delete;
    Awaiting& operator=(const Awaiting&) = delete;
    ~Awaiting() { leave(); }

    /// The number of the last one that was needed. Errors  Interrupted.
    std::size_t resume();
    bool suspend(Process::Frame frame, const Wait* waits, WaitNode* nodes, std::size_t n);

private:
    friend class Kernel;
    friend class Signal;
    friend class Resource;
    bool join(std::size_t i, const Wait& wait);
    /// Counts node i; true when nothing more is needed.
    bool satisfy(std::size_t i);
    void satisfy_and_wake(WaitNode& node);
    void leave();

    Kernel* kernel_;
    ProcessSlot* slot_ = nullptr;
    WaitNode* nodes_ = nullptr;
    std::size_t count_ = 0;
    std::size_t need_;
    std::size_t last_ = 0;
    bool is_waking_ = false;
    bool is_interrupted_ = false;
};

template <std::size_t N>
class Await {
public:
    Await(Kernel& kernel, std::size_t need, std::array<Wait, N> waits)
        : awaiting_(kernel, need), waits_(waits) {}
    bool await_ready() const noexcept { return false; }
    bool await_suspend(Process::Frame frame) {
        return awaiting_.suspend(frame, waits_.data(), nodes_.data(), N);
    }
    std::size_t await_resume() { return awaiting_.resume(); }

private:
    std::array<WaitNode, N> nodes_;  // outlives awaiting_, which takes it out of the lists
    Awaiting awaiting_;
    std::array<Wait, N> waits_;
};

/// A process of a kernel; what every wake reads comes first, in one line of the cache.
struct alignas(64) ProcessSlot {
    Process::Frame frame;
    Awaiting* waiting = nullptr;
    std::uint64_t wait = 0;  ///< number of the wait under way: what wakes an earlier one is void
    std::uint32_t generation = 0;  ///< odd while the process lives
    std::uint32_t place = 0;
    EventKey order;  ///< stage, priority and source of its events
    bool has_next_interrupt = false;
    std::string name;
    std::string interrupt;       ///< why the present wait was interrupted
    std::string next_interrupt;  ///< why the next one is
    WaitList ended;
};

}  // namespace gridflock::inline v0::des
