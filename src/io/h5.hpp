// SPDX-License-Identifier: Apache-2.0
// The few pieces of the HDF5 C interface that this room uses, owned and checked.
// Nothing of it leaves src/io: public headers of the room do not name HDF5.
#pragma once

#include <gridflock/core/error.hpp>

#include <hdf5.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridflock::inline v0::io::h5 {

/// Every call of HDF5 in this process is made under one lock, which a thread may take again: the
/// library's own locking is an option of its build. fork() waits for it, so that a child can use
/// HDF5 too.
class Lock {
public:
    Lock();
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    ~Lock();
};

/// Owns one HDF5 identifier, of whatever kind.
class Handle {
public:
    Handle() = default;
    explicit Handle(hid_t id) : id_(id) {}
    Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
    Handle& operator=(Handle&& other) noexcept {
        std::swap(id_, other.id_);
        return *this;
    }
    ~Handle() {
        if (id_ < 0) return;
        const Lock lock;
        if (H5Iis_valid(id_) > 0) H5Idec_ref(id_);
    }
    hid_t get() const { return id_; }
    explicit operator bool() const { return id_ >= 0; }

private:
    hid_t id_ = -1;
};

/// Holds the lock and silences HDF5's printing of its error stack, for as long as it lives.
class Quiet {
public:
    Quiet() {
        H5Eget_auto2(H5E_DEFAULT, &print_, &data_);
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    }
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;
    ~Quiet() { H5Eset_auto2(H5E_DEFAULT, print_, data_); }

private:
    Lock lock_;
    H5E_auto2_t print_ = nullptr;
    void* data_ = nullptr;
};

Handle fixed_text(std::size_t length);  ///< a UTF-8 string type, null padded
Handle free_text();                     ///< a UTF-8 string type of any length

/// Writes an attribute, replacing one of that name. Returns false when HDF5 refuses.
bool set_attribute(hid_t object, const char* name, std::string_view value, std::size_t room = 0);
bool set_attribute(hid_t object, const char* name, std::int64_t value);
bool set_attribute(hid_t object, const char* name, double value);
bool set_attribute(hid_t object, const char* name, std::int32_t value);

/// Marks `dataset` as a dimension scale called `name`.
bool make_scale(hid_t dataset, const char* name);
/// Attaches the scales (dataset ids) to the dimensions of `dataset`, in order.
bool attach_scales(hid_t dataset, std::span<const hid_t> scales);

/// Bytes as zlib's deflate filter stores them after shuffle: what every HDF5 reader can read.
std::vector<std::uint8_t> shuffle_deflate(std::span<const std::uint8_t> bytes, std::size_t element,
                                          int level);

}  // namespace gridflock::inline v0::io::h5
