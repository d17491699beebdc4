// SPDX-License-Identifier: Apache-2.0
#include <gridflock/io/checkpoint_file.hpp>

#include <gridflock/asset/crypto.hpp>
#include <gridflock/core/archive.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace gridflock::inline v0::io {

namespace {

constexpr std::array<char, 8> magic{'g', 'r', 'i', 'd', 'r', 'u', 'n', '2'};

template <class A>
void archive(A& a, SavedRun& run) {
    std::array<char, 8> mark = magic;
    a(mark);
    a.check(mark == magic, "this file is something else");
    a(run.results.rows, run.results.segment, run.results.segment_end_ns, run.simulation);
}

asset::Digest sum_of(std::span<const std::byte> bytes) {
    return asset::sha256({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

/// A file descriptor that closes itself.
struct Descriptor {
    int fd;
    ~Descriptor() {
        if (fd >= 0) ::close(fd);
    }
};

bool write_all(int fd, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return ::fdatasync(fd) == 0;
}

}  // namespace

template <class A>
void archive(A& a, RecordedRows& rows) {
    a(rows.dataset, rows.rows, rows.waiting);
}

std::string checkpoint_path(const std::string& results) {
    return results + ".checkpoint";
}

void write_checkpoint(const std::string& path, const SavedRun& run) {
    std::vector<std::byte> bytes;
    Saver save(bytes);
    SavedRun copy = run;
    archive(save, copy);
    const asset::Digest sum = sum_of(bytes);
    const auto tail = std::as_bytes(std::span(sum));
    bytes.insert(bytes.end(), tail.begin(), tail.end());
    const std::string part = path + ".part";
    const Descriptor file{::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
    if (file.fd >= 0 && write_all(file.fd, bytes) && ::rename(part.c_str(), path.c_str()) == 0)
        return;
    const std::string reason = std::strerror(errno);
    ::unlink(part.c_str());
    throw IoError(path, reason);
}

SavedRun read_checkpoint(const std::string& path) {
    if (std::filesystem::is_directory(path))
        throw CheckpointError(path + ": is a folder, no checkpoint; remove it to start anew");
    std::ifstream in(path, std::ios::binary);
    if (!in) throw IoError(path, std::strerror(errno));
    const std::string text(std::istreambuf_iterator<char>(in), {});
    const auto bytes = std::as_bytes(std::span(text));
    constexpr std::size_t tail = std::tuple_size_v<asset::Digest>;
    if (bytes.size() < tail)
        throw CheckpointError(path + ": is no checkpoint; remove it to start anew");
    const auto body = bytes.first(bytes.size() - tail);
    const asset::Digest sum = sum_of(body);
    if (std::memcmp(sum.data(), bytes.last(tail).data(), tail) != 0)
        throw CheckpointError(path + ": is damaged, or no checkpoint; remove it to start anew");
    SavedRun run;
    Loader load(body);
    archive(load, run);
    return run;
}

}  // namespace gridflock::inline v0::io
