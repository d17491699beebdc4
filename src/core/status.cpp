// SPDX-License-Identifier: Apache-2.0
#include <gridflock/core/status.hpp>

namespace gridflock::inline v0 {

std::string LaneFailure::text() const {
    std::string s = iso8601(at) + ": world " + std::to_string(world) + ", variant " +
                    std::to_string(variant) + ": " + to_text(status);
    if (!where.empty()) s += " at " + where;
    if (!detail.empty()) s += ": " + detail;
    return s;
}

}  // namespace gridflock::inline v0
