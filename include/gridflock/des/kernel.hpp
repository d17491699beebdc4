// SPDX-License-Identifier: Apache-2.0
// The event kernel for users: callbacks, periodic tasks and processes on one clock.
//
//   des::Kernel k(begin);
//   const des::HandlerId arrive = k.on("arrive", [&](des::Kernel& k, const des::Event& e) { ... });
//   k.at(begin + minutes(5), arrive, {7});              // checkpoints: a name and 32 bytes
//   k.call_after(seconds(2), [&n] { ++n; });            // at most 24 bytes of captures
//   const des::TaskHandle t = k.every(minutes(15), arrive);
//   k.start("worker", worker(k));                       // process.hpp
//   k.run_until(begin + days(1));
//
// Events fire in the order (time, stage, priority, source, sequence), equal in every run. An event
// is a handler id and 32 bytes; none allocates. Windows are half-open: run_until(t) fires what is
// due before t and leaves the clock at t. A kernel is neither copied nor moved; fork() makes
// another.
#pragma once

#include <gridflock/core/error.hpp>
#include <gridflock/core/time.hpp>
#include <gridflock/des/event_queue.hpp>
#include <gridflock/des/process.hpp>
#include <gridflock/des/saved_kernel.hpp>

#include <cstring>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace gridflock::inline v0::des {

using Payload = std::array<std::int64_t, 4>;
using Handler = std::function<void(Kernel&, const Event&)>;

struct HandlerId {
    std::uint32_t value = 0;
    bool operator==(const HandlerId&) const = default;
};

inline constexpr std::uint32_t most_sources = 1U << 24;

/// Where an event stands among those of the same instant.
struct Order {
    Stage stage = Stage::events;
    std::int16_t priority = 0;  ///< smaller first
    std::uint32_t source = 0;   ///< below most_sources: each has a counter
};

struct TaskHandle {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
    bool operator==(const TaskHandle&) const = default;
};

/// How far a run may go. The wall clock is looked at every 256 events; it decides where a run
/// pauses, never what it computes.
struct Budget {
    std::uint64_t events = std::numeric_limits<std::uint64_t>::max();
    double wall_s = std::numeric_limits<double>::infinity();
};

enum class Ended : std::uint8_t {
    empty = 0,    ///< nothing is pending
    time = 1,     ///< the end of the window is reached
    budget = 2,   ///< the budget is used up
    stopped = 3,  ///< stop() was called
};

struct Outcome {
    Ended ended = Ended::empty;
    std::string reason;  ///< of stop()
    std::uint64_t events = 0;
};

/// A kernel that cannot be saved or forked now. name(): the process or callback that lives.
class NotCheckpointable : public CheckpointError {
public:
    NotCheckpointable(std::string name, const std::string& what)
        : CheckpointError(what), name_(std::move(name)) {}
    const std::string& name() const { return name_; }

private:
    std::string name_;
};

class Kernel {
public:
    explicit Kernel(SimTime begin = {});
    Kernel(const Kernel&) = delete;
    Kernel& operator=(const Kernel&) = delete;
    ~Kernel();

    SimTime now() const { return now_; }
    std::uint64_t fired() const { return fired_; }
    std::size_t pending() const { return queue_.size(); }
    SimTime next_time() { return queue_.next_time(); }
    /// Room for so many pending events: within it none allocates.
    void reserve(std::size_t events, std::size_t sources = 1) { queue_.reserve(events, sources); }

    /// Registers what events do, by a name that checkpoints know. Errors  Error: the name is taken.
    HandlerId on(std::string name, Handler handler);
    /// Errors  Error: t lies before now.
    EventHandle at(SimTime t, HandlerId handler, const Payload& payload = {}, Order order = {});
    EventHandle after(Duration d, HandlerId handler, const Payload& payload = {},
                      Order order = {}) {
        return at(later(now_, d), handler, payload, order);
    }
    /// Calls f() or f(kernel) once. f is kept inside the event: trivially copyable, at most 24
    /// bytes; a larger one is registered by on().
    template <class F>
    EventHandle call_at(SimTime t, F f, Order order = {});
    template <class F>
    EventHandle call_after(Duration d, F f, Order order = {}) {
        return call_at(later(now_, d), f, order);
    }
    /// True if the event was pending and will now not fire. O(1), up to the moment of execution.
    bool cancel(EventHandle event) { return queue_.cancel(event); }
    bool pending(EventHandle event) const { return queue_.pending(event); }

    /// Fires at now + period, and each period after. The next one is pending while one is carried
    /// out. Errors  Error for a period of 0 or less.
    TaskHandle every(Duration period, HandlerId handler, const Payload& payload = {},
                     Order order = {}) {
        return every(period, later(now_, period), handler, payload, order);
    }
    TaskHandle every(Duration period, SimTime first, HandlerId handler, const Payload& payload = {},
                     Order order = {});
    bool cancel(TaskHandle task);
    bool is_active(TaskHandle task) const;

    /// Starts a coroutine at the present instant, as an event.
    ProcessHandle start(std::string name, Process process, Order order = {});
    bool is_alive(ProcessHandle process) const;
    std::size_t processes() const { return alive_; }
    /// Throws Interrupted(reason) at the wait of the process, or at its next one if that wait is
    /// over already. False if it has ended.
    bool interrupt(ProcessHandle process, std::string reason);
    /// `co_await` one of a Duration, Signal, Resource, ProcessHandle.
    Await<1> wait(Wait w) { return {*this, 1, {w}}; }
    /// Goes on with the first; its number.
    template <class... W>
    Await<sizeof...(W)> any_of(W&&... w) {
        return {*this, 1, {Wait(w)...}};
    }
    /// Goes on when all have happened.
    template <class... W>
    Await<sizeof...(W)> all_of(W&&... w) {
        return {*this, sizeof...(W), {Wait(w)...}};
    }

    /// Fires one event; false when none is pending.
    bool step();
    Outcome run();
    Outcome run_until(SimTime end);
    Outcome run_for(const Budget& budget);
    Outcome run_until(SimTime end, const Budget& budget);
    /// Ends the run under way after the present event.
    void stop(std::string reason = {});

    /// Errors  NotCheckpointable while a process lives or a call_at is pending.
    SavedKernel save() const;
    /// Goes on from what was saved; the same names must be registered here. Handles given before
    /// are void; task handles of the saved kernel hold here.
    /// Errors  CheckpointError; NotCheckpointable while a process lives here.
    void load(const SavedKernel& saved);
    /// A kernel with the same handlers, tasks and events, where the handles given here hold too.
    /// Handlers that refer to things outside refer to the same things. Errors  NotCheckpointable.
    std::unique_ptr<Kernel> fork() const;

private:
    friend class Awaiting;
    friend class Signal;
    friend class Resource;
    struct Named {
        std::string name;
        Handler handler;
    };
    struct Task {
        SavedTask saved;
        EventHandle next;
    };
    using Trampoline = void (*)(Kernel&, const std::int64_t*);

    /// Errors  Error: beyond the last instant there is.
    static SimTime later(SimTime t, Duration d);
    EventHandle schedule(SimTime t, std::uint32_t handler, const Payload& payload, Order order);
    void require_future(SimTime t) const;
    static void require_source(std::uint32_t source);
    void require_idle(const char* what) const;
    void fire(const Event& event);
    void fire_task(const Event& event);
    void call(const Event& event);
    void schedule_task(std::uint32_t slot, SimTime at);
    void require_checkpointable() const;

    ProcessSlot* find(ProcessHandle process);
    const ProcessSlot* find(ProcessHandle process) const;
    void wake(ProcessSlot& slot, Duration delay, std::size_t index, EventHandle* handle = nullptr);
    void woken(const Event& event);
    void resume(ProcessSlot& slot);
    void finish(ProcessSlot& slot);

    SimTime now_;
    std::uint64_t fired_ = 0;
    EventQueue queue_;
    std::deque<Named> handlers_;  // does not move while one of them runs
    std::vector<Task> tasks_;
    std::vector<std::uint32_t> free_tasks_;
    std::deque<ProcessSlot> slots_;
    std::vector<std::uint32_t> free_slots_;
    std::size_t alive_ = 0;
    bool is_running_ = false;
    bool is_stopped_ = false;
    std::string reason_;
};

namespace detail {
inline constexpr std::uint32_t call_handler = 0, task_handler = 1, wake_handler = 2,
                               first_handler = 3;
}

template <class F>
EventHandle Kernel::call_at(SimTime t, F f, Order order) {
    static_assert(std::is_trivially_copyable_v<F> && sizeof(F) <= 24 && alignof(F) <= 8,
                  "captures of more than 24 bytes, or with a destructor: register it with on()");
    const Trampoline trampoline = [](Kernel& kernel, const std::int64_t* bytes) {
        alignas(F) std::array<unsigned char, sizeof(F)> copy;
        std::memcpy(copy.data(), bytes, sizeof(F));
        F& function = *reinterpret_cast<F*>(copy.data());
        if constexpr (std::is_invocable_v<F&, Kernel&>)
            function(kernel);
        else
            function();
    };
    Payload payload{};
    static_assert(sizeof(trampoline) == sizeof(payload[0]));
    std::memcpy(payload.data(), &trampoline, sizeof trampoline);
    std::memcpy(payload.data() + 1, &f, sizeof(F));
    return schedule(t, detail::call_handler, payload, order);
}

}  // namespace gridflock::inline v0::des
