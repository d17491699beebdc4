// SPDX-License-Identifier: Apache-2.0
// Which vector instructions a kernel uses. Kernels exist once for each set and are chosen at run
// time; they use only + - * / and sqrt, each rounded by itself, so all sets give the same bits.
#pragma once

#include <cstdint>

namespace gridflock::inline v0 {

enum class InstructionSet : std::uint8_t { portable = 0, avx2 = 1, avx512 = 2 };

constexpr const char* to_text(InstructionSet set) {
    switch (set) {
        case InstructionSet::portable:
            return "portable";
        case InstructionSet::avx2:
            return "avx2";
        case InstructionSet::avx512:
            return "avx512";
    }
    return "unknown";
}

/// Whether this machine and its operating system run the set.
bool is_available(InstructionSet set);

/// The widest set that this machine runs, or the one that the environment variable
/// GRIDFLOCK_INSTRUCTIONS names, which takes longer and gives the same bits.
/// Errors  Error if that is none, or none of this machine.
InstructionSet best_instruction_set();

}  // namespace gridflock::inline v0
