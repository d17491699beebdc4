// SPDX-License-Identifier: Apache-2.0
// An HDF5 file that grows along time, opens in xarray, and survives the death of its writer.
//
// * Every group is a self-contained netCDF-4 group: its datasets share its dimension scales. A
// first
//   dimension declared as growing ("time", "row") gets longer; the others are fixed.
// * append() only remembers; flush() is the one place that touches the disk: it sets space aside,
//   writes what is new, and then what refers to it, so that the file is whole after every write. A
//   kill -9 leaves the file as the last flush left it, or with more of the next one.
// * The old file format is used: newer ones carry a flag that keeps a killed file from opening.
// * Multi-dimensional growing datasets are cut into blocks of `block_rows`, compressed here
//   (shuffle + deflate, as every reader knows) and written whole; rows of an unfinished block reach
//   the file with flush(true). One-dimensional ones are not compressed and reach it with every
//   flush.
#pragma once

#include <gridflock/core/error.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gridflock::inline v0::io {

/// Rows of one growing dataset.
struct RecordedRows {
    std::string dataset;             ///< "head/p_kw"
    std::uint64_t rows = 0;          ///< in the file, after its last flush
    std::vector<std::byte> waiting;  ///< later ones, in the form that the file has
};

enum class Storage : std::uint8_t {
    int32_scaled,  ///< round(value / scale_factor); missing = the lowest int32
    float32,       ///< rounded to DatasetSpec::fraction_bits, half to even
    float64,
    int64,
    uint8,
    text,  ///< UTF-8 of any length
};

using Attribute = std::variant<std::int64_t, double, std::string>;
using Attributes = std::vector<std::pair<std::string, Attribute>>;

struct DatasetSpec {
    std::string group;
    std::string name;
    Storage storage = Storage::float64;
    std::vector<std::string> dims;  ///< of the same group; the first may be a growing one
    std::string unit;               ///< as pint parses it; "" writes none
    std::string doc;
    double scale_factor = 1;  ///< int32_scaled: file unit of one count
    Attributes attributes;
    int fraction_bits = 23;  ///< float32: of the 23 that it has; the others are 0 and compress
};

class ResultsFile {
public:
    struct Options {
        std::size_t block_rows = 60;
        std::size_t block_columns = 256;
        int level = 1;          ///< of deflate
        bool is_synced = true;  ///< fdatasync at each flush
    };

    /// Creates `path`, replacing older results. Errors  IoError: no room, another run is writing
    /// it, or it exists and is not HDF5; what is there is then left alone.
    explicit ResultsFile(std::string path);
    ResultsFile(std::string path, const Options& options);
    ResultsFile(const ResultsFile&) = delete;
    ResultsFile& operator=(const ResultsFile&) = delete;
    ~ResultsFile();  ///< closes without an exception

    /// An attribute of a group ("" = the root). `room` reserves bytes for a longer text later.
    void attribute(std::string_view group, const std::string& name, const Attribute& value,
                   std::size_t room = 0);

    /// A fixed dimension with its coordinate.
    void dimension(const std::string& group, const std::string& name,
                   const std::vector<std::string>& labels);
    void dimension(const std::string& group, const std::string& name,
                   const std::vector<std::int64_t>& values);
    /// A growing dimension: its coordinate is an int64 dataset, appended like the others.
    void growing(const std::string& group, const std::string& name, const Attributes& attributes);

    /// A dataset; growing when its first dimension is.
    void define(const DatasetSpec& spec);
    /// A one-dimensional group of rows: each column a dataset along "row".
    void table(const std::string& group, const std::vector<DatasetSpec>& columns,
               const std::string& doc);
    /// Embeds bytes as inputs/<index> with their name and SHA-256.
    void embed(const std::string& name, std::string_view content);

    /// Whole rows of a growing dataset ("head/p_kw", "head/time"), or all of a fixed one.
    /// Unit    file units; NaN is missing.
    void append(std::string_view path, std::span<const double> values);
    void append(std::string_view path, std::span<const std::int64_t> values);
    void append(std::string_view path, std::span<const std::string> values);

    /// Number of rows of a growing dataset that are whole blocks waiting for the disk.
    std::size_t blocks_waiting() const;
    /// What each growing dataset has, but the numbering of tables.
    std::vector<RecordedRows> rows() const;
    /// Of a growing dataset, as of the last flush that came back; also after an error and the end.
    std::uint64_t rows_on_disk(const std::string& path) const;
    /// RecordedRows::waiting of an earlier file of this layout.
    void append_waiting(std::string_view path, std::span<const std::byte> rows);
    std::size_t bytes_waiting() const;  ///< in memory, unfinished blocks included
    /// Of all values appended to growing datasets, as the file holds them; unfinished blocks are
    /// not counted. The same for a file that was gone on with.
    std::uint64_t bytes_appended() const;

    /// Writes what waits. `is_partial` includes unfinished blocks.
    /// Errors  IoError once (disk full, file too large, device gone); the file keeps its last flush
    ///         and every later call does nothing.
    void flush(bool is_partial = false);
    void close();
    /// Flushes all, sets the attributes `status` and `status_reason` and closes. A file that broke
    /// says "failed" whatever the caller believes, if it can still be written in place.
    /// Errors  IoError, unless it was told before.
    void finish(const std::string& status, const std::string& reason);
    /// Closes and takes the file away: it would pass for results that it does not hold.
    void discard();
    /// Gives it another name, replacing what has it. Errors  IoError.
    void rename(const std::string& path);

    const std::string& path() const;
    bool is_broken() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// SHA-256 as 64 hexadecimal digits. Source  FIPS 180-4 (libsodium).
std::string sha256_hex(std::string_view bytes);

}  // namespace gridflock::inline v0::io
