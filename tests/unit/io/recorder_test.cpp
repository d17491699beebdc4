// SPDX-License-Identifier: Apache-2.0
// What is on the disk whatever happens: every call that changes a file fails once, or is the last.
#include <test.hpp>

#include <gridflock/io/checkpoint_file.hpp>
#include <gridflock/io/results_reader.hpp>

#include "fault.hpp"
#include "small_record.hpp"

#include <sys/mman.h>
#include <sys/wait.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <new>

using namespace gridflock;
using namespace gridflock::record;
using namespace gridflock::small_record;
using fault::Kind;

namespace {

constexpr std::size_t kSteps = 85;

/// What a child tells, whatever ends it.
struct Told {
    std::size_t steps = 0;  ///< recorded before the last flush that came back
    int errors = 0;
    int calls = 0;
    std::size_t checkpoints = 0;
};

class Shared {
public:
    Shared()
        : told_(new (::mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Told) {}
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    ~Shared() { ::munmap(told_, sizeof(Told)); }
    Told* operator->() { return told_; }

private:
    Told* told_;
};

/// Its table tells the world, as those do whose rows a resumed run takes over.
Layout layout_with_worlds() {
    Layout layout = layout_of_two();
    layout.tables[0].columns.push_back({"world", ColumnType::integer});
    return layout;
}

void post(Sink& sink, std::size_t i) {
    sink.append("postings", {static_cast<std::int64_t>(i), static_cast<std::int64_t>(10 * i), 0.25,
                             "row " + std::to_string(i), std::int64_t{1}, std::int64_t{0}});
}

/// Records from step `begin` on; each error counts, and the run ends as `sim` ends one.
void record_steps(io::Hdf5Sink& sink, std::size_t begin, Shared& told, const std::string& saved) {
    RunStatus status = RunStatus::complete;
    std::string reason;
    try {
        sink.begin(layout_with_worlds());
        for (std::size_t i = begin; i < kSteps; ++i) {
            write_step(sink, i);
            post(sink, i);
            if (i % 20 != 19) continue;
            sink.flush();
            told->steps = i + 1;
            if (saved.empty() || i % 40 != 39) continue;
            const auto rows = sink.rows();
            if (!rows) continue;
            const std::uint64_t next = i + 1;
            const auto bytes = std::as_bytes(std::span(&next, 1));
            io::write_checkpoint(saved, {{bytes.begin(), bytes.end()}, *rows});
            ++told->checkpoints;
        }
    } catch (const IoError& e) {
        ++told->errors;
        status = RunStatus::failed;
        reason = e.what();
    }
    try {
        sink.end(status, reason);
    } catch (const IoError&) {
        ++told->errors;
    }
}

/// A child that records with call `index` met; its exit status, or 1000 and the signal.
int run_child(const std::string& path, Kind kind, int index, Shared& told, bool is_resumed,
              bool with_checkpoints) {
    std::fflush(nullptr);  // or the child would print it again
    const pid_t child = ::fork();
    if (child == 0) {
        fault::arm(kind, index);
        io::Hdf5Options options = each_block();
        std::size_t begin = 0;
        const std::string saved = io::checkpoint_path(path);
        if (is_resumed) {
            const io::SavedRun run = io::read_checkpoint(saved);
            std::uint64_t next = 0;
            std::copy(run.simulation.begin(), run.simulation.end(),
                      std::as_writable_bytes(std::span(&next, 1)).begin());
            begin = next;
            options.resumed = run.results;
        }
        {
            io::Hdf5Sink sink(path, options);
            record_steps(sink, begin, told, with_checkpoints ? saved : "");
        }
        told->calls = fault::calls();
        std::exit(0);  // as programs end, so that HDF5's own end is seen too
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

struct Rows {
    std::size_t head, nodes, postings;
};

/// Reads all that is there and compares it with what was recorded.
Rows require_prefix(const std::string& path) {
    const io::ResultsReader r(path);
    const io::Array v = r.read("node/v_pu"), p = r.read("head/p_kw");
    const std::vector<std::int64_t> time = r.read_integers("node/time");
    const std::vector<std::int64_t> amounts = r.read_integers("postings/amount");
    const std::vector<std::string> kinds = r.read_texts("postings/kind");
    const std::size_t rows = r.read_integers("postings/row").size();
    // A time axis or row numbers never run ahead of what they number.
    REQUIRE(v.shape[0] >= time.size());
    REQUIRE(p.shape[0] >= r.read_integers("head/time").size());
    REQUIRE(amounts.size() >= rows);
    REQUIRE(kinds.size() >= rows);
    for (std::size_t i = 0; i < time.size(); ++i) {
        REQUIRE(time[i] == minutes(static_cast<std::int64_t>(i)).ns);
        for (const std::size_t n : {0UL, 255UL, 256UL, 299UL})
            REQUIRE(v.values[(i * 2 + 1) * kNodes + n] == Approx(voltage(i, n, 0)).margin(6e-7));
    }
    for (std::size_t i = 0; i < rows; ++i) {
        REQUIRE(amounts[i] == static_cast<std::int64_t>(10 * i));
        REQUIRE(kinds[i] == "row " + std::to_string(i));
    }
    return {r.read_integers("head/time").size(), time.size(), rows};
}

void require_flushed(const std::string& path, std::size_t steps) {
    const Rows rows = require_prefix(path);
    REQUIRE(rows.nodes >= steps / 60 * 60);
    REQUIRE(rows.head >= steps / 60 * 60);
    REQUIRE(rows.postings >= steps);
}

}  // namespace

TEST_CASE("recorder: a failure of any call is told once, and what was flushed is kept", "[slow]") {
    for (const Kind kind : {Kind::no_space, Kind::no_space_on, Kind::broken, Kind::broken_on}) {
        CAPTURE(static_cast<int>(kind));
        int index = 0, met = 0;
        for (bool is_met = true; is_met; ++index) {
            CAPTURE(index);
            const TemporaryFile file("-fault-each.h5", memory_folder());
            Shared told;
            REQUIRE(run_child(file.path, kind, index, told, false, false) == 0);
            is_met = told->calls > index;
            REQUIRE(told->errors <= 1);
            if (told->errors == 1) ++met;
            if (!std::filesystem::exists(file.path)) {
                REQUIRE(told->errors == 1);
                REQUIRE(told->steps == 0);  // there never was a file to keep
                continue;
            }
            require_flushed(file.path, told->steps);
            const std::string status = io::ResultsReader(file.path).status();
            if (told->errors == 0)
                REQUIRE(status == "complete");
            else if (kind != Kind::broken_on)
                REQUIRE(status == "failed");
        }
        CHECK(met > 10);
    }
}

TEST_CASE("recorder: a write that takes half of its bytes is gone on with", "[slow]") {
    for (int index = 0;; ++index) {
        CAPTURE(index);
        const TemporaryFile file("-fault-half.h5", memory_folder());
        Shared told;
        REQUIRE(run_child(file.path, Kind::half, index, told, false, false) == 0);
        REQUIRE(told->errors == 0);
        const Rows rows = require_prefix(file.path);
        REQUIRE(rows.nodes == kSteps);
        REQUIRE(rows.postings == kSteps);
        if (told->calls <= index) break;
    }
}

TEST_CASE("recorder: a kill at any call loses no flushed row, and a resumed run gets all of them",
          "[slow]") {
    for (const Kind kind : {Kind::kill, Kind::kill_half}) {
        CAPTURE(static_cast<int>(kind));
        int resumed = 0;
        for (int index = 0;; ++index) {
            CAPTURE(index);
            const TemporaryFile file("-fault-kill.h5", memory_folder());
            const TemporaryFile saved("-fault-kill.h5.checkpoint", memory_folder()),
                part("-fault-kill.h5.checkpoint.part", memory_folder()),
                other("-fault-kill.h5.resuming", memory_folder());
            Shared told;
            const int status = run_child(file.path, kind, index, told, false, true);
            if (status == 0 && told->calls <= index) break;
            if (told->steps > 0) require_flushed(file.path, told->steps);
            if (!std::filesystem::exists(saved.path)) {
                REQUIRE(told->checkpoints == 0);
                continue;
            }
            // The resumed run is killed too, and what the first had flushed is still there.
            const std::size_t before = told->steps;
            Shared second, third;
            run_child(file.path, kind, index % 40, second, true, true);
            require_flushed(file.path, std::max(before, second->steps));
            REQUIRE(run_child(file.path, Kind::none, 0, third, true, false) == 0);
            REQUIRE(third->errors == 0);
            const Rows rows = require_prefix(file.path);
            REQUIRE(rows.nodes == kSteps);
            REQUIRE(rows.postings == kSteps);
            ++resumed;
        }
        CHECK(resumed > 10);
    }
}

TEST_CASE("recorder: floats without a resolution keep four digits, and so they pack") {
    const auto packed = [](double resolution) {
        const TemporaryFile file("floats.h5");
        Layout layout = layout_of_two();
        layout.variables[1].resolution = resolution;
        io::Hdf5Sink sink(file.path);
        sink.begin(layout);
        for (std::size_t i = 0; i < 120; ++i) write_step(sink, i);
        sink.end(RunStatus::complete, "");
        const io::Array v = io::ResultsReader(file.path).read("node/v_pu");
        double worst = 0;
        for (std::size_t i = 0; i < 120; ++i)
            for (std::size_t n = 0; n < kNodes; ++n)
                worst = std::max(
                    worst, std::abs(v.values[(i * 2 + 1) * kNodes + n] / voltage(i, n, 0) - 1));
        return worst;
    };
    CHECK(packed(0) <= 1.01 / 32768);  // half of the last bit that is kept, and the float's own
    CHECK(packed(0) > 1e-6);
    CHECK(packed(1e-6) < 1e-6);
}

TEST_CASE("recorder: a sink that lags makes its caller wait, and loses nothing") {
    const TemporaryFile file("lags.h5");
    io::Hdf5Options options = each_block();
    options.queue_bytes = 1;  // one batch at a time
    io::Hdf5Sink sink(file.path, options);
    sink.begin(layout_of_two());
    for (std::size_t i = 0; i < 6000; ++i) write_step(sink, i);
    sink.end(RunStatus::complete, "");
    const io::Array v = io::ResultsReader(file.path).read("node/v_pu");
    REQUIRE(v.shape[0] == 6000);
    for (const std::size_t i : {0UL, 59UL, 3000UL, 5999UL})
        CHECK(v.values[(i * 2 + 1) * kNodes + 299] == Approx(voltage(i, 299, 0)).margin(6e-7));
}
