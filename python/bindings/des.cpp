// SPDX-License-Identifier: Apache-2.0
// The event kernel with Python callbacks and generators, over des::Kernel: an event carries the
// number of a callback or of a process, and Python objects stay in tables beside the queue.
#include "bindings.hpp"
#include "des_core.hpp"

#include <gridflock/core/time.hpp>

#include <pybind11/stl.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <span>
#include <string>

namespace gridflock::python {

namespace {
using namespace des_binding;

SimTime later(SimTime t, Duration d) {
    SimTime sum;
    if (__builtin_add_overflow(t.ns, d.ns, &sum.ns)) throw Error("an instant beyond the year 2262");
    return sum;
}

SimTime instant(const Core& core, const py::handle& when) {
    if (py::isinstance<py::str>(when)) return to_utc(parse_civil(py::cast<std::string>(when)));
    return later(core.begin, duration(when));
}

py::dict describe(const des::Outcome& o) {
    constexpr const char* names[] = {"empty", "time", "budget", "stopped"};
    py::dict d;
    d["ended"] = names[static_cast<int>(o.ended)];
    d["reason"] = o.reason;
    d["events"] = o.events;
    return d;
}

/// Runs in slices, so that Ctrl-C is heard.
py::dict run_until(Core& core, const py::object& until, const py::object& events, double wall_s) {
    constexpr std::uint64_t slice = 1 << 14;
    const SimTime end = until.is_none() ? never : instant(core, until);
    std::uint64_t left = events.is_none() ? ~std::uint64_t{0} : py::cast<std::uint64_t>(events);
    const auto begin = std::chrono::steady_clock::now();
    des::Outcome total;
    while (true) {
        const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
        const des::Outcome o =
            core.kernel.run_until(end, {std::min(left, slice), wall_s - spent.count()});
        total.events += o.events;
        left -= o.events;
        total.ended = o.ended;
        total.reason = o.reason;
        const bool is_slice = o.ended == des::Ended::budget && o.events == slice && left > 0;
        if (!is_slice) return describe(total);
        if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    }
}

/// Three integers of the user's, and how many they are.
des::Payload payload_of(const py::args& args) {
    if (args.size() > 3) throw py::type_error("an event carries at most three integers");
    des::Payload p{};
    p[3] = static_cast<std::int64_t>(args.size());
    for (std::size_t i = 0; i < args.size(); ++i) p[i] = py::cast<std::int64_t>(args[i]);
    return p;
}

des::Order order_of(int priority, std::uint32_t source) {
    if (priority < -32768 || priority > 32767) throw py::value_error("priority is -32768 to 32767");
    return {des::Stage::events, static_cast<std::int16_t>(priority), source};
}

template <class Type>
void bind_events(Type& kernel) {
    kernel
        .def(
            "on",
            [](Core& c, const std::string& name, py::function f) {
                const std::size_t n = c.named.size();
                c.ids[name] = c.kernel.on(
                    name, [&c, n](des::Kernel&, const des::Event& e) { c.call_named(n, e); });
                c.named.push_back(std::move(f));
            },
            py::arg("name"), py::arg("function"),
            "Gives a function a name, under which its events can be scheduled, saved and forked. "
            "It "
            "is called with the kernel and the integers of the event.")
        .def(
            "at",
            [](Core& c, const py::object& when, const std::string& name, const py::args& args,
               int priority, std::uint32_t source) {
                return EventRef{c.weak_from_this(),
                                c.kernel.at(instant(c, when), c.id_of(name), payload_of(args),
                                            order_of(priority, source))};
            },
            py::arg("when"), py::arg("name"), py::kw_only(), py::arg("priority") = 0,
            py::arg("source") = 0,
            "Schedules an event of a named function, with up to three integers, at an instant: "
            "text "
            "in ISO 8601, or seconds since the start. Of one instant, the smaller priority is "
            "first.")
        .def(
            "after",
            [](Core& c, const py::object& delay, const std::string& name, const py::args& args,
               int priority, std::uint32_t source) {
                return EventRef{c.weak_from_this(),
                                c.kernel.after(duration(delay), c.id_of(name), payload_of(args),
                                               order_of(priority, source))};
            },
            py::arg("delay"), py::arg("name"), py::kw_only(), py::arg("priority") = 0,
            py::arg("source") = 0,
            "Schedules an event as `at` does, after a delay: seconds, text such as \"15 min\", or "
            "a "
            "timedelta.")
        .def(
            "call_at",
            [](Core& c, const py::object& when, py::function f, const py::args& args) {
                return c.call_at(instant(c, when), std::move(f), args);
            },
            py::arg("when"), py::arg("function"),
            "Calls any function with any arguments at an instant. While it is pending, the kernel "
            "cannot be saved.")
        .def(
            "call_after",
            [](Core& c, const py::object& delay, py::function f, const py::args& args) {
                return c.call_at(later(c.kernel.now(), duration(delay)), std::move(f), args);
            },
            py::arg("delay"), py::arg("function"),
            "Calls any function with any arguments after a delay.")
        .def(
            "every",
            [](Core& c, const py::object& period, const std::string& name, const py::args& args,
               const py::object& first, int priority, std::uint32_t source) {
                const Duration d = duration(period);
                const SimTime at = first.is_none() ? later(c.kernel.now(), d) : instant(c, first);
                return TaskRef{c.weak_from_this(),
                               c.kernel.every(d, at, c.id_of(name), payload_of(args),
                                              order_of(priority, source))};
            },
            py::arg("period"), py::arg("name"), py::kw_only(), py::arg("first") = py::none(),
            py::arg("priority") = 0, py::arg("source") = 0,
            "Fires a named function each period until cancelled, first at `first`, by default one "
            "period from now.");
}

template <class Type>
void bind_running(Type& kernel) {
    kernel
        .def(
            "step", [](Core& c) { return c.kernel.step(); },
            "Fires the next event; false when there is none.")
        .def(
            "run", &run_until, py::arg("until") = py::none(), py::arg("events") = py::none(),
            py::arg("wall_s") = std::numeric_limits<double>::infinity(),
            "Fires what is due before `until`, at most so many events, for at most so many seconds "
            "of the wall clock; Ctrl-C is heard. Returns how it ended (\"empty\", \"time\", "
            "\"budget\" or \"stopped\"), the reason of stop, and how many events fired. What a "
            "callback or process raises leaves it, and the kernel can go on.")
        .def(
            "stop", [](Core& c, const std::string& reason) { c.kernel.stop(reason); },
            py::arg("reason") = "", "Ends the run after the event that is being fired.")
        .def_property_readonly(
            "now", [](Core& c) { return (c.kernel.now() - c.begin).seconds(); },
            "Seconds since the start.")
        .def_property_readonly(
            "now_ns", [](Core& c) { return c.kernel.now().ns; }, "Nanoseconds since 1970, UTC.")
        .def_property_readonly(
            "pending", [](Core& c) { return c.kernel.pending(); }, "How many events are pending.")
        .def_property_readonly(
            "fired", [](Core& c) { return c.kernel.fired(); }, "How many events have fired.")
        .def_property_readonly(
            "processes", [](Core& c) { return c.alive; }, "How many processes live.")
        .def(
            "save",
            [](Core& c) {
                c.require_checkpointable();
                const std::vector<std::byte> bytes = des::to_bytes(c.kernel.save());
                return py::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            },
            "Clock and pending events as bytes. Raises NotCheckpointable while a process or a "
            "plain "
            "function is pending.")
        .def(
            "load",
            [](Core& c, const std::string& bytes) {
                c.require_checkpointable();
                c.kernel.load(des::kernel_from_bytes(std::as_bytes(std::span(bytes))));
            },
            py::arg("bytes"),
            "Takes what was saved in place of what is pending; the names must be known. Raises "
            "CheckpointError.")
        .def(
            "fork",
            [](Core& c) {
                c.require_checkpointable();
                auto other = std::make_shared<Core>(c.begin);
                other->copy_handlers(c);
                other->kernel.load(c.kernel.save());
                return other;
            },
            "A second kernel with the same functions and everything that is pending. Raises "
            "NotCheckpointable as save does.");
}

template <class Type>
void bind_processes(Type& kernel) {
    kernel
        .def("start", &Core::start, py::arg("generator"), py::arg("name") = "",
             py::arg("priority") = 0, py::arg("source") = 0,
             "Starts a generator as a process, now. What it yields it waits for.")
        .def(
            "signal",
            [](Core& c) {
                auto s = std::make_shared<Signal>();
                s->core = c.weak_from_this();
                return s;
            },
            "A signal that processes can wait for.")
        .def(
            "resource",
            [](Core& c, std::size_t capacity) {
                if (capacity == 0) throw Error("a resource needs a place");
                auto r = std::make_shared<Resource>();
                r->core = c.weak_from_this();
                r->capacity = capacity;
                return r;
            },
            py::arg("capacity") = 1, "So many places that processes take and give back, in order.");
}

/// Lets Python's collector see what a kernel holds: generators hold the kernel in turn.
void set_up_collection(PyHeapTypeObject* heap_type) {
    PyTypeObject* type = &heap_type->ht_type;
    type->tp_flags |= Py_TPFLAGS_HAVE_GC;
    type->tp_traverse = [](PyObject* self, visitproc visit, void* arg) {
        Py_VISIT(Py_TYPE(self));
        if (!reinterpret_cast<py::detail::instance*>(self)->simple_holder_constructed) return 0;
        int result = 0;
        py::cast<Core&>(py::handle(self)).each_object([&](const py::object& o) {
            if (result == 0 && o.ptr()) result = visit(o.ptr(), arg);
        });
        return result;
    };
    type->tp_clear = [](PyObject* self) {
        if (reinterpret_cast<py::detail::instance*>(self)->simple_holder_constructed)
            py::cast<Core&>(py::handle(self)).clear();
        return 0;
    };
}

void bind_parts(py::module_& m) {
    py::class_<EventRef>(m, "Event",
                         "What `at`, `after` and `call_at` give: a handle of one event.")
        .def("cancel", &EventRef::cancel, "True if it was pending and will now not fire.")
        .def_property_readonly("pending", &EventRef::pending, "Whether it is still to fire.");
    py::class_<TaskRef>(m, "Task", "What `every` gives: a handle of a periodic task.")
        .def("cancel", &TaskRef::cancel, "True if it was active and will fire no more.")
        .def_property_readonly("active", &TaskRef::active, "Whether it is still to fire.");
    py::class_<Signal, std::shared_ptr<Signal>>(
        m, "Signal", "Something that happens once; a process that yields it waits for it.")
        .def("fire", &Signal::fire, py::arg("value") = py::none(),
             "Wakes all who wait; they get the value, and so does who waits from then on.")
        .def(
            "reset", [](Signal& s) { s.has_fired = false; }, "Makes it one that has not fired.")
        .def_property_readonly(
            "fired", [](const Signal& s) { return s.has_fired; }, "Whether it has fired.")
        .def_property_readonly(
            "value", [](const Signal& s) { return s.value; }, "What it fired with.");
    py::class_<Resource, std::shared_ptr<Resource>>(
        m, "Resource", "Places to be had in order of arrival; a process that yields it takes one.")
        .def("release", &Resource::release, "Gives a place back; the next who waits has it.")
        .def_property_readonly(
            "capacity", [](const Resource& r) { return r.capacity; }, "How many places it has.")
        .def_property_readonly(
            "in_use", [](const Resource& r) { return r.in_use; }, "How many are taken.")
        .def_property_readonly("queue_length", &Resource::queue_length, "How many wait for one.");
    py::class_<ProcessRef>(m, "Process", "What `start` gives: a handle of a running generator.")
        .def("interrupt", &ProcessRef::interrupt, py::arg("reason") = "",
             "Throws Interrupted(reason) into it where it waits; false when it has ended.")
        .def_property_readonly("is_alive", &ProcessRef::is_alive, "Whether it has not ended.")
        .def_property_readonly(
            "name", [](const ProcessRef& p) { return p.name; }, "As given to `start`.")
        .def_property_readonly(
            "value", [](const ProcessRef& p) { return p.ended->value; }, "What it returned.");
    py::class_<Group>(m, "Group", "Several things to wait for, from `any_of` or `all_of`.");
    m.def(
        "any_of",
        [](const py::args& items) {
            return Group{items, 1};
        },
        "To be yielded: goes on with the first, whose number comes back.");
    m.def(
        "all_of",
        [](const py::args& items) {
            return Group{items, items.size()};
        },
        "To be yielded: goes on when all have happened.");
}

}  // namespace

void bind_des(py::module_& parent) {
    py::module_ m = parent.def_submodule("des");
    bind_parts(m);
    py::class_<Core, std::shared_ptr<Core>> kernel(m, "Kernel",
                                                   py::custom_type_setup(set_up_collection),
                                                   "A clock and what is to happen on it.");
    kernel.def(py::init([](const std::string& start) {
                   return std::make_shared<Core>(to_utc(parse_civil(start)));
               }),
               py::arg("start") = "1970-01-01");
    bind_events(kernel);
    bind_running(kernel);
    bind_processes(kernel);
    py::register_exception_translator([](std::exception_ptr p) {
        try {
            if (p) std::rethrow_exception(p);
        } catch (const des::NotCheckpointable& e) {
            const py::object type = py::module_::import("gridflock.des").attr("NotCheckpointable");
            PyErr_SetObject(type.ptr(), type(e.what(), e.name()).ptr());
        }
    });
}

}  // namespace gridflock::python
