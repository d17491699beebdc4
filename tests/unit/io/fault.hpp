// SPDX-License-Identifier: Apache-2.0
// Calls of the operating system that change a file, made to fail or to end the process at a chosen
// one. Works on this program's own calls: HDF5 makes none, it writes through the room io.
#pragma once

#include <cstdint>

namespace gridflock::fault {

enum class Kind : std::uint8_t {
    none,
    no_space,     ///< ENOSPC at the chosen call only
    no_space_on,  ///< and at all later ones that could need space
    broken,       ///< EIO at the chosen call only
    broken_on,    ///< and at all later ones
    half,         ///< a write takes half of its bytes; other calls work
    kill,         ///< SIGKILL before the call
    kill_half,    ///< SIGKILL when a write has taken the bytes of its first pages
};

/// From now on: call number `index` (from 0) on a file whose path holds "-fault-" is met.
void arm(Kind kind, int index);
/// Such calls since then.
int calls();

}  // namespace gridflock::fault
