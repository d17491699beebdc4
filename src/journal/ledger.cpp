// SPDX-License-Identifier: Apache-2.0
#include <gridflock/journal/ledger.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace gridflock::inline v0::journal {
namespace {

void add_digest(StateHash& h, const Digest& digest) {
    for (const std::uint8_t byte : digest) h.add(byte);
}

}  // namespace

const char* to_text(PostingKind kind) {
    switch (kind) {
        case PostingKind::day_ahead:
            return "day_ahead";
        case PostingKind::real_time:
            return "real_time";
        case PostingKind::supplier:
            return "supplier";
        case PostingKind::clearing:
            return "clearing";
        case PostingKind::fee:
            return "fee";
        case PostingKind::loss:
            return "loss";
        case PostingKind::owner_share:
            return "owner_share";
        case PostingKind::escrow:
            return "escrow";
        case PostingKind::rounding:
            return "rounding";
        case PostingKind::transfer:
            return "transfer";
    }
    return "unknown";
}

AccountIdx Ledger::open(std::string_view name) {
    const AccountIdx known = find(name);
    if (known.valid()) return known;
    names_.emplace_back(name);
    balances_.emplace_back();
    return AccountIdx(names_.size() - 1);
}

AccountIdx Ledger::find(std::string_view name) const {
    const auto at = std::find(names_.begin(), names_.end(), name);
    return at == names_.end() ? AccountIdx()
                              : AccountIdx(static_cast<std::size_t>(at - names_.begin()));
}

void Ledger::require(AccountIdx account) const {
    if (account.valid() && account.pos() < names_.size()) return;
    throw LedgerError(fmt::format("no account {} among {}", account.value, names_.size()));
}

const std::string& Ledger::account_name(AccountIdx account) const {
    require(account);
    return names_[account.pos()];
}

std::int32_t Ledger::post(SimTime time, std::span<const Leg> legs) {
    if (legs.size() < 2) throw LedgerError("a transaction needs two postings at least");
    Wide sum = 0;
    for (const Leg& leg : legs) {
        require(leg.account);
        sum += leg.amount.micro;
    }
    if (sum != 0)
        throw LedgerError(fmt::format("the postings of a transaction sum to {}, not to zero",
                                      to_text(Money{narrow(sum, "imbalance")})));
    std::vector<Money> balances =
        balances_;  // a balance that overflows leaves the ledger as it was
    for (const Leg& leg : legs) balances[leg.account.pos()] += leg.amount;
    balances_ = std::move(balances);
    for (const Leg& leg : legs)
        postings_.push_back({time, leg.account, leg.amount, transactions_, leg.kind, leg.from});
    return transactions_++;
}

Money Ledger::balance(AccountIdx account) const {
    require(account);
    return balances_[account.pos()];
}

Money Ledger::balance_at(AccountIdx account, SimTime t) const {
    require(account);
    Wide sum = 0;
    for (const Posting& p : postings_)
        if (p.account == account && p.time < t) sum += p.amount.micro;
    return {narrow(sum, "balance")};
}

Money Ledger::trial_balance() const {
    Wide sum = 0;
    for (const Money& balance : balances_) sum += balance.micro;
    return {narrow(sum, "trial balance")};
}

std::vector<Money> Ledger::replay() const {
    std::vector<Money> balances(names_.size());
    for (const Posting& p : postings_) balances[p.account.pos()] += p.amount;
    return balances;
}

void Ledger::anchor(SimTime time, SimTime period_start, SimTime period_end, std::int64_t leaves,
                    const Digest& root) {
    const Digest previous = anchors_.empty() ? Digest{} : anchors_.back().root;
    anchors_.push_back({time, period_start, period_end, leaves, root, previous});
}

void Ledger::add_to(StateHash& h) const {
    for (const std::string& name : names_) h.add(stable_id(name).value);
    for (const Posting& p : postings_) {
        h.add(p.time.ns);
        h.add(p.account.value);
        h.add(p.amount.micro);
        h.add(p.transaction);
        h.add(p.kind);
        h.add(p.from.scope.ns);
        h.add(p.from.interval.ns);
        h.add(p.from.subject);
        h.add(p.from.run);
    }
    for (const Anchor& a : anchors_) {
        h.add(a.time.ns);
        h.add(a.period_start.ns);
        h.add(a.period_end.ns);
        h.add(a.leaves);
        add_digest(h, a.root);
        add_digest(h, a.previous);
    }
}

std::uint64_t Ledger::hash() const {
    StateHash h;
    add_to(h);
    return h.value();
}

}  // namespace gridflock::inline v0::journal
