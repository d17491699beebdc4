// SPDX-License-Identifier: Apache-2.0
// The file below HDF5: may it be written, is there room for what comes, is what was written on the
// disk.
#pragma once

#include <cstdint>
#include <string>

namespace gridflock::inline v0::io {

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
    void remove();                           ///< takes the file away
    bool is_new() const { return is_new_; }  ///< open() made it
    void sync();                             ///< fdatasync. Errors  IoError
    void trim();                             ///< gives back what was set aside and not used

private:
    std::string path_;
    int fd_ = -1;
    bool is_new_ = false;
};

}  // namespace gridflock::inline v0::io
