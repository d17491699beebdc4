// SPDX-License-Identifier: Apache-2.0
#include <gridflock/core/instruction_set.hpp>

#include <gridflock/core/error.hpp>

#include <cstdlib>
#include <string>

namespace gridflock::inline v0 {

namespace {
constexpr InstructionSet all_sets[] = {InstructionSet::avx512, InstructionSet::avx2,
                                       InstructionSet::portable};
}  // namespace

bool is_available(InstructionSet set) {
    switch (set) {
        case InstructionSet::portable:
            return true;
        case InstructionSet::avx2:
#if defined(__x86_64__)
            return __builtin_cpu_supports("avx2") != 0;
#else
            return false;
#endif
        case InstructionSet::avx512:
#if defined(__x86_64__)
            return __builtin_cpu_supports("avx512f") != 0 &&
                   __builtin_cpu_supports("avx512dq") != 0 &&
                   __builtin_cpu_supports("avx512vl") != 0;
#else
            return false;
#endif
    }
    return false;
}

InstructionSet best_instruction_set() {
    if (const char* wish = std::getenv("GRIDFLOCK_INSTRUCTIONS"); wish && *wish) {
        for (const InstructionSet set : all_sets)
            if (std::string(wish) == to_text(set) && is_available(set)) return set;
        throw Error("GRIDFLOCK_INSTRUCTIONS is '" + std::string(wish) +
                    "': must be portable, avx2 or avx512, and a set that this machine has");
    }
    for (const InstructionSet set : all_sets)
        if (is_available(set)) return set;
    return InstructionSet::portable;
}

}  // namespace gridflock::inline v0
