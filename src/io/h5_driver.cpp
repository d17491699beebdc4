// SPDX-License-Identifier: Apache-2.0
#include "io/h5_driver.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <new>

namespace gridflock::inline v0::io::h5 {

namespace {

constexpr haddr_t kMaxAddress = (haddr_t{1} << 62) - 1;

/// What a file access list carries.
struct Info {
    StagedFile* file;
};

struct Opened {
    H5FD_t base;  // HDF5's own part comes first
    StagedFile* file;
};

StagedFile& staged(const H5FD_t* f) {
    return *reinterpret_cast<const Opened*>(f)->file;
}

StagedFile::Kind kind_of(H5FD_mem_t type, std::span<const std::uint8_t> bytes) {
    switch (type) {
        case H5FD_MEM_SUPER:
            return StagedFile::Kind::super;
        case H5FD_MEM_BTREE:
            return StagedFile::Kind::index;
        case H5FD_MEM_GHEAP:
        case H5FD_MEM_LHEAP:
            return StagedFile::Kind::heap;
        case H5FD_MEM_OHDR:
            return StagedFile::Kind::header;
        default:
            break;
    }
    // Heaps of text come as raw data.
    const bool is_heap = bytes.size() >= 4 && std::memcmp(bytes.data(), "GCOL", 4) == 0;
    return is_heap ? StagedFile::Kind::heap : StagedFile::Kind::rows;
}

void* copy_info(const void* info) {
    return new (std::nothrow) Info(*static_cast<const Info*>(info));
}

herr_t free_info(void* info) {
    delete static_cast<Info*>(info);
    return 0;
}

void* get_info(H5FD_t* f) {
    return new (std::nothrow) Info{&staged(f)};
}

H5FD_t* open(const char*, unsigned flags, hid_t access, haddr_t) {
    const auto* info = static_cast<const Info*>(H5Pget_driver_info(access));
    if (info == nullptr) return nullptr;
    auto* f = new (std::nothrow) Opened{};
    if (f == nullptr) return nullptr;
    f->file = info->file;
    if ((flags & H5F_ACC_TRUNC) != 0) f->file->start_empty();
    return &f->base;
}

herr_t close(H5FD_t* f) {
    delete reinterpret_cast<Opened*>(f);
    return 0;
}

int compare(const H5FD_t* a, const H5FD_t* b) {
    const StagedFile *x = &staged(a), *y = &staged(b);
    return x == y ? 0 : std::less<>()(x, y) ? -1 : 1;
}

/// No feature: each object is allocated and written by itself, with its own kind.
herr_t query(const H5FD_t*, unsigned long* flags) {
    *flags = H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
    return 0;
}

haddr_t allocate(H5FD_t* f, H5FD_mem_t, hid_t, hsize_t size) {
    return staged(f).place(size);
}

haddr_t get_end(const H5FD_t* f, H5FD_mem_t) {
    return staged(f).end();
}

herr_t set_end(H5FD_t* f, H5FD_mem_t, haddr_t end) {
    staged(f).set_end(end);
    return 0;
}

haddr_t get_length(const H5FD_t* f, H5FD_mem_t) {
    return std::max(staged(f).committed(), staged(f).end());
}

herr_t read(H5FD_t* f, H5FD_mem_t, hid_t, haddr_t at, size_t size, void* to) {
    return staged(f).read(at, {static_cast<std::uint8_t*>(to), size}) ? 0 : -1;
}

herr_t write(H5FD_t* f, H5FD_mem_t type, hid_t, haddr_t at, size_t size, const void* from) {
    const std::span bytes(static_cast<const std::uint8_t*>(from), size);
    try {
        staged(f).write(kind_of(type, bytes), at, bytes);
    } catch (const std::bad_alloc&) {
        return -1;
    }
    return 0;
}

H5FD_class_t driver_class() {
    H5FD_class_t c{};
    c.name = "gridflock";
    c.maxaddr = kMaxAddress;
    c.fc_degree = H5F_CLOSE_WEAK;
    c.fapl_size = sizeof(Info);
    c.fapl_get = get_info;
    c.fapl_copy = copy_info;
    c.fapl_free = free_info;
    c.open = open;
    c.close = close;
    c.cmp = compare;
    c.query = query;
    c.alloc = allocate;
    c.get_eoa = get_end;
    c.set_eoa = set_end;
    c.get_eof = get_length;
    c.read = read;
    c.write = write;
    constexpr H5FD_mem_t map[] = H5FD_FLMAP_DICHOTOMY;
    std::copy(std::begin(map), std::end(map), std::begin(c.fl_map));
    return c;
}

}  // namespace

Handle access_through(StagedFile& file) {
    static const H5FD_class_t description = driver_class();
    const Quiet quiet;
    static const hid_t driver = H5FDregister(&description);
    Handle access(H5Pcreate(H5P_FILE_ACCESS));
    const Info info{&file};
    if (H5Pset_driver(access.get(), driver, &info) < 0) return {};
    H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG);
    H5Pset_libver_bounds(access.get(), H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST);
    return access;
}

}  // namespace gridflock::inline v0::io::h5
