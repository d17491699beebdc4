// SPDX-License-Identifier: Apache-2.0
// The file below HDF5: is there room for what comes, and is what was written on the disk.
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

    void open(const std::string& path);  ///< Errors  IoError
    /// Sets bytes aside behind the end of the file. Errors  IoError: disk full, file too large.
    void reserve(std::uint64_t bytes);
    void sync();  ///< fdatasync. Errors  IoError
    void trim();  ///< gives back what was set aside and not used

private:
    std::string path_;
    int fd_ = -1;
};

}  // namespace gridflock::inline v0::io
