// SPDX-License-Identifier: Apache-2.0
// One settlement run of one delivery day: pure, on integers.
//
// Per interval t of an hour with an award (Wh; $/MWh; B from baseline.hpp):
//   metered(i,t)   net register of site i; where the read is missing, the baseline stands in
//   delivered(t)   B(t) - sum of metered(i,t), signed
//   gross(t)       award x day-ahead + (delivered - award) x real-time
//   supplier(t)    supplier price x delivered, signed
// On the day's sums:
//   net            gross - supplier
//   fee            fee share of max(0, net);  owners' pool = net - fee, if net > 0
//   loss           net, if net < 0: it stays with the aggregator, owners get nothing
//   share(i)       pool split by w(i) = sum over t of max(0, delivered(i,t)), largest remainder; if
//   all
//                  w are zero, equally
// In a preliminary run the share of a site with a missing read is pending: it goes to the escrow. A
// final run leaves nothing pending. Sums of products are rounded once a market interval; the
// day-ahead and real-time legs are also rounded apart, and `rounding` is the difference.
#pragma once

#include <gridflock/journal/money.hpp>
#include <gridflock/settle/baseline.hpp>
#include <gridflock/settle/obligation.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace gridflock::inline v0::settle {

using journal::Money;

enum class Run : std::uint8_t { preliminary = 1, final = 2 };
const char* to_text(Run run);

struct Terms {
    market::Price supplier{60'000'000};  ///< compensation of the suppliers, micro-dollar/MWh
    std::int64_t fee_permille = 200;     ///< 0 to 1000
    bool operator==(const Terms&) const = default;
};

/// What a run reads. The pointers are not kept.
struct SettlementInput {
    SimTime day;  ///< midnight that starts the delivery day
    std::span<const Obligation> obligations;
    const Baseline* baseline = nullptr;
    const ReadTable* reads = nullptr;
    Terms terms;
};

struct IntervalLine {
    Obligation obligation;
    std::int64_t baseline_wh = 0;
    std::int64_t metered_wh = 0;    ///< substitutes included
    std::int64_t delivered_wh = 0;  ///< signed
    std::int32_t missing = 0;       ///< sites without a read
    Money day_ahead, real_time;     ///< legs, each rounded
    Money gross, supplier;
    Money rounding;  ///< day_ahead + real_time - gross
    bool operator==(const IntervalLine&) const = default;
};

struct SiteLine {
    std::int64_t weight_wh = 0;  ///< sum of max(0, delivered)
    std::int32_t missing = 0;    ///< award intervals without a read
    Money share;
    bool pending = false;  ///< waits in the escrow
    bool operator==(const SiteLine&) const = default;
};

/// The outcome of a run; holds all it was computed from, so that it can be explained.
struct Settlement {
    Run run = Run::preliminary;
    SimTime day;
    SimTime as_of;  ///< reads received later did not count
    Terms terms;
    std::vector<IntervalLine> intervals;
    std::vector<SiteLine> sites;
    Money gross, supplier, fee, owners, loss;  ///< gross - supplier = fee + owners + loss
    bool equal_split = false;
    std::vector<std::int64_t> delivered_wh;  ///< [interval][site], 0 where the read is missing
    std::vector<std::uint8_t> missing;       ///< [interval][site]

    std::int64_t delivered(std::size_t interval, std::size_t site) const {
        return delivered_wh[interval * sites.size() + site];
    }
    bool is_missing(std::size_t interval, std::size_t site) const {
        return missing[interval * sites.size() + site] != 0;
    }
    std::int64_t delivered_total_wh() const;
    std::int64_t award_total_wh() const;
    bool operator==(const Settlement&) const = default;
};

/// Settles one day.
/// Shape   baseline and reads: the same sites; obligations within the baseline's day.
/// Unit    Wh, micro-dollar.
/// Changes nothing; allocates the result.
/// Errors  Error for input of the wrong shape or a fee outside 0..1000; MoneyOverflow.
Settlement settle(const SettlementInput& input, Run run, SimTime as_of = never);

}  // namespace gridflock::inline v0::settle
