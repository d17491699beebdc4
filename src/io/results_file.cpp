// SPDX-License-Identifier: Apache-2.0
#include <gridflock/io/results_file.hpp>

#include "io/disk.hpp"
#include "io/growing.hpp"
#include "io/h5_driver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <limits>
#include <map>
#include <set>

namespace gridflock::inline v0::io {

namespace {

/// Of the attribute status_reason: a reason is written on a full disk too.
constexpr std::size_t kReasonRoom = 2048;
constexpr std::size_t kStatusRoom = 16;

}  // namespace

struct ResultsFile::Impl {
    struct Dimension {
        hsize_t size = 0;
        bool is_growing = false;
        hid_t scale = -1;  // owned by `fixed` or `growing`
    };

    std::string path;
    Options options;
    Disk disk;
    StagedFile staged{disk};
    h5::Handle file;
    std::map<std::string, h5::Handle> groups;
    std::map<std::string, Dimension> dims;                    // by "group/name"
    std::map<std::string, std::unique_ptr<Growing>> growing;  // by path
    std::vector<std::string> order;                           // of growing, as defined
    std::map<std::string, h5::Handle> fixed;
    std::set<std::string> row_tables;
    int embedded = 0;
    bool is_broken = false;

    [[noreturn]] void fail(const std::string& what) {
        is_broken = true;
        throw IoError(path, what);
    }
    void require(bool is_done, std::string_view what) {
        if (!is_done) fail(fmt::format("HDF5 could not {}", what));
    }
    hid_t group(const std::string& name);
    Dimension& find_dim(const DatasetSpec& spec, const std::string& name);
    void describe(hid_t dataset, const DatasetSpec& spec);
    hid_t create_fixed(const DatasetSpec& spec, const std::vector<hsize_t>& size,
                       hid_t creation = H5P_DEFAULT);
    void write_fixed(const std::string& path, hid_t type, const void* data);
    void write_all(bool is_partial);
    void number_rows();
    void commit();
    void let_go();
    void mark(const std::string& status, const std::string& reason);
    void open_again();
};

namespace {

bool put_attribute(hid_t object, const std::string& name, const Attribute& value,
                   std::size_t room = 0) {
    if (const auto* i = std::get_if<std::int64_t>(&value))
        return h5::set_attribute(object, name.c_str(), *i);
    if (const auto* d = std::get_if<double>(&value))
        return h5::set_attribute(object, name.c_str(), *d);
    return h5::set_attribute(object, name.c_str(), std::string_view(std::get<std::string>(value)),
                             room);
}

}  // namespace

hid_t ResultsFile::Impl::group(const std::string& name) {
    if (name.empty()) return file.get();
    auto& handle = groups[name];
    if (!handle)
        handle =
            h5::Handle(H5Gcreate2(file.get(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    require(static_cast<bool>(handle), "create the group " + name);
    return handle.get();
}

ResultsFile::Impl::Dimension& ResultsFile::Impl::find_dim(const DatasetSpec& spec,
                                                          const std::string& name) {
    const auto found = dims.find(spec.group + "/" + name);
    if (found == dims.end())
        throw Error(
            fmt::format("{}/{}: no dimension '{}' in its group", spec.group, spec.name, name));
    return found->second;
}

void ResultsFile::Impl::describe(hid_t dataset, const DatasetSpec& spec) {
    bool ok = dataset >= 0;
    if (ok && !spec.unit.empty())
        ok = h5::set_attribute(dataset, "units", std::string_view(spec.unit));
    if (ok && !spec.doc.empty())
        ok = h5::set_attribute(dataset, "long_name", std::string_view(spec.doc));
    if (ok && spec.storage == Storage::int32_scaled)
        ok = h5::set_attribute(dataset, "scale_factor", spec.scale_factor) &&
             h5::set_attribute(dataset, "_FillValue", std::numeric_limits<std::int32_t>::min());
    for (const auto& [name, value] : spec.attributes)
        ok = ok && put_attribute(dataset, name, value);
    std::vector<hid_t> scales;
    for (const std::string& d : spec.dims) scales.push_back(find_dim(spec, d).scale);
    if (ok && !scales.empty()) ok = h5::attach_scales(dataset, scales);
    require(ok, fmt::format("create the dataset {}/{}", spec.group, spec.name));
}

hid_t ResultsFile::Impl::create_fixed(const DatasetSpec& spec, const std::vector<hsize_t>& size,
                                      hid_t creation) {
    const h5::Handle type = spec.storage == Storage::text
                                ? h5::free_text()
                                : h5::Handle(H5Tcopy(memory_type(spec.storage)));
    const h5::Handle space(
        size.empty() ? H5Screate(H5S_SCALAR)
                     : H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr));
    h5::Handle dataset(H5Dcreate2(group(spec.group), spec.name.c_str(), type.get(), space.get(),
                                  H5P_DEFAULT, creation, H5P_DEFAULT));
    require(static_cast<bool>(dataset), fmt::format("create {}/{}", spec.group, spec.name));
    const hid_t id = dataset.get();
    fixed[spec.group + "/" + spec.name] = std::move(dataset);
    return id;
}

void ResultsFile::Impl::write_fixed(const std::string& name, hid_t type, const void* data) {
    const auto found = fixed.find(name);
    if (found == fixed.end()) throw Error("no dataset '" + name + "' was defined");
    require(H5Dwrite(found->second.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0,
            "write " + name);
}

ResultsFile::ResultsFile(std::string path) : ResultsFile(std::move(path), Options{}) {}

ResultsFile::ResultsFile(std::string path, const Options& options)
    : impl_(std::make_unique<Impl>()) {
    const h5::Quiet quiet;
    impl_->path = std::move(path);
    impl_->options = options;
    // Asked of the operating system first: its reason is better than HDF5's.
    impl_->disk.open(impl_->path);
    impl_->staged.start_empty();
    const h5::Handle access = h5::access_through(impl_->staged);
    impl_->file =
        h5::Handle(H5Fcreate(impl_->path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()));
    if (!impl_->file) impl_->fail("HDF5 could not create the file");
    attribute("", "status", std::string("running"), kStatusRoom);
    attribute("", "status_reason", std::string(), kReasonRoom);
}

ResultsFile::~ResultsFile() {
    try {
        close();
    } catch (const std::exception&) {
        return;  // told already, or nobody is left to tell
    }
}

void ResultsFile::attribute(std::string_view group, const std::string& name, const Attribute& value,
                            std::size_t room) {
    if (impl_->is_broken) return;
    const h5::Quiet quiet;
    impl_->require(put_attribute(impl_->group(std::string(group)), name, value, room),
                   "write the attribute " + name);
}

void ResultsFile::dimension(const std::string& group, const std::string& name,
                            const std::vector<std::string>& labels) {
    const h5::Quiet quiet;
    const DatasetSpec spec{group, name, Storage::text, {}, "", "", 1, {}};
    const hid_t id = impl_->create_fixed(spec, {labels.size()});
    impl_->require(h5::make_scale(id, name.c_str()), "make the dimension " + name);
    impl_->dims[group + "/" + name] = {labels.size(), false, id};
    if (!labels.empty()) append(group + "/" + name, std::span(labels));
}

void ResultsFile::dimension(const std::string& group, const std::string& name,
                            const std::vector<std::int64_t>& values) {
    const h5::Quiet quiet;
    const DatasetSpec spec{group, name, Storage::int64, {}, "", "", 1, {}};
    const hid_t id = impl_->create_fixed(spec, {values.size()});
    impl_->require(h5::make_scale(id, name.c_str()), "make the dimension " + name);
    impl_->dims[group + "/" + name] = {values.size(), false, id};
    append(group + "/" + name, std::span(values));
}

void ResultsFile::growing(const std::string& group, const std::string& name,
                          const Attributes& attributes) {
    const h5::Quiet quiet;
    DatasetSpec spec{group, name, Storage::int64, {}, "", "", 1, attributes};
    const std::string key = group + "/" + name;
    auto dataset = std::make_unique<Growing>(impl_->group(group), spec, std::vector<hsize_t>{},
                                             impl_->options);
    impl_->require(dataset->id() >= 0 && h5::make_scale(dataset->id(), name.c_str()),
                   "make the dimension " + name);
    impl_->dims[key] = {0, true, dataset->id()};
    impl_->describe(dataset->id(), spec);
    // An instant is there when all that was recorded of it is.
    H5O_info_t info;
    impl_->require(H5Oget_info2(dataset->id(), &info, H5O_INFO_BASIC) >= 0, "describe " + key);
    impl_->staged.write_last(info.addr);
    impl_->growing[key] = std::move(dataset);
    impl_->order.push_back(key);
}

void ResultsFile::define(const DatasetSpec& spec) {
    if (impl_->is_broken) return;
    const h5::Quiet quiet;
    const std::string key = spec.group + "/" + spec.name;
    std::vector<hsize_t> size;
    bool is_growing = false;
    for (std::size_t i = 0; i < spec.dims.size(); ++i) {
        const auto& d = impl_->find_dim(spec, spec.dims[i]);
        if (d.is_growing && i > 0) throw Error(key + ": only the first dimension can grow");
        is_growing = is_growing || d.is_growing;
        if (!d.is_growing) size.push_back(d.size);
    }
    if (!is_growing) {
        impl_->describe(impl_->create_fixed(spec, size), spec);
        return;
    }
    auto dataset = std::make_unique<Growing>(impl_->group(spec.group), spec, size, impl_->options);
    impl_->describe(dataset->id(), spec);
    impl_->growing[key] = std::move(dataset);
    impl_->order.push_back(key);
}

void ResultsFile::table(const std::string& group, const std::vector<DatasetSpec>& columns,
                        const std::string& doc) {
    growing(group, "row", {});
    if (!doc.empty()) attribute(group, "long_name", doc);
    for (DatasetSpec column : columns) {
        column.group = group;
        column.dims = {"row"};
        define(column);
    }
    impl_->row_tables.insert(group);
}

void ResultsFile::embed(const std::string& name, std::string_view content) {
    const std::string index = std::to_string(impl_->embedded++);
    if (content.empty()) content = "\n";  // HDF5 has no empty datasets that every reader likes
    const h5::Quiet quiet;
    const std::vector<std::uint8_t> packed = h5::shuffle_deflate(
        std::span(reinterpret_cast<const std::uint8_t*>(content.data()), content.size()), 1, 6);
    // A dimension without a coordinate, spelt as netCDF-4 spells it.
    const hid_t scale = impl_->create_fixed(
        {"inputs", "bytes" + index, Storage::float32, {}, "", "", 1, {}}, {content.size()});
    const std::string label =
        fmt::format("This is a netCDF dimension but not a netCDF variable. {:10}", content.size());
    impl_->require(h5::make_scale(scale, label.c_str()), "make a dimension");
    impl_->dims["inputs/bytes" + index] = {content.size(), false, scale};
    const h5::Handle plist(H5Pcreate(H5P_DATASET_CREATE));
    const hsize_t chunk = content.size();
    H5Pset_chunk(plist.get(), 1, &chunk);
    H5Pset_deflate(plist.get(), 6);
    const DatasetSpec spec{"inputs",
                           index,
                           Storage::uint8,
                           {"bytes" + index},
                           "",
                           "",
                           1,
                           {{"name", name}, {"sha256", sha256_hex(content)}}};
    impl_->describe(impl_->create_fixed(spec, {content.size()}, plist.get()), spec);
    const hsize_t begin = 0;
    impl_->require(H5Dwrite_chunk(impl_->fixed.at("inputs/" + index).get(), H5P_DEFAULT, 0, &begin,
                                  packed.size(), packed.data()) >= 0,
                   "write " + name);
}

void ResultsFile::append(std::string_view path, std::span<const double> values) {
    if (impl_->is_broken) return;
    const std::string key(path);
    if (const auto found = impl_->growing.find(key); found != impl_->growing.end())
        return found->second->append(values);
    const h5::Quiet quiet;
    impl_->write_fixed(key, H5T_NATIVE_DOUBLE, values.data());
}

void ResultsFile::append(std::string_view path, std::span<const std::int64_t> values) {
    if (impl_->is_broken) return;
    const std::string key(path);
    if (const auto found = impl_->growing.find(key); found != impl_->growing.end())
        return found->second->append(values);
    const h5::Quiet quiet;
    impl_->write_fixed(key, H5T_NATIVE_INT64, values.data());
}

void ResultsFile::append(std::string_view path, std::span<const std::string> values) {
    if (impl_->is_broken) return;
    const std::string key(path);
    if (const auto found = impl_->growing.find(key); found != impl_->growing.end())
        return found->second->append(values);
    const h5::Quiet quiet;
    std::vector<const char*> pointers;
    for (const std::string& s : values) pointers.push_back(s.c_str());
    const h5::Handle type = h5::free_text();
    impl_->write_fixed(key, type.get(), pointers.data());
}

std::size_t ResultsFile::blocks_waiting() const {
    std::size_t n = 0;
    for (const auto& [key, dataset] : impl_->growing) n += dataset->blocks_waiting();
    return n;
}

std::size_t ResultsFile::bytes_waiting() const {
    std::size_t n = 0;
    for (const auto& [key, dataset] : impl_->growing) n += dataset->bytes_waiting();
    return n;
}

void ResultsFile::Impl::write_all(bool is_partial) {
    // Blocks first; a time axis then gets as many instants as every dataset on it has rows.
    std::map<std::string, std::size_t> rows;
    for (const std::string& key : order) {
        Growing& d = *growing.at(key);
        if (!d.is_blocked()) continue;
        require(d.write_blocks(is_partial), "write " + key);
        const auto [at, is_new] = rows.emplace(d.spec().group, d.rows_written());
        if (!is_new) at->second = std::min(at->second, d.rows_written());
    }
    for (const std::string& key : order) {
        Growing& d = *growing.at(key);
        if (d.is_blocked()) continue;
        const auto limit = rows.find(d.spec().group);
        const std::size_t end = limit == rows.end() ? d.rows_appended() : limit->second;
        require(d.write_rows(end), "write " + key);
    }
}

std::vector<RecordedRows> ResultsFile::rows() const {
    std::vector<RecordedRows> all;
    for (const std::string& key : impl_->order) {
        if (key.ends_with("/row")) continue;
        const Growing& d = *impl_->growing.at(key);
        all.push_back({key, d.rows_written(), d.rows_waiting()});
    }
    return all;
}

void ResultsFile::append_waiting(std::string_view path, std::span<const std::byte> rows) {
    impl_->growing.at(std::string(path))->append_encoded(rows);
}

/// Tables: row numbers, for as many rows as the longest column has.
void ResultsFile::Impl::number_rows() {
    for (const std::string& group : row_tables) {
        Growing& row = *growing.at(group + "/row");
        std::size_t n = row.rows_appended();
        for (const auto& [key, d] : growing)
            if (d->spec().group == group) n = std::max(n, d->rows_appended());
        for (auto i = static_cast<std::int64_t>(row.rows_appended());
             i < static_cast<std::int64_t>(n); ++i)
            row.append(std::span(&i, 1));
    }
}

void ResultsFile::Impl::commit() {
    require(H5Fflush(file.get(), H5F_SCOPE_GLOBAL) >= 0, "flush");
    staged.commit(options.is_synced);
}

void ResultsFile::flush(bool is_partial) {
    if (impl_->is_broken || !impl_->file) return;
    const h5::Quiet quiet;
    try {
        impl_->number_rows();
        impl_->write_all(is_partial);
        impl_->commit();
    } catch (const IoError&) {
        impl_->is_broken = true;
        throw;
    }
}

/// Closes what HDF5 has open. Whatever it writes then stays off the disk.
void ResultsFile::Impl::let_go() {
    growing.clear();
    fixed.clear();
    groups.clear();
    file = h5::Handle();
}

void ResultsFile::Impl::mark(const std::string& status, const std::string& reason) {
    require(h5::set_attribute(file.get(), "status_reason",
                              std::string_view(reason).substr(0, kReasonRoom), kReasonRoom) &&
                h5::set_attribute(file.get(), "status", std::string_view(status), kStatusRoom),
            "write the status");
    commit();
}

/// The file of the last commit, as the disk has it: what HDF5 holds of later ones is dropped.
void ResultsFile::Impl::open_again() {
    let_go();
    staged.start_at(disk.size());  // a commit that broke off may have lengthened it
    const h5::Handle access = h5::access_through(staged);
    file = h5::Handle(H5Fopen(path.c_str(), H5F_ACC_RDWR, access.get()));
    require(static_cast<bool>(file), "open the file again");
}

void ResultsFile::finish(const std::string& status, const std::string& reason) {
    if (!impl_->file) return;
    const h5::Quiet quiet;
    std::exception_ptr error;
    std::string why = reason;
    try {
        flush(true);
        if (!impl_->is_broken) impl_->mark(status, why);
    } catch (const IoError& e) {
        error = std::current_exception();
        why = e.what();
        impl_->is_broken = true;
    }
    if (impl_->is_broken && impl_->staged.committed() > 0) {
        try {
            impl_->open_again();
            impl_->mark("failed", why);
        } catch (const IoError&) {
            impl_->let_go();  // the first error is the one that is told
        }
    }
    impl_->let_go();
    impl_->disk.trim();
    if (error) std::rethrow_exception(error);
}

void ResultsFile::close() {
    if (!impl_ || !impl_->file) return;
    const h5::Quiet quiet;
    std::exception_ptr error;
    try {
        flush(true);
    } catch (const IoError&) {
        error = std::current_exception();
    }
    impl_->let_go();
    impl_->disk.trim();
    if (error) std::rethrow_exception(error);
}

void ResultsFile::discard() {
    if (!impl_->file) return;
    const h5::Quiet quiet;
    impl_->let_go();
    impl_->disk.trim();
    // Older results of that name stay if nothing of the new ones came to the disk.
    if (impl_->disk.is_new() || impl_->staged.is_touched()) impl_->disk.remove();
}

void ResultsFile::rename(const std::string& path) {
    impl_->disk.rename(path);
    impl_->path = path;
}

const std::string& ResultsFile::path() const {
    return impl_->path;
}

bool ResultsFile::is_broken() const {
    return impl_->is_broken;
}

}  // namespace gridflock::inline v0::io
