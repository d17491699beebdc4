// SPDX-License-Identifier: Apache-2.0
// A strategy written in Python behind the C++ interface. Views are NumPy arrays over the
// simulator's columns, without a copy; what the strategy sees is read-only. The adapter in
// gridflock.dispatch turns them into the names and units that users write.
#include "bindings.hpp"

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cstring>
#include <utility>

namespace gridflock::python {

namespace {

/// A view of a column; `frame` is what keeps the name alive, the cells are the simulator's.
template <class T>
py::array view(ColumnView<const T> c, const py::object& frame) {
    py::array_t<T> a({c.rows(), c.lanes()}, c.data(), frame);
    a.attr("flags").attr("writeable") = false;
    return a;
}

template <class T>
py::array view(std::span<const T> s, const py::object& frame) {
    py::array_t<T> a(static_cast<py::ssize_t>(s.size()), s.data(), frame);
    a.attr("flags").attr("writeable") = false;
    return a;
}

template <class T>
py::array view(ColumnView<T> c, const py::object& frame) {
    return py::array_t<T>({c.rows(), c.lanes()}, c.data(), frame);
}

/// Drops the last reference to a Python object with the lock held.
struct Release {
    void operator()(py::object* o) const {
        const py::gil_scoped_acquire acquire;
        delete o;
    }
};

class PythonStrategy final : public dispatch::Strategy {
public:
    PythonStrategy(std::string name, py::object adapter)
        : name_(std::move(name)), adapter_(new py::object(std::move(adapter))) {}

    std::string_view name() const override { return name_; }

    void reset(const dispatch::Setup& s) override {
        const py::gil_scoped_acquire acquire;
        py::dict d;
        d["lanes"] = s.lanes;
        d["units"] = s.unit.size();
        d["site_of"] = s.site_of;
        d["power_w"] = s.power_w;
        d["energy_j"] = s.energy_j;
        d["every_s"] = s.every.seconds();
        d["lifetime_s"] = s.lifetime.seconds();
        adapter_->attr("reset")(d);
    }

    void decide(const dispatch::Observation& o, dispatch::Command& out) override {
        const py::gil_scoped_acquire acquire;
        const py::object frame = py::none();
        py::dict d;
        d["mask"] = view(o.mask, frame);
        d["now"] = view(o.now, frame);
        d["head_p_w"] = view(o.head_p_w, frame);
        d["baseline_demand_w"] = view(o.baseline_demand_w, frame);
        d["award_w"] = view(o.award_w, frame);
        d["p_w"] = view(o.p_w, frame);
        d["p_min_w"] = view(o.p_min_w, frame);
        d["p_max_w"] = view(o.p_max_w, frame);
        d["soc"] = view(o.soc, frame);
        d["age_s"] = view(o.age_s, frame);
        d["site_net_w"] = view(o.site_net_w, frame);
        d["demand_w"] = view(o.demand_w, frame);
        d["pv_w"] = view(o.pv_w, frame);
        adapter_->attr("decide")(d, view(out.p_w, frame));
        mark(o, out);
    }

    std::vector<std::byte> save() const override {
        const py::gil_scoped_acquire acquire;
        const std::string bytes = adapter_->attr("save")().cast<py::bytes>();
        std::vector<std::byte> out(bytes.size());
        std::memcpy(out.data(), bytes.data(), bytes.size());
        return out;
    }

    void restore(std::span<const std::byte> bytes) override {
        const py::gil_scoped_acquire acquire;
        adapter_->attr("restore")(
            py::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    }

    bool bids() const override {
        const py::gil_scoped_acquire acquire;
        return adapter_->attr("bids")().cast<bool>();
    }

private:
    static void mark(const dispatch::Observation& o, dispatch::Command& out) {
        for (std::size_t u = 0; u < out.p_w.rows(); ++u)
            for (std::size_t l = 0; l < o.lanes(); ++l)
                if (o.mask[l] && out.p_w(u, l) == out.p_w(u, l))
                    out.reason(u, l) = dispatch::Reason::share;
    }

    std::string name_;
    std::unique_ptr<py::object, Release> adapter_;
};

}  // namespace

void add_python_strategy(dispatch::Registry& registry, const std::string& name,
                         const std::vector<std::string>& keys, py::function factory) {
    const std::shared_ptr<py::object> shared(new py::object(std::move(factory)), Release{});
    registry.add(name, keys, {}, [name, shared](const dispatch::Parameters& parameters) {
        const py::gil_scoped_acquire acquire;
        py::dict d;
        for (const auto& [key, value] : parameters) d[py::str(key)] = value;
        return std::make_unique<PythonStrategy>(name, (*shared)(d));
    });
}

}  // namespace gridflock::python
