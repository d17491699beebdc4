// SPDX-License-Identifier: Apache-2.0
// Running the files of a script line by line, and the files of bus coordinates.
#include "numbers.hpp"
#include "session.hpp"

#include <gridflock/dss/files.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace gridflock::inline v0::dss {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t deepest = 100;       // files that are running at once
constexpr std::size_t most_runs = 100000;  // files in one script

bool is_control(char c) {
    const auto u = static_cast<unsigned char>(c);
    return u < 32 && u != 0 && u != '\t' && u != '\n' && u != '\r' && u != '\f' && u != '\v' &&
           u != 26;
}

/// How many bytes the letter at `at` has in UTF-8, 0 where it is none.
std::size_t letter_size(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(at);
    if (first < 0x80) return 1;
    const std::size_t size = first >= 0xf5 ? 0 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || size == 0 || at + size > text.size()) return 0;
    for (std::size_t i = 1; i < size; ++i)
        if ((byte(at + i) & 0xc0) != 0x80) return 0;
    const bool is_long =
        (first == 0xe0 && byte(at + 1) < 0xa0) || (first == 0xf0 && byte(at + 1) < 0x90);
    const bool is_outside =
        (first == 0xed && byte(at + 1) >= 0xa0) || (first == 0xf4 && byte(at + 1) >= 0x90);
    return is_long || is_outside ? 0 : size;
}

/// A text as UTF-8: as it is, or from Latin 1 when it is not UTF-8.
std::string as_utf8(std::string text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t size = letter_size(text, at);
        if (size == 0) break;
        at += size;
    }
    if (at >= text.size()) return text;
    std::string out;
    for (const char c : text) {
        const auto u = static_cast<unsigned char>(c);
        if (u >= 0x80) out += static_cast<char>(0xc0 | (u >> 6));
        out += u < 0x80 ? c : static_cast<char>(0x80 | (u & 0x3f));
    }
    return out;
}

/// Without byte-order mark and NUL bytes, which also reads UTF-16 of plain letters.
std::string clean(std::string text) {
    text.erase(std::remove(text.begin(), text.end(), '\0'), text.end());
    for (const char* mark : {"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"})
        if (text.rfind(mark, 0) == 0) return text.substr(std::string_view(mark).size());
    return text;
}

/// The line of the first byte that no text holds, or 0 where there are too few to matter.
int binary_line(const std::string& text) {
    const auto count = std::count_if(text.begin(), text.end(), is_control);
    if (count == 0 || static_cast<std::size_t>(count) * 50 < text.size()) return 0;
    const auto first = std::find_if(text.begin(), text.end(), is_control);
    return 1 + static_cast<int>(std::count(text.begin(), first, '\n'));
}

/// Cuts the next line off `rest`; ends are \n, \r\n or \r.
std::string_view next_line(std::string_view& rest) {
    const std::size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
    const std::string_view line = rest.substr(0, end);
    const bool is_pair = rest.substr(end, 2) == "\r\n";
    rest.remove_prefix(std::min(end + (is_pair ? 2 : 1), rest.size()));
    return line;
}

}  // namespace

fs::path Session::resolve(std::string_view name) const {
    const std::string text(name);
    if (text.empty()) return {};
    fs::path found = disk_.find(folder_, text);
    if (found.empty() && fs::path(text).extension().empty())
        found = disk_.find(folder_, text + ".dss");
    return found;
}

std::string Session::read_bytes(const fs::path& file) {
    files.push_back(file);
    try {
        return disk_.read(file);
    } catch (const IoError& error) {
        if (running_.empty()) throw;
        fault("'" + file.string() + "'", "the file cannot be read", "check its permissions");
        return {};
    }
}

std::string Session::read_text(const fs::path& file) {
    return as_utf8(clean(read_bytes(file)));
}

bool Session::may_run(const fs::path& file, const std::string& identity) {
    const std::string name = "'" + file.string() + "'";
    if (std::find(running_.begin(), running_.end(), identity) != running_.end())
        fault(name, "a file must not run itself, however many files lie between",
              "take one of the redirects out");
    else if (running_.size() >= deepest)
        fault(name, fmt::format("files may call files {} deep", deepest), "put files together");
    else if (++runs_ > most_runs)
        fault(name, fmt::format("a script runs at most {} files", most_runs),
              "look for files that call others many times over");
    else
        return true;
    return false;
}

void Session::run_file(const fs::path& file, bool is_compile) {
    const std::string identity = disk_.identity(file);
    if (!may_run(file, identity)) return;
    const std::string text = read_text(file);
    const std::string file_before = std::exchange(file_, file.string());
    const int line_before = std::exchange(line_, 0);
    const fs::path folder_before = std::exchange(folder_, file.parent_path());
    running_.push_back(identity);
    if (const int line = binary_line(text)) {
        line_ = line;
        fault("a byte that no text holds", "a script is a text file",
              "name the .dss file, not an archive or a program");
    } else {
        run_lines(text);
    }
    running_.pop_back();
    last_ = {file_, std::max(line_, 1), ""};
    file_ = file_before;
    line_ = line_before;
    if (!is_compile) folder_ = folder_before;
}

void Session::run_lines(std::string_view text) {
    int comment = 0;  // line at which /* stands
    while (!text.empty()) {
        const std::string_view line = next_line(text);
        ++line_;
        if (comment == 0 && line.rfind("/*", 0) == 0) comment = line_;
        if (comment == 0 && !line.empty()) command(line);
        if (line.find("*/") != std::string_view::npos) comment = 0;
    }
    if (comment == 0) return;
    line_ = comment;
    fault("'/*'", "the comment is not closed: all after it would be lost", "close it with */");
}

void Session::read_coordinates(std::string_view name) {
    const fs::path file = resolve(name);
    if (file.empty()) {
        warn_once("coordinates", "'" + std::string(name) + "'", "no such file of coordinates",
                  "the circuit has no drawing coordinates");
        return;
    }
    const std::string text = read_text(file);
    for (std::string_view rest = text; !rest.empty();) {
        Tokens tokens(next_line(rest));
        Parameter bus, x, y;
        if (!tokens.next_item(bus) || !tokens.next_item(x) || !tokens.next_item(y)) continue;
        double at[2] = {};
        if (!parse_number(x.value, at[0]) || !parse_number(y.value, at[1])) continue;  // a heading
        coordinates_[lower(bus.value)] = {at[0], at[1]};
    }
}

fs::path Session::coordinates_beside(const fs::path& script) const {
    std::vector<fs::path> found;
    for (const fs::path& entry : disk_.list(script.parent_path())) {
        const std::string stem = lower(entry.stem().string());
        if (stem.rfind("buscoord", 0) == 0 ||
            (stem.size() >= 5 && stem.compare(stem.size() - 5, 5, "busxy") == 0))
            found.push_back(entry);
    }
    return found.size() == 1 ? found.front() : fs::path{};
}

void Session::find_coordinates(const fs::path& script) {
    if (!coordinates_.empty()) return;
    const fs::path file = coordinates_beside(script);
    if (file.empty()) return;
    folder_ = script.parent_path();
    read_coordinates(file.filename().string());
}

}  // namespace gridflock::inline v0::dss
