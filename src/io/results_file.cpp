// SPDX-License-Identifier: Apache-2.0
#include "io/results_file_impl.hpp"

#include <algorithm>
#include <limits>

namespace gridflock::inline v0::io {

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
        std::span(reinterpret_cast<const std::uint8_t*>(content.data()), content.size()), 1, 1);
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
    H5Pset_deflate(plist.get(), 1);
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

std::uint64_t ResultsFile::bytes_appended() const {
    std::uint64_t n = 0;
    for (const auto& [key, dataset] : impl_->growing) n += dataset->bytes_appended();
    return n;
}

const std::string& ResultsFile::path() const {
    return impl_->path;
}

bool ResultsFile::is_broken() const {
    return impl_->is_broken;
}

}  // namespace gridflock::inline v0::io
