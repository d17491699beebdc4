// SPDX-License-Identifier: Apache-2.0
// The sink that writes a results file (docs/results-schema.md). Dimensions time, world, variant,
// entity; opens in xarray; root attributes say what made it and how it ended.
//
// The caller's thread only copies what it hands over; a thread of the sink's own scales, compresses
// and writes. When that one falls behind by `queue_bytes`, the caller waits. What the file holds
// does not depend on when it is written.
#pragma once

#include <gridflock/core/time.hpp>
#include <gridflock/io/checkpoint_file.hpp>
#include <gridflock/io/results_file.hpp>
#include <gridflock/record/sink.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridflock::inline v0::io {

struct Hdf5Options {
    ResultsFile::Options file;
    double flush_seconds = 0.25;  ///< wall time between flushes at least; 0: each whole block
    std::vector<std::pair<std::string, std::string>> attributes;  ///< more root attributes
    std::size_t queue_bytes = std::size_t{32} << 20;  ///< recorded and not yet in the file's form
    /// When a new file begins: day.h5, day.0001.h5, ..., each whole by itself and complete once the
    /// next one has begun. Empty: as the layout's header says.
    std::optional<record::SegmentLimit> segment;
    /// Goes on from the unfinished file at this very path: the rows that its checkpoint counts are
    /// taken over into a new file, which takes its place once it holds as much. Empty: a new file.
    std::optional<Recorded> resumed;
    std::vector<record::Input> inputs;  ///< more files to embed: sources of plug-ins, say
};

class Hdf5Sink : public record::Sink {
public:
    /// The file is created by begin(). Errors of every call: IoError, once, at the call after the
    /// one that met it or at the end; what was flushed is kept.
    explicit Hdf5Sink(std::string path, const Hdf5Options& options = {});
    ~Hdf5Sink() override;

    void begin(const record::Layout& layout) override;
    void write(const record::Sample& sample) override;
    void append(std::string_view table, const std::vector<record::Cell>& row) override;
    /// Brings whole blocks and all rows of tables to the disk. Rows of an unfinished block stay in
    /// memory until it is whole, or the end: a block that is written twice could be lost to a kill.
    void flush() override;
    void end(record::RunStatus status, std::string_view reason) override;

    const std::string& path() const { return path_; }
    /// Flushes, and tells what a checkpoint of the run must keep of the results. Nothing while a
    /// resumed file does not yet hold what the one before it does: the older checkpoint stands.
    /// `is_last` makes it take that one's place as it is. After begin().
    std::optional<Recorded> rows(bool is_last = false);

private:
    struct Impl;
    std::string path_;
    Hdf5Options options_;
    std::unique_ptr<Impl> impl_;  // from begin() to end()
};

/// Where a segment lies: day.h5, 2 -> day.0002.h5; segment 0 is day.h5 itself.
std::string segment_path(const std::string& path, std::uint32_t segment);

/// Version of the layout of a results file.
inline constexpr int results_format = 1;

}  // namespace gridflock::inline v0::io
