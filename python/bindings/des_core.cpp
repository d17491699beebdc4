// SPDX-License-Identifier: Apache-2.0
#include "des_core.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace gridflock::python::des_binding {

namespace {
constexpr std::int64_t woken_by_others = -1;

Duration from_seconds(double s) {
    const double ns = std::nearbyint(s * 1e9);
    if (!(std::abs(ns) < 9e18)) throw Error("a span of time that does not fit 292 years");
    return {static_cast<std::int64_t>(ns)};
}
}  // namespace

Duration duration(const py::handle& object) {
    PyObject* o = object.ptr();
    if (PyFloat_Check(o)) return from_seconds(PyFloat_AS_DOUBLE(o));
    if (PyLong_Check(o) && !PyBool_Check(o)) {
        const double s = PyLong_AsDouble(o);
        if (s == -1.0 && PyErr_Occurred()) throw py::error_already_set();
        return from_seconds(s);
    }
    if (PyUnicode_Check(o)) return parse_duration(py::cast<std::string>(object));
    if (py::hasattr(object, "total_seconds"))
        return seconds(86400 * py::cast<std::int64_t>(object.attr("days")) +
                       py::cast<std::int64_t>(object.attr("seconds"))) +
               Duration{1000 * py::cast<std::int64_t>(object.attr("microseconds"))};
    if (PyFloat_Check(o) || PyNumber_Check(o)) return from_seconds(py::cast<double>(object));
    throw py::type_error("a span of time is seconds, text such as '15 min', or a timedelta, not " +
                         py::cast<std::string>(py::repr(object)));
}

void Signal::add(const Core& kernel, const Waiter& w) {
    // those that went on without the signal are dropped before the list grows
    if (waiters.size() == waiters.capacity())
        std::erase_if(waiters, [&](const Waiter& other) { return !kernel.find(other); });
    waiters.push_back(w);
}

void Signal::fire(py::object with) {
    const std::shared_ptr<Core> c = core.lock();
    if (!c) throw Error("the kernel of this signal is gone");
    has_fired = true;
    value = std::move(with);
    for (const Waiter& w : std::exchange(waiters, {})) c->satisfy(w, value);
}

void Resource::release() {
    const std::shared_ptr<Core> c = core.lock();
    if (!c) throw Error("the kernel of this resource is gone");
    if (in_use == 0) throw Error("a resource is released more often than taken");
    while (!waiters.empty()) {
        const Waiter w = waiters.front();
        waiters.pop_front();
        if (c->satisfy(w, py::none())) return;  // the place goes on to the next
    }
    --in_use;
}

std::size_t Resource::queue_length() const {
    const std::shared_ptr<Core> c = core.lock();
    if (!c) return 0;
    return static_cast<std::size_t>(std::count_if(
        waiters.begin(), waiters.end(), [&](const Waiter& w) { return c->find(w) != nullptr; }));
}

bool EventRef::cancel() {
    const std::shared_ptr<Core> c = core.lock();
    if (!c || !c->kernel.cancel(handle)) return false;
    if (call != ~std::size_t{0}) c->take_call(call);
    return true;
}
bool EventRef::pending() const {
    const std::shared_ptr<Core> c = core.lock();
    return c && c->kernel.pending(handle);
}
bool TaskRef::cancel() {
    const std::shared_ptr<Core> c = core.lock();
    return c && c->kernel.cancel(handle);
}
bool TaskRef::active() const {
    const std::shared_ptr<Core> c = core.lock();
    return c && c->kernel.is_active(handle);
}
bool ProcessRef::interrupt(const std::string& reason) {
    const std::shared_ptr<Core> c = core.lock();
    return c && c->interrupt(slot, generation, reason);
}
bool ProcessRef::is_alive() const {
    const std::shared_ptr<Core> c = core.lock();
    return c && c->find(slot, generation);
}

Core::Core(SimTime start) : kernel(start), begin(start) {
    call_id = kernel.on("gridflock call", [this](des::Kernel&, const des::Event& e) {
        const Call call = take_call(static_cast<std::size_t>(e.body.payload[0]));
        PyObject* result = PyObject_Call(call.function.ptr(), call.args.ptr(), nullptr);
        if (!result) throw py::error_already_set();
        Py_DECREF(result);
    });
    walk_id =
        kernel.on("gridflock process", [this](des::Kernel&, const des::Event& e) { woken(e); });
}

des::HandlerId Core::id_of(const std::string& name) const {
    const auto at = ids.find(name);
    if (at == ids.end()) throw Error("no function is registered as '" + name + "': see on()");
    return at->second;
}

void Core::copy_handlers(const Core& other) {
    std::vector<std::string> names(other.named.size());
    for (const auto& [name, id] : other.ids) names[id.value - other.walk_id.value - 1] = name;
    for (std::size_t n = 0; n < names.size(); ++n) {
        ids[names[n]] =
            kernel.on(names[n], [this, n](des::Kernel&, const des::Event& e) { call_named(n, e); });
        named.push_back(other.named[n]);
    }
}

void Core::call_named(std::size_t n, const des::Event& event) {
    const auto count = static_cast<std::size_t>(event.body.payload[3]);
    py::tuple args(count + 1);
    args[0] = py::cast(this);
    for (std::size_t i = 0; i < count; ++i) args[i + 1] = event.body.payload[i];
    const py::object f = named[n];
    f(*args);
}

EventRef Core::call_at(SimTime t, py::function f, const py::args& args) {
    std::size_t i = calls.size();
    if (!free_calls.empty()) i = free_calls.back();
    const des::EventHandle h = kernel.at(t, call_id, {static_cast<std::int64_t>(i)});
    if (i == calls.size())
        calls.emplace_back();
    else
        free_calls.pop_back();
    calls[i] = {std::move(f), args};
    return {weak_from_this(), h, i};
}

Call Core::take_call(std::size_t i) {
    free_calls.push_back(i);
    return std::exchange(calls[i], {});
}

void Core::clear() {
    for (py::object& o : named) o = py::none();
    for (Call& c : calls) c = {};
    for (Walk& w : walks) {
        w.generator = {};
        w.result = {};
    }
}

void Core::require_checkpointable() const {
    for (const Walk& w : walks)
        if (w.generation % 2 == 1)
            throw des::NotCheckpointable(
                w.name, "the process '" + w.name +
                            "' lives: a kernel is saved or forked when its processes have ended");
    for (const Call& c : calls) {
        if (!c.function) continue;
        const std::string name = py::cast<std::string>(py::hasattr(c.function, "__qualname__")
                                                           ? c.function.attr("__qualname__")
                                                           : py::repr(c.function));
        throw des::NotCheckpointable(
            name, "a call of '" + name + "' is code, not data: register it by on()");
    }
}

ProcessRef Core::start(py::object generator, const std::string& name, int priority,
                       std::uint32_t source) {
    if (!PyIter_Check(generator.ptr()) || !py::hasattr(generator, "throw"))
        throw py::type_error("a process is a generator: call the function that yields");
    if (priority < -32768 || priority > 32767) throw py::value_error("priority is -32768 to 32767");
    auto slot = static_cast<std::uint32_t>(walks.size());
    if (free_walks.empty()) {
        walks.emplace_back();
    } else {
        slot = free_walks.back();
        free_walks.pop_back();
    }
    Walk& w = walks[slot];
    const std::uint32_t generation = w.generation + 1;
    const std::uint64_t wait = w.wait;
    w = {};
    w.generation = generation;
    w.wait = wait;
    w.name = !name.empty() || !py::hasattr(generator, "__name__")
                 ? name
                 : py::cast<std::string>(generator.attr("__name__"));
    w.generator = std::move(generator);
    w.result = py::none();
    w.order = {des::Stage::events, static_cast<std::int16_t>(priority), source};
    w.ended = std::make_shared<Signal>();
    w.ended->core = weak_from_this();
    ++alive;
    schedule(w, slot, {}, woken_by_others);
    return {weak_from_this(), slot, generation, w.name, w.ended};
}

des::EventHandle Core::schedule(const Walk& w, std::uint32_t slot, Duration delay,
                                std::int64_t index) {
    const auto who = static_cast<std::int64_t>(std::uint64_t{w.generation} << 32 | slot);
    return kernel.after(delay, walk_id, {who, static_cast<std::int64_t>(w.wait), index}, w.order);
}

Walk* Core::find(std::uint32_t slot, std::uint32_t generation) {
    const bool lives = slot < walks.size() && walks[slot].generation == generation;
    return lives && generation % 2 == 1 ? &walks[slot] : nullptr;
}

const Walk* Core::find(const Waiter& w) const {
    const Walk* walk = const_cast<Core*>(this)->find(w.slot, w.generation);
    return walk && walk->wait == w.wait && walk->is_waiting && !walk->is_waking ? walk : nullptr;
}

bool Core::satisfy(const Waiter& waiter, const py::object& value) {
    if (!find(waiter)) return false;
    Walk& w = walks[waiter.slot];
    if (--w.need != 0) return true;
    w.result = w.is_group ? py::int_(waiter.index) : value;
    w.is_waking = true;
    forget_timers(w);
    schedule(w, waiter.slot, {}, woken_by_others);
    return true;
}

bool Core::interrupt(std::uint32_t slot, std::uint32_t generation, const std::string& reason) {
    Walk* w = find(slot, generation);
    if (!w) return false;
    if (!w->is_waiting || w->is_waking) {
        w->next_interrupt = reason;
        w->has_next_interrupt = true;
        return true;
    }
    w->interrupt = reason;
    w->has_interrupt = true;
    w->is_waking = true;
    forget_timers(*w);
    schedule(*w, slot, {}, woken_by_others);
    return true;
}

void Core::forget_timers(Walk& w) {
    for (const des::EventHandle h : w.timers) kernel.cancel(h);
    w.timers.clear();
}

void Core::woken(const des::Event& event) {
    const auto who = static_cast<std::uint64_t>(event.body.payload[0]);
    const auto slot = static_cast<std::uint32_t>(who);
    Walk* w = find(slot, static_cast<std::uint32_t>(who >> 32));
    if (!w || w->wait != static_cast<std::uint64_t>(event.body.payload[1])) return;
    const std::int64_t index = event.body.payload[2];
    if (index != woken_by_others) {
        if (--w->need != 0) return;
        w->result = w->is_group ? py::object(py::int_(index)) : py::object(py::none());
        forget_timers(*w);
    }
    resume(slot);
}

/// Lets the generator go on until it has to wait.
void Core::resume(std::uint32_t slot) {
    const std::shared_ptr<Core> keep = shared_from_this();
    for (bool is_there = true; is_there;) {
        Walk& w = walks[slot];
        ++w.wait;
        w.is_waiting = w.is_waking = false;
        bool has_ended = false;
        py::object what;
        try {
            what = send(w, has_ended);
            if (has_ended) return finish(slot, std::move(what));
            if (std::exchange(w.has_next_interrupt, false)) {
                w.interrupt = std::move(w.next_interrupt);
                w.has_interrupt = true;
                continue;
            }
            is_there = wait(slot, what);
        } catch (...) {
            finish(slot, py::none());
            throw;
        }
    }
}

/// What the generator yields, or returns.
py::object Core::send(Walk& w, bool& has_ended) {
    const py::object generator = w.generator;
    const py::object value = std::exchange(w.result, py::none());
    PyObject* out = nullptr;
    if (!std::exchange(w.has_interrupt, false)) {
        const PySendResult r = PyIter_Send(generator.ptr(), value.ptr(), &out);
        if (r == PYGEN_ERROR) throw py::error_already_set();
        has_ended = r == PYGEN_RETURN;
        return py::reinterpret_steal<py::object>(out);
    }
    try {
        const py::object type = py::module_::import("gridflock.des").attr("Interrupted");
        return generator.attr("throw")(type(w.interrupt));
    } catch (py::error_already_set& e) {
        if (!e.matches(PyExc_StopIteration)) throw;
        has_ended = true;
        return e.value().attr("value");
    }
}

/// Starts to wait; true when there is nothing to wait for.
bool Core::wait(std::uint32_t slot, const py::handle& what) {
    Walk& w = walks[slot];
    w.is_group = py::isinstance<Group>(what);
    w.is_waiting = true;
    w.timers.clear();
    if (!w.is_group) {
        w.need = 1;
        return join(slot, what, 0);
    }
    const Group& group = py::cast<const Group&>(what);
    w.need = group.need;
    if (w.need == 0) return true;
    for (std::size_t i = 0; i < group.items.size(); ++i) {
        const py::object item = group.items[i];
        if (group.need > 1 && py::isinstance<Resource>(item))
            throw Error("a place of a resource is waited for alone or by any_of, not by all_of");
        if (!join(slot, item, static_cast<std::uint32_t>(i)) || --w.need != 0) continue;
        w.result = py::int_(i);
        forget_timers(w);
        return true;
    }
    return false;
}

/// Waits for one thing; true if it is there already.
bool Core::join(std::uint32_t slot, const py::handle& what, std::uint32_t index) {
    Walk& w = walks[slot];
    const Waiter waiter{slot, w.generation, w.wait, index};
    if (PyFloat_Check(what.ptr()) || PyLong_Check(what.ptr()) || PyUnicode_Check(what.ptr())) {
        const Duration d = duration(what);
        if (d.ns < 0) throw Error("a delay below zero");
        w.timers.push_back(schedule(w, slot, d, index));
        return false;
    }
    const bool is_process = py::isinstance<ProcessRef>(what);
    if (is_process || py::isinstance<Signal>(what)) {
        Signal& s = is_process ? *py::cast<const ProcessRef&>(what).ended : py::cast<Signal&>(what);
        if (s.has_fired)
            w.result = s.value;
        else
            s.add(*this, waiter);
        return s.has_fired;
    }
    if (py::isinstance<Resource>(what)) {
        Resource& r = py::cast<Resource&>(what);
        const bool is_free = r.in_use < r.capacity;
        if (is_free)
            ++r.in_use;
        else
            r.waiters.push_back(waiter);
        return is_free;
    }
    const Duration d = duration(what);
    if (d.ns < 0) throw Error("a delay below zero");
    w.timers.push_back(schedule(w, slot, d, index));
    return false;
}

void Core::finish(std::uint32_t slot, py::object value) {
    Walk& w = walks[slot];
    forget_timers(w);
    const std::shared_ptr<Signal> ended = std::exchange(w.ended, nullptr);
    const py::object generator = std::exchange(w.generator, py::object());
    --alive;
    if (++w.generation != ~std::uint32_t{0} - 1) free_walks.push_back(slot);
    ended->fire(std::move(value));
}

}  // namespace gridflock::python::des_binding
