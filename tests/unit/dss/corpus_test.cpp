// SPDX-License-Identifier: Apache-2.0
// Malformed scripts, by class of fault: each is refused with one fault that names the file and line
// of its cause. tests/corpus/make.py writes them and the table of what must be said.
#include <test.hpp>

#include "golden.hpp"

#include <gridflock/dss/report.hpp>

#include <filesystem>
#include <fstream>
#include <set>

using namespace gridflock;
namespace fs = std::filesystem;

namespace {

struct Expected {
    std::string file;
    int line = 0;
    std::string says;
};

/// Cells of a line of CSV; "" within quotes is one quotation mark.
std::vector<std::string> cells(const std::string& line) {
    std::vector<std::string> out(1);
    bool is_quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (c == '"' && is_quoted && line.substr(i, 2) == "\"\"")
            out.back() += line[i++];
        else if (c == '"')
            is_quoted = !is_quoted;
        else if (c == ',' && !is_quoted)
            out.emplace_back();
        else
            out.back() += c;
    }
    return out;
}

std::vector<Expected> table() {
    std::vector<Expected> out;
    std::ifstream in(golden::path("tests/corpus/expected.csv"));
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
        const auto row = cells(line);
        out.push_back({row[0], std::stoi(row[1]), row[2]});
    }
    return out;
}

std::vector<Fault> faults_of(const std::string& file) {
    try {
        dss::run_powerflow(golden::path("tests/corpus/" + file));
    } catch (const ScenarioError& error) {
        return error.faults();
    }
    return {};
}

}  // namespace

TEST_CASE("corpus: every malformed script is refused with one fault at its file and line") {
    const auto expected = table();
    CHECK(expected.size() >= 350);
    for (const Expected& e : expected) {
        INFO(e.file);
        const auto faults = faults_of(e.file);
        CHECK_FALSE(faults.empty());
        if (faults.empty()) continue;
        INFO(faults.front().text().substr(0, 400));
        CHECK(faults.size() == 1);
        CHECK(fs::is_regular_file(faults.front().at.file));
        CHECK(faults.front().at.line == e.line);
        CHECK(faults.front().text().find(e.says) != std::string::npos);
        CHECK_FALSE(faults.front().found.empty());
        CHECK_FALSE(faults.front().rule.empty());
        CHECK_FALSE(faults.front().remedy.empty());
    }
}

TEST_CASE("corpus: the table names every script of the folder once") {
    std::set<std::string> named, there;
    for (const Expected& e : table()) CHECK(named.insert(e.file).second);
    const fs::path root = golden::path("tests/corpus");
    for (const auto& entry : fs::recursive_directory_iterator(root))
        if (entry.path().extension() == ".dss")
            there.insert(fs::relative(entry.path(), root).generic_string());
    CHECK(named == there);
}
