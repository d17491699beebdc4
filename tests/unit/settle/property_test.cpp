// SPDX-License-Identifier: Apache-2.0
// What must hold for any reads, prices and awards.
#include "example.hpp"

#include <algorithm>

#include <rapidcheck.h>
#include <test.hpp>

using namespace example;
using gridflock::journal::Ledger;
using gridflock::journal::Money;
using gridflock::journal::Wide;

namespace {

std::int64_t between(std::int64_t low, std::int64_t high) {
    return *rc::gen::inRange<std::int64_t>(low, high + 1);
}

struct Case {
    Day day;
    std::vector<std::string> names;
    std::vector<std::pair<std::int32_t, std::int32_t>> outstanding;
};

Case random_case() {
    const auto sites = static_cast<std::int32_t>(between(1, 12));
    const auto intervals = static_cast<std::int32_t>(between(1, 16));
    Case c{Day(sites, intervals), {}, {}};
    for (std::int32_t site = 0; site < sites; ++site)
        c.names.push_back("homes/" + std::to_string(site));
    c.day.terms.supplier = {between(-50'000'000, 120'000'000)};
    c.day.terms.fee_permille = between(0, 1000);
    for (Obligation& o : c.day.obligations) {
        o.award_wh = between(0, 4) * 25'000;
        o.day_ahead = {between(-100'000'000, 3'000'000'000)};
        o.real_time = {between(-100'000'000, 3'000'000'000)};
    }
    const std::int64_t gap = between(2, 9);
    for (std::int32_t site = 0; site < sites; ++site)
        for (std::int32_t i = 0; i < intervals; ++i) {
            c.day.expect(site, i, between(-2000, 4000));
            c.day.meter(site, i, between(-2000, 4000));
        }
    for (std::int32_t site = 0; site < sites; ++site)
        for (std::int32_t i = 0; i < intervals; ++i) {
            if (between(0, 9) < gap)
                c.day.arrive(site, i, on_time);
            else
                c.outstanding.emplace_back(site, i);
        }
    return c;
}

bool balanced(const Ledger& ledger) {
    std::vector<Wide> sums(static_cast<std::size_t>(ledger.transaction_count()));
    for (const journal::Posting& p : ledger.postings())
        sums[static_cast<std::size_t>(p.transaction)] += p.amount.micro;
    return std::all_of(sums.begin(), sums.end(), [](Wide s) { return s == 0; }) &&
           ledger.trial_balance() == Money{0};
}

std::vector<Money> balances(const Ledger& ledger) {
    return ledger.replay();
}

}  // namespace

TEST_CASE("settlement property: every transaction sums to zero, all money given is accounted for") {
    CHECK(rc::check([] {
        const Case c = random_case();
        Ledger ledger;
        const Accounts accounts = open_accounts(ledger, c.names);
        const Settlement s = settle::settle(c.day.input(), Run::preliminary);
        post_run(ledger, accounts, s, preliminary_at);
        RC_ASSERT(balanced(ledger));
        RC_ASSERT(s.gross - s.supplier == s.fee + s.owners + s.loss);
        RC_ASSERT(ledger.balance(accounts.clearing) == Money{0});
        Money shares;
        for (const SiteLine& site : s.sites) {
            RC_ASSERT(site.share >= Money{0});
            shares += site.share;
        }
        RC_ASSERT(shares == s.owners);
        const std::int64_t rounding = ledger.balance(accounts.rounding).micro;
        RC_ASSERT(std::abs(rounding) <= static_cast<std::int64_t>(s.intervals.size()));
    }));
}

TEST_CASE("settlement property: a final run after a preliminary one equals a final run alone") {
    CHECK(rc::check([] {
        Case c = random_case();
        Ledger twice, once;
        const Accounts accounts = open_accounts(twice, c.names);
        open_accounts(once, c.names);
        post_run(twice, accounts, settle::settle(c.day.input(), Run::preliminary), preliminary_at);
        std::reverse(c.outstanding.begin(), c.outstanding.end());  // they may come in any order
        for (const auto& [site, interval] : c.outstanding)
            RC_ASSERT(c.day.arrive(site, interval, late) == PutResult::stored);
        const Settlement last = settle::settle(c.day.input(), Run::final, final_at);
        post_run(twice, accounts, last, final_at);
        post_run(once, accounts, last, final_at);
        RC_ASSERT(balances(twice) == balances(once));
        RC_ASSERT(balanced(twice));
        RC_ASSERT(post_run(twice, accounts, last, final_at) == 0);
        for (const AccountIdx escrow : accounts.escrow)
            RC_ASSERT(twice.balance(escrow) == Money{0});
    }));
}

TEST_CASE("settlement property: sites in another order get the same money but for remainders") {
    CHECK(rc::check([] {
        Case c = random_case();
        for (const auto& [site, interval] : c.outstanding) c.day.arrive(site, interval, late);
        const std::int32_t sites = c.day.baseline.sites;
        const auto intervals = static_cast<std::int32_t>(c.day.obligations.size());
        Day turned(sites, intervals);
        turned.obligations = c.day.obligations;
        turned.terms = c.day.terms;
        for (std::int32_t site = 0; site < sites; ++site)
            for (std::int32_t i = 0; i < intervals; ++i) {
                turned.expect(sites - 1 - site, i, c.day.baseline.at(site, 72 + i));
                turned.meter(
                    sites - 1 - site, i,
                    c.day.metered[static_cast<std::size_t>(site)][static_cast<std::size_t>(i)]);
            }
        for (std::int32_t site = 0; site < sites; ++site)
            for (std::int32_t i = 0; i < intervals; ++i) turned.arrive(site, i, on_time);
        const Settlement a = settle::settle(c.day.input(), Run::final);
        const Settlement b = settle::settle(turned.input(), Run::final);
        RC_ASSERT(a.gross == b.gross);
        RC_ASSERT(a.owners == b.owners);
        for (std::size_t i = 0; i < a.sites.size(); ++i) {
            const SiteLine& other = b.sites[a.sites.size() - 1 - i];
            RC_ASSERT(a.sites[i].weight_wh == other.weight_wh);
            RC_ASSERT(std::abs(a.sites[i].share.micro - other.share.micro) <= 1);
        }
    }));
}
