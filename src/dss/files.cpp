// SPDX-License-Identifier: Apache-2.0
// Files of a script: names relative to the running file's folder, written for systems where case
// and the direction of slashes do not matter.
#include <gridflock/dss/files.hpp>

#include <gridflock/core/error.hpp>

#include "tokens.hpp"

#include <algorithm>
#include <fstream>

namespace gridflock::inline v0::dss {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t largest_file = std::uintmax_t(1) << 30;

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

/// Without . and .. and back slashes, in lower case.
std::string plain(const fs::path& path) {
    std::string text = lower(path.string());
    std::replace(text.begin(), text.end(), '\\', '/');
    return fs::path(text).lexically_normal().generic_string();
}

}  // namespace

fs::path DiskFiles::find(const fs::path& folder, const std::string& name) const {
    std::error_code error;
    const fs::path found = look_up(folder, name);
    return !found.empty() && fs::is_regular_file(found, error) ? found : fs::path{};
}

std::string DiskFiles::identity(const fs::path& file) const {
    std::error_code error;
    const fs::path real = fs::weakly_canonical(file, error);
    return error ? file.string() : real.string();
}

std::string DiskFiles::read(const fs::path& file) const {
    std::error_code error;
    const std::uintmax_t size = fs::is_regular_file(file, error) ? fs::file_size(file, error) : 0;
    if (size > largest_file) throw IoError(file.string(), "is larger than 1 GiB");
    std::ifstream in(file, std::ios::binary);
    if (!in) throw IoError(file.string(), "cannot be read");
    std::string text(static_cast<std::size_t>(size), '\0');
    in.read(text.data(), static_cast<std::streamsize>(size));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

std::vector<fs::path> DiskFiles::list(const fs::path& folder) const {
    std::vector<fs::path> out;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, error))
        if (entry.is_regular_file(error)) out.push_back(entry.path());
    std::sort(out.begin(), out.end());
    return out;
}

MemoryFiles::MemoryFiles(std::map<std::string, std::string> texts) {
    for (auto& entry : texts) texts_[plain(entry.first)] = std::move(entry.second);
}

fs::path MemoryFiles::find(const fs::path& folder, const std::string& name) const {
    std::string slashes = name;
    std::replace(slashes.begin(), slashes.end(), '\\', '/');
    const fs::path wanted = folder / slashes;
    return texts_.count(plain(wanted)) ? wanted : fs::path{};
}

std::string MemoryFiles::identity(const fs::path& file) const {
    return plain(file);
}

std::string MemoryFiles::read(const fs::path& file) const {
    const auto found = texts_.find(plain(file));
    if (found == texts_.end()) throw IoError(file.string(), "no such file");
    return found->second;
}

std::vector<fs::path> MemoryFiles::list(const fs::path& folder) const {
    std::vector<fs::path> out;
    const std::string parent = plain(folder);
    for (const auto& [name, text] : texts_)
        if (plain(fs::path(name).parent_path()) == parent) out.emplace_back(name);
    return out;
}

}  // namespace gridflock::inline v0::dss
