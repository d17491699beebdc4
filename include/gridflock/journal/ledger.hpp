// SPDX-License-Identifier: Apache-2.0
// A double-entry ledger: accounts, postings, balances, anchors.
//
// A transaction is a set of at least two postings that sums to zero; one that does not is refused
// whole. Postings are never changed or removed: a correction is a further transaction. So the sum
// of all balances (the trial balance) is zero at any time. Sign: + means that the account's holder
// is owed more; a market that pays goes down, an owner who earns goes up. Each posting carries its
// provenance: the delivery day, the interval, the site and the settlement run it came from. An
// anchor is a memo: the Merkle root of the reads of a period, chained to the anchor before it.
#pragma once

#include <gridflock/core/hash.hpp>
#include <gridflock/core/index.hpp>
#include <gridflock/core/time.hpp>
#include <gridflock/journal/money.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridflock::inline v0::journal {

struct AccountTag;
using AccountIdx = Index<AccountTag>;

/// A transaction that may not be posted, or an account that is not there.
class LedgerError : public Error {
public:
    using Error::Error;
};

enum class PostingKind : std::uint8_t {
    day_ahead = 0,    ///< award at the day-ahead price
    real_time = 1,    ///< deviation from the award at the real-time price
    supplier = 2,     ///< compensation of the suppliers whose energy was not taken
    clearing = 3,     ///< what an interval leaves for the distribution, or takes from it
    fee = 4,          ///< the aggregator's share
    loss = 5,         ///< a negative result, which stays with the aggregator
    owner_share = 6,  ///< an owner's share, paid out
    escrow = 7,       ///< an owner's share, held back until a read arrives or the final run
    rounding = 8,     ///< the difference of amounts rounded apart and rounded together
    transfer = 9,
};
const char* to_text(PostingKind kind);

/// In place of an interval: the whole scope. Its bits are NumPy's NaT.
inline constexpr SimTime whole_scope{std::numeric_limits<std::int64_t>::min()};

/// Where a posting comes from.
struct Provenance {
    SimTime scope;                   ///< midnight that starts the delivery day
    SimTime interval = whole_scope;  ///< start of the interval
    std::int32_t subject = -1;       ///< site, -1 = none
    std::uint8_t run = 0;            ///< 0 none, 1 preliminary, 2 final
    constexpr auto operator<=>(const Provenance&) const = default;
};

/// One side of a transaction to be posted.
struct Leg {
    AccountIdx account;
    Money amount;
    PostingKind kind = PostingKind::transfer;
    Provenance from;
};

struct Posting {
    SimTime time;
    AccountIdx account;
    Money amount;
    std::int32_t transaction = 0;
    PostingKind kind = PostingKind::transfer;
    Provenance from;
    bool operator==(const Posting&) const = default;
};

using Digest = std::array<std::uint8_t, 32>;

struct Anchor {
    SimTime time;
    SimTime period_start, period_end;  ///< reads whose interval starts in [start, end)
    std::int64_t leaves = 0;
    Digest root{};
    Digest previous{};  ///< root of the anchor before; zeros for the first
    bool operator==(const Anchor&) const = default;
};

class Ledger {
public:
    /// The account of that name, opened if there is none.
    AccountIdx open(std::string_view name);
    /// The account of that name, invalid if there is none.
    AccountIdx find(std::string_view name) const;
    const std::string& account_name(AccountIdx account) const;
    std::size_t account_count() const { return names_.size(); }

    /// Posts one transaction, in the order of its legs; returns its number (0, 1, ...).
    /// Errors  LedgerError, and nothing is posted, unless there are two legs or more, every account
    /// is
    ///         known and the amounts sum to zero; MoneyOverflow if a balance would not fit.
    std::int32_t post(SimTime time, std::span<const Leg> legs);

    std::span<const Posting> postings() const { return postings_; }
    std::int32_t transaction_count() const { return transactions_; }
    Money balance(AccountIdx account) const;
    /// Sum of the account's postings with time < t.
    Money balance_at(AccountIdx account, SimTime t) const;
    /// Sum of all balances: zero, or the ledger is broken.
    Money trial_balance() const;
    /// Balances summed anew from the postings, [account].
    std::vector<Money> replay() const;

    /// Records the Merkle root of a read period, chained to the last anchor.
    void anchor(SimTime time, SimTime period_start, SimTime period_end, std::int64_t leaves,
                const Digest& root);
    std::span<const Anchor> anchors() const { return anchors_; }

    void add_to(StateHash& h) const;
    std::uint64_t hash() const;
    bool operator==(const Ledger&) const = default;

    /// State to bytes and back (core/archive.hpp). Errors  CheckpointError.
    template <class A>
    void archive(A& a) {
        a(names_, balances_, postings_, anchors_, transactions_);
        a.check(balances_.size() == names_.size(), "a balance is missing");
        const auto known = static_cast<std::int32_t>(names_.size());
        for (const Posting& p : postings_)
            a.check(
                p.account.value >= 0 && p.account.value < known && p.kind <= PostingKind::transfer,
                "a posting to no account");
    }

private:
    void require(AccountIdx account) const;

    std::vector<std::string> names_;
    std::vector<Money> balances_;
    std::vector<Posting> postings_;
    std::vector<Anchor> anchors_;
    std::int32_t transactions_ = 0;
};

}  // namespace gridflock::inline v0::journal
