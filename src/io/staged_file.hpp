// SPDX-License-Identifier: Apache-2.0
// The file as HDF5 sees it, in front of the file on the disk: what HDF5 writes is kept in memory
// until commit(). So no write of HDF5 ever fails, and the order in which bytes reach the disk is
// this room's.
//
// A commit changes the disk so that the file is whole after each single write:
//   1. what lies behind the end of the last commit: nothing refers to it yet (then fdatasync);
//   2. the superblock, with the new end of the file;
//   3. in place: heaps, index nodes (parents before the children that were split), rows;
//   4. in place: object headers, which hold the lengths; those of time axes and row numbers last.
// In-place objects do not cross a page (place()), so that a kill tears none of them.
#pragma once

#include "io/disk.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <vector>

namespace gridflock::inline v0::io {

class StagedFile {
public:
    /// In the order in which they reach the disk.
    enum class Kind : std::uint8_t { super, heap, index, rows, header };

    explicit StagedFile(Disk& disk) : disk_(disk) {}

    void start_empty();                ///< as a new file: what the disk has goes with the commit
    void start_at(std::uint64_t end);  ///< as the file of this length that is on the disk

    void write(Kind kind, std::uint64_t at, std::span<const std::uint8_t> bytes);
    /// False when the disk cannot be read.
    bool read(std::uint64_t at, std::span<std::uint8_t> bytes) const;
    std::uint64_t end() const { return end_; }  ///< of what HDF5 has allocated
    void set_end(std::uint64_t end);
    /// Where the next `size` bytes go, and moves the end behind them.
    std::uint64_t place(std::uint64_t size);
    /// The object header at this address is written after all others.
    void write_last(std::uint64_t header) { last_.insert(header); }

    /// Brings all of it to the disk. Errors  IoError; the disk then has the file of the last commit
    /// and every later commit is refused.
    void commit(bool is_synced);
    std::uint64_t committed() const { return committed_; }  ///< length of the file on the disk
    std::size_t bytes_staged() const { return tail_.size() + bytes_in_place_; }
    bool is_touched() const { return is_touched_; }  ///< something came to the disk

private:
    struct Piece {
        Kind kind;
        std::vector<std::uint8_t> bytes;
    };

    void write_in_place(Kind kind, std::uint64_t at, std::span<const std::uint8_t> bytes);
    void write_tail(bool is_synced);
    std::vector<const std::pair<const std::uint64_t, Piece>*> in_order() const;

    Disk& disk_;
    std::map<std::uint64_t, Piece> in_place_;  // by address; none overlaps another
    std::vector<std::uint8_t> tail_;           // from committed_ on
    std::set<std::uint64_t> last_;
    std::uint64_t committed_ = 0;
    std::uint64_t end_ = 0;
    std::size_t bytes_in_place_ = 0;
    bool is_empty_ = false;  // the disk's content has still to go
    bool is_failed_ = false;
    bool is_touched_ = false;
};

}  // namespace gridflock::inline v0::io
