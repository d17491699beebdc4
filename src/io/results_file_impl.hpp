// SPDX-License-Identifier: Apache-2.0
// What a ResultsFile is made of: results_file.cpp defines and appends, results_commit.cpp brings
// it to the disk and to its end.
#pragma once

#include <gridflock/io/results_file.hpp>

#include "io/disk.hpp"
#include "io/growing.hpp"
#include "io/h5_driver.hpp"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gridflock::inline v0::io {

/// Of the attributes status and status_reason: their texts are replaced on a full disk too.
inline constexpr std::size_t kStatusRoom = 16;
inline constexpr std::size_t kReasonRoom = 2048;

struct ResultsFile::Impl {
    struct Dimension {
        hsize_t size = 0;
        bool is_growing = false;
        hid_t scale = -1;  // owned by `fixed` or `growing`
    };

    std::string path;
    Options options;
    Disk disk;
    StagedFile staged{disk};
    h5::Handle file;
    std::map<std::string, h5::Handle> groups;
    std::map<std::string, Dimension> dims;                    // by "group/name"
    std::map<std::string, std::unique_ptr<Growing>> growing;  // by path
    std::vector<std::string> order;                           // of growing, as defined
    std::map<std::string, h5::Handle> fixed;
    std::map<std::string, std::uint64_t> rows_on_disk;  // of growing, by path
    std::set<std::string> row_tables;
    int embedded = 0;
    bool is_broken = false;

    [[noreturn]] void fail(const std::string& what) {
        is_broken = true;
        throw IoError(path, what);
    }
    void require(bool is_done, std::string_view what) {
        if (!is_done) fail(fmt::format("HDF5 could not {}", what));
    }
    hid_t group(const std::string& name);
    Dimension& find_dim(const DatasetSpec& spec, const std::string& name);
    void describe(hid_t dataset, const DatasetSpec& spec);
    hid_t create_fixed(const DatasetSpec& spec, const std::vector<hsize_t>& size,
                       hid_t creation = H5P_DEFAULT);
    void write_fixed(const std::string& path, hid_t type, const void* data);
    void write_all(bool is_partial);
    void number_rows();
    void commit();
    void let_go();
    void mark(const std::string& status, const std::string& reason);
    void open_again();
};

}  // namespace gridflock::inline v0::io
