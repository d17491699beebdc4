// SPDX-License-Identifier: Apache-2.0
#include <gridflock/settle/settlement.hpp>

#include <gridflock/core/error.hpp>
#include <gridflock/journal/split.hpp>

#include <algorithm>

namespace gridflock::inline v0::settle {
namespace {

void check(const SettlementInput& input) {
    if (input.baseline == nullptr || input.reads == nullptr)
        throw Error("a settlement needs a baseline and reads");
    const Baseline& baseline = *input.baseline;
    if (baseline.sites != input.reads->sites())
        throw ShapeError("baseline and reads do not have the same sites");
    if (input.terms.fee_permille < 0 || input.terms.fee_permille > 1000)
        throw Error("the aggregator's fee is not within 0 and 1000 thousandths");
    for (const Obligation& o : input.obligations) {
        const std::int32_t k = o.interval - baseline.first_interval;
        if (k < 0 || k >= baseline.count)
            throw ShapeError("an obligation at " + iso8601(o.start) +
                             " is outside the baseline's day");
    }
}

/// Energies of one interval, site by site; appends the site cells to the settlement.
IntervalLine measure(const SettlementInput& input, const Obligation& obligation, SimTime as_of,
                     Settlement& result) {
    IntervalLine line;
    line.obligation = obligation;
    const std::int32_t k = obligation.interval - input.baseline->first_interval;
    for (std::int32_t site = 0; site < input.baseline->sites; ++site) {
        const std::int64_t expected = input.baseline->at(site, k);
        const bool there = input.reads->present(site, obligation.interval, as_of);
        const std::int64_t metered =
            there ? input.reads->net_demand_wh(site, obligation.interval) : expected;
        SiteLine& owner = result.sites[static_cast<std::size_t>(site)];
        owner.weight_wh += std::max<std::int64_t>(0, expected - metered);
        owner.missing += there ? 0 : 1;
        line.missing += there ? 0 : 1;
        line.baseline_wh += expected;
        line.metered_wh += metered;
        result.delivered_wh.push_back(expected - metered);
        result.missing.push_back(there ? 0 : 1);
    }
    line.delivered_wh = line.baseline_wh - line.metered_wh;
    return line;
}

void price(const Terms& terms, IntervalLine& line) {
    const Obligation& o = line.obligation;
    const journal::PricedEnergy legs[] = {
        {o.day_ahead.micro_per_mwh, o.award_wh},
        {o.real_time.micro_per_mwh, line.delivered_wh - o.award_wh}};
    line.day_ahead = journal::amount(legs[0].micro_per_mwh, legs[0].wh);
    line.real_time = journal::amount(legs[1].micro_per_mwh, legs[1].wh);
    line.gross = journal::amount(legs);
    line.supplier = journal::amount(terms.supplier.micro_per_mwh, line.delivered_wh);
    line.rounding = line.day_ahead + line.real_time - line.gross;
}

void distribute(Settlement& result) {
    const Money net = result.gross - result.supplier;
    const Money gain = std::max(net, Money{});
    result.fee = journal::permille(gain, result.terms.fee_permille);
    result.owners = gain - result.fee;
    result.loss = std::min(net, Money{});

    std::vector<std::int64_t> weights;
    for (const SiteLine& site : result.sites) weights.push_back(site.weight_wh);
    result.equal_split =
        std::all_of(weights.begin(), weights.end(), [](std::int64_t w) { return w == 0; });
    const std::vector<Money> shares = journal::split(result.owners, weights);
    for (std::size_t i = 0; i < shares.size(); ++i) {
        result.sites[i].share = shares[i];
        result.sites[i].pending = result.run == Run::preliminary && result.sites[i].missing > 0;
    }
}

}  // namespace

const char* to_text(Run run) {
    return run == Run::preliminary ? "preliminary" : "final";
}

std::int64_t Settlement::delivered_total_wh() const {
    std::int64_t sum = 0;
    for (const IntervalLine& line : intervals) sum += line.delivered_wh;
    return sum;
}

std::int64_t Settlement::award_total_wh() const {
    std::int64_t sum = 0;
    for (const IntervalLine& line : intervals) sum += line.obligation.award_wh;
    return sum;
}

Settlement settle(const SettlementInput& input, Run run, SimTime as_of) {
    check(input);
    Settlement result;
    result.run = run;
    result.day = input.day;
    result.as_of = as_of;
    result.terms = input.terms;
    result.sites.resize(static_cast<std::size_t>(input.baseline->sites));
    for (const Obligation& obligation : input.obligations) {
        IntervalLine line = measure(input, obligation, as_of, result);
        price(input.terms, line);
        result.gross += line.gross;
        result.supplier += line.supplier;
        result.intervals.push_back(line);
    }
    distribute(result);
    return result;
}

}  // namespace gridflock::inline v0::settle
