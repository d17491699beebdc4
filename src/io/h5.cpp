// SPDX-License-Identifier: Apache-2.0
#include "io/h5.hpp"

#include <libdeflate.h>
#include <pthread.h>

#include <cstring>
#include <memory>
#include <mutex>

namespace gridflock::inline v0::io::h5 {

namespace {

std::mutex& mutex() {
    static std::mutex one;
    return one;
}

thread_local int depth = 0;  // locks that this thread holds

/// A plain mutex may be given back in the child by the one thread that lives on there.
void guard_forks() {
    static const int done =
        pthread_atfork([] { mutex().lock(); }, [] { mutex().unlock(); }, [] { mutex().unlock(); });
    static_cast<void>(done);
}

}  // namespace

Lock::Lock() {
    guard_forks();
    if (depth++ == 0) mutex().lock();
}

Lock::~Lock() {
    if (--depth == 0) mutex().unlock();
}

Handle fixed_text(std::size_t length) {
    Handle type(H5Tcopy(H5T_C_S1));
    H5Tset_size(type.get(), length > 0 ? length : 1);
    H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
    H5Tset_cset(type.get(), H5T_CSET_UTF8);
    return type;
}

Handle free_text() {
    Handle type(H5Tcopy(H5T_C_S1));
    H5Tset_size(type.get(), H5T_VARIABLE);
    H5Tset_cset(type.get(), H5T_CSET_UTF8);
    return type;
}

namespace {

bool write_attribute(hid_t object, const char* name, hid_t type, hid_t space, const void* data) {
    if (H5Aexists(object, name) > 0) {
        Handle old(H5Aopen(object, name, H5P_DEFAULT));
        const Handle old_type(H5Aget_type(old.get()));
        if (H5Tequal(old_type.get(), type) > 0) return H5Awrite(old.get(), type, data) >= 0;
        old = Handle();
        if (H5Adelete(object, name) < 0) return false;
    }
    const Handle a(H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT));
    return a && H5Awrite(a.get(), type, data) >= 0;
}

bool write_scalar(hid_t object, const char* name, hid_t type, const void* data) {
    const Handle space(H5Screate(H5S_SCALAR));
    return write_attribute(object, name, type, space.get(), data);
}

}  // namespace

bool set_attribute(hid_t object, const char* name, std::string_view value, std::size_t room) {
    const std::size_t length = value.size() > room ? value.size() : room;
    std::string padded(value);
    padded.resize(length > 0 ? length : 1, '\0');
    const Handle type = fixed_text(padded.size());
    return write_scalar(object, name, type.get(), padded.data());
}

bool set_attribute(hid_t object, const char* name, std::int64_t value) {
    return write_scalar(object, name, H5T_NATIVE_INT64, &value);
}

bool set_attribute(hid_t object, const char* name, double value) {
    return write_scalar(object, name, H5T_NATIVE_DOUBLE, &value);
}

bool set_attribute(hid_t object, const char* name, std::int32_t value) {
    return write_scalar(object, name, H5T_NATIVE_INT32, &value);
}

bool make_scale(hid_t dataset, const char* name) {
    // The class name is read back with its terminator by netCDF's own reader.
    static constexpr char scale[] = "DIMENSION_SCALE";
    return set_attribute(dataset, "CLASS", std::string_view(scale, sizeof scale)) &&
           set_attribute(dataset, "NAME", std::string_view(name));
}

bool attach_scales(hid_t dataset, std::span<const hid_t> scales) {
    std::vector<hobj_ref_t> references(scales.size());
    std::vector<hvl_t> lists(scales.size());
    for (std::size_t i = 0; i < scales.size(); ++i) {
        if (H5Rcreate(&references[i], scales[i], ".", H5R_OBJECT, -1) < 0) return false;
        lists[i] = {1, &references[i]};
    }
    const Handle type(H5Tvlen_create(H5T_STD_REF_OBJ));
    const hsize_t n = scales.size();
    const Handle space(H5Screate_simple(1, &n, nullptr));
    return write_attribute(dataset, "DIMENSION_LIST", type.get(), space.get(), lists.data());
}

namespace {

/// Byte 0 of all elements, then byte 1 of all: what HDF5's shuffle filter undoes.
std::vector<std::uint8_t> shuffle(std::span<const std::uint8_t> bytes, std::size_t element) {
    const std::size_t n = bytes.size() / element;
    std::vector<std::uint8_t> out(bytes.size());
    if (element == 4) {  // nearly all that is recorded: in one pass
        std::uint8_t* to = out.data();
        for (std::size_t i = 0; i < n; ++i) {
            const std::uint8_t* from = bytes.data() + 4 * i;
            to[i] = from[0];
            to[n + i] = from[1];
            to[2 * n + i] = from[2];
            to[3 * n + i] = from[3];
        }
        return out;
    }
    for (std::size_t b = 0; b < element; ++b)
        for (std::size_t i = 0; i < n; ++i) out[b * n + i] = bytes[i * element + b];
    return out;
}

/// The thread's own: making one takes longer than to compress a block with it.
libdeflate_compressor& compressor_of(int level) {
    using Owned = std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)>;
    thread_local Owned compressor(nullptr, &libdeflate_free_compressor);
    thread_local int its_level = -1;
    if (its_level != level) {
        compressor.reset(libdeflate_alloc_compressor(level));
        its_level = level;
    }
    return *compressor;
}

}  // namespace

std::vector<std::uint8_t> shuffle_deflate(std::span<const std::uint8_t> bytes, std::size_t element,
                                          int level) {
    const std::vector<std::uint8_t> shuffled = shuffle(bytes, element);
    libdeflate_compressor& compressor = compressor_of(level);
    std::vector<std::uint8_t> out(libdeflate_zlib_compress_bound(&compressor, shuffled.size()));
    out.resize(libdeflate_zlib_compress(&compressor, shuffled.data(), shuffled.size(), out.data(),
                                        out.size()));
    return out;
}

}  // namespace gridflock::inline v0::io::h5
