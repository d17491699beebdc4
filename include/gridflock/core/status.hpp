// SPDX-License-Identifier: Apache-2.0
// The state of a lane. A failed lane is masked, recorded and reported; the others go on.
#pragma once

#include <gridflock/core/time.hpp>

#include <cstdint>
#include <string>

namespace gridflock::inline v0 {

enum class Status : std::uint8_t {
    ok = 0,
    not_converged = 1,  ///< power flow: no solution within the iteration limit
    not_finite = 2,     ///< a NaN or infinity entered the lane
    singular = 3,       ///< the network has a part that nothing holds
    limit = 4,          ///< a counter or buffer reached its limit
};

constexpr const char* to_text(Status s) {
    switch (s) {
        case Status::ok:
            return "ok";
        case Status::not_converged:
            return "not converged";
        case Status::not_finite:
            return "not finite";
        case Status::singular:
            return "singular";
        case Status::limit:
            return "limit reached";
    }
    return "unknown";
}

/// Why a lane stopped: enough to name the place and the likely mend.
struct LaneFailure {
    std::int32_t world = 0;
    std::int32_t variant = 0;
    SimTime at;
    Status status = Status::ok;
    std::string where;   ///< bus and node, or device
    std::string detail;  ///< mismatch, iterations, likely cause

    std::string text() const;
};

}  // namespace gridflock::inline v0
