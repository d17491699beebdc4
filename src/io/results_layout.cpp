// SPDX-License-Identifier: Apache-2.0
#include "io/results_layout.hpp"

#include <gridflock/core/time.hpp>
#include <gridflock/version.hpp>

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace gridflock::inline v0::io {

using record::ColumnType;

namespace {

/// Of floats: four significant digits, 2^-15 of the value at most are rounded off. Integers with a
/// resolution are the rule; a variable without one has no natural step.
constexpr int kFractionBits = 14;
constexpr std::size_t kLargestAttribute = 60'000;  // HDF5's old format ends at 64 KiB

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
    } else {
        spec.fraction_bits = kFractionBits;
        spec.attributes = {
            {"_QuantizeBitRoundNumberOfSignificantBits", std::int64_t{kFractionBits}}};
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

void put_header(ResultsFile& file, const record::Header& h, const Hdf5Options& options,
                const std::string& created) {
    const auto put = [&](const char* name, const Attribute& value) {
        file.attribute("", name, value);
    };
    put("Conventions", "CF-1.8");
    put("format", "gridflock-results");
    put("format_version", std::int64_t{results_format});
    put("library_version", std::string(version_string));
    put("git_hash", std::string(git_hash()));
    put("seed", std::to_string(h.seed));  // text: it may need all 64 bits
    put("start", iso8601(h.start));
    put("end", iso8601(h.end));
    put("report_start", iso8601(h.report_start));
    put("zone", h.zone);
    put("created", created);
    put("scenario_sha256", sha256_hex(h.scenario_text));
    if (h.scenario_text.size() <= kLargestAttribute) put("scenario", h.scenario_text);
    file.embed("scenario.toml", h.scenario_text);
    for (const record::Input& input : h.inputs) file.embed(input.name, input.content);
    for (const record::Input& input : options.inputs) file.embed(input.name, input.content);
    for (const auto& [name, value] : h.extra) put(name.c_str(), value);
    for (const auto& [name, value] : options.attributes) put(name.c_str(), value);
}

void put_group(ResultsFile& file, const record::Layout& layout, const std::string& name) {
    file.growing(name, "time", time_attributes("start of the interval"));
    file.dimension(name, "world",
                   std::vector<std::int64_t>(layout.worlds.begin(), layout.worlds.end()));
    file.dimension(name, "variant", layout.variants);
    const record::Entities* e = layout.find_entities(name);
    if (e) {
        file.dimension(name, e->dim, e->labels);
        for (const record::StaticColumn& c : e->columns) put_static(file, *e, c);
    }
    for (const std::size_t i : layout.group_variables(name))
        file.define(variable_spec(layout.variables[i], e ? e->dim : ""));
}

}  // namespace

void define_results(ResultsFile& file, const record::Layout& layout, const Hdf5Options& options,
                    const std::string& created) {
    put_header(file, layout.header, options, created);
    for (const std::string& name : layout.groups()) put_group(file, layout, name);
    for (const record::Table& t : layout.tables) {
        std::vector<DatasetSpec> columns;
        for (const record::TableColumn& c : t.columns) columns.push_back(column_spec(c));
        file.table(t.name, columns, t.doc);
    }
}

}  // namespace gridflock::inline v0::io
