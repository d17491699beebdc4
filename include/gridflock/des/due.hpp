// SPDX-License-Identifier: Apache-2.0
// Due columns: what differs from lane to lane. due[row][lane] is the instant of a row's next
// occurrence in that lane (never = none). Inside a tick the lanes go in lock-step by ordinal: pass
// k carries out each lane's own k-th occurrence at its own nanosecond, in the order (due, row).
#pragma once

#include <gridflock/core/column.hpp>
#include <gridflock/core/lanes.hpp>

#include <cstddef>
#include <cstdint>

namespace gridflock::inline v0::des {

/// Fires every occurrence with due < end of each active lane, in the lane's own order; returns the
/// number of passes (the largest count over the lanes).
/// `f(row, lane, at_ns)` carries it out and returns the row's next due time (never_ns for none).
/// Changes  due. A masked lane's cells do not change.
template <class F>
std::size_t fire_due(ColumnView<std::int64_t> due, std::span<const std::uint8_t> mask, SimTime end,
                     F&& f) {
    std::size_t passes = 0;
    for (bool any = true; any;) {
        any = false;
        for (std::size_t l = 0; l < due.lanes(); ++l) {
            if (!mask[l]) continue;
            std::size_t first = due.rows();
            std::int64_t at = end.ns;
            for (std::size_t r = 0; r < due.rows(); ++r) {
                if (due(r, l) < at) {
                    at = due(r, l);
                    first = r;
                }
            }
            if (first == due.rows()) continue;
            due(first, l) = f(first, l, at);
            any = true;
        }
        passes += any ? 1 : 0;
    }
    return passes;
}

}  // namespace gridflock::inline v0::des
