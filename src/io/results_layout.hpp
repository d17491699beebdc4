// SPDX-License-Identifier: Apache-2.0
// From the layout of a record to the groups, datasets and attributes of a results file.
#pragma once

#include <gridflock/io/hdf5_sink.hpp>

#include <string>

namespace gridflock::inline v0::io {

/// Creates all that the layout names, without a row of anything that grows. `created`: the wall
/// time at which the run began.
void define_results(ResultsFile& file, const record::Layout& layout, const Hdf5Options& options,
                    const std::string& created);

}  // namespace gridflock::inline v0::io
