// SPDX-License-Identifier: Apache-2.0
// Rows of an unfinished results file, put into the file that goes on from it.
#pragma once

#include <gridflock/io/checkpoint_file.hpp>
#include <gridflock/io/results_file.hpp>
#include <gridflock/record/layout.hpp>

#include <string>
#include <vector>

namespace gridflock::inline v0::io {

/// Appends to `file` the rows of `from` that a checkpoint counts, but of tables without lanes:
/// those the simulation tells again.
/// Errors  IoError: `from` cannot be read or holds fewer rows.
void replay(const std::string& from, const std::vector<RecordedRows>& rows,
            const record::Layout& layout, ResultsFile& file);

}  // namespace gridflock::inline v0::io
