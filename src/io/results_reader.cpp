// SPDX-License-Identifier: Apache-2.0
#include <gridflock/io/results_reader.hpp>

#include <gridflock/io/hdf5_sink.hpp>

#include "io/h5.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <utility>

namespace gridflock::inline v0::io {

struct ResultsReader::Impl {
    std::string path;
    h5::Handle file;

    h5::Handle open(const std::string& dataset) const {
        h5::Handle d(H5Dopen2(file.get(), dataset.c_str(), H5P_DEFAULT));
        if (!d) throw IoError(path, "has no dataset '" + dataset + "'");
        return d;
    }
    static std::vector<std::size_t> shape(hid_t dataset) {
        const h5::Handle space(H5Dget_space(dataset));
        std::vector<hsize_t> n(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space.get())));
        H5Sget_simple_extent_dims(space.get(), n.data(), nullptr);
        return {n.begin(), n.end()};
    }
    static std::size_t count(const std::vector<std::size_t>& shape) {
        std::size_t n = 1;
        for (const std::size_t s : shape) n *= s;
        return n;
    }
    void read(const h5::Handle& dataset, const std::string& name, hid_t type, void* to) const {
        if (H5Dread(dataset.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, to) < 0)
            throw IoError(path, "could not read '" + name + "'");
    }
};

namespace {

double number_attribute(hid_t object, const char* name, double otherwise) {
    if (H5Aexists(object, name) <= 0) return otherwise;
    const h5::Handle a(H5Aopen(object, name, H5P_DEFAULT));
    double value = otherwise;
    H5Aread(a.get(), H5T_NATIVE_DOUBLE, &value);
    return value;
}

std::string text_attribute(hid_t object, const char* name) {
    if (H5Aexists(object, name) <= 0) return {};
    const h5::Handle a(H5Aopen(object, name, H5P_DEFAULT));
    const h5::Handle type(H5Aget_type(a.get()));
    if (H5Tget_class(type.get()) != H5T_STRING || H5Tis_variable_str(type.get()) > 0) return {};
    std::string text(H5Tget_size(type.get()), '\0');
    if (H5Aread(a.get(), type.get(), text.data()) < 0) return {};
    return text.substr(0, text.find('\0'));
}

void require_hdf5(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw IoError(path, std::strerror(errno));
    char head[8] = {};
    file.read(head, sizeof head);
    if (std::memcmp(head, "\x89HDF\r\n\x1a\n", 8) == 0) return;
    throw IoError(path,
                  "is not an HDF5 file (a results file is expected here, not a text or "
                  "scenario file)");
}

}  // namespace

ResultsReader::ResultsReader(std::string path) : impl_(std::make_unique<Impl>()) {
    impl_->path = std::move(path);
    require_hdf5(impl_->path);
    const h5::Quiet quiet;
    const h5::Handle access(H5Pcreate(H5P_FILE_ACCESS));
    H5Pset_file_locking(access.get(), false, true);
    impl_->file = h5::Handle(H5Fopen(impl_->path.c_str(), H5F_ACC_RDONLY, access.get()));
    if (!impl_->file) throw IoError(impl_->path, "HDF5 cannot open it; the file is damaged");
    if (text_attribute("format") != "gridflock-results")
        throw IoError(impl_->path, "is HDF5, but no gridflock results file");
    const double version = io::number_attribute(impl_->file.get(), "format_version", 0);
    if (version > results_format)
        throw IoError(impl_->path, fmt::format("has format {}, this library reads up to {}",
                                               version, results_format));
}

ResultsReader::~ResultsReader() = default;

std::string ResultsReader::text_attribute(const std::string& name) const {
    const h5::Quiet quiet;
    return io::text_attribute(impl_->file.get(), name.c_str());
}

double ResultsReader::number_attribute(const std::string& name, double fallback) const {
    const h5::Quiet quiet;
    return io::number_attribute(impl_->file.get(), name.c_str(), fallback);
}

bool ResultsReader::has(const std::string& dataset) const {
    const h5::Quiet quiet;
    const h5::Handle d(H5Dopen2(impl_->file.get(), dataset.c_str(), H5P_DEFAULT));
    return static_cast<bool>(d);
}

std::vector<std::size_t> ResultsReader::shape(const std::string& dataset) const {
    const h5::Quiet quiet;
    return Impl::shape(impl_->open(dataset).get());
}

Array ResultsReader::read(const std::string& dataset) const {
    const h5::Quiet quiet;
    const h5::Handle d = impl_->open(dataset);
    Array array{Impl::shape(d.get()), {}};
    array.values.resize(Impl::count(array.shape));
    impl_->read(d, dataset, H5T_NATIVE_DOUBLE, array.values.data());
    const double scale = io::number_attribute(d.get(), "scale_factor", 1);
    const double missing =
        io::number_attribute(d.get(), "_FillValue", std::numeric_limits<double>::quiet_NaN());
    for (double& x : array.values)
        x = x == missing ? std::numeric_limits<double>::quiet_NaN() : x * scale;
    return array;
}

std::vector<std::int64_t> ResultsReader::read_integers(const std::string& dataset) const {
    const h5::Quiet quiet;
    const h5::Handle d = impl_->open(dataset);
    std::vector<std::int64_t> values(Impl::count(Impl::shape(d.get())));
    impl_->read(d, dataset, H5T_NATIVE_INT64, values.data());
    return values;
}

std::vector<std::string> ResultsReader::read_texts(const std::string& dataset) const {
    const h5::Quiet quiet;
    const h5::Handle d = impl_->open(dataset);
    std::vector<char*> pointers(Impl::count(Impl::shape(d.get())), nullptr);
    const h5::Handle type = h5::free_text();
    impl_->read(d, dataset, type.get(), pointers.data());
    std::vector<std::string> texts;
    for (const char* p : pointers) texts.emplace_back(p ? p : "");
    const h5::Handle space(H5Dget_space(d.get()));
    H5Dvlen_reclaim(type.get(), space.get(), H5P_DEFAULT, pointers.data());
    return texts;
}

std::string ResultsReader::read_input(const std::string& name) const {
    const h5::Quiet quiet;
    for (int i = 0; has("inputs/" + std::to_string(i)); ++i) {
        const std::string path = "inputs/" + std::to_string(i);
        const h5::Handle d = impl_->open(path);
        if (io::text_attribute(d.get(), "name") != name) continue;
        std::string bytes(Impl::count(Impl::shape(d.get())), '\0');
        impl_->read(d, path, H5T_NATIVE_UINT8, bytes.data());
        if (sha256_hex(bytes) != io::text_attribute(d.get(), "sha256"))
            throw IoError(impl_->path, "the embedded file '" + name + "' does not match its hash");
        return bytes;
    }
    throw IoError(impl_->path, "has no embedded file '" + name + "'");
}

}  // namespace gridflock::inline v0::io
