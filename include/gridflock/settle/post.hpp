// SPDX-License-Identifier: Apache-2.0
// From a settlement to postings.
//
// Each interval is one transaction, the day's distribution another:
//   interval      market:day_ahead -, market:real_time -, supplier +, aggregator:clearing + net,
//                 rounding
//   distribution  aggregator:clearing - net, aggregator + fee or loss, owner:{site} or
//   escrow:{site} +
// A run posts only the difference between what it finds and what stands in the ledger for the same
// day, so a run made twice posts nothing, and a final run after a preliminary one ends at the same
// balances as a final run alone.
#pragma once

#include <gridflock/journal/ledger.hpp>
#include <gridflock/settle/settlement.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gridflock::inline v0::settle {

using journal::AccountIdx;

struct Accounts {
    AccountIdx market_day_ahead, market_real_time, supplier, clearing, aggregator, rounding;
    std::vector<AccountIdx> owner;   ///< [site]
    std::vector<AccountIdx> escrow;  ///< [site]
};

/// Opens the accounts of an aggregation, or finds them. Shape: names, one a site, unique.
Accounts open_accounts(journal::Ledger& ledger, std::span<const std::string> site_names);

/// What a settlement asks for in all, as legs; those of one interval (or of the distribution) sum
/// to zero. Zero amounts are included.
std::vector<journal::Leg> entries(const Accounts& accounts, const Settlement& settlement);

/// Posts what the settlement asks for less what stands for its day.
/// Changes ledger: one transaction for each interval that differs, and one for the distribution.
/// Errors  ShapeError if there is not one owner account a site; LedgerError, MoneyOverflow.
/// @returns the number of postings made; 0 when nothing differs.
std::int32_t post_run(journal::Ledger& ledger, const Accounts& accounts,
                      const Settlement& settlement, SimTime time);

}  // namespace gridflock::inline v0::settle
