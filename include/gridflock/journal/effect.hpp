// SPDX-License-Identifier: Apache-2.0
// What an intervention does to the money: the ledger of one variant against that of another of the
// same world, account by account and kind by kind. Integers, so the effect is exact.
#pragma once

#include <gridflock/journal/ledger.hpp>

#include <string>
#include <vector>

namespace gridflock::inline v0::journal {

struct Effect {
    std::string account;
    PostingKind kind = PostingKind::transfer;
    Money with;     ///< sum of the postings in the ledger with the intervention
    Money without;  ///< and in the one without
    Money difference() const { return with - without; }
    bool operator==(const Effect&) const = default;
};

/// Accounts and kinds whose sums differ, by name of the account and kind; an account that only one
/// ledger has counts zero in the other. The differences sum to zero.
/// Errors  MoneyOverflow.
std::vector<Effect> effect(const Ledger& with, const Ledger& without);

}  // namespace gridflock::inline v0::journal
