// SPDX-License-Identifier: Apache-2.0
// Whole files as text, unpacked when they are gzip.
#pragma once

#include <string>

namespace gridflock::inline v0::io {

/// Errors  IoError: cannot be read, or is gzip and cannot be unpacked.
std::string read_file(const std::string& path);

}  // namespace gridflock::inline v0::io
