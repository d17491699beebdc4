// SPDX-License-Identifier: Apache-2.0
// A small record: a group without entities, one with more nodes than a tile, a table; two variants.
#pragma once

#include <gridflock/io/hdf5_sink.hpp>

#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace gridflock::small_record {

using namespace record;

/// In memory where there is such a folder: for tests that wait for the disk thousands of times.
inline std::filesystem::path memory_folder() {
    const std::filesystem::path shm = "/dev/shm";
    return std::filesystem::is_directory(shm) ? shm : std::filesystem::temp_directory_path();
}

/// A path that is gone again when the test ends.
struct TemporaryFile {
    std::string path;
    explicit TemporaryFile(const std::string& name, const std::filesystem::path& folder =
                                                        std::filesystem::temp_directory_path())
        : path((folder / (std::to_string(::getpid()) + "-" + name)).string()) {}
    ~TemporaryFile() { std::filesystem::remove(path); }
};

inline constexpr std::size_t kNodes = 300;  // more than one tile of 256
inline constexpr std::size_t kLanes = 2;

inline Layout layout_of_two() {
    Layout layout;
    layout.header.scenario_text = "format = 1\n";
    layout.header.seed = 18446744073709551615ULL;
    layout.header.inputs = {{"feeder.dss", "clear\n"}};
    layout.lanes = {{0, 1}, {0, 0}};  // in another order than the variants
    layout.worlds = {0};
    layout.variants = {"no_vpp", "demo"};
    std::vector<std::string> labels;
    std::vector<double> x;
    for (std::size_t i = 0; i < kNodes; ++i) {
        labels.push_back(std::to_string(i) + ".1");
        x.push_back(static_cast<double>(i));
    }
    layout.entities = {{"node", "node", labels, {{"x", "m", "east", x}}}};
    layout.variables = {find_variable("head.p"), find_variable("node.v")};
    layout.tables = {{"postings",
                      "money",
                      {{"time", ColumnType::time, "1", "when"},
                       {"amount", ColumnType::money, "1", ""},
                       {"share", ColumnType::real, "1", ""},
                       {"kind", ColumnType::text, "1", ""},
                       {"is_final", ColumnType::flag, "1", ""}}}};
    return layout;
}

inline double voltage(std::size_t step, std::size_t node, std::size_t lane) {
    return 0.9 + 1e-4 * static_cast<double>(node) + 1e-5 * static_cast<double>(step) +
           0.05 * static_cast<double>(lane);
}

inline void write_step(Sink& sink, std::size_t step) {
    const SimTime t = SimTime{} + static_cast<std::int64_t>(step) * minutes(1);
    const std::array<double, kLanes> p{1e6 + 1e3 * static_cast<double>(step), -5e5};
    const std::array<ColumnView<const double>, 1> head{
        ColumnView<const double>(p.data(), 1, kLanes)};
    sink.write({"head", t, head});
    Column<double> v(kNodes, kLanes);
    for (std::size_t n = 0; n < kNodes; ++n)
        for (std::size_t l = 0; l < kLanes; ++l) v(n, l) = voltage(step, n, l);
    const std::array<ColumnView<const double>, 1> node{std::as_const(v).view()};
    const std::array<std::uint8_t, kLanes> second_failed{1, static_cast<std::uint8_t>(step < 10)};
    sink.write({"node", t, node, second_failed});
}

inline io::Hdf5Options each_block() {
    io::Hdf5Options options;
    options.flush_seconds = 0;
    return options;
}

}  // namespace gridflock::small_record
