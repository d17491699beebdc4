// SPDX-License-Identifier: Apache-2.0
#include "io/disk.hpp"

#include <gridflock/core/error.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace gridflock::inline v0::io {

namespace {

constexpr std::string_view kHdf5{"\x89HDF\r\n\x1a\n", 8};

[[noreturn]] void no_room(const std::string& path, int reason) {
    const char* remedy = reason == EFBIG ? "raise the limit of file sizes (ulimit -f)"
                                         : "free space or choose another place";
    throw IoError(path, std::string(std::strerror(reason)) + ": the results do not fit; " + remedy);
}

}  // namespace

Disk::~Disk() {
    if (fd_ >= 0) ::close(fd_);
}

void Disk::open(const std::string& path) {
    path_ = path;
    struct stat s {};
    is_new_ = ::stat(path.c_str(), &s) != 0;
    if (!is_new_ && !S_ISREG(s.st_mode) && !S_ISDIR(s.st_mode))
        throw IoError(path, "is no regular file; choose another name for the results");
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd_ < 0) throw IoError(path, std::strerror(errno));
    // Not flock(): readers that lock with it, as HDF5's do, may look at a running file.
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (fcntl(fd_, F_OFD_SETLK, &lock) != 0 && (errno == EAGAIN || errno == EACCES))
        throw IoError(path, "another run is writing it; wait for its end or choose another name");
    std::array<char, 8> head{};
    const ssize_t n = ::pread(fd_, head.data(), head.size(), 0);
    if (n != 0 && std::string_view(head.data(), head.size()) != kHdf5)
        throw IoError(path,
                      "exists and holds no results: an input of the run, or something else that is "
                      "not HDF5; choose another name for the results, or delete the file first");
}

void Disk::reserve(std::uint64_t end) {
    struct stat s {};
    if (fstat(fd_, &s) != 0) throw IoError(path_, std::strerror(errno));
    const auto size = static_cast<std::uint64_t>(s.st_size);
    if (end <= size) return;
    const std::uint64_t bytes = end - size;
    // Asked first, because writing past the limit would end the process with SIGXFSZ.
    rlimit limit{};
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        end > limit.rlim_cur)
        no_room(path_, EFBIG);
    if (fallocate(fd_, FALLOC_FL_KEEP_SIZE, s.st_size, static_cast<off_t>(bytes)) == 0) return;
    if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) no_room(path_, errno);
    // The file system cannot set space aside: ask how much there is.
    struct statvfs v {};
    if (fstatvfs(fd_, &v) == 0 && std::uint64_t{v.f_bavail} * v.f_frsize < bytes)
        no_room(path_, ENOSPC);
}

void Disk::remove() {
    if (fd_ >= 0) ::unlink(path_.c_str());
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
