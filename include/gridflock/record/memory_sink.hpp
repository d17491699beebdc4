// SPDX-License-Identifier: Apache-2.0
// The sink that keeps everything in memory: for embedding, tests and short studies. Values stay SI
// and unrounded (the file rounds, this does not).
#pragma once

#include <gridflock/record/sink.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace gridflock::inline v0::record {

/// All values of one variable.
/// Shape   values: [time, row, lane], lanes innermost.
struct Series {
    Variable variable;
    std::size_t rows = 0;
    std::size_t lanes = 0;
    std::vector<SimTime> time;
    std::vector<double> values;

    double at(std::size_t t, std::size_t row, std::size_t lane) const {
        return values[(t * rows + row) * lanes + lane];
    }
};

struct TableRows {
    Table table;
    std::vector<std::vector<Cell>> rows;
};

class MemorySink : public Sink {
public:
    /// Keeps the named variables ("head.p" or "head.p_kw"); no names: all that is recorded.
    /// Errors  Error naming the nearest variable, when a name is unknown.
    explicit MemorySink(std::vector<std::string> variables = {});

    std::vector<std::string> wanted() const override { return wanted_; }
    void begin(const Layout& layout) override;
    void write(const Sample& sample) override;
    void append(std::string_view table, const std::vector<Cell>& row) override;
    void end(RunStatus status, std::string_view reason) override;

    /// Over all times, rows and lanes; NaN where nothing was recorded. SI.
    double max(std::string_view name) const;
    double min(std::string_view name) const;
    double mean(std::string_view name) const;  ///< over the values that are not missing
    double last(std::string_view name) const;  ///< row 0, lane 0, newest instant

    /// Errors  Error when the variable was not recorded.
    const Series& series(std::string_view name) const;
    const TableRows& table(std::string_view name) const;
    const Layout& layout() const { return layout_; }
    RunStatus status() const { return status_; }
    const std::string& reason() const { return reason_; }

private:
    std::vector<std::string> wanted_;
    Layout layout_;
    std::vector<Series> series_;         // one a variable of the layout; empty when not kept
    std::vector<std::uint8_t> is_kept_;  // [variable]
    std::vector<TableRows> tables_;
    RunStatus status_ = RunStatus::running;
    std::string reason_;
};

}  // namespace gridflock::inline v0::record
