// SPDX-License-Identifier: Apache-2.0
// Where a record goes. A simulation calls, in this order: begin once; write, append and flush as
// things happen; end once. A sink that cannot go on throws IoError once; what it took before is
// kept.
#pragma once

#include <gridflock/core/column.hpp>
#include <gridflock/record/layout.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridflock::inline v0::record {

/// One instant of one group.
/// Shape   columns: the group's variables in layout order, each [row, lane]; mask: [lane] or empty.
/// Unit    SI, as Variable::unit says. NaN is "no value".
struct Sample {
    std::string_view group;
    SimTime time;  ///< start of the interval that the values describe
    std::span<const ColumnView<const double>> columns;
    std::span<const std::uint8_t> mask = {};  ///< 0: the lane failed, its cells count as missing
};

enum class RunStatus : std::uint8_t { running, complete, interrupted, failed };

constexpr const char* to_text(RunStatus s) {
    switch (s) {
        case RunStatus::running:
            return "running";
        case RunStatus::complete:
            return "complete";
        case RunStatus::interrupted:
            return "interrupted";
        case RunStatus::failed:
            return "failed";
    }
    return "unknown";
}

class Sink {
public:
    Sink() = default;
    Sink(const Sink&) = default;
    Sink& operator=(const Sink&) = default;
    Sink(Sink&&) = default;
    Sink& operator=(Sink&&) = default;
    virtual ~Sink() = default;

    /// Variables it asks for beyond those of the scenario; either spelling.
    virtual std::vector<std::string> wanted() const { return {}; }
    virtual void begin(const Layout& layout) = 0;
    virtual void write(const Sample& sample) = 0;
    virtual void append(std::string_view table, const std::vector<Cell>& row) = 0;
    virtual void flush() {}
    virtual void end(RunStatus status, std::string_view reason) = 0;
};

/// Throws ShapeError unless the sample fits the layout.
void check(const Sample& sample, const Layout& layout);

}  // namespace gridflock::inline v0::record
