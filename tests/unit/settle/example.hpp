// SPDX-License-Identifier: Apache-2.0
// Three sites and one awarded hour, small enough to settle by hand.
#pragma once

#include <gridflock/settle/post.hpp>

#include <string>
#include <vector>

namespace example {

using namespace gridflock;
using namespace gridflock::settle;

inline const std::vector<std::string> names{"homes/0", "homes/1", "homes/2"};

inline SimTime at(const char* text) {
    return to_utc(parse_civil(text));
}

/// A day in July 2024, UTC, with a given baseline and given net demand in one quarter of an hour.
struct Day {
    SimTime midnight = at("2024-07-15");
    Calendar calendar = make_calendar(midnight, midnight + days(1));
    Baseline baseline;
    ReadTable reads;
    std::vector<Obligation> obligations;
    Terms terms;
    std::vector<std::vector<std::int64_t>> metered;  ///< [site][awarded interval]

    Day(std::int32_t sites, std::int32_t intervals) : reads(calendar, sites) {
        metered.assign(static_cast<std::size_t>(sites),
                       std::vector<std::int64_t>(static_cast<std::size_t>(intervals)));
        baseline.day = midnight;
        baseline.count = 96;
        baseline.sites = sites;
        baseline.wh.assign(static_cast<std::size_t>(96 * sites), 0);
        for (std::int32_t i = 0; i < intervals; ++i) {
            const std::int32_t interval = 72 + i;  // from 18:00
            obligations.push_back({calendar.time(interval), interval, 1, 0, {}, {}});
        }
    }
    void expect(std::int32_t site, std::int32_t interval, std::int64_t wh) {
        baseline.wh[static_cast<std::size_t>((72 + interval) * baseline.sites + site)] = wh;
    }
    /// What the meter counts in an awarded interval, whether or not its read arrives.
    void meter(std::int32_t site, std::int32_t interval, std::int64_t net_wh) {
        metered[static_cast<std::size_t>(site)][static_cast<std::size_t>(interval)] = net_wh;
    }
    /// The read arrives, with registers summed from 18:00 on.
    PutResult arrive(std::int32_t site, std::int32_t interval, SimTime received) {
        Reading r;
        for (std::int32_t i = 0; i <= interval; ++i) {
            const auto net = metered[static_cast<std::size_t>(site)][static_cast<std::size_t>(i)];
            r.import_wh = net > 0 ? net : 0;
            r.export_wh = net < 0 ? -net : 0;
            r.import_register_wh += r.import_wh;
            r.export_register_wh += r.export_wh;
        }
        return reads.put(site, 72 + interval, r, received);
    }
    SettlementInput input() const { return {midnight, obligations, &baseline, &reads, terms}; }
};

inline const SimTime on_time = at("2024-07-15T19:05");
inline const SimTime preliminary_at = at("2024-07-15T22:15");
inline const SimTime late = at("2024-07-15T22:45");
inline const SimTime final_at = at("2024-07-15T23:30");

/// The worked example of docs/settlement.md: three sites, 18:00 and 18:15. Without the read of
/// homes/1 for 18:00, unless `complete`.
inline Day worked_example(bool complete) {
    Day day(3, 2);
    day.obligations[0].award_wh = day.obligations[1].award_wh = 2500;
    day.obligations[0].day_ahead = market::dollars_per_mwh(180);
    day.obligations[0].real_time = market::dollars_per_mwh(162);
    day.obligations[1].day_ahead = market::dollars_per_mwh(160);
    day.obligations[1].real_time = market::dollars_per_mwh(144);
    const std::int64_t expected[2][3] = {{1200, 900, 400}, {1000, 1000, 500}};
    const std::int64_t metered[2][3] = {{-300, 150, 650}, {0, 500, 500}};
    for (std::int32_t i = 0; i < 2; ++i)
        for (std::int32_t site = 0; site < 3; ++site) {
            day.expect(site, i, expected[i][site]);
            day.meter(site, i, metered[i][site]);
        }
    for (std::int32_t i = 0; i < 2; ++i)
        for (std::int32_t site = 0; site < 3; ++site)
            if (complete || site != 1 || i != 0) day.arrive(site, i, on_time);
    return day;
}

}  // namespace example
