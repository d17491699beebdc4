// SPDX-License-Identifier: Apache-2.0
// What a kernel of Python keeps beside the queue: callables, generators and who waits for what.
#pragma once

#include "bindings.hpp"

#include <gridflock/des/kernel.hpp>

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace gridflock::python::des_binding {

struct Core;

/// A wait of a process: void once the process has gone on.
struct Waiter {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
    std::uint64_t wait = 0;
    std::uint32_t index = 0;
};

struct Signal {
    std::weak_ptr<Core> core;
    bool has_fired = false;
    py::object value = py::none();
    std::vector<Waiter> waiters;

    void fire(py::object with);
    void add(const Core& kernel, const Waiter& w);
};

struct Resource {
    std::weak_ptr<Core> core;
    std::size_t capacity = 1;
    std::size_t in_use = 0;
    std::deque<Waiter> waiters;

    void release();
    std::size_t queue_length() const;
};

/// any_of, all_of.
struct Group {
    py::tuple items;
    std::size_t need = 1;
};

struct EventRef {
    std::weak_ptr<Core> core;
    des::EventHandle handle;
    std::size_t call = ~std::size_t{0};  ///< the callable it would have called

    bool cancel();
    bool pending() const;
};

struct TaskRef {
    std::weak_ptr<Core> core;
    des::TaskHandle handle;

    bool cancel();
    bool active() const;
};

struct ProcessRef {
    std::weak_ptr<Core> core;
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
    std::string name;
    std::shared_ptr<Signal> ended;

    bool interrupt(const std::string& reason);
    bool is_alive() const;
};

/// A process: a generator and its present wait.
struct Walk {
    py::object generator;
    std::string name;
    std::shared_ptr<Signal> ended;
    std::uint32_t generation = 0;  ///< odd while it lives
    std::uint64_t wait = 0;
    std::size_t need = 0;
    bool is_group = false;
    bool is_waking = false;
    bool is_waiting = false;
    bool has_interrupt = false;  ///< to throw when it goes on
    bool has_next_interrupt = false;
    std::string interrupt, next_interrupt;
    py::object result;
    std::vector<des::EventHandle> timers;
    des::Order order;
};

struct Call {
    py::object function;
    py::object args;
};

/// "15 min", a timedelta, or seconds. Errors  Error, TypeError.
Duration duration(const py::handle& object);

struct Core : std::enable_shared_from_this<Core> {
    des::Kernel kernel;
    SimTime begin;
    std::vector<py::object> named;
    std::unordered_map<std::string, des::HandlerId> ids;
    std::deque<Call> calls;
    std::vector<std::size_t> free_calls;
    std::deque<Walk> walks;
    std::vector<std::uint32_t> free_walks;
    std::size_t alive = 0;
    des::HandlerId call_id, walk_id;

    explicit Core(SimTime start);

    des::HandlerId id_of(const std::string& name) const;
    void copy_handlers(const Core& other);
    void call_named(std::size_t n, const des::Event& event);
    EventRef call_at(SimTime t, py::function f, const py::args& args);
    Call take_call(std::size_t i);

    ProcessRef start(py::object generator, const std::string& name, int priority,
                     std::uint32_t source);
    Walk* find(std::uint32_t slot, std::uint32_t generation);
    const Walk* find(const Waiter& w) const;
    bool interrupt(std::uint32_t slot, std::uint32_t generation, const std::string& reason);
    /// One of the things that a process waits for is there. True if that was the wait.
    bool satisfy(const Waiter& w, const py::object& value);
    void require_checkpointable() const;

    template <class F>
    void each_object(F&& f) {
        for (const py::object& o : named) f(o);
        for (const Call& c : calls) {
            f(c.function);
            f(c.args);
        }
        for (const Walk& w : walks) {
            f(w.generator);
            f(w.result);
        }
    }
    void clear();

private:
    void woken(const des::Event& event);
    void resume(std::uint32_t slot);
    py::object send(Walk& w, bool& has_ended);
    bool wait(std::uint32_t slot, const py::handle& what);
    bool join(std::uint32_t slot, const py::handle& what, std::uint32_t index);
    void finish(std::uint32_t slot, py::object value);
    void forget_timers(Walk& w);
    des::EventHandle schedule(const Walk& w, std::uint32_t slot, Duration delay,
                              std::int64_t index);
};

}  // namespace gridflock::python::des_binding
