// SPDX-License-Identifier: Apache-2.0
#include "fault.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace gridflock::fault {

namespace {

std::atomic<Kind> armed{Kind::none};
std::atomic<int> chosen{0};
std::atomic<int> count{0};

bool is_ours(int fd) {
    std::array<char, 64> link{};
    std::array<char, 4096> path{};
    std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", fd);
    return ::readlink(link.data(), path.data(), path.size() - 1) > 0 &&
           std::strstr(path.data(), "-fault-") != nullptr;
}

bool is_growing(int fd, off_t at, std::size_t size) {
    struct stat s {};
    return ::fstat(fd, &s) == 0 && at + static_cast<off_t>(size) > s.st_size;
}

/// 0: go on; else the errno of the call. `can_lack_space`: it may need space.
int meet(bool can_lack_space, bool& is_half) {
    const Kind kind = armed;
    const int now = count++;
    const bool is_chosen = now == chosen, is_later = now > chosen;
    is_half = is_chosen && (kind == Kind::half || kind == Kind::kill_half);
    switch (kind) {
        case Kind::no_space:
            return is_chosen && can_lack_space ? ENOSPC : 0;
        case Kind::no_space_on:
            return (is_chosen || is_later) && can_lack_space ? ENOSPC : 0;
        case Kind::broken:
            return is_chosen ? EIO : 0;
        case Kind::broken_on:
            return is_chosen || is_later ? EIO : 0;
        case Kind::kill:
            if (is_chosen) ::raise(SIGKILL);
            return 0;
        default:
            return 0;
    }
}

long refuse(int reason) {
    errno = reason;
    return -1;
}

/// Bytes that a write takes before it is cut: half, or to the last page border before its end.
std::size_t cut(std::size_t size, off_t at) {
    if (armed == Kind::half) return size > 1 ? size / 2 : size;
    const auto end = static_cast<std::size_t>(at) + size;
    const std::size_t border = (end - 1) / 4096 * 4096;
    return border > static_cast<std::size_t>(at) ? border - static_cast<std::size_t>(at) : 0;
}

}  // namespace

void arm(Kind kind, int index) {
    armed = kind;
    chosen = index;
    count = 0;
}

int calls() {
    return count;
}

}  // namespace gridflock::fault

using gridflock::fault::armed;
using gridflock::fault::cut;
using gridflock::fault::is_growing;
using gridflock::fault::is_ours;
using gridflock::fault::Kind;
using gridflock::fault::meet;
using gridflock::fault::refuse;

extern "C" {

ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
    bool is_half = false;
    if (armed != Kind::none && is_ours(fd)) {
        if (const int reason = meet(is_growing(fd, at, size), is_half)) return refuse(reason);
        if (is_half) {
            size = cut(size, at);
            const long n = size > 0 ? ::syscall(SYS_pwrite64, fd, data, size, at) : 0;
            if (armed == Kind::kill_half) ::raise(SIGKILL);
            return n;
        }
    }
    return ::syscall(SYS_pwrite64, fd, data, size, at);
}

ssize_t write(int fd, const void* data, size_t size) {
    bool is_half = false;
    if (armed != Kind::none && is_ours(fd)) {
        if (const int reason = meet(true, is_half)) return refuse(reason);
        if (is_half) {
            const long n = ::syscall(SYS_write, fd, data, size > 1 ? size / 2 : size);
            if (armed == Kind::kill_half) ::raise(SIGKILL);
            return n;
        }
    }
    return ::syscall(SYS_write, fd, data, size);
}

int fdatasync(int fd) {
    bool is_half = false;
    if (armed != Kind::none && is_ours(fd))
        if (const int reason = meet(true, is_half)) return static_cast<int>(refuse(reason));
    return static_cast<int>(::syscall(SYS_fdatasync, fd));
}

int ftruncate(int fd, off_t size) noexcept {
    bool is_half = false;
    if (armed != Kind::none && is_ours(fd))
        if (const int reason = meet(false, is_half)) return static_cast<int>(refuse(reason));
    return static_cast<int>(::syscall(SYS_ftruncate, fd, size));
}

int fallocate(int fd, int mode, off_t at, off_t size) {
    bool is_half = false;
    if (armed != Kind::none && is_ours(fd))
        if (const int reason = meet(true, is_half)) return static_cast<int>(refuse(reason));
    return static_cast<int>(::syscall(SYS_fallocate, fd, mode, at, size));
}

int rename(const char* from, const char* to) noexcept {
    bool is_half = false;
    if (armed != Kind::none && std::strstr(to, "-fault-") != nullptr)
        if (const int reason = meet(true, is_half)) return static_cast<int>(refuse(reason));
    return static_cast<int>(::syscall(SYS_rename, from, to));
}

int open(const char* path, int flags, ...) {
    mode_t mode = 0;
    if ((flags & O_CREAT) != 0) {
        va_list more;
        va_start(more, flags);
        mode = va_arg(more, mode_t);
        va_end(more);
    }
    bool is_half = false;
    const bool is_writing = (flags & (O_WRONLY | O_RDWR)) != 0;
    if (armed != Kind::none && is_writing && std::strstr(path, "-fault-") != nullptr)
        if (const int reason = meet((flags & O_CREAT) != 0, is_half))
            return static_cast<int>(refuse(reason));
    return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

}  // extern "C"
