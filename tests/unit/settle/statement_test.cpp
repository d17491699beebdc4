// SPDX-License-Identifier: Apache-2.0
#include "example.hpp"

#include <gridflock/settle/explain.hpp>
#include <gridflock/settle/statement.hpp>

#include <algorithm>
#include <fstream>
#include <sstream>

#include <test.hpp>

using namespace example;
using gridflock::journal::Ledger;
using gridflock::journal::Money;
using gridflock::journal::PostingKind;

namespace {

struct Settled {
    Ledger ledger;
    std::vector<Settlement> runs;
};

Settled settled() {
    Settled s;
    Day day = worked_example(false);
    const Accounts accounts = open_accounts(s.ledger, names);
    s.runs.push_back(settle::settle(day.input(), Run::preliminary, preliminary_at));
    post_run(s.ledger, accounts, s.runs[0], preliminary_at);
    day.arrive(1, 0, late);
    s.runs.push_back(settle::settle(day.input(), Run::final, final_at));
    post_run(s.ledger, accounts, s.runs[1], final_at);
    return s;
}

std::size_t find(const Ledger& ledger, const char* account, PostingKind kind, SimTime time) {
    const auto all = ledger.postings();
    for (std::size_t i = 0; i < all.size(); ++i)
        if (ledger.account_name(all[i].account) == account && all[i].kind == kind &&
            all[i].time == time)
            return i;
    return all.size();
}

bool has(const std::vector<std::string>& lines, const std::string& line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
}

bool has(const Explanation& e, const char* what, const std::string& value) {
    return std::find(e.keys.begin(), e.keys.end(), ProvenanceKey{what, value}) != e.keys.end();
}

}  // namespace

TEST_CASE("statement: opening, postings by kind and closing add up") {
    const Settled s = settled();
    const AccountIdx escrow = s.ledger.find("escrow:homes/1");
    const Statement all = statement(s.ledger, escrow, {}, at("2024-07-16"));
    CHECK(all.opening == Money{0});
    CHECK(all.closing == Money{0});
    REQUIRE(all.lines.size() == 1);
    CHECK(all.lines[0] == StatementLine{PostingKind::escrow, {0}, 2});
    const Statement last = statement(s.ledger, escrow, final_at, at("2024-07-16"));
    CHECK(last.opening == Money{45'133});
    CHECK(last.lines[0].amount == Money{-45'133});

    const market::Figure figure{"market.fee", "20", "%", "design",
                                "",           "",   "",  market::FigureStatus::ours};
    const auto lines = text(statement(s.ledger, s.ledger.find("aggregator"), {}, at("2024-07-16")),
                            std::span(&figure, 1));
    REQUIRE(lines.size() == 5);
    CHECK(lines[2] == "  fee                     0.083000  2 postings");
    CHECK(lines[3] == "  closing                 0.083000");
    CHECK(lines[4] == "  not verified (ours): market.fee = 20 %");
    CHECK_THROWS_AS(statement(s.ledger, AccountIdx(), {}, {}), journal::LedgerError);
}

TEST_CASE("explain: a real-time posting leads to its reads, award and price") {
    const Settled s = settled();
    const std::size_t i =
        find(s.ledger, "market:real_time", PostingKind::real_time, preliminary_at);
    const Explanation e = explain(s.ledger, i, s.runs, names);
    CHECK(has(e.lines, "delivered = baseline 2500 Wh - metered 1250 Wh = 1250 Wh"));
    CHECK(
        has(e.lines,
            "(delivered 1250 - award 2500) Wh x real-time 162.00 $/MWh = -0.202500 $, paid by the "
            "market"));
    CHECK(has(e, "interval", "2024-07-15T18:00:00Z"));
    CHECK(has(e, "run", "preliminary"));
    CHECK(has(e, "reads", "2 of 3"));
    CHECK(has(e, "missing", "homes/1 2024-07-15T18:00:00Z"));
    CHECK(has(e, "baseline", "2500 Wh"));
    CHECK(has(e, "award", "2500 Wh"));
    CHECK(has(e, "price", "day-ahead 180.00 real-time 162.00 $/MWh"));
}

TEST_CASE("explain: a correction says what stood before and which read came late") {
    const Settled s = settled();
    const std::size_t i = find(s.ledger, "owner:homes/0", PostingKind::owner_share, final_at);
    const Explanation e = explain(s.ledger, i, s.runs, names);
    CHECK(
        has(e.lines, "0.225667 $ stood before, 0.221333 $ is due: this posting is the difference"));
    CHECK(has(e.lines,
              "owners' pool 0.332000 $ x own 2500 Wh / all 3750 Wh = 0.221333 $ (largest "
              "remainder)"));
    CHECK(has(e, "late", "homes/1 2024-07-15T18:00:00Z"));
    CHECK(has(e, "site", "homes/0"));
    CHECK(has(e, "interval", "whole day"));
}

TEST_CASE("explain: an escrow says why it waits") {
    const Settled s = settled();
    const std::size_t i = find(s.ledger, "escrow:homes/1", PostingKind::escrow, preliminary_at);
    const Explanation e = explain(s.ledger, i, s.runs, names);
    CHECK(has(e.lines, "reads missing: 1; the share waits in escrow"));
    CHECK(has(e, "missing", "homes/1 2024-07-15T18:00:00Z"));
}

TEST_CASE("explain: every posting has an explanation whose amount is the posting's") {
    const Settled s = settled();
    for (std::size_t i = 0; i < s.ledger.postings().size(); ++i) {
        const Explanation e = explain(s.ledger, i, s.runs, names);
        CHECK(e.lines.size() >= 2);
        CHECK(e.lines[0].find(to_text(s.ledger.postings()[i].amount) + " $") == 0);
    }
    const Explanation e = explain(s.ledger, 0, {}, names);
    CHECK(has(e.lines, "the settlement run behind it is not at hand"));
    CHECK_THROWS_AS(explain(s.ledger, 999, s.runs, names), journal::LedgerError);
}

TEST_CASE("docs: the worked example in docs/settlement.md is what the code books and explains") {
    std::ifstream file(std::string(GRIDFLOCK_SOURCE_DIR) + "/docs/settlement.md");
    std::stringstream page;
    page << file.rdbuf();
    const std::string shown = page.str();
    REQUIRE_FALSE(shown.empty());
    const Settled s = settled();
    std::size_t rows = 0;
    for (std::size_t i = shown.find("\n| 2"); i != std::string::npos;
         i = shown.find("\n| 2", i + 1))
        ++rows;
    CHECK(rows == s.ledger.postings().size());
    for (const journal::Posting& p : s.ledger.postings()) {
        const std::string row = "| " + iso8601(p.time).substr(11, 5) + " | " +
                                std::to_string(p.transaction) + " | " +
                                s.ledger.account_name(p.account) + " | " + to_text(p.amount) +
                                " | " + to_text(p.kind) + " |\n";
        INFO(row);
        CHECK(shown.find(row) != std::string::npos);
    }
    const std::size_t i = find(s.ledger, "market:real_time", PostingKind::real_time, final_at);
    for (const std::string& line : explain(s.ledger, i, s.runs, names).lines) {
        INFO(line);
        CHECK(shown.find("    " + line + "\n") != std::string::npos);
    }
}
