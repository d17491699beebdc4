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

bool is_lack_of_room(int reason) {
    return reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
}

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
    if (head[0] == static_cast<char>(kUnborn)) head[0] = kHdf5[0];
    if (n != 0 && std::string_view(head.data(), head.size()) != kHdf5)
        throw IoError(path,
                      "exists and holds no results: an input of the run, or something else that is "
                      "not HDF5; choose another name for the results, or delete the file first");
}

void Disk::reserve(std::uint64_t end) {
    const std::uint64_t size = this->size();
    if (end <= size) return;
    const std::uint64_t bytes = end - size;
    // Asked first, because writing past the limit would end the process with SIGXFSZ.
    rlimit limit{};
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        end > limit.rlim_cur)
        no_room(path_, EFBIG);
    if (fallocate(fd_, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(size), static_cast<off_t>(bytes)) ==
        0)
        return;
    if (is_lack_of_room(errno)) no_room(path_, errno);
    // The file system cannot set space aside: ask how much there is.
    struct statvfs v {};
    if (fstatvfs(fd_, &v) == 0 && std::uint64_t{v.f_bavail} * v.f_frsize < bytes)
        no_room(path_, ENOSPC);
}

void Disk::write(std::uint64_t at, std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            const int reason = n < 0 ? errno : EIO;
            if (is_lack_of_room(reason)) no_room(path_, reason);
            throw IoError(path_, std::strerror(reason));
        }
        at += static_cast<std::uint64_t>(n);
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
}

bool Disk::read(std::uint64_t at, std::span<std::uint8_t> bytes) const {
    while (!bytes.empty()) {
        const ssize_t n = ::pread(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        at += static_cast<std::uint64_t>(n);
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return true;
}

std::uint64_t Disk::size() const {
    struct stat s {};
    if (fstat(fd_, &s) != 0) throw IoError(path_, std::strerror(errno));
    return static_cast<std::uint64_t>(s.st_size);
}

void Disk::cut(std::uint64_t size) {
    if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) throw IoError(path_, std::strerror(errno));
}

void Disk::remove() {
    if (fd_ >= 0) ::unlink(path_.c_str());
}

void Disk::rename(const std::string& path) {
    if (::rename(path_.c_str(), path.c_str()) != 0) throw IoError(path, std::strerror(errno));
    path_ = path;
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
