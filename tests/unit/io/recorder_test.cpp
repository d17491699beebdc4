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
#include <string>
#include <vector>

using namespace gridflock;
using namespace gridflock::record;
using namespace gridflock::small_record;
using fault::Kind;

namespace {

constexpr std::size_t kSteps = 85;

/// Each call fails in turn; under sanitizers, where a child takes ten times as long, each fifth.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kStride = 5;
#else
constexpr int kStride = 1;
#endif

/// What a child tells, whatever ends it.
struct Told {
    std::size_t steps = 0;  ///< recorded before the last flush that came back
    int errors = 0;
    int calls = 0;
    std::size_t checkpoints = 0;
    int lost_checkpoints = 0;  ///< could not be written
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

/// A folder for all files of a run, gone again when the test ends.
struct TemporaryFolder {
    std::filesystem::path path;
    explicit TemporaryFolder(const std::string& name)
        : path(memory_folder() / (std::to_string(::getpid()) + "-fault-" + name)) {
        std::filesystem::create_directory(path);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() { std::filesystem::remove_all(path); }
    std::string results() const { return (path / "S.h5").string(); }
};

/// How a child records.
struct Run {
    bool has_checkpoints = false;
    bool has_segments = false;  // four of them
    bool is_resumed = false;
    std::size_t stopped_before = kSteps;  // between two steps, as a user does
    std::size_t killed_after = kSteps;    // with the flush after this step, before its checkpoint
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

/// The run goes on from step `next`. Errors  IoError of the sink; that of the file is counted.
void save(io::Hdf5Sink& sink, std::uint64_t next, bool is_last, Shared& told) {
    const auto rows = sink.rows(is_last);
    if (!rows) return;
    const auto bytes = std::as_bytes(std::span(&next, 1));
    try {
        io::write_checkpoint(io::checkpoint_path(sink.path()),
                             {{bytes.begin(), bytes.end()}, *rows});
        ++told->checkpoints;
    } catch (const IoError&) {
        ++told->lost_checkpoints;
    }
}

/// Records from step `begin` on; each error counts, and the run ends as `sim` ends one.
void record_steps(io::Hdf5Sink& sink, std::size_t begin, const Run& run, Shared& told) {
    RunStatus status = RunStatus::complete;
    std::string reason;
    try {
        sink.begin(layout_with_worlds());
        for (std::size_t i = begin; i < run.stopped_before; ++i) {
            write_step(sink, i);
            post(sink, i);
            if (i % 20 != 19) continue;
            sink.flush();
            told->steps = i + 1;
            if (i == run.killed_after) ::raise(SIGKILL);
            if (run.has_checkpoints && i % 40 == 39) save(sink, i + 1, false, told);
        }
        if (run.stopped_before < kSteps) {
            status = RunStatus::interrupted;
            save(sink, run.stopped_before, true, told);
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
int run_child(const std::string& path, const Run& run, Kind kind, int index, Shared& told) {
    std::fflush(nullptr);  // or the child would print it again
    const pid_t child = ::fork();
    if (child == 0) {
        fault::arm(kind, index);
        io::Hdf5Options options = each_block();
        if (run.has_segments) options.segment = SegmentLimit{minutes(25), 0};
        try {
            std::uint64_t next = 0;
            if (run.is_resumed) {
                const io::SavedRun saved = io::read_checkpoint(io::checkpoint_path(path));
                std::copy(saved.simulation.begin(), saved.simulation.end(),
                          std::as_writable_bytes(std::span(&next, 1)).begin());
                options.resumed = saved.results;
            }
            io::Hdf5Sink sink(path, options);
            record_steps(sink, next, run, told);
        } catch (const Error&) {
            ++told->errors;
        }
        told->calls = fault::calls();
        std::exit(0);  // as programs end, so that HDF5's own end is seen too
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

struct Rows {
    std::size_t head = 0, nodes = 0, postings = 0;

    void add(const Rows& r) {
        head += r.head;
        nodes += r.nodes;
        postings += r.postings;
    }
};

/// Reads all that is in one file and compares it with what was recorded after `before`.
Rows require_part(const std::string& path, const Rows& before) {
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
    for (std::size_t k = 0; k < time.size(); ++k) {
        const std::size_t i = before.nodes + k;
        REQUIRE(time[k] == minutes(static_cast<std::int64_t>(i)).ns);
        for (const std::size_t n : {0UL, 255UL, 256UL, 299UL})
            REQUIRE(v.values[(k * 2 + 1) * kNodes + n] == Approx(voltage(i, n, 0)).margin(6e-7));
    }
    for (std::size_t k = 0; k < rows; ++k) {
        REQUIRE(amounts[k] == static_cast<std::int64_t>(10 * (before.postings + k)));
        REQUIRE(kinds[k] == "row " + std::to_string(before.postings + k));
    }
    return {r.read_integers("head/time").size(), time.size(), rows};
}

std::vector<std::string> segments_of(const std::string& path) {
    std::vector<std::string> all;
    const auto next = [&] {
        return io::segment_path(path, static_cast<std::uint32_t>(all.size()));
    };
    while (std::filesystem::exists(next())) all.push_back(next());
    return all;
}

/// One file, or segments of which each goes on where the one before it ends.
Rows require_prefix(const std::string& path) {
    Rows rows;
    for (const std::string& file : segments_of(path)) {
        CAPTURE(file);
        rows.add(require_part(file, rows));
    }
    return rows;
}

void require_at_least(const Rows& rows, const Rows& least) {
    REQUIRE(rows.head >= least.head);
    REQUIRE(rows.nodes >= least.nodes);
    REQUIRE(rows.postings >= least.postings);
}

/// Samples are flushed in blocks of 60, and the rest of a segment with its end.
void require_flushed(const std::string& path, std::size_t steps, bool has_segments = false) {
    const std::size_t block = has_segments ? 25 : 60;
    const std::size_t samples = steps / block * block;
    require_at_least(require_prefix(path), {samples, samples, steps});
}

void require_all(const std::string& path) {
    require_at_least(require_prefix(path), {kSteps, kSteps, kSteps});
    for (const std::string& file : segments_of(path))
        REQUIRE(io::ResultsReader(file).status() == "complete");
}

/// Goes on without failures and gets all rows; nothing lies about then but results and checkpoint.
void require_resumable(const TemporaryFolder& folder, Run run) {
    run.is_resumed = true;
    run.stopped_before = run.killed_after = kSteps;
    Shared told;
    REQUIRE(run_child(folder.results(), run, Kind::none, 0, told) == 0);
    REQUIRE(told->errors == 0);
    require_all(folder.results());
    for (const auto& entry : std::filesystem::directory_iterator(folder.path)) {
        CAPTURE(entry.path());
        const bool is_kept =
            entry.path().extension() == ".h5" || entry.path().extension() == ".checkpoint";
        REQUIRE(is_kept);
    }
}

/// What the files of a run that failed at call `index` must be. `before`: what an older run left.
void require_kept(const TemporaryFolder& folder, const Run& run, Kind kind, Shared& told,
                  const Rows& before) {
    const std::string path = folder.results();
    REQUIRE(told->errors <= 1);
    if (!std::filesystem::exists(path)) {
        REQUIRE(!run.is_resumed);
        REQUIRE(told->errors == 1);
        REQUIRE(told->steps == 0);  // there never was a file to keep
        REQUIRE(std::filesystem::is_empty(folder.path));
        return;
    }
    if (told->errors == 0)
        require_all(path);
    else if (run.is_resumed)
        require_at_least(require_prefix(path), before);
    else
        require_flushed(path, told->steps, run.has_segments);
    // A disk that takes nothing more takes no word of it, and may have taken all before.
    if (told->errors == 1 && kind != Kind::broken_on) {
        const std::string status = io::ResultsReader(segments_of(path).back()).status();
        REQUIRE(status != "complete");
        if (!run.is_resumed) REQUIRE(status == "failed");
    }
    const bool is_saved = std::filesystem::exists(io::checkpoint_path(path));
    REQUIRE(is_saved == (run.is_resumed || told->checkpoints > 0));
    REQUIRE(!std::filesystem::exists(io::checkpoint_path(path) + ".part"));
    if (is_saved) require_resumable(folder, run);
}

/// A run with each of its calls made to fail, in each of these ways; begun with the files in
/// `from`.
void fail_at_each_call(const Run& run, const std::vector<Kind>& kinds,
                       const std::filesystem::path& from = {}, const Rows& before = {}) {
    for (const Kind kind : kinds) {
        CAPTURE(static_cast<int>(kind));
        int index = 0, met = 0, lost = 0;
        for (bool is_met = true; is_met; index += kStride) {
            CAPTURE(index);
            const TemporaryFolder folder("each");
            if (!from.empty()) std::filesystem::copy(from, folder.path);
            Shared told;
            REQUIRE(run_child(folder.results(), run, kind, index, told) == 0);
            is_met = told->calls > index;
            met += told->errors;
            lost += told->lost_checkpoints;
            require_kept(folder, run, kind, told, before);
        }
        CHECK(met > 10 / kStride);
        CHECK((lost > 0) == run.has_checkpoints);
    }
}

/// The disk stays full, or hiccups. The other two ways fail at the same calls.
const std::vector<Kind> kTwoWays{Kind::no_space_on, Kind::broken};

}  // namespace

TEST_CASE("recorder: a failure of any call is told once, and what was flushed is kept", "[slow]") {
    fail_at_each_call({}, {Kind::no_space, Kind::no_space_on, Kind::broken, Kind::broken_on});
    for (const bool has_segments : {false, true}) {
        CAPTURE(has_segments);
        fail_at_each_call({true, has_segments}, kTwoWays);
    }
}

TEST_CASE("recorder: a failure of any call of a resumed run loses nothing of the run before it",
          "[slow][resumed]") {
    Run run;
    run.has_checkpoints = true;
    run.has_segments = GENERATE(false, true);
    const bool is_killed = GENERATE(false, true);
    CAPTURE(run.has_segments, is_killed);
    const TemporaryFolder first("first");
    Shared told;
    Run begun = run;
    (is_killed ? begun.killed_after : begun.stopped_before) = is_killed ? 79 : 55;
    REQUIRE(run_child(first.results(), begun, Kind::none, 0, told) ==
            (is_killed ? 1000 + SIGKILL : 0));
    REQUIRE(told->checkpoints > 0);
    const Rows before = require_prefix(first.results());
    require_at_least(before, is_killed ? Rows{60, 60, 80} : Rows{55, 55, 55});
    run.is_resumed = true;
    fail_at_each_call(run, kTwoWays, first.path, before);
}

TEST_CASE("recorder: a write that takes half of its bytes is gone on with", "[slow]") {
    for (int index = 0;; index += kStride) {
        CAPTURE(index);
        const TemporaryFolder folder("half");
        Shared told;
        REQUIRE(run_child(folder.results(), {}, Kind::half, index, told) == 0);
        REQUIRE(told->errors == 0);
        require_all(folder.results());
        if (told->calls <= index) break;
    }
}

TEST_CASE("recorder: a kill at any call loses no flushed row, and a resumed run gets all of them",
          "[slow]") {
    for (const Kind kind : {Kind::kill, Kind::kill_half}) {
        CAPTURE(static_cast<int>(kind));
        int resumed = 0;
        for (int index = 0;; index += kStride) {
            CAPTURE(index);
            const TemporaryFolder folder("kill");
            const std::string path = folder.results();
            Run run;
            run.has_checkpoints = true;
            Shared told;
            const int status = run_child(path, run, kind, index, told);
            if (status == 0 && told->calls <= index) break;
            if (told->steps > 0) require_flushed(path, told->steps);
            if (!std::filesystem::exists(io::checkpoint_path(path))) {
                REQUIRE(told->checkpoints == 0);
                continue;
            }
            // The resumed run is killed too, and what the first had flushed is still there.
            run.is_resumed = true;
            Shared second;
            run_child(path, run, kind, index % 40, second);
            require_flushed(path, std::max(told->steps, second->steps));
            require_resumable(folder, run);
            ++resumed;
        }
        CHECK(resumed > 10 / kStride);
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
