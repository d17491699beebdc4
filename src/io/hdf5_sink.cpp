// SPDX-License-Identifier: Apache-2.0
#include <gridflock/io/hdf5_sink.hpp>

#include <gridflock/core/time.hpp>
#include <gridflock/version.hpp>

#include "io/replay.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <limits>
#include <utility>

namespace gridflock::inline v0::io {

using record::ColumnType;
using record::RunStatus;

namespace {

constexpr std::size_t kStatusRoom = 16;
constexpr std::size_t kLargestAttribute = 60'000;  // HDF5's old format ends at 64 KiB
constexpr std::size_t kMuch = 1 << 19;             // bytes: not more are lost on a full disk

double steady_seconds() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double>(now).count();
}

Attributes time_attributes(const std::string& doc) {
    return {{"units", "nanoseconds since 1970-01-01"},
            {"calendar", "proleptic_gregorian"},
            {"standard_name", "time"},
            {"long_name", doc}};
}

Storage storage_of(ColumnType type) {
    switch (type) {
        case ColumnType::real:
            return Storage::float64;
        case ColumnType::text:
            return Storage::text;
        case ColumnType::flag:
            return Storage::uint8;
        default:
            return Storage::int64;
    }
}

DatasetSpec column_spec(const record::TableColumn& c) {
    DatasetSpec spec{"", c.name, storage_of(c.type), {}, c.unit, c.doc, 1, {}};
    if (c.type == ColumnType::text) spec.unit.clear();
    if (c.type == ColumnType::time) {
        spec.unit.clear();
        spec.doc.clear();
        spec.attributes = time_attributes(c.doc);
    }
    if (c.unit.starts_with("USD/")) {  // pint knows no currencies
        spec.unit = "1/" + c.unit.substr(4);
        spec.attributes = {{"currency", "USD"}};
    }
    if (c.type == ColumnType::money) {
        spec.unit = "1";
        spec.attributes = {{"currency", "USD"}, {"unit_note", "millionths of the currency"}};
    }
    return spec;
}

DatasetSpec variable_spec(const record::Variable& v, const std::string& entity_dim) {
    DatasetSpec spec{v.group(),
                     v.file_name(),
                     Storage::float32,
                     {"time", "world", "variant"},
                     v.file_unit,
                     v.doc,
                     1,
                     {}};
    if (!entity_dim.empty()) spec.dims.push_back(entity_dim);
    if (v.resolution > 0) {
        spec.storage = Storage::int32_scaled;
        spec.scale_factor = v.resolution;
    }
    return spec;
}

void put_static(ResultsFile& file, const record::Entities& e, const record::StaticColumn& c) {
    DatasetSpec spec{e.group, c.name, Storage::float64, {e.dim}, c.unit, c.doc, 1, {}};
    const std::string path = e.group + "/" + c.name;
    const auto put = [&](Storage storage, const auto& values) {
        spec.storage = storage;
        if (storage == Storage::text) spec.unit.clear();
        file.define(spec);
        if (!values.empty()) file.append(path, std::span(values));
    };
    if (const auto* d = std::get_if<std::vector<double>>(&c.values)) put(Storage::float64, *d);
    if (const auto* i = std::get_if<std::vector<std::int64_t>>(&c.values)) put(Storage::int64, *i);
    if (const auto* t = std::get_if<std::vector<std::string>>(&c.values)) put(Storage::text, *t);
}

}  // namespace

struct Hdf5Sink::Group {
    std::string name;
    std::string time_path;
    std::vector<std::string> paths;  // of its variables
    std::vector<double> scales;
    std::size_t rows = 1;
    std::vector<double> row;  // [world, variant, entity]
};

Hdf5Sink::Hdf5Sink(std::string path, const Hdf5Options& options)
    : path_(std::move(path)), options_(options) {}

Hdf5Sink::~Hdf5Sink() = default;

void Hdf5Sink::begin(const record::Layout& layout) {
    record::check(layout);
    layout_ = layout;
    const std::string path = options_.resumed.empty() ? path_ : path_ + ".resuming";
    file_ = std::make_unique<ResultsFile>(path, options_.file);
    groups_.clear();
    try {
        write_header();
        for (const std::string& name : layout_.groups()) define_group(name);
        for (const record::Table& t : layout_.tables) define_table(t);
        if (!options_.resumed.empty()) replay(path_, options_.resumed, layout_, *file_);
        file_->flush();
    } catch (...) {
        const auto file = std::move(file_);
        file->discard();
        throw;
    }
    last_flush_ = steady_seconds();
}

void Hdf5Sink::write_header() {
    const record::Header& h = layout_.header;
    const auto put = [&](const char* name, const Attribute& value) {
        file_->attribute("", name, value);
    };
    put("Conventions", "CF-1.8");
    put("format", "gridflock-results");
    put("format_version", std::int64_t{results_format});
    put("library_version", std::string(version_string));
    put("git_hash", std::string(git_hash()));
    file_->attribute("", "status", record::to_text(RunStatus::running), kStatusRoom);
    put("seed", std::to_string(h.seed));  // text: it may need all 64 bits
    put("start", iso8601(h.start));
    put("end", iso8601(h.end));
    put("report_start", iso8601(h.report_start));
    put("zone", h.zone);
    const std::chrono::nanoseconds wall = std::chrono::system_clock::now().time_since_epoch();
    put("created", iso8601(SimTime{wall.count() / 1'000'000'000 * 1'000'000'000}));
    put("scenario_sha256", sha256_hex(h.scenario_text));
    if (h.scenario_text.size() <= kLargestAttribute) put("scenario", h.scenario_text);
    file_->embed("scenario.toml", h.scenario_text);
    for (const record::Input& input : h.inputs) file_->embed(input.name, input.content);
    for (const record::Input& input : options_.inputs) file_->embed(input.name, input.content);
    for (const auto& [name, value] : h.extra) put(name.c_str(), value);
    for (const auto& [name, value] : options_.attributes) put(name.c_str(), value);
}

void Hdf5Sink::define_group(const std::string& name) {
    file_->growing(name, "time", time_attributes("start of the interval"));
    file_->dimension(name, "world",
                     std::vector<std::int64_t>(layout_.worlds.begin(), layout_.worlds.end()));
    file_->dimension(name, "variant", layout_.variants);
    const record::Entities* e = layout_.find_entities(name);
    if (e) {
        file_->dimension(name, e->dim, e->labels);
        for (const record::StaticColumn& c : e->columns) put_static(*file_, *e, c);
    }
    Group group{name, name + "/time", {}, {}, layout_.rows(name), {}};
    for (const std::size_t i : layout_.group_variables(name)) {
        const record::Variable& v = layout_.variables[i];
        file_->define(variable_spec(v, e ? e->dim : ""));
        group.paths.push_back(name + "/" + v.file_name());
        group.scales.push_back(v.scale);
    }
    groups_.push_back(std::move(group));
}

void Hdf5Sink::define_table(const record::Table& table) {
    std::vector<DatasetSpec> columns;
    for (const record::TableColumn& c : table.columns) columns.push_back(column_spec(c));
    file_->table(table.name, columns, table.doc);
}

void Hdf5Sink::write(const record::Sample& sample) {
    if (!file_) return;  // begin() failed and said so
    record::check(sample, layout_);
    const std::size_t variants = layout_.variants.size();
    for (Group& g : groups_) {
        if (g.name != sample.group) continue;
        file_->append(g.time_path, std::span<const std::int64_t>(&sample.time.ns, 1));
        for (std::size_t k = 0; k < g.paths.size(); ++k) {
            g.row.assign(layout_.worlds.size() * variants * g.rows,
                         std::numeric_limits<double>::quiet_NaN());
            for (std::size_t l = 0; l < layout_.lanes.size(); ++l) {
                if (!sample.mask.empty() && !sample.mask[l]) continue;
                const Lane lane = layout_.lanes[l];
                const std::size_t corner = (static_cast<std::size_t>(lane.world) * variants +
                                            static_cast<std::size_t>(lane.variant)) *
                                           g.rows;
                for (std::size_t r = 0; r < g.rows; ++r)
                    g.row[corner + r] = g.scales[k] * sample.columns[k](r, l);
            }
            file_->append(g.paths[k], std::span<const double>(g.row));
        }
    }
    flush_when_due();
}

void Hdf5Sink::append(std::string_view table, const std::vector<record::Cell>& row) {
    if (!file_) return;
    const record::Table* t = layout_.find_table(table);
    if (!t) throw Error(fmt::format("no table '{}' in the layout", table));
    record::check_row(*t, row);
    for (std::size_t i = 0; i < row.size(); ++i) {
        const std::string path = fmt::format("{}/{}", table, t->columns[i].name);
        if (const auto* n = std::get_if<std::int64_t>(&row[i]))
            file_->append(path, std::span<const std::int64_t>(n, 1));
        else if (const auto* d = std::get_if<double>(&row[i]))
            file_->append(path, std::span<const double>(d, 1));
        else
            file_->append(path, std::span<const std::string>(&std::get<std::string>(row[i]), 1));
    }
}

void Hdf5Sink::flush_when_due() {
    if (file_->blocks_waiting() == 0) return;
    const double now = steady_seconds();
    const bool is_much = file_->bytes_waiting() >= kMuch;
    if (now - last_flush_ < options_.flush_seconds && !is_much) return;
    last_flush_ = now;
    file_->flush();
}

std::vector<RecordedRows> Hdf5Sink::rows() const {
    std::vector<RecordedRows> all;
    if (!file_) return all;
    for (const auto& [dataset, n] : file_->rows()) all.push_back({dataset, n});
    return all;
}

void Hdf5Sink::flush() {
    if (file_) file_->flush(true);
}

void Hdf5Sink::end(RunStatus status, std::string_view reason) {
    if (!file_) return;
    const auto file = std::move(file_);  // closed whatever happens
    try {
        file->flush(true);
    } catch (const IoError& e) {
        file->overwrite("status_reason", std::string(e.what()), 0);
        file->overwrite("status", record::to_text(RunStatus::failed), kStatusRoom);
        throw;
    }
    // Room for a reason is always set aside, so that it fits on a full disk too.
    if (!reason.empty()) file->overwrite("status_reason", std::string(reason.substr(0, 4096)), 0);
    // A file that ran out of room on the way says so, whatever the caller believes.
    const RunStatus told = file->is_broken() ? RunStatus::failed : status;
    file->overwrite("status", record::to_text(told), kStatusRoom);
    file->close();
    // Only now does the file that was gone on from go: a kill before leaves it and its checkpoint.
    if (file->path() != path_ && std::rename(file->path().c_str(), path_.c_str()) != 0)
        throw IoError(path_, std::strerror(errno));
}

}  // namespace gridflock::inline v0::io
