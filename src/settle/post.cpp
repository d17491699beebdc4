// SPDX-License-Identifier: Apache-2.0
#include <gridflock/settle/post.hpp>

#include <map>
#include <tuple>

namespace gridflock::inline v0::settle {
namespace {

using journal::Ledger;
using journal::Leg;
using journal::PostingKind;
using journal::Provenance;

/// What a posting stands for. The distribution comes after the intervals.
struct Key {
    SimTime interval;
    AccountIdx account;
    PostingKind kind;
    std::int32_t subject;

    auto order() const {
        return std::tuple(interval == journal::whole_scope, interval, account, kind, subject);
    }
    bool operator<(const Key& other) const { return order() < other.order(); }
};

Key key_of(const Provenance& from, AccountIdx account, PostingKind kind) {
    return {from.interval, account, kind, from.subject};
}

void add_interval(const Accounts& accounts, const Settlement& settlement, const IntervalLine& line,
                  std::vector<Leg>& legs) {
    const Provenance from{settlement.day, line.obligation.start, -1,
                          static_cast<std::uint8_t>(settlement.run)};
    legs.push_back({accounts.market_day_ahead, -line.day_ahead, PostingKind::day_ahead, from});
    legs.push_back({accounts.market_real_time, -line.real_time, PostingKind::real_time, from});
    legs.push_back({accounts.supplier, line.supplier, PostingKind::supplier, from});
    legs.push_back({accounts.clearing, line.gross - line.supplier, PostingKind::clearing, from});
    legs.push_back({accounts.rounding, line.rounding, PostingKind::rounding, from});
}

void add_distribution(const Accounts& accounts, const Settlement& settlement,
                      std::vector<Leg>& legs) {
    Provenance from{settlement.day, journal::whole_scope, -1,
                    static_cast<std::uint8_t>(settlement.run)};
    legs.push_back(
        {accounts.clearing, settlement.supplier - settlement.gross, PostingKind::clearing, from});
    legs.push_back({accounts.aggregator, settlement.fee, PostingKind::fee, from});
    legs.push_back({accounts.aggregator, settlement.loss, PostingKind::loss, from});
    for (std::size_t i = 0; i < settlement.sites.size(); ++i) {
        const SiteLine& site = settlement.sites[i];
        from.subject = static_cast<std::int32_t>(i);
        legs.push_back({accounts.owner[i], site.pending ? Money{} : site.share,
                        PostingKind::owner_share, from});
        legs.push_back(
            {accounts.escrow[i], site.pending ? site.share : Money{}, PostingKind::escrow, from});
    }
}

/// Sums of what has been posted for a delivery day by settlement runs.
std::map<Key, Money> standing(const Ledger& ledger, SimTime day) {
    std::map<Key, Money> sums;
    for (const journal::Posting& p : ledger.postings())
        if (p.from.run != 0 && p.from.scope == day)
            sums[key_of(p.from, p.account, p.kind)] += p.amount;
    return sums;
}

}  // namespace

Accounts open_accounts(Ledger& ledger, std::span<const std::string> site_names) {
    Accounts accounts;
    accounts.market_day_ahead = ledger.open("market:day_ahead");
    accounts.market_real_time = ledger.open("market:real_time");
    accounts.supplier = ledger.open("supplier");
    accounts.clearing = ledger.open("aggregator:clearing");
    accounts.aggregator = ledger.open("aggregator");
    accounts.rounding = ledger.open("rounding");
    for (const std::string& name : site_names)
        accounts.owner.push_back(ledger.open("owner:" + name));
    for (const std::string& name : site_names)
        accounts.escrow.push_back(ledger.open("escrow:" + name));
    return accounts;
}

std::vector<Leg> entries(const Accounts& accounts, const Settlement& settlement) {
    if (accounts.owner.size() != settlement.sites.size() ||
        accounts.escrow.size() != settlement.sites.size())
        throw ShapeError("a settlement needs one owner and one escrow account a site");
    std::vector<Leg> legs;
    for (const IntervalLine& line : settlement.intervals)
        add_interval(accounts, settlement, line, legs);
    add_distribution(accounts, settlement, legs);
    return legs;
}

std::int32_t post_run(Ledger& ledger, const Accounts& accounts, const Settlement& settlement,
                      SimTime time) {
    std::map<Key, Money> difference;
    for (const Leg& leg : entries(accounts, settlement))
        difference[key_of(leg.from, leg.account, leg.kind)] += leg.amount;
    for (const auto& [key, amount] : standing(ledger, settlement.day)) difference[key] -= amount;

    std::int32_t posted = 0;
    std::vector<Leg> transaction;
    const auto flush = [&] {
        if (transaction.empty()) return;
        ledger.post(time, transaction);
        posted += static_cast<std::int32_t>(transaction.size());
        transaction.clear();
    };
    SimTime current = never;
    for (const auto& [key, amount] : difference) {
        if (key.interval != current) flush();
        current = key.interval;
        if (amount == Money{}) continue;
        transaction.push_back({key.account,
                               amount,
                               key.kind,
                               {settlement.day, key.interval, key.subject,
                                static_cast<std::uint8_t>(settlement.run)}});
    }
    flush();
    return posted;
}

}  // namespace gridflock::inline v0::settle
