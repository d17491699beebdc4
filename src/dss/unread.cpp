// SPDX-License-Identifier: Apache-2.0
// Properties that are not read, and what each does to a snapshot: nothing, or something that the
// report of elements then names.
#include "session.hpp"

namespace gridflock::inline v0::dss {

const char* effect_of(std::string_view, std::string_view) {
    return "";
}

}  // namespace gridflock::inline v0::dss
