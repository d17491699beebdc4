// SPDX-License-Identifier: Apache-2.0
#include <gridflock/core/random.hpp>
#include <gridflock/journal/effect.hpp>
#include <gridflock/journal/ledger.hpp>

#include <limits>

#include <test.hpp>

using namespace gridflock;
using namespace gridflock::journal;

namespace {

const SimTime noon = to_utc(parse_civil("2024-07-15T12:00"));

Leg leg(AccountIdx account, std::int64_t micro) {
    return {account, {micro}, PostingKind::transfer, {}};
}

}  // namespace

TEST_CASE("ledger: a balanced transaction moves money, the trial balance stays zero") {
    Ledger ledger;
    const AccountIdx market = ledger.open("market"), owner = ledger.open("owner:homes/1");
    const Leg legs[] = {leg(market, -250), leg(owner, 250)};
    CHECK(ledger.post(noon, legs) == 0);
    CHECK(ledger.post(noon + hours(1), legs) == 1);
    CHECK(ledger.balance(owner) == Money{500});
    CHECK(ledger.balance_at(owner, noon + hours(1)) == Money{250});
    CHECK(ledger.balance_at(owner, noon) == Money{0});
    CHECK(ledger.trial_balance() == Money{0});
    CHECK(ledger.postings().size() == 4);
    CHECK(ledger.open("market") == market);
    CHECK(ledger.find("nobody").valid() == false);
    CHECK(ledger.account_name(owner) == "owner:homes/1");
}

TEST_CASE("ledger: what does not sum to zero is refused and leaves no trace") {
    Ledger ledger;
    const AccountIdx a = ledger.open("a"), b = ledger.open("b");
    const Ledger before = ledger;
    const Leg off_by_one[] = {leg(a, -250), leg(b, 251)};
    const Leg lonely[] = {leg(a, 0)};
    const Leg unknown[] = {leg(a, 5), leg(AccountIdx(std::int32_t{9}), -5)};
    CHECK_THROWS_WITH(ledger.post(noon, off_by_one),
                      "the postings of a transaction sum to 0.000001, not to zero");
    CHECK_THROWS_AS(ledger.post(noon, lonely), LedgerError);
    CHECK_THROWS_AS(ledger.post(noon, unknown), LedgerError);
    CHECK_THROWS_AS(ledger.balance(AccountIdx()), LedgerError);
    CHECK(ledger == before);
}

TEST_CASE("ledger: a balance that would not fit is refused whole") {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    Ledger ledger;
    const AccountIdx a = ledger.open("a"), b = ledger.open("b");
    const Leg full[] = {leg(a, most), leg(b, -most)};
    ledger.post(noon, full);
    const Ledger before = ledger;
    const Leg one_more[] = {leg(a, 1), leg(b, -1)};
    CHECK_THROWS_AS(ledger.post(noon, one_more), MoneyOverflow);
    CHECK(ledger == before);
}

TEST_CASE("ledger: the journal replayed gives the balances, the hash sees every field") {
    Ledger ledger;
    for (int i = 0; i < 12; ++i) ledger.open("account/" + std::to_string(i));
    for (std::uint64_t t = 0; t < 300; ++t) {
        std::vector<Leg> legs;
        std::int64_t sum = 0;
        for (std::uint64_t k = 0; k < 5; ++k) {
            const Block4 b = draw_block({3, 0}, {k}, Purpose::user, t);
            const auto micro = static_cast<std::int64_t>(b[0] >> 20) - (std::int64_t{1} << 43);
            legs.push_back(leg(AccountIdx(static_cast<std::size_t>(b[1] % 12)), micro));
            sum += micro;
        }
        legs.push_back(leg(AccountIdx(std::int32_t{0}), -sum));
        ledger.post(noon + minutes(static_cast<std::int64_t>(t)), legs);
        REQUIRE(ledger.trial_balance() == Money{0});
    }
    const std::vector<Money> replayed = ledger.replay();
    for (std::size_t i = 0; i < replayed.size(); ++i)
        CHECK(replayed[i] == ledger.balance(AccountIdx(i)));

    Ledger copy = ledger;
    CHECK(copy.hash() == ledger.hash());
    copy.anchor(noon, noon, noon + hours(1), 240, Digest{1});
    CHECK(copy.hash() != ledger.hash());
}

TEST_CASE("ledger: anchors form a chain") {
    Ledger ledger;
    ledger.anchor(noon, noon - hours(1), noon, 4, Digest{0xaa});
    ledger.anchor(noon + hours(1), noon, noon + hours(1), 4, Digest{0xbb});
    REQUIRE(ledger.anchors().size() == 2);
    CHECK(ledger.anchors()[0].previous == Digest{});
    CHECK(ledger.anchors()[1].previous == Digest{0xaa});
}

TEST_CASE("effect: accounts whose sums differ, by name, whatever the order they were opened in") {
    Ledger with, without;
    const AccountIdx owner = with.open("owner"), market = with.open("market");
    const AccountIdx market_too = without.open("market"), owner_too = without.open("owner");
    const Leg more[] = {leg(market, -300), leg(owner, 300)};
    const Leg less[] = {leg(market_too, -250), leg(owner_too, 250)};
    const AccountIdx fee = with.open("fee");
    const Leg cut[] = {{owner, {-7}, PostingKind::fee, {}}, {fee, {7}, PostingKind::fee, {}}};
    with.post(noon, more);
    without.post(noon, less);
    with.post(noon, cut);
    const std::vector<Effect> expected{{"fee", PostingKind::fee, {7}, {0}},
                                       {"market", PostingKind::transfer, {-300}, {-250}},
                                       {"owner", PostingKind::fee, {-7}, {0}},
                                       {"owner", PostingKind::transfer, {300}, {250}}};
    CHECK(effect(with, without) == expected);
    CHECK(effect(with, with).empty());
}
