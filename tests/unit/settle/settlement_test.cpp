// SPDX-License-Identifier: Apache-2.0
// Every number below is worked out by hand in the comments; docs/settlement.md shows the same case.
#include "example.hpp"

#include <gridflock/core/error.hpp>

#include <test.hpp>

using namespace example;
using gridflock::journal::Ledger;
using gridflock::journal::Money;
using gridflock::journal::PostingKind;

namespace {

struct Line {
    const char* account;
    std::int64_t micro;
    PostingKind kind;
};

/// The ledger's postings from `first` on are these, in this order.
void check_postings(const Ledger& ledger, std::size_t first, const std::vector<Line>& expected) {
    REQUIRE(ledger.postings().size() == first + expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const journal::Posting& p = ledger.postings()[first + i];
        INFO("posting " << first + i);
        CHECK(ledger.account_name(p.account) == expected[i].account);
        CHECK(p.amount.micro == expected[i].micro);
        CHECK(p.kind == expected[i].kind);
    }
}

Day one_interval(double real_time) {
    Day day = worked_example(true);
    day.obligations.pop_back();
    day.obligations[0].real_time = market::dollars_per_mwh(real_time);
    return day;
}

std::int64_t balance(const Ledger& ledger, const char* account) {
    return ledger.balance(ledger.find(account)).micro;
}

}  // namespace

TEST_CASE("settlement: one interval by hand, every posting") {
    // baseline 1200 + 900 + 400 = 2500 Wh, metered -300 + 150 + 650 = 500: delivered 2000 Wh
    // day-ahead 2500 x 180 = 450000; real time (2000 - 2500) x 162 = -81000; gross 369000
    // supplier 2000 x 60 = 120000; net 249000; fee 49800; owners 199200 over 1500 : 750 : 0
    const Day day = one_interval(162);
    const Settlement s = settle::settle(day.input(), Run::final);
    CHECK(s.intervals[0].delivered_wh == 2000);
    CHECK(s.gross == Money{369'000});
    CHECK(s.sites[2].weight_wh == 0);  // delivered -250
    CHECK_FALSE(s.equal_split);

    Ledger ledger;
    const Accounts accounts = open_accounts(ledger, names);
    CHECK(post_run(ledger, accounts, s, final_at) == 8);
    CHECK(ledger.transaction_count() == 2);
    check_postings(ledger, 0,
                   {{"market:day_ahead", -450'000, PostingKind::day_ahead},
                    {"market:real_time", 81'000, PostingKind::real_time},
                    {"supplier", 120'000, PostingKind::supplier},
                    {"aggregator:clearing", 249'000, PostingKind::clearing},
                    {"aggregator:clearing", -249'000, PostingKind::clearing},
                    {"aggregator", 49'800, PostingKind::fee},
                    {"owner:homes/0", 132'800, PostingKind::owner_share},
                    {"owner:homes/1", 66'400, PostingKind::owner_share}});
}

TEST_CASE("settlement: a loss stays with the aggregator") {
    // real time (2000 - 2500) x 900 = -450000; gross 0; net -120000
    const Day day = one_interval(900);
    const Settlement s = settle::settle(day.input(), Run::final);
    Ledger ledger;
    const Accounts accounts = open_accounts(ledger, names);
    post_run(ledger, accounts, s, final_at);
    CHECK(s.gross == Money{0});
    CHECK(s.loss == Money{-120'000});
    CHECK(balance(ledger, "aggregator") == -120'000);
    for (const std::string& name : names) CHECK(balance(ledger, ("owner:" + name).c_str()) == 0);
    CHECK(balance(ledger, "aggregator:clearing") == 0);
}

TEST_CASE("settlement: owners share equally when nobody delivered, remainders by index") {
    // metered = baseline: delivered 0; gross 2500 x 180 - 2500 x 100 = 200000; fee 40000;
    // owners 160000 / 3 = 53333.3: 53334 53333 53333
    Day day = one_interval(100);
    day.reads = ReadTable(day.calendar, 3);
    for (std::int32_t site = 0; site < 3; ++site) {
        day.meter(site, 0, day.baseline.at(site, 72));
        day.arrive(site, 0, on_time);
    }
    const Settlement s = settle::settle(day.input(), Run::final);
    CHECK(s.equal_split);
    CHECK(s.sites[0].share == Money{53'334});
    CHECK(s.sites[1].share == Money{53'333});
    CHECK(s.sites[2].share == Money{53'333});
}

TEST_CASE("settlement: the difference of legs rounded apart goes to rounding") {
    // award 1 Wh at 0.50 $/MWh and (2 - 1) Wh at 0.50: 0.5 + 0.5 = 1 together, 0 + 0 apart
    Day day(1, 1);
    day.obligations[0].award_wh = 1;
    day.obligations[0].day_ahead = day.obligations[0].real_time = market::dollars_per_mwh(0.5);
    day.expect(0, 0, 2);
    day.meter(0, 0, 0);
    day.arrive(0, 0, on_time);
    Ledger ledger;
    const std::vector<std::string> one{"homes/0"};
    const Accounts accounts = open_accounts(ledger, one);
    post_run(ledger, accounts, settle::settle(day.input(), Run::final), final_at);
    check_postings(ledger, 0,
                   {{"supplier", 120, PostingKind::supplier},
                    {"aggregator:clearing", -119, PostingKind::clearing},
                    {"rounding", -1, PostingKind::rounding},
                    {"aggregator:clearing", 119, PostingKind::clearing},
                    {"aggregator", -119, PostingKind::loss}});
}

TEST_CASE(
    "settlement: a missing read is the baseline, its share waits in escrow until the final run") {
    // 18:00 without homes/1: delivered 1500 + 0 - 250 = 1250; gross 450000 - 1250 x 162 = 247500;
    //   supplier 75000; net 172500
    // 18:15: delivered 1000 + 500 + 0; gross 400000 - 1000 x 144 = 256000; supplier 90000; net
    // 166000 day: net 338500; fee 67700; owners 270800 over 2500 : 500 : 0 = 225666.7, 45133.3
    Day day = worked_example(false);
    Ledger ledger;
    const Accounts accounts = open_accounts(ledger, names);
    const Settlement early = settle::settle(day.input(), Run::preliminary, preliminary_at);
    CHECK(early.sites[1].pending);
    post_run(ledger, accounts, early, preliminary_at);
    CHECK(balance(ledger, "owner:homes/0") == 225'667);
    CHECK(balance(ledger, "owner:homes/1") == 0);
    CHECK(balance(ledger, "escrow:homes/1") == 45'133);
    CHECK(balance(ledger, "aggregator") == 67'700);
    const std::size_t before = ledger.postings().size();

    // the read arrives: 18:00 delivers 2000, net 249000; day 415000; fee 83000;
    // owners 332000 over 2500 : 1250 : 0 = 221333.3, 110666.7
    CHECK(day.arrive(1, 0, late) == PutResult::stored);
    const Settlement last = settle::settle(day.input(), Run::final, final_at);
    post_run(ledger, accounts, last, final_at);
    check_postings(ledger, before,
                   {{"market:real_time", -121'500, PostingKind::real_time},
                    {"supplier", 45'000, PostingKind::supplier},
                    {"aggregator:clearing", 76'500, PostingKind::clearing},
                    {"aggregator:clearing", -76'500, PostingKind::clearing},
                    {"aggregator", 15'300, PostingKind::fee},
                    {"owner:homes/0", -4'334, PostingKind::owner_share},
                    {"owner:homes/1", 110'667, PostingKind::owner_share},
                    {"escrow:homes/1", -45'133, PostingKind::escrow}});
    CHECK(post_run(ledger, accounts, last, final_at) == 0);
    CHECK(ledger.trial_balance() == Money{0});
}

TEST_CASE("settlement: a read that never arrives releases the escrow at the final run") {
    const Day day = worked_example(false);
    Ledger ledger;
    const Accounts accounts = open_accounts(ledger, names);
    post_run(ledger, accounts, settle::settle(day.input(), Run::preliminary), preliminary_at);
    CHECK(post_run(ledger, accounts, settle::settle(day.input(), Run::final), final_at) == 2);
    CHECK(balance(ledger, "owner:homes/1") == 45'133);
    CHECK(balance(ledger, "escrow:homes/1") == 0);
}

TEST_CASE("settlement: reads received after a run's instant do not count in it") {
    Day day = worked_example(false);
    const Settlement then = settle::settle(day.input(), Run::preliminary, preliminary_at);
    day.arrive(1, 0, late);
    CHECK(settle::settle(day.input(), Run::preliminary, preliminary_at) == then);
    CHECK_FALSE(settle::settle(day.input(), Run::preliminary, late) == then);
}

TEST_CASE("settlement: any input moved by one per cent moves the money") {
    const Settlement golden = settle::settle(worked_example(true).input(), Run::final);
    const auto moved = [&](auto&& change) {
        Day day = worked_example(true);
        change(day);
        const Settlement s = settle::settle(day.input(), Run::final);
        return s.owners != golden.owners && s.sites[0].share != golden.sites[0].share;
    };
    CHECK(golden.owners == Money{332'000});
    CHECK(moved([](Day& d) { d.expect(0, 0, 1212); }));
    CHECK(moved([](Day& d) { d.expect(1, 1, 1010); }));
    CHECK(moved([](Day& d) { d.obligations[0].award_wh = 2525; }));
    CHECK(moved([](Day& d) { d.obligations[0].day_ahead = market::dollars_per_mwh(181.8); }));
    CHECK(moved([](Day& d) { d.obligations[1].real_time = market::dollars_per_mwh(145.44); }));
    CHECK(moved([](Day& d) { d.terms.supplier = market::dollars_per_mwh(60.6); }));
    CHECK(moved([](Day& d) { d.terms.fee_permille = 202; }));
    CHECK(moved([](Day& d) {
        d.reads = ReadTable(d.calendar, 3);
        d.meter(0, 0, -303);
        for (std::int32_t i = 0; i < 6; ++i) d.arrive(i % 3, i / 3, on_time);
    }));
}

TEST_CASE("settlement: a day without an award posts nothing") {
    Day day = worked_example(true);
    day.obligations.clear();
    Ledger ledger;
    const Accounts accounts = open_accounts(ledger, names);
    CHECK(post_run(ledger, accounts, settle::settle(day.input(), Run::final), final_at) == 0);
}

TEST_CASE(
    "settlement: an award in the first interval of the day is kept apart from the distribution") {
    Day day = one_interval(162);
    day.obligations[0].interval = 0;
    day.obligations[0].start = day.midnight;
    for (std::int32_t site = 0; site < 3; ++site) {
        day.baseline.wh[static_cast<std::size_t>(site)] = day.baseline.at(site, 72);
        day.reads.put(site, 0, day.reads.reading(site, 72), on_time);
    }
    Ledger ledger;
    const Accounts accounts = open_accounts(ledger, names);
    CHECK(post_run(ledger, accounts, settle::settle(day.input(), Run::final), final_at) == 8);
    CHECK(ledger.transaction_count() == 2);
}

TEST_CASE("settlement: input that does not fit is refused") {
    Day day = worked_example(true);
    day.terms.fee_permille = 1001;
    CHECK_THROWS_AS(settle::settle(day.input(), Run::final), Error);
    day = worked_example(true);
    day.obligations[0].interval = 96;
    CHECK_THROWS_AS(settle::settle(day.input(), Run::final), ShapeError);
    day = worked_example(true);
    day.reads = ReadTable(day.calendar, 2);
    CHECK_THROWS_AS(settle::settle(day.input(), Run::final), ShapeError);
    Ledger ledger;
    const Accounts two = open_accounts(ledger, std::span(names).first(2));
    CHECK_THROWS_AS(
        post_run(ledger, two, settle::settle(worked_example(true).input(), Run::final), final_at),
        ShapeError);
}
