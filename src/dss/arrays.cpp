// SPDX-License-Identifier: Apache-2.0
// Arrays: in place, or (file=x.csv column=2 header=yes), (dblfile=x.dbl), (sngfile=x.sng).
#include "arrays.hpp"

#include "numbers.hpp"
#include "session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace gridflock::inline v0::dss {

namespace fs = std::filesystem;

namespace {

bool is_file_word(std::string_view word) {
    return word == "file" || word == "dblfile" || word == "sngfile";
}

/// Cuts a line off `rest`.
std::string_view take_line(std::string_view& rest) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
}

template <class T>
std::vector<double> binary(const std::string& bytes) {
    std::vector<double> out(bytes.size() / sizeof(T));
    for (std::size_t i = 0; i < out.size(); ++i) {
        T v;
        std::memcpy(&v, bytes.data() + i * sizeof(T), sizeof(T));
        out[i] = static_cast<double>(v);
    }
    return out;
}

}  // namespace

ArraySource array_source(const std::string& text) {
    ArraySource out;
    if (text.find('=') == std::string::npos) return out;
    Tokens tokens(text);
    Parameter p;
    if (!tokens.next(p) || !is_file_word(p.name)) return out;
    out.kind = p.name;
    out.file = p.value;
    while (tokens.next(p)) {
        if (p.name.rfind("col", 0) == 0) out.column = p.value;
        if (p.name.rfind("head", 0) == 0) out.header = p.value;
    }
    return out;
}

/// Column `column` (from 1) of a text of numbers, commas, blanks or tabs between.
std::vector<double> Session::text_column(const fs::path& file, std::size_t column, bool has_head) {
    std::vector<double> out;
    const std::string text = read_text(file);
    int line = 0;
    for (std::string_view rest = text; !rest.empty();) {
        Tokens tokens(take_line(rest));
        if (++line == 1 && has_head) continue;
        Parameter item;
        std::size_t at = 0;
        while (at < column && tokens.next_item(item)) ++at;
        if (at == 0) continue;
        double v = 0;
        if (at == column && parse_number(item.value, v)) {
            out.push_back(v);
            continue;
        }
        const bool is_short = at < column;
        is_line_broken_ = true;
        fault_at(
            {file.string(), line, path_},
            is_short ? fmt::format("a line of {} columns", at) : "'" + item.value + "'",
            is_short ? fmt::format("column {} is asked for", column) : "must be a finite number",
            line == 1 ? "header=yes passes a heading over" : "mend the file");
        return {};
    }
    return out;
}

std::vector<double> Session::file_numbers(const ArraySource& source) {
    const fs::path file = resolve(source.file);
    if (file.empty()) {
        no_such_file(source.file);
        return {};
    }
    if (source.kind == "file") {
        double column = 1;
        if (!parse_number(source.column, column) || !(column >= 1 && column <= 1000)) {
            fault("column=" + source.column, "must be a whole number from 1 to 1000",
                  "the first column is 1");
            return {};
        }
        return text_column(file, static_cast<std::size_t>(column), boolean({source.header, false}));
    }
    return binary_numbers(file, source.kind == "dblfile");
}

std::vector<double> Session::binary_numbers(const fs::path& file, bool is_double) {
    const std::string bytes = read_bytes(file);
    std::vector<double> out = is_double ? binary<double>(bytes) : binary<float>(bytes);
    for (std::size_t i = 0; i < out.size(); ++i)
        if (!(out[i] - out[i] == 0)) {
            fault(fmt::format("value {} of {}", i + 1, file.filename().string()),
                  "must be a finite number",
                  is_double ? "dblfile= reads 8-byte numbers" : "sngfile= reads 4-byte numbers");
            return {};
        }
    return out;
}

void Session::no_such_file(const std::string& name) {
    const std::string rule = "no such file" + (folder_.empty() ? "" : " under " + folder_.string());
    const char* remedy =
        "check the name and the folder; paths are relative to the file that names them";
    if (path_.rfind("loadshape.", 0) != 0) return fault("'" + name + "'", rule, remedy);
    if (active_) approximated(*active_, "the shape stays empty: its file is missing");
    warn_once("shape file " + name, "'" + name + "'", rule + ", the shape stays empty", remedy);
}

std::vector<double> Session::numbers(const Value& v) {
    const std::string text = variable(v.text);
    const ArraySource source = array_source(text);
    if (!source.kind.empty()) return file_numbers(source);
    std::vector<double> out;
    Tokens tokens(text, "|");
    Parameter p;
    while (tokens.next_item(p))
        if (!p.value.empty()) out.push_back(number({p.value, p.is_quoted}));
    return out;
}

std::vector<double> Session::numbers(const Value& v, std::size_t most) {
    std::vector<double> out = numbers(v);
    if (!is_line_broken_ && (out.empty() || out.size() > most))
        fault(fmt::format("{} values", out.size()), fmt::format("must be {} at most", most),
              "write one value for each, e.g. [1 2]");
    if (out.size() > most) out.resize(most);
    return out;
}

std::vector<std::string> Session::words(const Value& v) {
    std::vector<std::string> out;
    const ArraySource source = array_source(v.text);
    std::string text = v.text;
    if (!source.kind.empty()) {
        const fs::path file = resolve(source.file);
        if (file.empty()) return no_such_file(source.file), out;
        text = read_text(file);
        std::replace_if(
            text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    }
    Tokens tokens(text, "|");
    Parameter p;
    while (tokens.next_item(p))
        if (!p.value.empty()) out.push_back(lower(variable(p.value)));
    return out;
}

std::vector<double> Session::symmetric(const Value& v, std::size_t order, bool may_be_short) {
    std::vector<double> out(order * order, 0.0);
    const std::string& text = v.text;
    std::size_t row = 0;
    for (std::size_t start = 0; start <= text.size() && row < order; ++row) {
        const std::size_t end = std::min(text.find('|', start), text.size());
        std::vector<double> values = numbers({text.substr(start, end - start), true});
        start = end + 1;
        if (row == 0 && order > 1 && values.size() == order * order && end == text.size())
            return values;  // all in one row
        if (values.size() != order && values.size() != row + 1)
            return wrong_matrix(fmt::format("row {} of {} values", row + 1, values.size()), order);
        for (std::size_t col = 0; col < values.size(); ++col)
            out[row * order + col] = out[col * order + row] = values[col];
    }
    const auto rows = static_cast<std::size_t>(std::count(text.begin(), text.end(), '|')) + 1;
    if (rows > order || (rows < order && !may_be_short))
        return wrong_matrix(fmt::format("{} rows", rows), order);
    return out;
}

std::vector<double> Session::wrong_matrix(std::string found, std::size_t order) {
    if (!is_line_broken_)
        fault(std::move(found),
              fmt::format("the matrix must be {} x {}, or its lower triangle", order, order),
              "part rows by |, and state the phases before the matrix");
    std::vector<double> unit(order * order, 0.0);
    for (std::size_t i = 0; i < order; ++i) unit[i * order + i] = 1;
    return unit;
}

}  // namespace gridflock::inline v0::dss
