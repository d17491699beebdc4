// SPDX-License-Identifier: Apache-2.0
#include <gridflock/core/instruction_set.hpp>

namespace gridflock::inline v0 {

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
    if (is_available(InstructionSet::avx512)) return InstructionSet::avx512;
    if (is_available(InstructionSet::avx2)) return InstructionSet::avx2;
    return InstructionSet::portable;
}

}  // namespace gridflock::inline v0
