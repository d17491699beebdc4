// SPDX-License-Identifier: Apache-2.0
// A simulation that is stepped from Python. The interpreter's lock is released while it works.
#include "run.hpp"

#include <gridflock/io/checkpoint_file.hpp>
#include <gridflock/io/run_digest.hpp>
#include <gridflock/io/scenario_file.hpp>
#include <gridflock/record/variable.hpp>
#include <gridflock/sim/simulation.hpp>

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace gridflock::python {

namespace {

/// Hands on to a results file until that fails: the step goes on to its end without it, and the
/// error is for the caller then. So a full disk costs no simulation.
class Guarded final : public record::Sink {
public:
    Guarded(const std::string& path, const io::Hdf5Options& options) : file_(path, options) {}

    std::vector<std::string> wanted() const override { return file_.wanted(); }
    void begin(const record::Layout& layout) override {
        attempt([&] { file_.begin(layout); });
    }
    void write(const record::Sample& sample) override {
        attempt([&] { file_.write(sample); });
    }
    void append(std::string_view table, const std::vector<record::Cell>& row) override {
        attempt([&] { file_.append(table, row); });
    }
    void flush() override {
        attempt([&] { file_.flush(); });
    }
    void end(record::RunStatus status, std::string_view reason) override {
        attempt([&] { file_.end(status, reason); });
    }

    /// Tells the error, once.
    void rethrow() {
        if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    }

private:
    template <class What>
    void attempt(const What& what) {
        if (has_failed_) return;
        try {
            what();
        } catch (const IoError& e) {
            has_failed_ = true;
            error_ = std::current_exception();
            try {
                file_.end(record::RunStatus::failed, e.what());
            } catch (const IoError&) {  // it has been told
            }
        }
    }

    io::Hdf5Sink file_;
    std::exception_ptr error_;
    bool has_failed_ = false;
};

class Simulation {
public:
    static std::unique_ptr<Simulation> begin(scenario::Scenario s, const Strategies& strategies,
                                             const std::vector<std::string>& variants,
                                             const std::string& path, const Texts& attributes,
                                             const Texts& inputs, bool is_changed) {
        if (is_changed) s.text = io::write_scenario(s);  // the file must hold what was run
        const sim::CompileOptions options = compile_options(strategies, variants);
        io::Hdf5Options file = file_options(attributes, inputs);
        const py::gil_scoped_release release;
        const auto plan = sim::compile(s, options);
        std::unique_ptr<Simulation> made(new Simulation(sim::Simulation(plan)));
        if (path.empty()) return made;
        file.attributes.emplace_back("run_digest", io::run_digest(*plan, file));
        made->sink_ = std::make_unique<Guarded>(path, file);
        made->sim_.attach(*made->sink_);
        made->foreign_ = io::checkpoint_path(path);
        return made;
    }

    static std::unique_ptr<Simulation> restore(const scenario::Scenario& s,
                                               const Strategies& strategies,
                                               const std::vector<std::string>& variants,
                                               const py::bytes& saved) {
        const std::string bytes = saved;
        const sim::CompileOptions options = compile_options(strategies, variants);
        const py::gil_scoped_release release;
        return std::unique_ptr<Simulation>(new Simulation(sim::Simulation::restore(
            sim::compile(s, options), std::as_bytes(std::span(bytes.data(), bytes.size())))));
    }

    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;
    ~Simulation() {
        if (::getpid() != process_) {
            static_cast<void>(sink_.release());  // its thread and its file are the parent's
            return;
        }
        try {
            close();
        } catch (const std::exception&) {  // nobody is there to be told: the status stays running
        }
    }

    std::unique_ptr<Simulation> fork() {
        const InUse use(*this);
        require_whole();
        const py::gil_scoped_release release;
        return std::unique_ptr<Simulation>(new Simulation(sim_.fork()));
    }

    py::bytes checkpoint() {
        const InUse use(*this);
        require_whole();
        std::vector<std::byte> bytes;
        {
            const py::gil_scoped_release release;
            bytes = sim_.checkpoint();
        }
        return py::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }

    /// Steps until `until_ns`; true when `is_stopped` (None: never) said so, between two steps.
    bool advance(std::int64_t until_ns, const py::object& progress, const py::object& is_stopped) {
        const SimTime begin = sim_.now(), end = std::min(sim_.end(), SimTime{until_ns});
        while (sim_.now() < end) {
            {
                const InUse use(*this);
                require_whole();
                if (is_closed_) throw Error("the simulation is closed");
                const py::gil_scoped_release release;
                step();
            }
            if (PyErr_CheckSignals() != 0) throw py::error_already_set();
            if (!is_stopped.is_none() && is_stopped().cast<bool>()) return true;
            if (!progress.is_none()) progress(begin.ns, sim_.now().ns, end.ns);
        }
        return false;
    }

    /// Ends the results file of a run that has not come to its end.
    void close() {
        const InUse use(*this);
        require_own();
        if (is_closed_ || !sink_) return;
        is_closed_ = true;
        if (sim_.done() || !broken_.empty()) return;
        const py::gil_scoped_release release;
        sim_.finish(record::RunStatus::interrupted, "closed before its end");
        sink_->rethrow();
    }

    /// [lane, row], in the unit of results.
    py::array_t<double> read(const std::string& name) {
        const InUse use(*this);
        require_whole();
        const double scale = record::find_variable(name).scale;
        const Column<double> column = sim_.read(name);
        py::array_t<double> out({column.lanes(), column.rows()});
        auto cells = out.mutable_unchecked<2>();
        for (std::size_t r = 0; r < column.rows(); ++r)
            for (std::size_t l = 0; l < column.lanes(); ++l)
                cells(static_cast<py::ssize_t>(l), static_cast<py::ssize_t>(r)) =
                    column(r, l) * scale;
        return out;
    }

    std::uint64_t hash(std::size_t lane, const std::string& room) {
        const InUse use(*this);
        require_whole();
        if (lane >= sim_.plan().width()) throw Error("there is no such lane");
        if (room.empty()) return sim_.hash(lane);
        std::string known;
        for (std::size_t i = 0; i < sim::room_count; ++i) {
            if (room == sim::room_names[i]) return sim_.hash(lane, static_cast<sim::Room>(i));
            known += std::string(i ? ", " : "") + sim::room_names[i];
        }
        throw Error("no room '" + room + "': " + known);
    }

    py::list failures() {
        const InUse use(*this);
        py::list list;
        for (const LaneFailure& f : sim_.state().failures)
            list.append(
                py::make_tuple(f.world, f.variant, f.at.ns, to_text(f.status), f.where, f.detail));
        return list;
    }

    py::list lanes() const {
        py::list list;
        for (const Lane& l : sim_.plan().lanes) list.append(py::make_tuple(l.world, l.variant));
        return list;
    }

    /// No step is to come, or none can.
    bool has_ended() const { return is_closed_ || sim_.done() || !broken_.empty(); }

    const sim::Simulation& sim() const { return sim_; }

private:
    explicit Simulation(sim::Simulation sim) : sim_(std::move(sim)) {}

    /// Refuses a second thread, and a strategy that steps the simulation which asks it.
    struct InUse {
        explicit InUse(Simulation& s) : s_(s) {
            if (s_.in_use_.test_and_set())
                throw Error("the simulation is in use: one thread at a time, and no strategy");
        }
        InUse(const InUse&) = delete;
        InUse& operator=(const InUse&) = delete;
        ~InUse() { s_.in_use_.clear(); }
        Simulation& s_;
    };

    void require_whole() const {
        require_own();
        if (!broken_.empty())
            throw Error("the simulation stopped within a step and cannot go on: " + broken_);
    }

    void step() {
        try {
            sim_.step();
        } catch (const std::exception& e) {
            broken_ = e.what();
            sim_.finish(record::RunStatus::failed, broken_);
            throw;
        }
        if (!foreign_.empty()) std::remove(foreign_.c_str());
        foreign_.clear();
        if (sink_) sink_->rethrow();
    }

    /// Refuses what a child that was forked off cannot do.
    void require_own() const {
        if (sink_ && ::getpid() != process_)
            throw Error("the simulation records in another process: give this one a pickle of it");
    }

    std::unique_ptr<Guarded> sink_;
    pid_t process_ = ::getpid();
    sim::Simulation sim_;
    std::string foreign_;  ///< an older run's checkpoint, which goes once this one has begun
    std::string broken_;   ///< why it can go no further
    bool is_closed_ = false;
    std::atomic_flag in_use_;
};

}  // namespace

void bind_simulation(py::module_& m) {
    py::class_<Simulation>(m, "Simulation")
        .def_static("begin", &Simulation::begin, py::arg("scenario"), py::arg("strategies"),
                    py::arg("variants"), py::arg("path"), py::arg("attributes"), py::arg("inputs"),
                    py::arg("is_changed"))
        .def_static("restore", &Simulation::restore, py::arg("scenario"), py::arg("strategies"),
                    py::arg("variants"), py::arg("saved"))
        .def("fork", &Simulation::fork)
        .def("checkpoint", &Simulation::checkpoint)
        .def("advance", &Simulation::advance, py::arg("until_ns"), py::arg("progress") = py::none(),
             py::arg("is_stopped") = py::none())
        .def("close", &Simulation::close)
        .def("read", &Simulation::read, py::arg("variable"))
        .def("labels",
             [](const Simulation& s, const std::string& group) { return s.sim().labels(group); })
        .def("hash", &Simulation::hash, py::arg("lane"), py::arg("room") = "")
        .def_property_readonly("has_ended", &Simulation::has_ended)
        .def_property_readonly("failures", &Simulation::failures)
        .def_property_readonly("lanes", &Simulation::lanes)
        .def_property_readonly("variants",
                               [](const Simulation& s) { return s.sim().plan().variant_names; })
        .def_property_readonly("begin_ns", [](const Simulation& s) { return s.sim().begin().ns; })
        .def_property_readonly("start_ns",
                               [](const Simulation& s) { return s.sim().plan().when.begin.ns; })
        .def_property_readonly("now_ns", [](const Simulation& s) { return s.sim().now().ns; })
        .def_property_readonly("end_ns", [](const Simulation& s) { return s.sim().end().ns; })
        .def_property_readonly("step_ns",
                               [](const Simulation& s) { return s.sim().plan().step.ns; });
}

}  // namespace gridflock::python
