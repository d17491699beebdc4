// SPDX-License-Identifier: Apache-2.0
// Files of a script: names relative to the running file's folder, written for systems where case
// and the direction of slashes do not matter.
#include "session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace gridflock::inline v0::dss {

namespace fs = std::filesystem;

namespace {

/// The entry of `folder` that equals `name` but for case, or "".
fs::path same_but_case(const fs::path& folder, const std::string& name) {
    std::error_code error;
    const std::string wanted = lower(name);
    for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, error))
        if (lower(entry.path().filename().string()) == wanted) return entry.path();
    return {};
}

fs::path look_up(const fs::path& folder, std::string name) {
    std::error_code error;
    if (fs::exists(folder / name, error)) return folder / name;
    std::replace(name.begin(), name.end(), '\\', '/');
    if (fs::exists(folder / name, error)) return folder / name;
    const fs::path wanted(name);
    fs::path at = wanted.is_absolute() ? fs::path("/") : folder;
    for (const fs::path& part : wanted.relative_path()) {
        const std::string text = part.string();
        if (text == "." || text == ".." || fs::exists(at / part, error)) {
            at /= part;
            continue;
        }
        const fs::path found = same_but_case(at, text);
        if (found.empty()) return {};
        at = found;
    }
    return at;
}

std::string read_text(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw IoError(file.string(), "cannot be read");
    std::ostringstream out;
    out << in.rdbuf();
    std::string text = out.str();
    text.erase(std::remove(text.begin(), text.end(), '\0'), text.end());
    if (text.rfind("\xef\xbb\xbf", 0) == 0) text.erase(0, 3);
    return text;
}

}  // namespace

fs::path Session::resolve(std::string_view name) const {
    const std::string text(name);
    fs::path found = look_up(folder_, text);
    if (found.empty() && fs::path(text).extension().empty())
        found = look_up(folder_, text + ".dss");
    std::error_code error;
    return !found.empty() && fs::is_directory(found, error) ? fs::path{} : found;
}

void Session::run_file(const fs::path& file, bool is_compile) {
    const fs::path real = fs::weakly_canonical(file);
    if (std::find(running_.begin(), running_.end(), real) != running_.end()) {
        fault("'" + file.string() + "'",
              "a file must not run itself, however many files lie between",
              "take one of the redirects out");
        return;
    }
    const std::string text = read_text(file);
    files.push_back(file);
    const std::string file_before = file_;
    const int line_before = line_;
    const fs::path folder_before = folder_;
    running_.push_back(real);
    file_ = file.string();
    folder_ = file.parent_path();
    line_ = 0;
    bool is_comment = false;
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        std::string_view line(text.data() + start, end - start);
        start = end + 1;
        ++line_;
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        if (line.rfind("/*", 0) == 0) is_comment = true;
        if (!is_comment && !line.empty()) command(line);
        if (line.find("*/") != std::string_view::npos) is_comment = false;
    }
    running_.pop_back();
    file_ = file_before;
    line_ = line_before;
    if (!is_compile) folder_ = folder_before;
}

void Session::read_coordinates(std::string_view name) {
    const fs::path file = resolve(name);
    if (file.empty()) {
        warn_once("coordinates", "'" + std::string(name) + "'", "no such file of coordinates",
                  "the circuit has no drawing coordinates");
        return;
    }
    std::istringstream lines(read_text(file));
    files.push_back(file);
    for (std::string line; std::getline(lines, line);) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        Tokens tokens(line);
        Parameter bus, x, y;
        if (!tokens.next_item(bus) || !tokens.next_item(x) || !tokens.next_item(y)) continue;
        char* end = nullptr;
        const double xv = std::strtod(x.value.c_str(), &end);
        if (end == x.value.c_str()) continue;  // a heading
        coordinates_[lower(bus.value)] = {xv, std::strtod(y.value.c_str(), nullptr)};
    }
}

fs::path Session::coordinates_beside(const fs::path& script) const {
    std::vector<fs::path> found;
    std::error_code error;
    const fs::path folder = script.parent_path();
    for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, error)) {
        const std::string stem = lower(entry.path().stem().string());
        if (stem.rfind("buscoord", 0) == 0 ||
            (stem.size() >= 5 && stem.compare(stem.size() - 5, 5, "busxy") == 0))
            found.push_back(entry.path());
    }
    return found.size() == 1 ? found.front() : fs::path{};
}

void Session::find_coordinates(const fs::path& script) {
    if (!coordinates_.empty()) return;
    const fs::path file = coordinates_beside(script);
    if (!file.empty()) read_coordinates(fs::absolute(file).string());
}

}  // namespace gridflock::inline v0::dss
