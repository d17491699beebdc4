// SPDX-License-Identifier: Apache-2.0
#include <gridflock/io/hdf5_sink.hpp>

#include <gridflock/io/results_reader.hpp>

#include "io/batch_thread.hpp"
#include "io/replay.hpp"
#include "io/results_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <limits>
#include <map>
#include <utility>

namespace gridflock::inline v0::io {

using record::RunStatus;

namespace {

constexpr std::size_t kMuch = 1 << 19;     // bytes: not more are lost on a full disk
constexpr std::size_t kBatch = 1 << 18;    // bytes: a batch is handed over at the latest
constexpr double kHandOverSeconds = 0.02;  // of wall time: or then

double steady_seconds() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double>(now).count();
}

struct Group {
    std::string name;
    std::string time_path;
    std::vector<std::string> paths;  // of its variables
    std::vector<double> scales;
    std::size_t rows = 1;
};

}  // namespace

struct Hdf5Sink::Impl {
    std::string path;  // of segment 0
    record::Layout layout;
    Hdf5Options options;
    record::SegmentLimit limit;
    std::string created;  // wall time, the same in all segments
    std::vector<Group> groups;
    std::vector<std::vector<std::string>> columns;  // paths, of each table
    Batch batch;                                    // not handed over yet
    double last_handed = 0;                         // s, of a steady clock
    bool is_dead = false;                           // an error was told

    // Of the thread while it works, of the caller when it rests.
    std::unique_ptr<ResultsFile> file;
    std::map<std::string, std::uint64_t> owed;  // rows of the file whose place it is to take
    std::uint32_t segment = 0;
    std::int64_t segment_end_ns = 0;
    Batch fixed;  // rows of tables without lanes: each segment has them
    double last_flush = 0;
    std::vector<double> row;  // [world, variant, entity]

    std::unique_ptr<BatchThread> thread;

    void index();
    std::string target() const { return segment_path(path, segment); }
    bool is_there(std::uint32_t number) const;
    std::unique_ptr<ResultsFile> open(std::uint32_t number,
                                      std::map<std::string, std::uint64_t>& rows_there);
    void roll_when_due(const Batch::Entry& sample);
    void roll();
    void take_place();
    void take(const Batch& batch);
    void put_sample(const Batch& batch, const Batch::Entry& e);
    void put_row(const Batch& batch, const Batch::Entry& e);
    void flush_when_due();
    void tell_error();
    void hand_over(bool is_now);
    void rest();
    bool has_caught_up() const;
};

void Hdf5Sink::Impl::index() {
    for (const std::string& name : layout.groups()) {
        Group g{name, name + "/time", {}, {}, layout.rows(name)};
        for (const std::size_t i : layout.group_variables(name)) {
            g.paths.push_back(name + "/" + layout.variables[i].file_name());
            g.scales.push_back(layout.variables[i].scale);
        }
        groups.push_back(std::move(g));
    }
    for (const record::Table& t : layout.tables) {
        columns.emplace_back();
        for (const record::TableColumn& c : t.columns)
            columns.back().push_back(t.name + "/" + c.name);
    }
}

/// Whether the run that is gone on from has left this segment. One that it had only begun to make
/// when it was killed holds nothing: it is made anew.
bool Hdf5Sink::Impl::is_there(std::uint32_t number) const {
    const std::string at = segment_path(path, number);
    if (!std::filesystem::exists(at)) return false;
    try {
        return ResultsReader(at).text_attribute("created") == created;
    } catch (const IoError&) {
        if (number == options.resumed->segment) throw;  // its rows are needed
        return false;
    }
}

/// A new file for a segment: beside the one that is there, if that is this run's; `rows_there` are
/// that one's.
std::unique_ptr<ResultsFile> Hdf5Sink::Impl::open(
    std::uint32_t number, std::map<std::string, std::uint64_t>& rows_there) {
    const std::string at = segment_path(path, number);
    const bool is_beside = options.resumed && is_there(number);
    auto made = std::make_unique<ResultsFile>(is_beside ? at + ".resuming" : at, options.file);
    try {
        define_results(*made, layout, options, created);
        if (limit.is_set()) made->attribute("", "segment", std::int64_t{number});
        if (options.resumed && number == options.resumed->segment)
            replay(at, options.resumed->rows, layout, *made);
        made->flush();
        if (is_beside) rows_there = rows_of(at, *made, layout);
    } catch (...) {
        made->discard();
        throw;
    }
    return made;
}

/// A new segment by time begins with the first sample that it holds; one by size before an instant,
/// whose first sample is that of the first group.
void Hdf5Sink::Impl::roll_when_due(const Batch::Entry& sample) {
    if (limit.bytes > 0) {
        if (sample.index == 0 && file->bytes_appended() >= limit.bytes) roll();
        return;
    }
    const bool is_first = segment_end_ns == 0;
    if (limit.length.ns == 0 || (!is_first && sample.time.ns < segment_end_ns)) return;
    if (!is_first) roll();
    const std::int64_t length = limit.length.ns, past = sample.time.ns - layout.header.start.ns;
    const std::int64_t passed = past >= 0 ? past / length : -((length - 1 - past) / length);
    segment_end_ns = layout.header.start.ns + (passed + 1) * length;
}

/// On to the next segment. Its file is there before the older one is closed: an error is told in
/// that one, which is the last one then.
void Hdf5Sink::Impl::roll() {
    std::map<std::string, std::uint64_t> rows_there;
    std::unique_ptr<ResultsFile> next = open(segment + 1, rows_there);
    try {
        file->flush(true);
        take_place();
        file->finish(record::to_text(RunStatus::complete), "");
    } catch (...) {
        next->discard();
        throw;
    }
    file = std::move(next);
    owed = std::move(rows_there);
    ++segment;
    for (const Batch::Entry& e : fixed.entries) put_row(fixed, e);
}

void Hdf5Sink::Impl::take_place() {
    if (file->path() != target()) file->rename(target());
    owed.clear();
}

void Hdf5Sink::Impl::take(const Batch& taken) {
    for (const Batch::Entry& e : taken.entries) {
        if (!e.is_row) {
            roll_when_due(e);
            put_sample(taken, e);
            continue;
        }
        put_row(taken, e);
        const record::Table& t = layout.tables[e.index];
        if (!limit.is_set() || has_lanes(t)) continue;
        fixed.entries.push_back({true, e.index, fixed.cells.size(), SimTime{}, 0});
        const auto first = taken.cells.begin() + static_cast<std::ptrdiff_t>(e.begin);
        fixed.cells.insert(fixed.cells.end(), first,
                           first + static_cast<std::ptrdiff_t>(t.columns.size()));
    }
    flush_when_due();
}

void Hdf5Sink::Impl::put_sample(const Batch& taken, const Batch::Entry& e) {
    const Group& g = groups[e.index];
    const std::size_t variants = layout.variants.size(), lanes = layout.lanes.size();
    file->append(g.time_path, std::span<const std::int64_t>(&e.time.ns, 1));
    const double* cells = taken.values.data() + e.begin;
    for (std::size_t k = 0; k < g.paths.size(); ++k, cells += g.rows * lanes) {
        row.assign(layout.worlds.size() * variants * g.rows,
                   std::numeric_limits<double>::quiet_NaN());
        for (std::size_t l = 0; l < lanes; ++l) {
            if (taken.masks[e.mask + l] == 0) continue;
            const Lane lane = layout.lanes[l];
            double* corner = row.data() + (static_cast<std::size_t>(lane.world) * variants +
                                           static_cast<std::size_t>(lane.variant)) *
                                              g.rows;
            for (std::size_t r = 0; r < g.rows; ++r) corner[r] = g.scales[k] * cells[r * lanes + l];
        }
        file->append(g.paths[k], std::span<const double>(row));
    }
}

void Hdf5Sink::Impl::put_row(const Batch& taken, const Batch::Entry& e) {
    const std::vector<std::string>& paths = columns[e.index];
    for (std::size_t i = 0; i < paths.size(); ++i) {
        const record::Cell& cell = taken.cells[e.begin + i];
        if (const auto* n = std::get_if<std::int64_t>(&cell))
            file->append(paths[i], std::span<const std::int64_t>(n, 1));
        else if (const auto* d = std::get_if<double>(&cell))
            file->append(paths[i], std::span<const double>(d, 1));
        else
            file->append(paths[i], std::span<const std::string>(&std::get<std::string>(cell), 1));
    }
}

void Hdf5Sink::Impl::flush_when_due() {
    if (file->blocks_waiting() == 0) return;
    const double now = steady_seconds();
    const bool is_much = file->bytes_waiting() >= kMuch;
    if (now - last_flush < options.flush_seconds && !is_much) return;
    last_flush = now;
    file->flush();
}

void Hdf5Sink::Impl::tell_error() {
    const std::exception_ptr error = thread->take_error();
    if (!error) return;
    is_dead = true;
    std::rethrow_exception(error);
}

void Hdf5Sink::Impl::hand_over(bool is_now) {
    if (batch.entries.empty()) return;
    const double now = steady_seconds();
    if (!is_now && now - last_handed < kHandOverSeconds && batch.bytes() < kBatch) return;
    last_handed = now;
    thread->push(batch);
}

/// Hands over what there is and waits: then the file is the caller's.
void Hdf5Sink::Impl::rest() {
    hand_over(true);
    thread->drain();
    tell_error();
}

bool Hdf5Sink::Impl::has_caught_up() const {
    return std::all_of(owed.begin(), owed.end(), [&](const auto& dataset_and_rows) {
        return file->rows_on_disk(dataset_and_rows.first) >= dataset_and_rows.second;
    });
}

Hdf5Sink::Hdf5Sink(std::string path, const Hdf5Options& options)
    : path_(std::move(path)), options_(options) {}

Hdf5Sink::~Hdf5Sink() {
    if (!impl_) return;
    try {
        impl_->hand_over(true);
    } catch (const std::exception&) {
        return;  // nobody is left to tell
    }
}

std::string segment_path(const std::string& path, std::uint32_t segment) {
    if (segment == 0) return path;
    std::filesystem::path p(path);
    const std::string name = p.stem().string() + fmt::format(".{:04}", segment);
    return p.replace_filename(name + p.extension().string()).string();
}

void Hdf5Sink::begin(const record::Layout& layout) {
    record::check(layout);
    auto impl = std::make_unique<Impl>();
    impl->path = path_;
    impl->layout = layout;
    impl->options = options_;
    impl->limit = options_.segment.value_or(layout.header.segment);
    const std::chrono::nanoseconds wall = std::chrono::system_clock::now().time_since_epoch();
    impl->created = iso8601(SimTime{wall.count() / 1'000'000'000 * 1'000'000'000});
    if (options_.resumed) {
        impl->created = ResultsReader(path_).text_attribute("created");
        impl->segment = options_.resumed->segment;
        impl->segment_end_ns = options_.resumed->segment_end_ns;
    }
    impl->index();
    impl->file = impl->open(impl->segment, impl->owed);
    impl->last_flush = impl->last_handed = steady_seconds();
    impl->thread = std::make_unique<BatchThread>(
        [i = impl.get()](const Batch& batch) { i->take(batch); }, options_.queue_bytes);
    impl_ = std::move(impl);
}

void Hdf5Sink::write(const record::Sample& sample) {
    if (!impl_ || impl_->is_dead) return;  // what went wrong was told
    Impl& s = *impl_;
    s.tell_error();
    record::check(sample, s.layout);
    const auto group = std::find_if(s.groups.begin(), s.groups.end(),
                                    [&](const Group& g) { return g.name == sample.group; });
    Batch& b = s.batch;
    b.entries.push_back({false, static_cast<std::size_t>(group - s.groups.begin()), b.values.size(),
                         sample.time, b.masks.size()});
    for (const ColumnView<const double>& column : sample.columns)
        b.values.insert(b.values.end(), column.all().begin(), column.all().end());
    if (sample.mask.empty())
        b.masks.insert(b.masks.end(), s.layout.lanes.size(), 1);
    else
        b.masks.insert(b.masks.end(), sample.mask.begin(), sample.mask.end());
    s.hand_over(false);
}

void Hdf5Sink::append(std::string_view table, const std::vector<record::Cell>& row) {
    if (!impl_ || impl_->is_dead) return;
    Impl& s = *impl_;
    s.tell_error();
    const record::Table* t = s.layout.find_table(table);
    if (!t) throw Error("no table '" + std::string(table) + "' in the layout");
    record::check_row(*t, row);
    Batch& b = s.batch;
    b.entries.push_back(
        {true, static_cast<std::size_t>(t - s.layout.tables.data()), b.cells.size(), SimTime{}, 0});
    b.cells.insert(b.cells.end(), row.begin(), row.end());
    s.hand_over(false);
}

std::optional<Recorded> Hdf5Sink::rows(bool is_last) {
    if (!impl_ || impl_->is_dead) return std::nullopt;
    flush();
    // Every checkpoint of the older file counts rows that this one has too: a kill between this and
    // the next checkpoint leaves a pair that fits.
    if (!is_last && !impl_->has_caught_up()) return std::nullopt;
    try {
        impl_->take_place();
    } catch (const IoError&) {
        impl_->is_dead = true;
        throw;
    }
    return Recorded{impl_->file->rows(), impl_->segment, impl_->segment_end_ns};
}

void Hdf5Sink::flush() {
    if (!impl_ || impl_->is_dead) return;
    impl_->rest();
    try {
        impl_->file->flush();
    } catch (const IoError&) {
        impl_->is_dead = true;
        throw;
    }
}

void Hdf5Sink::end(RunStatus status, std::string_view reason) {
    if (!impl_) return;
    const std::unique_ptr<Impl> s = std::move(impl_);  // closed whatever happens
    if (s->is_dead) status = RunStatus::failed;
    const bool is_told = s->is_dead;
    std::exception_ptr error;  // the first
    std::string why(reason);
    const auto attempt = [&](const auto& what) {
        try {
            what();
        } catch (const std::exception& e) {
            status = RunStatus::failed;
            if (is_told || error) return;
            error = std::current_exception();
            why = e.what();
        }
    };
    attempt([&] {
        if (!is_told) s->rest();
    });
    s->thread.reset();
    ResultsFile& file = *s->file;
    attempt([&] {
        if (s->limit.is_set()) file.attribute("", "segments", std::int64_t{s->segment} + 1);
        file.flush(true);
    });
    // A resumed file that never came to hold what the one before it does gives way to it.
    const bool is_kept = status != RunStatus::failed || s->has_caught_up();
    if (is_kept) attempt([&] { s->take_place(); });
    attempt([&] { file.finish(record::to_text(status), why); });
    if (!is_kept && file.path() != s->target()) std::remove(file.path().c_str());
    if (error) std::rethrow_exception(error);
}

}  // namespace gridflock::inline v0::io
