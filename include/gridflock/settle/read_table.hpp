// SPDX-License-Identifier: Apache-2.0
// Meter reads as the settlement knows them: which have been received, and when.
//
// Intervals are UTC instants a fixed step apart, so days of 23 and 25 hours need no special case. A
// read holds the energies of its interval and the cumulative registers at its end, integer Wh;
// where two neighbouring reads are both there, their registers must differ by the interval's
// energies. Reads arrive in any order. The time of reception is kept, so that a settlement can be
// computed as of any instant, also afterwards.
#pragma once

#include <gridflock/core/hash.hpp>
#include <gridflock/core/time.hpp>

#include <cstdint>
#include <vector>

namespace gridflock::inline v0::settle {

/// `count` intervals of `step` from `start`.
struct Calendar {
    SimTime start;
    Duration step = minutes(15);
    std::int32_t count = 0;

    SimTime time(std::int32_t i) const { return start + i * step; }
    /// The interval that holds t, -1 outside.
    std::int32_t index(SimTime t) const;
    bool operator==(const Calendar&) const = default;
};

/// The calendar from one instant to another. Errors: Error unless whole steps fit between them.
Calendar make_calendar(SimTime from, SimTime to, Duration step = minutes(15));

struct Reading {
    std::int64_t import_wh = 0;           ///< from the grid, in the interval
    std::int64_t export_wh = 0;           ///< into the grid, in the interval
    std::int64_t import_register_wh = 0;  ///< cumulative, at the interval's end
    std::int64_t export_register_wh = 0;
    bool operator==(const Reading&) const = default;
};

enum class PutResult : std::uint8_t {
    stored = 0,
    duplicate = 1,          ///< the same read is there already; nothing changes
    conflict = 2,           ///< another read is there already; the first one stays
    register_mismatch = 3,  ///< registers and energies disagree with a neighbour; not stored
    outside = 4,            ///< no such site or interval
};
const char* to_text(PutResult result);

/// Reads of one lane, [site][interval].
class ReadTable {
public:
    ReadTable() = default;
    ReadTable(const Calendar& calendar, std::int32_t sites);

    const Calendar& calendar() const { return calendar_; }
    std::int32_t sites() const { return sites_; }

    /// Takes a verified read into the table.
    /// Shape   site < sites(), interval < calendar().count.
    /// Unit    Wh; `received` is when it came in.
    /// Changes one cell, or nothing: see PutResult. Energies must be >= 0 (else register_mismatch).
    PutResult put(std::int32_t site, std::int32_t interval, const Reading& reading,
                  SimTime received);

    /// Whether the read was there at `as_of` (received at or before it).
    bool present(std::int32_t site, std::int32_t interval, SimTime as_of = never) const {
        const SimTime at = received_[cell(site, interval)];
        return at != never && at <= as_of;
    }
    const Reading& reading(std::int32_t site, std::int32_t interval) const {
        return readings_[cell(site, interval)];
    }
    /// When the read came in; `never` if it did not.
    SimTime received(std::int32_t site, std::int32_t interval) const {
        return received_[cell(site, interval)];
    }
    /// Consumption of the interval: import - export, Wh. Only for a read that is present.
    std::int64_t net_demand_wh(std::int32_t site, std::int32_t interval) const {
        const Reading& r = reading(site, interval);
        return r.import_wh - r.export_wh;
    }
    void add_to(StateHash& h) const;
    bool operator==(const ReadTable&) const = default;

    /// State to bytes and back (core/archive.hpp). Errors  CheckpointError.
    template <class A>
    void archive(A& a) {
        a.fixed(readings_, received_);
    }

private:
    std::size_t cell(std::int32_t site, std::int32_t interval) const {
        return static_cast<std::size_t>(site) * static_cast<std::size_t>(calendar_.count) +
               static_cast<std::size_t>(interval);
    }
    bool fits(std::int32_t site, std::int32_t interval, const Reading& reading) const;

    Calendar calendar_;
    std::int32_t sites_ = 0;
    std::vector<Reading> readings_;
    std::vector<SimTime> received_;
};

}  // namespace gridflock::inline v0::settle
