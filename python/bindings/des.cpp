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
            py::arg("name"), py::arg("function"))
        .def(
            "at",
            [](Core& c, const py::object& when, const std::string& name, const py::args& args,
               int priority, std::uint32_t source) {
                return EventRef{c.weak_from_this(),
                                c.kernel.at(instant(c, when), c.id_of(name), payload_of(args),
                                            order_of(priority, source))};
            },
            py::arg("when"), py::arg("name"), py::kw_only(), py::arg("priority") = 0,
            py::arg("source") = 0)
        .def(
            "after",
            [](Core& c, const py::object& delay, const std::string& name, const py::args& args,
               int priority, std::uint32_t source) {
                return EventRef{c.weak_from_this(),
                                c.kernel.after(duration(delay), c.id_of(name), payload_of(args),
                                               order_of(priority, source))};
            },
            py::arg("delay"), py::arg("name"), py::kw_only(), py::arg("priority") = 0,
            py::arg("source") = 0)
        .def("call_at",
             [](Core& c, const py::object& when, py::function f, const py::args& args) {
                 return c.call_at(instant(c, when), std::move(f), args);
             })
        .def("call_after",
             [](Core& c, const py::object& delay, py::function f, const py::args& args) {
                 return c.call_at(later(c.kernel.now(), duration(delay)), std::move(f), args);
             })
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
            py::arg("priority") = 0, py::arg("source") = 0);
}

template <class Type>
void bind_running(Type& kernel) {
    kernel.def("step", [](Core& c) { return c.kernel.step(); })
        .def("run", &run_until, py::arg("until") = py::none(), py::arg("events") = py::none(),
             py::arg("wall_s") = std::numeric_limits<double>::infinity())
        .def(
            "stop", [](Core& c, const std::string& reason) { c.kernel.stop(reason); },
            py::arg("reason") = "")
        .def_property_readonly("now", [](Core& c) { return (c.kernel.now() - c.begin).seconds(); })
        .def_property_readonly("now_ns", [](Core& c) { return c.kernel.now().ns; })
        .def_property_readonly("pending", [](Core& c) { return c.kernel.pending(); })
        .def_property_readonly("fired", [](Core& c) { return c.kernel.fired(); })
        .def_property_readonly("processes", [](Core& c) { return c.alive; })
        .def("save",
             [](Core& c) {
                 c.require_checkpointable();
                 const std::vector<std::byte> bytes = des::to_bytes(c.kernel.save());
                 return py::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
             })
        .def(
            "load",
            [](Core& c, const std::string& bytes) {
                c.require_checkpointable();
                c.kernel.load(des::kernel_from_bytes(std::as_bytes(std::span(bytes))));
            },
            py::arg("bytes"))
        .def("fork", [](Core& c) {
            c.require_checkpointable();
            auto other = std::make_shared<Core>(c.begin);
            other->copy_handlers(c);
            other->kernel.load(c.kernel.save());
            return other;
        });
}

template <class Type>
void bind_processes(Type& kernel) {
    kernel
        .def("start", &Core::start, py::arg("generator"), py::arg("name") = "",
             py::arg("priority") = 0, py::arg("source") = 0)
        .def("signal",
             [](Core& c) {
                 auto s = std::make_shared<Signal>();
                 s->core = c.weak_from_this();
                 return s;
             })
        .def(
            "resource",
            [](Core& c, std::size_t capacity) {
                if (capacity == 0) throw Error("a resource needs a place");
                auto r = std::make_shared<Resource>();
                r->core = c.weak_from_this();
                r->capacity = capacity;
                return r;
            },
            py::arg("capacity") = 1);
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
    py::class_<EventRef>(m, "Event")
        .def("cancel", &EventRef::cancel)
        .def_property_readonly("pending", &EventRef::pending);
    py::class_<TaskRef>(m, "Task")
        .def("cancel", &TaskRef::cancel)
        .def_property_readonly("active", &TaskRef::active);
    py::class_<Signal, std::shared_ptr<Signal>>(m, "Signal")
        .def("fire", &Signal::fire, py::arg("value") = py::none())
        .def("reset", [](Signal& s) { s.has_fired = false; })
        .def_property_readonly("fired", [](const Signal& s) { return s.has_fired; })
        .def_property_readonly("value", [](const Signal& s) { return s.value; });
    py::class_<Resource, std::shared_ptr<Resource>>(m, "Resource")
        .def("release", &Resource::release)
        .def_property_readonly("capacity", [](const Resource& r) { return r.capacity; })
        .def_property_readonly("in_use", [](const Resource& r) { return r.in_use; })
        .def_property_readonly("queue_length", &Resource::queue_length);
    py::class_<ProcessRef>(m, "Process")
        .def("interrupt", &ProcessRef::interrupt, py::arg("reason") = "")
        .def_property_readonly("is_alive", &ProcessRef::is_alive)
        .def_property_readonly("name", [](const ProcessRef& p) { return p.name; })
        .def_property_readonly("value", [](const ProcessRef& p) { return p.ended->value; });
    py::class_<Group>(m, "Group");
    m.def("any_of", [](const py::args& items) { return Group{items, 1}; });
    m.def("all_of", [](const py::args& items) { return Group{items, items.size()}; });
}

}  // namespace

void bind_des(py::module_& parent) {
    py::module_ m = parent.def_submodule("des");
    bind_parts(m);
    py::class_<Core, std::shared_ptr<Core>> kernel(m, "Kernel",
                                                   py::custom_type_setup(set_up_collection));
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
