// SPDX-License-Identifier: Apache-2.0
// One growing dataset: rows wait in memory, in the form the file has, until a flush writes them.
//
// Many dimensions: rows gather to a block of `block_rows`; a full block is cut into tiles of the
// chunk's shape, each compressed at once. One dimension (and text): plain rows, written in place.
#pragma once

#include <gridflock/io/results_file.hpp>

#include "io/encode.hpp"
#include "io/h5.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridflock::inline v0::io {

class Growing {
public:
    /// Creates the dataset. `row_shape`: the dimensions after the first; empty for one dimension.
    Growing(hid_t group, const DatasetSpec& spec, std::vector<hsize_t> row_shape,
            const ResultsFile::Options& options);

    void append(std::span<const double> values);
    void append(std::span<const std::int64_t> values);
    void append(std::span<const std::string> values);
    /// Rows in the form that rows_waiting() gives. Errors  ShapeError.
    void append_encoded(std::span<const std::byte> rows);

    hid_t id() const { return dataset_.get(); }
    const DatasetSpec& spec() const { return spec_; }
    bool is_blocked() const { return !row_shape_.empty(); }
    std::size_t rows_appended() const { return appended_; }
    std::size_t rows_written() const { return written_; }
    /// The rows that the last flush left in memory. Not of a text dataset: it leaves none.
    std::vector<std::byte> rows_waiting() const;
    std::size_t blocks_waiting() const { return tiles_.empty() ? 0 : 1; }
    std::size_t bytes_waiting() const;
    /// Of whole blocks, compressed, and of plain rows; written or waiting.
    std::uint64_t bytes_appended() const { return bytes_appended_; }

    /// Writes whole blocks, and the unfinished one if asked. Returns false when HDF5 refuses.
    bool write_blocks(bool is_partial);
    /// Writes rows of a one-dimensional dataset, up to `row` in all.
    bool write_rows(std::size_t row);

private:
    struct Tile {
        std::vector<hsize_t> offset;
        std::vector<std::uint8_t> bytes;  // compressed
    };

    std::size_t row_cells() const;
    void add_row();
    void finish_block();
    /// The cells of one tile, rows that are not there yet as missing.
    std::vector<std::uint8_t> gather(std::span<const hsize_t> at, std::size_t rows) const;
    std::vector<Tile> cut(std::size_t rows) const;
    bool write_tiles(const std::vector<Tile>& tiles, std::size_t rows);

    DatasetSpec spec_;
    std::vector<hsize_t> row_shape_;
    std::vector<hsize_t> chunk_;
    int level_ = 1;
    std::size_t element_ = 8;
    h5::Handle type_;
    h5::Handle dataset_;
    std::vector<std::uint8_t> fill_;    // one missing cell
    std::vector<std::uint8_t> buffer_;  // rows that are in no tile yet
    std::vector<std::string> texts_;    // rows of a text dataset
    std::vector<Tile> tiles_;           // of whole blocks
    std::size_t appended_ = 0;
    std::size_t tiled_ = 0;    // rows in tiles, written or waiting
    std::size_t written_ = 0;  // rows in the file
    std::uint64_t bytes_appended_ = 0;
};

hid_t memory_type(Storage storage);

}  // namespace gridflock::inline v0::io
