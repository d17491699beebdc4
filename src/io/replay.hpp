// SPDX-License-Identifier: Apache-2.0
// Rows of an unfinished results file, put into the file that goes on from it.
#pragma once

#include <gridflock/io/checkpoint_file.hpp>
#include <gridflock/io/results_file.hpp>
#include <gridflock/record/layout.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace gridflock::inline v0::io {

/// Appends to `file` the rows of `from` that a checkpoint counts, but of tables without lanes:
/// those the simulation tells again.
/// Errors  IoError: `from` cannot be read or holds fewer rows.
void replay(const std::string& from, const std::vector<RecordedRows>& rows,
            const record::Layout& layout, ResultsFile& file);

/// Whether a table tells of lanes.
bool has_lanes(const record::Table& table);

/// Rows that the file at `path` has of the datasets of `like`; of samples only when its run was
/// ended, for the end adds rows to tables that are not the run's own. Errors  IoError.
std::map<std::string, std::uint64_t> rows_of(const std::string& path, const ResultsFile& like,
                                             const record::Layout& layout);

}  // namespace gridflock::inline v0::io
