// SPDX-License-Identifier: Apache-2.0
#include "gridflock/version.hpp"

namespace gridflock::inline v0 {

std::string_view linked_version() {
    return version_string;
}

std::string_view git_hash() {
    return
#include "git_hash.inc"
        ;
}

}  // namespace gridflock::inline v0
