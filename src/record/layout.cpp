// SPDX-License-Identifier: Apache-2.0
#include <gridflock/record/layout.hpp>
#include <gridflock/record/sink.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace gridflock::inline v0::record {

std::vector<std::string> Layout::groups() const {
    std::vector<std::string> names;
    for (const Variable& v : variables) {
        const std::string g = v.group();
        if (std::find(names.begin(), names.end(), g) == names.end()) names.push_back(g);
    }
    return names;
}

std::vector<std::size_t> Layout::group_variables(std::string_view group) const {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < variables.size(); ++i)
        if (variables[i].group() == group) found.push_back(i);
    return found;
}

const Entities* Layout::find_entities(std::string_view group) const {
    for (const Entities& e : entities)
        if (e.group == group) return &e;
    return nullptr;
}

const Table* Layout::find_table(std::string_view name) const {
    for (const Table& t : tables)
        if (t.name == name) return &t;
    return nullptr;
}

std::size_t Layout::rows(std::string_view group) const {
    const Entities* e = find_entities(group);
    return e ? e->labels.size() : 1;
}

namespace {

void check_entities(const Entities& e) {
    for (const StaticColumn& c : e.columns) {
        const std::size_t n = std::visit([](const auto& v) { return v.size(); }, c.values);
        if (n != e.labels.size())
            throw ShapeError(fmt::format("{}/{} has {} values for {} rows", e.group, c.name, n,
                                         e.labels.size()));
    }
}

void check_variable(const Layout& layout, const Variable& v) {
    const Entities* e = layout.find_entities(v.group());
    const std::string dim = e ? e->dim : "";
    if (dim != v.entity)
        throw Error(
            fmt::format("variable '{}' has rows '{}', its group has '{}'", v.key, v.entity, dim));
}

}  // namespace

void check(const Layout& layout) {
    if (layout.lanes.empty()) throw ShapeError("a layout needs at least one lane");
    const auto inside = [](std::int32_t i, std::size_t n) {
        return i >= 0 && static_cast<std::size_t>(i) < n;
    };
    for (const Lane& lane : layout.lanes)
        if (!inside(lane.world, layout.worlds.size()) ||
            !inside(lane.variant, layout.variants.size()))
            throw ShapeError("a lane lies outside the layout's worlds or variants");
    for (const Entities& e : layout.entities) check_entities(e);
    std::set<std::string> names;
    for (const Variable& v : layout.variables) {
        check_variable(layout, v);
        if (!names.insert(v.key).second) throw Error("variable '" + v.key + "' comes twice");
    }
    for (const Table& t : layout.tables)
        if (!names.insert(t.name).second) throw Error("table '" + t.name + "' comes twice");
}

void check_row(const Table& table, const std::vector<Cell>& row) {
    if (row.size() != table.columns.size())
        throw ShapeError(fmt::format("a row of table '{}' has {} cells, expected {}", table.name,
                                     row.size(), table.columns.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
        const ColumnType type = table.columns[i].type;
        const std::size_t wanted = type == ColumnType::real ? 1 : type == ColumnType::text ? 2 : 0;
        if (row[i].index() == wanted) continue;
        static constexpr const char* names[] = {"an integer", "a real", "a text"};
        throw Error(fmt::format("{}.{} takes {}, got {}", table.name, table.columns[i].name,
                                names[wanted], names[row[i].index()]));
    }
}

void check(const Sample& sample, const Layout& layout) {
    const std::size_t expected = layout.group_variables(sample.group).size();
    if (expected == 0)
        throw Error(fmt::format("no group '{}' in the layout: {}", sample.group,
                                suggest(sample.group, layout.groups())));
    if (sample.columns.size() != expected)
        throw ShapeError(fmt::format("a sample of '{}' has {} columns, expected {}", sample.group,
                                     sample.columns.size(), expected));
    const std::size_t rows = layout.rows(sample.group);
    const std::string name(sample.group);
    for (const auto& c : sample.columns) require_shape(c, rows, layout.lanes.size(), name.c_str());
    if (!sample.mask.empty() && sample.mask.size() != layout.lanes.size())
        throw ShapeError("a sample's mask does not have one flag a lane");
}

}  // namespace gridflock::inline v0::record
