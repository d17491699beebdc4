// SPDX-License-Identifier: Apache-2.0
#include <gridflock/settle/baseline.hpp>

#include <gridflock/core/error.hpp>
#include <gridflock/journal/money.hpp>

#include <algorithm>
#include <utility>

namespace gridflock::inline v0::settle {
namespace {

/// t's wall time on another day.
SimTime same_wall_time(const Zone& zone, SimTime t, SimTime midnight) {
    Civil wall = zone.wall(t);
    const Civil day = zone.wall(midnight);
    wall.year = day.year;
    wall.month = day.month;
    wall.day = day.day;
    return zone.instant(wall);
}

/// Net demand of all sites in the event window of one day; missing reads count nothing.
std::int64_t window_energy(const ReadTable& reads, const Zone& zone, SimTime midnight,
                           const BaselineRule& rule, SimTime as_of) {
    std::int64_t sum = 0;
    const SimTime end = zone.midnight_after(midnight, 1);
    for (SimTime t = midnight; t < end; t = t + reads.calendar().step) {
        const int hour = zone.wall(t).hour;
        const std::int32_t i = reads.calendar().index(t);
        if (hour < rule.first_hour || hour >= rule.last_hour || i < 0) continue;
        for (std::int32_t site = 0; site < reads.sites(); ++site)
            if (reads.present(site, i, as_of)) sum += reads.net_demand_wh(site, i);
    }
    return sum;
}

/// Splits the warm-up days into kept and dropped.
void choose_days(const ReadTable& reads, const Zone& zone, std::span<const SimTime> warmup,
                 const BaselineRule& rule, SimTime as_of, Baseline& baseline) {
    std::vector<std::pair<std::int64_t, SimTime>> days;
    for (const SimTime t : warmup) {
        const SimTime midnight = zone.midnight(t);
        days.emplace_back(window_energy(reads, zone, midnight, rule, as_of), midnight);
    }
    std::sort(days.begin(), days.end());
    const auto drop = static_cast<std::size_t>(std::max(rule.drop, 0));
    for (std::size_t d = 0; d < days.size(); ++d)
        (d < drop ? baseline.dropped : baseline.kept).push_back(days[d].second);
    std::sort(baseline.kept.begin(), baseline.kept.end());
    std::sort(baseline.dropped.begin(), baseline.dropped.end());
}

}  // namespace

std::int64_t Baseline::total(std::int32_t k) const {
    std::int64_t sum = 0;
    for (std::int32_t site = 0; site < sites; ++site) sum += at(site, k);
    return sum;
}

Baseline freeze_baseline(const ReadTable& reads, const Zone& zone, std::span<const SimTime> warmup,
                         SimTime midnight, const BaselineRule& rule, SimTime as_of) {
    const Calendar& calendar = reads.calendar();
    Baseline baseline;
    baseline.day = zone.midnight(midnight);
    const SimTime end = zone.midnight_after(midnight, 1);
    baseline.first_interval = calendar.index(baseline.day);
    baseline.count = static_cast<std::int32_t>((end - baseline.day) / calendar.step);
    baseline.sites = reads.sites();
    if (baseline.first_interval < 0 || baseline.first_interval + baseline.count > calendar.count)
        throw Error("the delivery day " + iso8601(baseline.day) +
                    " is not inside the meter calendar");
    choose_days(reads, zone, warmup, rule, as_of, baseline);
    if (baseline.kept.empty()) throw Error("no warm-up day is left for the baseline");

    for (std::int32_t k = 0; k < baseline.count; ++k) {
        std::vector<std::int32_t> matches;
        for (const SimTime day : baseline.kept)
            matches.push_back(calendar.index(
                same_wall_time(zone, calendar.time(baseline.first_interval + k), day)));
        for (std::int32_t site = 0; site < reads.sites(); ++site) {
            std::int64_t sum = 0, found = 0;
            for (const std::int32_t i : matches) {
                if (i < 0 || !reads.present(site, i, as_of)) continue;
                sum += reads.net_demand_wh(site, i);
                ++found;
            }
            if (found == 0) ++baseline.unsupported;
            baseline.wh.push_back(found == 0 ? 0 : journal::divide_nearest(sum, found));
        }
    }
    return baseline;
}

}  // namespace gridflock::inline v0::settle
