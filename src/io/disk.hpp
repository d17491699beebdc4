// SPDX-License-Identifier: Apache-2.0
// The file below HDF5: may it be written, is there room for what comes, is what was written on the
// disk.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace gridflock::inline v0::io {

/// The first byte of a results file until all of its first bytes are there.
inline constexpr std::uint8_t kUnborn = 0;

class Disk {
public:
    Disk() = default;
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;
    ~Disk();

    /// Opens `path`, making it when it is not there, and keeps other writers out until the end.
    /// What the file holds stays as it is.
    /// Errors  IoError: not to be opened, another run is writing it, holds something else than
    /// HDF5.
    void open(const std::string& path);
    /// Sets bytes aside, to where the file would end. Errors  IoError: disk full, file too large.
    void reserve(std::uint64_t end);
    /// Errors  IoError: not all of it could be written.
    void write(std::uint64_t at, std::span<const std::uint8_t> bytes);
    /// False: not all of it could be read.
    bool read(std::uint64_t at, std::span<std::uint8_t> bytes) const;
    std::uint64_t size() const;    ///< Errors  IoError
    void cut(std::uint64_t size);  ///< ftruncate. Errors  IoError
    void sync();                   ///< fdatasync. Errors  IoError
    /// Gives back what was set aside and not used.
    void trim();
    void remove();                           ///< takes the file away
    bool is_new() const { return is_new_; }  ///< open() made it
    const std::string& path() const { return path_; }
    /// Gives it another name, replacing what has it. Errors  IoError.
    void rename(const std::string& path);

private:
    std::string path_;
    int fd_ = -1;
    bool is_new_ = false;
};

}  // namespace gridflock::inline v0::io
