// SPDX-License-Identifier: Apache-2.0
// The baseline: what the sites would have drawn, from the days before.
//
//   days     the given warm-up days, less the `drop` ones with the least net energy of all sites
//            together in the event window (ties: the earlier one is dropped)
//   b(i, t)  mean over the kept days of site i's net demand at t's wall time, to the nearest Wh,
//   ties
//            to even; export counts negative; no adjustment
//   B(t)     sum of b(i, t) over the sites
//
// The same days serve every site and the total is the sum of the rounded sites, so sites add up.
// Days are matched by wall time: a repeated hour means its first occurrence, a skipped time the
// jump. Source  shared rule of the demo; the drop of one of five follows the high-4-of-5 family
// (PJM CBL).
#pragma once

#include <gridflock/core/zone.hpp>
#include <gridflock/settle/read_table.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace gridflock::inline v0::settle {

struct BaselineRule {
    std::int32_t drop = 1;         ///< days dropped
    std::int32_t first_hour = 17;  ///< event window, wall hours
    std::int32_t last_hour = 21;   ///< excluded
};

/// A frozen baseline for one delivery day.
struct Baseline {
    SimTime day;                      ///< midnight that starts it
    std::int32_t first_interval = 0;  ///< of the day, in the reads' calendar
    std::int32_t count = 0;           ///< intervals of the day: 92, 96 or 100 of 15 min
    std::int32_t sites = 0;
    std::vector<SimTime> kept, dropped;  ///< midnights, in time order
    std::vector<std::int64_t> wh;        ///< net demand, [interval of the day][site]
    /// Cells for which no kept day has a read: their baseline is 0.
    std::int32_t unsupported = 0;

    std::int64_t at(std::int32_t site, std::int32_t k) const {
        return wh[static_cast<std::size_t>(k) * static_cast<std::size_t>(sites) +
                  static_cast<std::size_t>(site)];
    }
    /// Sum over the sites, Wh. Shape: k counts from the start of the day.
    std::int64_t total(std::int32_t k) const;
    bool operator==(const Baseline&) const = default;
};

/// Freezes the baseline of one day from the reads that are there at `as_of`.
/// Shape   warmup: any instant of each warm-up day; midnight: any instant of the delivery day.
/// Unit    Wh.
/// Errors  Error if the delivery day is not whole inside the calendar, or no day is kept.
Baseline freeze_baseline(const ReadTable& reads, const Zone& zone, std::span<const SimTime> warmup,
                         SimTime midnight, const BaselineRule& rule = {}, SimTime as_of = never);

}  // namespace gridflock::inline v0::settle
