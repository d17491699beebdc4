// SPDX-License-Identifier: Apache-2.0
#include <gridflock/settle/statement.hpp>

#include <map>

#include <fmt/format.h>

namespace gridflock::inline v0::settle {

Statement statement(const journal::Ledger& ledger, journal::AccountIdx account, SimTime from,
                    SimTime to) {
    Statement result;
    result.account = ledger.account_name(account);
    result.from = from;
    result.to = to;
    result.opening = ledger.balance_at(account, from);
    result.closing = result.opening;
    std::map<journal::PostingKind, StatementLine> lines;
    for (const journal::Posting& p : ledger.postings()) {
        if (p.account != account || p.time < from || p.time >= to) continue;
        StatementLine& line = lines[p.kind];
        line.kind = p.kind;
        line.amount += p.amount;
        ++line.postings;
        result.closing += p.amount;
    }
    for (const auto& entry : lines) result.lines.push_back(entry.second);
    return result;
}

std::vector<std::string> text(const Statement& statement,
                              std::span<const market::Figure> unverified) {
    std::vector<std::string> lines;
    lines.push_back(fmt::format("{}  {} to {}  ($)", statement.account, iso8601(statement.from),
                                iso8601(statement.to)));
    lines.push_back(fmt::format("  {:<14}{:>18}", "opening", to_text(statement.opening)));
    for (const StatementLine& line : statement.lines)
        lines.push_back(fmt::format("  {:<14}{:>18}  {} posting{}", to_text(line.kind),
                                    to_text(line.amount), line.postings,
                                    line.postings == 1 ? "" : "s"));
    lines.push_back(fmt::format("  {:<14}{:>18}", "closing", to_text(statement.closing)));
    for (const market::Figure& f : unverified)
        lines.push_back(fmt::format("  not verified ({}): {} = {} {}", to_text(f.status), f.key,
                                    f.value, f.unit));
    return lines;
}

}  // namespace gridflock::inline v0::settle
