// SPDX-License-Identifier: Apache-2.0
// When the results of a run go on in a file of their own.
#pragma once

#include <gridflock/core/time.hpp>

#include <cstdint>
#include <string_view>

namespace gridflock::inline v0::record {

/// A new segment begins after so much simulated time, or once the file holds so many bytes of
/// values. Both zero: one file.
struct SegmentLimit {
    Duration length = {};
    std::uint64_t bytes = 0;

    bool is_set() const { return length.ns > 0 || bytes > 0; }
    bool operator==(const SegmentLimit&) const = default;
};

/// "1 day" or "2 GB" (kB, MB, GB, TB: powers of 1000); "" is no limit.
/// Errors  Error: neither, not above zero, or less than 100 kB.
SegmentLimit parse_segment_limit(std::string_view text);

}  // namespace gridflock::inline v0::record
