// SPDX-License-Identifier: Apache-2.0
#include "io/staged_file.hpp"

#include <gridflock/core/error.hpp>

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace gridflock::inline v0::io {

namespace {

/// Bytes kept free behind what is written, so that a full disk has room for the last words.
constexpr std::uint64_t kSlack = std::uint64_t{1} << 16;
constexpr std::uint64_t kPage = 4096;
constexpr std::size_t kLevelOfNode = 5;  // byte of an index node that tells its height

}  // namespace

void StagedFile::start_empty() {
    in_place_.clear();
    tail_.clear();
    last_.clear();
    committed_ = end_ = 0;
    bytes_in_place_ = 0;
    is_empty_ = true;
}

void StagedFile::start_at(std::uint64_t end) {
    start_empty();
    is_empty_ = is_failed_ = false;
    committed_ = end_ = end;
}

void StagedFile::set_end(std::uint64_t end) {
    end_ = end;
}

std::uint64_t StagedFile::place(std::uint64_t size) {
    const std::uint64_t left = kPage - end_ % kPage;
    const std::uint64_t at = size > left && size <= kPage ? end_ + left : end_;
    end_ = at + size;
    return at;
}

void StagedFile::write(Kind kind, std::uint64_t at, std::span<const std::uint8_t> bytes) {
    if (at < committed_) {
        const std::uint64_t n = std::min<std::uint64_t>(bytes.size(), committed_ - at);
        write_in_place(kind, at, bytes.first(n));
        bytes = bytes.subspan(n);
        at += n;
    }
    if (bytes.empty()) return;
    const std::uint64_t from = at - committed_;
    if (tail_.size() < from + bytes.size()) tail_.resize(from + bytes.size());
    std::copy(bytes.begin(), bytes.end(), tail_.begin() + static_cast<std::ptrdiff_t>(from));
}

void StagedFile::write_in_place(Kind kind, std::uint64_t at, std::span<const std::uint8_t> bytes) {
    const std::uint64_t end = at + bytes.size();
    auto next = in_place_.upper_bound(at);
    if (next != in_place_.begin() &&
        std::prev(next)->first + std::prev(next)->second.bytes.size() > at)
        --next;
    // Pieces that are there already take their share; gaps between them become pieces.
    while (at < end) {
        const bool is_free = next == in_place_.end() || next->first > at;
        const std::uint64_t limit = next == in_place_.end() ? end : next->first;
        if (is_free) {
            const std::uint64_t n = std::min(end, limit) - at;
            in_place_.emplace_hint(
                next, at,
                Piece{kind, {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n)}});
            bytes_in_place_ += n;
            bytes = bytes.subspan(n);
            at += n;
            continue;
        }
        Piece& old = next->second;
        const std::uint64_t from = at - next->first;
        const std::uint64_t n = std::min<std::uint64_t>(old.bytes.size() - from, end - at);
        if (n == old.bytes.size()) old.kind = kind;  // all of it is of the new kind
        std::copy(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n),
                  old.bytes.begin() + static_cast<std::ptrdiff_t>(from));
        bytes = bytes.subspan(n);
        at += n;
        ++next;
    }
}

bool StagedFile::read(std::uint64_t at, std::span<std::uint8_t> bytes) const {
    std::fill(bytes.begin(), bytes.end(), std::uint8_t{0});
    const std::uint64_t end = at + bytes.size();
    const std::uint64_t on_disk = std::min(end, committed_);
    if (at < on_disk && !disk_.read(at, bytes.first(on_disk - at))) return false;
    const auto put = [&](std::uint64_t from, std::span<const std::uint8_t> source) {
        const std::uint64_t a = std::max(from, at), b = std::min(from + source.size(), end);
        if (a >= b) return;
        const auto part = source.subspan(a - from, b - a);
        std::copy(part.begin(), part.end(), bytes.begin() + static_cast<std::ptrdiff_t>(a - at));
    };
    auto piece = in_place_.upper_bound(at);
    if (piece != in_place_.begin()) --piece;
    for (; piece != in_place_.end() && piece->first < end; ++piece)
        put(piece->first, piece->second.bytes);
    put(committed_, tail_);
    return true;
}

void StagedFile::write_tail(bool is_synced) {
    if (end_ > committed_ + tail_.size()) tail_.resize(end_ - committed_);
    if (tail_.empty()) return;
    if (!is_empty_) {
        disk_.write(committed_, tail_);
        if (is_synced) disk_.sync();
        return;
    }
    is_touched_ = true;
    // A new file is HDF5 only with its first byte, which comes when all others are there.
    disk_.cut(0);
    const std::uint8_t first = std::exchange(tail_.front(), kUnborn);
    disk_.write(0, tail_);
    if (is_synced) disk_.sync();
    disk_.write(0, std::span(&first, 1));
}

std::vector<const std::pair<const std::uint64_t, StagedFile::Piece>*> StagedFile::in_order() const {
    std::vector<const std::pair<const std::uint64_t, Piece>*> all;
    for (const auto& piece : in_place_) all.push_back(&piece);
    const auto rank = [&](const std::pair<const std::uint64_t, Piece>* p) {
        const auto& [at, piece] = *p;
        int level = 0;
        if (piece.kind == Kind::index && piece.bytes.size() > kLevelOfNode)
            level = piece.bytes[kLevelOfNode];
        return std::tuple(piece.kind, last_.contains(at), -level, at);
    };
    std::sort(all.begin(), all.end(),
              [&](const auto* a, const auto* b) { return rank(a) < rank(b); });
    return all;
}

void StagedFile::commit(bool is_synced) {
    if (is_failed_) throw IoError(disk_.path(), "an earlier write failed");
    is_failed_ = true;  // until all of it is there
    if (end_ > committed_) disk_.reserve(end_ + kSlack);
    write_tail(is_synced);
    for (const auto* piece : in_order()) disk_.write(piece->first, piece->second.bytes);
    if (is_synced) disk_.sync();
    committed_ = std::max(committed_, end_);
    is_empty_ = is_failed_ = false;
    in_place_.clear();
    bytes_in_place_ = 0;
    tail_.clear();
}

}  // namespace gridflock::inline v0::io
