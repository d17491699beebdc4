// SPDX-License-Identifier: Apache-2.0
#include "io/disk.hpp"

#include <gridflock/core/error.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace gridflock::inline v0::io {

Disk::~Disk() {
    if (fd_ >= 0) ::close(fd_);
}

void Disk::open(const std::string& path) {
    path_ = path;
    fd_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (fd_ < 0) throw IoError(path, std::strerror(errno));
}

void Disk::reserve(std::uint64_t bytes) {
    struct stat s {};
    if (fstat(fd_, &s) != 0) throw IoError(path_, std::strerror(errno));
    const auto end = static_cast<std::uint64_t>(s.st_size) + bytes;
    // Asked first, because writing past the limit would end the process with SIGXFSZ.
    rlimit limit{};
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        end > limit.rlim_cur)
        throw IoError(path_, std::strerror(EFBIG));
    if (fallocate(fd_, FALLOC_FL_KEEP_SIZE, s.st_size, static_cast<off_t>(bytes)) == 0) return;
    if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
        throw IoError(path_, std::strerror(errno));
    // The file system cannot set space aside: ask how much there is.
    struct statvfs v {};
    if (fstatvfs(fd_, &v) == 0 && std::uint64_t{v.f_bavail} * v.f_frsize < bytes)
        throw IoError(path_, std::strerror(ENOSPC));
}

void Disk::sync() {
    if (fdatasync(fd_) != 0) throw IoError(path_, std::strerror(errno));
}

void Disk::trim() {
    struct stat s {};
    if (fd_ < 0 || fstat(fd_, &s) != 0) return;
    // Space that was set aside is given back when the size is set, even to what it is.
    if (ftruncate(fd_, s.st_size) != 0) return;
}

}  // namespace gridflock::inline v0::io
