// SPDX-License-Identifier: Apache-2.0
// The run loop: the interpreter's lock is released while the simulator works, and taken at each
// tick for a moment to look for Ctrl-C and to tell the progress.
#include "run.hpp"

#include <gridflock/io/ensemble_parts.hpp>
#include <gridflock/io/hdf5_sink.hpp>
#include <gridflock/io/run_digest.hpp>
#include <gridflock/io/scenario_file.hpp>
#include <gridflock/record/segment.hpp>
#include <gridflock/sim/simulation.hpp>

#include <pybind11/stl.h>

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace gridflock::python {

sim::CompileOptions compile_options(const Strategies& strategies,
                                    const std::vector<std::string>& variants) {
    sim::CompileOptions options;
    options.variants = variants;
    for (const auto& [name, strategy] : strategies)
        add_python_strategy(options.registry, name, strategy.first, strategy.second);
    return options;
}

io::Hdf5Options file_options(const Texts& attributes, const Texts& inputs) {
    io::Hdf5Options file;
    file.attributes = attributes;
    for (const auto& [name, content] : inputs) file.inputs.push_back({name, content});
    return file;
}

namespace {

using Seconds = std::chrono::duration<double>;

/// How a run is watched and kept.
struct Watch {
    py::object progress;
    py::object is_stopped;             // callable: true after Ctrl-C or SIGTERM; None: they raise
    std::string checkpoint;            // file; "": none is written
    std::optional<double> every = {};  // s of wall time between checkpoints
    bool is_foreign = false;  // the file may be an older run's, and goes once this one has begun
    double last_checkpoint = 0;
    double last_progress = 0;
    bool is_saved = true;      // the strategies can be
    std::string warning = {};  // of checkpoints that are not there, in words
};

double wall_seconds() {
    return Seconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Takes the lock; throws what a signal handler raised. True: stop here.
bool tick(const sim::Simulation& simulation, Watch& watch) {
    const py::gil_scoped_acquire acquire;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    if (!watch.is_stopped.is_none() && watch.is_stopped().cast<bool>()) return true;
    if (watch.progress.is_none()) return false;
    const double now = wall_seconds();
    if (now - watch.last_progress < 0.1 && !simulation.done()) return false;
    watch.last_progress = now;
    watch.progress(simulation.begin().ns, simulation.now().ns, simulation.end().ns);
    return false;
}

/// Nothing when no checkpoint can be taken now, or none is wanted.
std::optional<io::SavedRun> saved(const sim::Simulation& simulation, io::Hdf5Sink& sink,
                                  const Watch& watch, bool is_last) {
    if (watch.checkpoint.empty()) return std::nullopt;
    std::vector<std::byte> state = simulation.checkpoint();
    std::optional<io::Recorded> rows = sink.rows(is_last);
    if (!rows) return std::nullopt;
    return io::SavedRun{std::move(state), std::move(*rows)};
}

/// A strategy that cannot be saved ends no run, nor does a checkpoint that cannot be written: the
/// older one stands, and the next one is tried when it is due.
void save_when_due(const sim::Simulation& simulation, io::Hdf5Sink& sink, Watch& watch) {
    if (!watch.every || !watch.is_saved) return;
    const double now = wall_seconds();
    if (now - watch.last_checkpoint < *watch.every) return;
    try {
        if (const auto run = saved(simulation, sink, watch, false)) {
            try {
                io::write_checkpoint(watch.checkpoint, *run);
                watch.warning.clear();
            } catch (const IoError& e) {
                watch.warning =
                    std::string("the last checkpoint could not be written: ") + e.what();
            }
        }
    } catch (const CheckpointError& e) {
        watch.is_saved = false;
        watch.warning = std::string("the run had no checkpoints: ") + e.what();
    }
    watch.last_checkpoint = wall_seconds();
}

/// True when the run was stopped between two steps.
bool step_to_end(sim::Simulation& simulation, io::Hdf5Sink& sink, Watch& watch) {
    try {
        while (!simulation.done()) {
            simulation.step();
            if (watch.is_foreign) {
                std::remove(watch.checkpoint.c_str());
                watch.is_foreign = false;
            }
            const bool is_asked = tick(simulation, watch);
            if (simulation.done()) break;
            if (is_asked) {
                if (const auto run = saved(simulation, sink, watch, true))
                    io::write_checkpoint(watch.checkpoint, *run);
                simulation.finish(record::RunStatus::interrupted, "stopped by the user");
                return true;
            }
            save_when_due(simulation, sink, watch);
        }
    } catch (const py::error_already_set& e) {
        const bool is_interrupt = [&] {
            const py::gil_scoped_acquire acquire;
            return e.matches(PyExc_KeyboardInterrupt);
        }();
        simulation.finish(is_interrupt ? record::RunStatus::interrupted : record::RunStatus::failed,
                          is_interrupt ? "stopped by the user" : "a Python callback raised");
        throw;
    } catch (const std::exception& e) {
        simulation.finish(record::RunStatus::failed, e.what());
        throw;
    }
    return false;
}

py::tuple run(scenario::Scenario s, const std::string& path, const Strategies& strategies,
              const std::vector<std::string>& variants, const py::object& progress,
              const Texts& attributes, const Texts& inputs, bool is_changed,
              const py::object& is_stopped, bool is_resumed,
              const std::optional<double>& checkpoint_every, bool is_one_file) {
    if (is_changed) s.text = io::write_scenario(s);  // the file must hold what was run
    const sim::CompileOptions options = compile_options(strategies, variants);
    io::Hdf5Options file = file_options(attributes, inputs);
    if (is_one_file) file.segment = record::SegmentLimit{};
    const bool is_kept = is_resumed || checkpoint_every || !is_stopped.is_none();
    Watch watch{progress,
                is_stopped,
                is_kept ? io::checkpoint_path(path) : "",
                checkpoint_every,
                is_kept && !is_resumed,
                wall_seconds()};
    std::optional<LaneFailure> failure;
    bool stopped = false;
    {
        const py::gil_scoped_release release;
        const auto plan = sim::compile(s, options);
        const std::string digest = io::run_digest(*plan, file);
        std::optional<sim::Simulation> simulation;
        if (is_resumed) {
            io::SavedRun saved = io::read_checkpoint(watch.checkpoint);
            io::require_same_run(path, *plan, file);
            simulation.emplace(sim::Simulation::restore(plan, saved.simulation));
            file.resumed = std::move(saved.results);
        } else {
            simulation.emplace(plan);
        }
        file.attributes.emplace_back("run_digest", digest);
        io::Hdf5Sink sink(path, file);
        simulation->attach(sink);
        stopped = step_to_end(*simulation, sink, watch);
        failure = simulation->failure();
        // a finished run needs no checkpoint any more
        if (!stopped && !watch.checkpoint.empty()) std::remove(watch.checkpoint.c_str());
    }
    return py::make_tuple(failure ? py::object(py::str(failure->text())) : py::object(py::none()),
                          stopped, watch.warning);
}

std::string run_digest(scenario::Scenario s, const Strategies& strategies,
                       const std::vector<std::string>& variants, const Texts& attributes,
                       const Texts& inputs, bool is_changed) {
    if (is_changed) s.text = io::write_scenario(s);
    const sim::CompileOptions options = compile_options(strategies, variants);
    const io::Hdf5Options file = file_options(attributes, inputs);
    const py::gil_scoped_release release;
    return io::run_digest(*sim::compile(s, options), file);
}

/// Looks for Ctrl-C and tells the progress, from the thread that called; the lock is taken for it.
sim::Ensemble::GoOn watcher(const py::object& progress) {
    return [&progress](double share) {
        const py::gil_scoped_acquire acquire;
        if (PyErr_CheckSignals() != 0) throw py::error_already_set();
        if (!progress.is_none()) progress(0, static_cast<std::int64_t>(share * 1e6), 1000000);
        return true;
    };
}

/// Blocks of an ensemble into part files: (paths, parts that were finished before, failures).
py::tuple run_parts(scenario::Scenario s, const std::string& folder, const Strategies& strategies,
                    std::pair<std::int32_t, std::int32_t> worlds, std::size_t width, int threads,
                    bool is_resumed, const py::object& progress, const Texts& attributes,
                    const Texts& inputs) {
    s.text = io::write_scenario(s);
    const sim::CompileOptions options = compile_options(strategies, {});
    io::PartOptions part;
    part.run = {threads, width};
    std::tie(part.first_world, part.last_world) = worlds;
    part.is_resumed = is_resumed;
    part.file = file_options(attributes, inputs);
    io::Parts parts;
    {
        const py::gil_scoped_release release;
        parts = io::run_parts(sim::compile(s, options), folder, part, watcher(progress));
    }
    std::vector<std::string> failures;
    for (const LaneFailure& f : parts.failures) failures.push_back(f.text());
    return py::make_tuple(parts.paths, parts.skipped, failures);
}

}  // namespace

void bind_run(py::module_& m) {
    m.def("run_parts", &run_parts, py::arg("scenario"), py::arg("folder"), py::arg("strategies"),
          py::arg("worlds"), py::arg("width"), py::arg("threads"), py::arg("is_resumed"),
          py::arg("progress") = py::none(), py::arg("attributes") = Texts{},
          py::arg("inputs") = Texts{});
    m.def("run", &run, py::arg("scenario"), py::arg("path"), py::arg("strategies") = Strategies{},
          py::arg("variants") = std::vector<std::string>{}, py::arg("progress") = py::none(),
          py::arg("attributes") = Texts{}, py::arg("inputs") = Texts{},
          py::arg("is_changed") = true, py::arg("is_stopped") = py::none(),
          py::arg("is_resumed") = false, py::arg("checkpoint_every") = std::optional<double>{},
          py::arg("is_one_file") = false);
    m.def("run_digest", &run_digest, py::arg("scenario"), py::arg("strategies") = Strategies{},
          py::arg("variants") = std::vector<std::string>{}, py::arg("attributes") = Texts{},
          py::arg("inputs") = Texts{}, py::arg("is_changed") = true);
    m.def("is_complete", &io::is_complete, py::arg("path"), py::arg("run_digest"));
    m.def("parse_segment_limit", [](const std::string& text) {
        const record::SegmentLimit limit = record::parse_segment_limit(text);
        return std::make_pair(limit.length.ns, limit.bytes);
    });
    m.def("checkpoint_rows", [](const std::string& path) {
        std::vector<std::pair<std::string, std::uint64_t>> rows;
        for (const io::RecordedRows& r : io::read_checkpoint(path).results.rows)
            rows.emplace_back(r.dataset, r.rows);
        return rows;
    });
    m.def("strategies", [] { return dispatch::Registry::built_in().names(); });
}

}  // namespace gridflock::python
