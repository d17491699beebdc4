// SPDX-License-Identifier: Apache-2.0
#include <gridflock/settle/explain.hpp>

#include <fmt/format.h>

namespace gridflock::inline v0::settle {
namespace {

using journal::Ledger;
using journal::Posting;
using journal::PostingKind;

const Settlement* find_run(std::span<const Settlement> runs, SimTime day, std::uint8_t run) {
    for (const Settlement& s : runs)
        if (s.day == day && static_cast<std::uint8_t>(s.run) == run) return &s;
    return nullptr;
}

std::string site_name(std::span<const std::string> names, std::int32_t site) {
    const auto at = static_cast<std::size_t>(site);
    return site >= 0 && at < names.size() ? names[at] : fmt::format("site {}", site);
}

/// What earlier postings for the same thing add up to.
Money stood_before(const Ledger& ledger, std::size_t posting) {
    const Posting& p = ledger.postings()[posting];
    Money sum;
    for (const Posting& q : ledger.postings().first(posting))
        if (q.account == p.account && q.kind == p.kind && q.from.run != 0 &&
            q.from.scope == p.from.scope && q.from.interval == p.from.interval &&
            q.from.subject == p.from.subject)
            sum += q.amount;
    return sum;
}

void add_keys(const IntervalLine& line, const Settlement& run, Explanation& e) {
    const Obligation& o = line.obligation;
    e.keys.push_back({"award", fmt::format("{} Wh", o.award_wh)});
    e.keys.push_back({"price", fmt::format("day-ahead {} real-time {} $/MWh", to_text(o.day_ahead),
                                           to_text(o.real_time))});
    e.keys.push_back({"baseline", fmt::format("{} Wh", line.baseline_wh)});
    e.keys.push_back(
        {"reads",
         fmt::format("{} of {}", static_cast<std::int32_t>(run.sites.size()) - line.missing,
                     run.sites.size())});
}

void add_missing(const Settlement& run, std::size_t interval, std::span<const std::string> names,
                 Explanation& e) {
    for (std::size_t site = 0; site < run.sites.size(); ++site)
        if (run.is_missing(interval, site))
            e.keys.push_back({"missing", site_name(names, static_cast<std::int32_t>(site)) + " " +
                                             iso8601(run.intervals[interval].obligation.start)});
}

/// Reads that this run has and an earlier one of `runs` had not.
void add_late(const Settlement& run, std::span<const Settlement> runs, std::size_t interval,
              std::span<const std::string> names, Explanation& e) {
    const Settlement* earlier =
        run.run == Run::final ? find_run(runs, run.day, static_cast<std::uint8_t>(Run::preliminary))
                              : nullptr;
    if (earlier == nullptr || earlier->missing.size() != run.missing.size()) return;
    for (std::size_t site = 0; site < run.sites.size(); ++site) {
        if (!earlier->is_missing(interval, site) || run.is_missing(interval, site)) continue;
        const std::string name = site_name(names, static_cast<std::int32_t>(site));
        const std::string at = iso8601(run.intervals[interval].obligation.start);
        e.lines.push_back(
            fmt::format("the read of {} for {} arrived after the preliminary run: {} "
                        "Wh delivered in place of the baseline's 0",
                        name, at, run.delivered(interval, site)));
        e.keys.push_back({"late", name + " " + at});
    }
}

std::string energy_line(const IntervalLine& line) {
    return fmt::format("delivered = baseline {} Wh - metered {} Wh = {} Wh", line.baseline_wh,
                       line.metered_wh, line.delivered_wh);
}

void explain_interval(const Posting& p, const Settlement& run, const IntervalLine& line,
                      Explanation& e) {
    const Obligation& o = line.obligation;
    const std::string supplier = to_text(run.terms.supplier);
    switch (p.kind) {
        case PostingKind::day_ahead:
            e.lines.push_back(
                fmt::format("award {} Wh x day-ahead {} $/MWh = {} $, paid by the market",
                            o.award_wh, to_text(o.day_ahead), to_text(line.day_ahead)));
            break;
        case PostingKind::real_time:
            e.lines.push_back(energy_line(line));
            e.lines.push_back(fmt::format(
                "(delivered {} - award {}) Wh x real-time {} $/MWh = {} $, paid by the market",
                line.delivered_wh, o.award_wh, to_text(o.real_time), to_text(line.real_time)));
            break;
        case PostingKind::supplier:
            e.lines.push_back(energy_line(line));
            e.lines.push_back(fmt::format("delivered {} Wh x supplier's {} $/MWh = {} $",
                                          line.delivered_wh, supplier, to_text(line.supplier)));
            break;
        case PostingKind::clearing:
            e.lines.push_back(fmt::format("gross {} $ - supplier {} $ = {} $ for the distribution",
                                          to_text(line.gross), to_text(line.supplier),
                                          to_text(line.gross - line.supplier)));
            break;
        default:
            e.lines.push_back(
                fmt::format("legs rounded apart ({} + {}) less gross rounded once ({}) = {} $",
                            to_text(line.day_ahead), to_text(line.real_time), to_text(line.gross),
                            to_text(line.rounding)));
    }
}

std::string share_line(const Settlement& run, std::size_t site) {
    const SiteLine& line = run.sites[site];
    if (run.equal_split)
        return fmt::format("no site delivered: owners' pool {} $ / {} sites = {} $",
                           to_text(run.owners), run.sites.size(), to_text(line.share));
    std::int64_t total = 0;
    for (const SiteLine& s : run.sites) total += s.weight_wh;
    return fmt::format("owners' pool {} $ x own {} Wh / all {} Wh = {} $ (largest remainder)",
                       to_text(run.owners), line.weight_wh, total, to_text(line.share));
}

void explain_distribution(const Posting& p, const Settlement& run, Explanation& e) {
    const Money net = run.gross - run.supplier;
    e.lines.push_back(fmt::format("day: gross {} $ - supplier {} $ = {} $", to_text(run.gross),
                                  to_text(run.supplier), to_text(net)));
    if (p.kind == PostingKind::fee)
        e.lines.push_back(
            fmt::format("fee = {} / 1000 of it = {} $", run.terms.fee_permille, to_text(run.fee)));
    if (p.kind == PostingKind::loss)
        e.lines.push_back(fmt::format("a loss stays with the aggregator: {} $", to_text(run.loss)));
    if (p.from.subject < 0 || p.from.subject >= static_cast<std::int32_t>(run.sites.size())) return;
    const auto site = static_cast<std::size_t>(p.from.subject);
    e.lines.push_back(
        fmt::format("less fee {} $: owners' pool {} $", to_text(run.fee), to_text(run.owners)));
    e.lines.push_back(share_line(run, site));
    if (run.sites[site].pending)
        e.lines.push_back(
            fmt::format("reads missing: {}; the share waits in escrow", run.sites[site].missing));
}

void explain_run(const Posting& p, const Settlement& run, std::span<const Settlement> runs,
                 std::span<const std::string> names, Explanation& e) {
    e.keys.push_back({"terms", fmt::format("supplier {} $/MWh, fee {} / 1000",
                                           to_text(run.terms.supplier), run.terms.fee_permille)});
    const bool whole_day = p.from.interval == journal::whole_scope;
    if (whole_day) explain_distribution(p, run, e);
    for (std::size_t i = 0; i < run.intervals.size(); ++i) {
        const IntervalLine& line = run.intervals[i];
        if (!whole_day && line.obligation.start != p.from.interval) continue;
        if (!whole_day) {
            explain_interval(p, run, line, e);
            add_keys(line, run, e);
        }
        add_missing(run, i, names, e);
        add_late(run, runs, i, names, e);
    }
}

}  // namespace

Explanation explain(const Ledger& ledger, std::size_t posting, std::span<const Settlement> runs,
                    std::span<const std::string> site_names) {
    if (posting >= ledger.postings().size())
        throw journal::LedgerError(
            fmt::format("no posting {} among {}", posting, ledger.postings().size()));
    const Posting& p = ledger.postings()[posting];
    const bool whole_day = p.from.interval == journal::whole_scope;
    Explanation e;
    e.lines.push_back(fmt::format("{} $ to {} ({}), posted {}", to_text(p.amount),
                                  ledger.account_name(p.account), to_text(p.kind),
                                  iso8601(p.time)));
    e.keys.push_back({"day", iso8601(p.from.scope)});
    e.keys.push_back({"interval", whole_day ? "whole day" : iso8601(p.from.interval)});
    if (p.from.subject >= 0) e.keys.push_back({"site", site_name(site_names, p.from.subject)});
    if (p.from.run == 0) return e;
    e.keys.push_back({"run", to_text(static_cast<Run>(p.from.run))});
    const Settlement* run = find_run(runs, p.from.scope, p.from.run);
    if (run == nullptr) {
        e.lines.push_back("the settlement run behind it is not at hand");
        return e;
    }
    explain_run(p, *run, runs, site_names, e);
    const Money before = stood_before(ledger, posting);
    if (before != Money{})
        e.lines.push_back(
            fmt::format("{} $ stood before, {} $ is due: this posting is the difference",
                        to_text(before), to_text(before + p.amount)));
    return e;
}

}  // namespace gridflock::inline v0::settle
