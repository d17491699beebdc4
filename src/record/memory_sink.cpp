// SPDX-License-Identifier: Apache-2.0
#include <gridflock/record/memory_sink.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace gridflock::inline v0::record {

namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

template <class Better>
double best(const Series& s, Better better) {
    double found = kMissing;
    for (const double x : s.values)
        if (x == x && !(found == found && !better(x, found))) found = x;
    return found;
}

}  // namespace

MemorySink::MemorySink(std::vector<std::string> variables) : wanted_(std::move(variables)) {
    for (const std::string& name : wanted_) find_variable(name);
}

void MemorySink::begin(const Layout& layout) {
    check(layout);
    layout_ = layout;
    series_.clear();
    tables_.clear();
    is_kept_.assign(layout.variables.size(), 0);
    const auto asked = [&](const Variable& v) {
        return wanted_.empty() || std::any_of(wanted_.begin(), wanted_.end(), [&](const auto& w) {
                   return w == v.name || w == v.key;
               });
    };
    for (std::size_t i = 0; i < layout.variables.size(); ++i) {
        const Variable& v = layout.variables[i];
        is_kept_[i] = asked(v) ? 1 : 0;
        series_.push_back({v, layout.rows(v.group()), layout.lanes.size(), {}, {}});
    }
    for (const Table& t : layout.tables) tables_.push_back({t, {}});
    status_ = RunStatus::running;
    reason_.clear();
}

void MemorySink::write(const Sample& sample) {
    check(sample, layout_);
    const auto variables = layout_.group_variables(sample.group);
    const std::size_t lanes = layout_.lanes.size();
    for (std::size_t k = 0; k < variables.size(); ++k) {
        if (!is_kept_[variables[k]]) continue;
        Series& s = series_[variables[k]];
        s.time.push_back(sample.time);
        const auto cells = sample.columns[k].all();
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const bool is_missing = !sample.mask.empty() && !sample.mask[i % lanes];
            s.values.push_back(is_missing ? kMissing : cells[i]);
        }
    }
}

void MemorySink::append(std::string_view table, const std::vector<Cell>& row) {
    for (TableRows& t : tables_) {
        if (t.table.name != table) continue;
        check_row(t.table, row);
        t.rows.push_back(row);
        return;
    }
    throw Error("no table '" + std::string(table) + "' in the layout");
}

void MemorySink::end(RunStatus status, std::string_view reason) {
    status_ = status;
    reason_ = reason;
}

const Series& MemorySink::series(std::string_view name) const {
    std::vector<std::string> known;
    for (std::size_t i = 0; i < series_.size(); ++i) {
        if (!is_kept_[i]) continue;
        const Variable& v = series_[i].variable;
        if (v.name == name || v.key == name) return series_[i];
        known.push_back(v.name);
    }
    throw Error("'" + std::string(name) + "' was not recorded: " + suggest(name, known));
}

const TableRows& MemorySink::table(std::string_view name) const {
    std::vector<std::string> known;
    for (const TableRows& t : tables_) {
        if (t.table.name == name) return t;
        known.push_back(t.table.name);
    }
    throw Error("no table '" + std::string(name) + "': " + suggest(name, known));
}

double MemorySink::max(std::string_view name) const {
    return best(series(name), [](double a, double b) { return a > b; });
}

double MemorySink::min(std::string_view name) const {
    return best(series(name), [](double a, double b) { return a < b; });
}

double MemorySink::mean(std::string_view name) const {
    double sum = 0;
    double n = 0;
    for (const double x : series(name).values) {
        if (x != x) continue;
        sum += x;
        n += 1;
    }
    return n > 0 ? sum / n : kMissing;
}

double MemorySink::last(std::string_view name) const {
    const Series& s = series(name);
    return s.time.empty() ? kMissing : s.at(s.time.size() - 1, 0, 0);
}

}  // namespace gridflock::inline v0::record
