// SPDX-License-Identifier: Apache-2.0
#include <gridflock/core/error.hpp>

#include <algorithm>
#include <cctype>
#include <numeric>

namespace gridflock::inline v0 {

std::string Place::text() const {
    std::string s = file;
    if (line > 0) s += (s.empty() ? "line " : ":") + std::to_string(line);
    if (!path.empty()) s += (s.empty() ? "" : ": ") + path;
    return s;
}

std::string Fault::text() const {
    std::string s = at.text();
    // a key has a value; a line without one holds the thing itself
    if (!found.empty()) s += (s.empty() ? "" : at.path.empty() ? ": " : " = ") + found;
    if (!rule.empty()) s += (s.empty() ? "" : ": ") + rule;
    if (!remedy.empty()) s += " (" + remedy + ")";
    return s;
}

namespace {

std::string all_text(const std::vector<Fault>& faults) {
    std::string s = std::to_string(faults.size()) + (faults.size() == 1 ? " fault" : " faults");
    for (const Fault& f : faults) s += "\n  " + f.text();
    return s;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = std::tolower(static_cast<unsigned char>(a[i - 1])) ==
                              std::tolower(static_cast<unsigned char>(b[j - 1]));
            const std::size_t best =
                std::min({row[j] + 1, row[j - 1] + 1, diagonal + (same ? 0U : 1U)});
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b.size()];
}

}  // namespace

ScenarioError::ScenarioError(std::vector<Fault> faults)
    : Error(all_text(faults)), faults_(std::move(faults)) {}

IoError::IoError(std::string path, const std::string& reason)
    : Error(path + ": " + reason), path_(std::move(path)) {}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
    const std::size_t n = word.size();
    const std::size_t limit = n <= 3 ? 1 : (n <= 6 ? 2 : (n + 2) / 3);
    std::string best;
    std::size_t least = std::max<std::size_t>(limit, 2) + 1;
    for (const std::string& c : candidates) {
        const std::size_t d = edit_distance(word, c);
        // a beginning of two letters and more may lack two: 'lte' is near 'lte-m'
        const bool is_beginning = n >= 2 && c.compare(0, n, word) == 0;
        if (d < least && (d <= limit || is_beginning)) {
            least = d;
            best = c;
        }
    }
    return best;
}

std::string suggest(std::string_view word, const std::vector<std::string>& candidates) {
    const std::string near = nearest(word, candidates);
    if (!near.empty()) return "did you mean '" + near + "'?";
    std::string s = "known: ";
    for (std::size_t i = 0; i < candidates.size(); ++i) s += (i ? ", " : "") + candidates[i];
    return s;
}

}  // namespace gridflock::inline v0
