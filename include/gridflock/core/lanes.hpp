// SPDX-License-Identifier: Apache-2.0
// Lanes and the two drivers that lift a scalar kernel over them.
//
// A lane is one run of an ensemble: a world (weather, people, failures, network noise) and a
// variant (what is done about it). Every kernel takes the clock of its block: which lanes take
// part, each lane's own time, each lane's own step. The bytes of a masked lane do not change.
//
//   flat         one lane: the rows are the loop              for row: f(row, 0)
//   lane block   rows outside, lanes inside                   for row: for lane: f(row, lane)
//
// Both call f once per (row, active lane) in the same order of rows, so a lane's result does not
// depend on how many neighbours it has.
#pragma once

#include <gridflock/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gridflock::inline v0 {

/// The clock of one lane block: spans of length W.
struct LaneClock {
    std::span<const std::uint8_t> mask;  ///< 1 = the lane takes part
    std::span<const std::int64_t> now;   ///< ns UTC, per lane
    std::span<const double> dt;          ///< s, > 0, per lane

    std::size_t lanes() const { return mask.size(); }
};

/// Owns the arrays behind a LaneClock.
struct LaneClockBuffer {
    std::vector<std::uint8_t> mask;
    std::vector<std::int64_t> now;
    std::vector<double> dt;

    explicit LaneClockBuffer(std::size_t lanes) : mask(lanes, 1), now(lanes, 0), dt(lanes, 0.0) {}
    void set(SimTime t, Duration step) {
        now.assign(now.size(), t.ns);
        dt.assign(dt.size(), step.seconds());
    }
    LaneClock view() const { return {mask, now, dt}; }
};

/// Flat driver: one lane, loop over the rows. `f(row, lane)`.
template <class F>
void drive_flat(std::size_t rows, const LaneClock& clock, F&& f) {
    if (!clock.mask[0]) return;
    for (std::size_t r = 0; r < rows; ++r) f(r, std::size_t{0});
}

/// Lane-block driver: rows outside, active lanes inside. `f(row, lane)`.
template <class F>
void drive_block(std::size_t rows, const LaneClock& clock, F&& f) {
    const std::size_t lanes = clock.lanes();
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t l = 0; l < lanes; ++l)
            if (clock.mask[l]) f(r, l);
}

/// Picks the driver by the width of the block.
template <class F>
void drive(std::size_t rows, const LaneClock& clock, F&& f) {
    if (clock.lanes() == 1)
        drive_flat(rows, clock, f);
    else
        drive_block(rows, clock, f);
}

/// A world and a variant: the two coordinates of a lane.
struct Lane {
    std::int32_t world = 0;
    std::int32_t variant = 0;
    bool operator==(const Lane&) const = default;
};

}  // namespace gridflock::inline v0
