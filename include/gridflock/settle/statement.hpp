// SPDX-License-Identifier: Apache-2.0
// A statement of one account over a period: opening, postings by kind, closing.
#pragma once

#include <gridflock/journal/ledger.hpp>
#include <gridflock/market/region.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gridflock::inline v0::settle {

struct StatementLine {
    journal::PostingKind kind = journal::PostingKind::transfer;
    journal::Money amount;
    std::int32_t postings = 0;
    bool operator==(const StatementLine&) const = default;
};

struct Statement {
    std::string account;
    SimTime from, to;                  ///< postings with from <= time < to
    journal::Money opening, closing;   ///< opening + sum of the lines = closing
    std::vector<StatementLine> lines;  ///< one a kind that occurs, in the order of the kinds
    bool operator==(const Statement&) const = default;
};

/// Errors  LedgerError if there is no such account.
Statement statement(const journal::Ledger& ledger, journal::AccountIdx account, SimTime from,
                    SimTime to);

/// The statement as text lines; the figures it rests on that nobody has verified are named below
/// it.
std::vector<std::string> text(const Statement& statement,
                              std::span<const market::Figure> unverified = {});

}  // namespace gridflock::inline v0::settle
