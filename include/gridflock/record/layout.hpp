// SPDX-License-Identifier: Apache-2.0
// The layout of a record: everything a sink must know before the first value.
//
// Two kinds of things are recorded. *Samples* are columns [row][lane] of a group at an instant.
// *Tables* are rows of mixed cells that come when something happens: a posting, an award, a refused
// batch. A lane is spread over the two dimensions world and variant, so no reader ever meets a
// lane.
#pragma once

#include <gridflock/core/lanes.hpp>
#include <gridflock/core/time.hpp>
#include <gridflock/record/segment.hpp>
#include <gridflock/record/variable.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gridflock::inline v0::record {

/// What does not change during a run, one value an entity (coordinates, ratings, classes).
using Static =
    std::variant<std::vector<double>, std::vector<std::int64_t>, std::vector<std::string>>;

struct StaticColumn {
    std::string name;
    std::string unit = "1";
    std::string doc;
    Static values;
};

/// The rows of one group.
struct Entities {
    std::string group;                ///< "telemetry"
    std::string dim;                  ///< "site"
    std::vector<std::string> labels;  ///< one a row
    std::vector<StaticColumn> columns;
};

enum class ColumnType : std::uint8_t {
    integer,
    real,
    text,
    time,   ///< int64 ns since 1970 UTC
    money,  ///< int64 millionths of a dollar
    flag,   ///< 0 or 1
};

struct TableColumn {
    std::string name;
    ColumnType type = ColumnType::real;
    std::string unit = "1";
    std::string doc = {};
};

struct Table {
    std::string name;
    std::string doc;
    std::vector<TableColumn> columns;
};

/// integer, time, money and flag columns take an int64.
using Cell = std::variant<std::int64_t, double, std::string>;

/// A file that the run was made from, kept with its results.
struct Input {
    std::string name;
    std::string content;
};

struct Header {
    std::string scenario_text;
    std::uint64_t seed = 0;
    SimTime start;  ///< after the warm-up
    SimTime end;
    SimTime report_start;  ///< score cards count [report_start, end)
    std::string zone;
    std::vector<Input> inputs;
    std::vector<std::pair<std::string, std::string>> extra;  ///< more root attributes
    SegmentLimit segment;  ///< where the scenario wants a new file to begin
};

struct Layout {
    Header header;
    std::vector<Lane> lanes;            ///< lane -> positions in `worlds` and `variants`
    std::vector<std::int32_t> worlds;   ///< numbers of the worlds
    std::vector<std::string> variants;  ///< names
    std::vector<Entities> entities;
    std::vector<Variable> variables;
    std::vector<Table> tables;

    std::vector<std::string> groups() const;  ///< in order of first appearance
    std::vector<std::size_t> group_variables(std::string_view group) const;
    const Entities* find_entities(std::string_view group) const;
    const Table* find_table(std::string_view name) const;
    std::size_t rows(std::string_view group) const;  ///< 1 for a group without entities
};

/// Throws Error when the layout contradicts itself: a variable whose group lacks its entities,
/// two variables of one name, a static column of another length, a lane outside the worlds.
void check(const Layout& layout);

/// Throws ShapeError or Error unless `row` has the number and the types of the table's columns.
void check_row(const Table& table, const std::vector<Cell>& row);

}  // namespace gridflock::inline v0::record
