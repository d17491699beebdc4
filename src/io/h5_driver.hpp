// SPDX-License-Identifier: Apache-2.0
// HDF5's virtual file driver on a StagedFile: HDF5 reads and writes there, and nowhere else.
// Source  HDF5 1.10, H5FDpublic.h and the documentation of virtual file layers.
#pragma once

#include "io/h5.hpp"
#include "io/staged_file.hpp"

namespace gridflock::inline v0::io::h5 {

/// A file access list for files that live in `file`, which must outlive them. Any name will do for
/// H5Fcreate and H5Fopen. Empty when HDF5 refuses.
Handle access_through(StagedFile& file);

}  // namespace gridflock::inline v0::io::h5
