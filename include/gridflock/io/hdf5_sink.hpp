// SPDX-License-Identifier: Apache-2.0
// The sink that writes a results file (docs/results-schema.md). Dimensions time, world, variant,
// entity; opens in xarray; root attributes say what made it and how it ended.
#pragma once

#include <gridflock/io/checkpoint_file.hpp>
#include <gridflock/io/results_file.hpp>
#include <gridflock/record/sink.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridflock::inline v0::io {

struct Hdf5Options {
    ResultsFile::Options file;
    double flush_seconds = 0.25;  ///< wall time between flushes at least; 0: each whole block
    std::vector<std::pair<std::string, std::string>> attributes;  ///< more root attributes
    /// Goes on from the unfinished file at this very path: the rows that its checkpoint counts are
    /// taken over, and end() replaces it. Empty: a new file.
    std::vector<RecordedRows> resumed;
    std::vector<record::Input> inputs;  ///< more files to embed: sources of plug-ins, say
};

class Hdf5Sink : public record::Sink {
public:
    /// The file is created by begin(). Errors of every call: IoError, once; what was flushed is
    /// kept.
    explicit Hdf5Sink(std::string path, const Hdf5Options& options = {});
    ~Hdf5Sink() override;

    void begin(const record::Layout& layout) override;
    void write(const record::Sample& sample) override;
    void append(std::string_view table, const std::vector<record::Cell>& row) override;
    void flush() override;
    void end(record::RunStatus status, std::string_view reason) override;

    const std::string& path() const { return path_; }
    /// Rows that each dataset has so far; what a checkpoint of the run must count. After begin().
    std::vector<RecordedRows> rows() const;

private:
    struct Group;
    void define_group(const std::string& name);
    void define_table(const record::Table& table);
    void write_header();
    void flush_when_due();

    std::string path_;
    Hdf5Options options_;
    record::Layout layout_;
    std::unique_ptr<ResultsFile> file_;
    std::vector<Group> groups_;
    double last_flush_ = 0;  // s, of a steady clock
};

/// Version of the layout of a results file.
inline constexpr int results_format = 1;

}  // namespace gridflock::inline v0::io
