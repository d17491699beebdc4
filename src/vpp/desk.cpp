// SPDX-License-Identifier: Apache-2.0
#include <gridflock/vpp/desk.hpp>

#include <algorithm>
#include <limits>
#include <numeric>

namespace gridflock::inline v0::vpp {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<std::size_t> all_members(const DeskTerms& terms) {
    std::vector<std::size_t> members(terms.sites.size());
    std::iota(members.begin(), members.end(), std::size_t{0});
    return members;
}

std::vector<SimTime> evenings(const DeskTerms& terms) {
    std::vector<SimTime> at;
    for (const SimTime day : terms.warmup_days)
        at.push_back(market::instant(terms.energy_at, terms.zone, day));
    return at;
}

}  // namespace

Desk::Desk(const DeskTerms& terms, bool trades)
    : history(terms.calendar.start, terms.calendar.step, terms.sites.size(),
              static_cast<std::size_t>(terms.calendar.count)),
      table(terms.calendar, static_cast<int>(terms.sites.size())) {
    if (trades && terms.trades()) accounts = settle::open_accounts(ledger, terms.sites);
}

void Desk::hash(StateHash& h) const {
    table.add_to(h);
    for (const forecast::Read& r : history.cells()) {
        h.add(r.received_at);
        h.add(r.soc_end);
        h.add(r.demand_wh());
    }
    if (!issues.empty()) {
        const forecast::FleetIssue& last = issues.back();
        for (const forecast::Issue* i : {&last.pv, &last.demand, &last.net_demand}) {
            h.add(i->issue_time.ns);
            for (const double w : i->mean_w) h.add(w);
            for (const double w : i->quantile_w.all()) h.add(w);
        }
    }
    for (const double wh : evening_wh) h.add(wh);
    h.add(deliverable_wh);
    for (const market::BidStep& step : ladder.steps) h.add(step.hour), h.add(step.power_w);
    for (const std::int64_t w : award.power_w) h.add(w);
    if (baseline)
        for (const std::int64_t wh : baseline->wh) h.add(wh);
    for (const settle::Settlement& s : settlements) h.add(s.gross.micro), h.add(s.as_of.ns);
    ledger.add_to(h);
}

void take_read(Desk& desk, const DeskTerms& terms, int site, const asset::MeterRead& read,
               SimTime received) {
    forecast::Read r;
    r.import_wh = static_cast<std::int32_t>(read.interval.import_wh);
    r.export_wh = static_cast<std::int32_t>(read.interval.export_wh);
    r.pv_wh = static_cast<std::int32_t>(read.interval.pv_wh);
    r.charge_wh = static_cast<std::int32_t>(read.interval.charge_wh);
    r.discharge_wh = static_cast<std::int32_t>(read.interval.discharge_wh);
    r.soc_end = read.soc_e4 < 0 ? nan : static_cast<double>(read.soc_e4) * 1e-4;
    r.received_at = received.ns;
    desk.history.put(static_cast<std::size_t>(site), read.t_start, r);
    if (const std::int32_t i = terms.calendar.index(read.t_start); i >= 0) {
        desk.table.put(site, i,
                       {read.interval.import_wh, read.interval.export_wh, read.registers.import_wh,
                        read.registers.export_wh},
                       received);
    }
}

void issue_forecast(Desk& desk, const DeskTerms& terms, SimTime now) {
    const std::vector<std::size_t> members = all_members(terms);
    const SimTime valid = floor_to(now, terms.calendar.step);
    const auto first =
        static_cast<std::size_t>((valid - terms.calendar.start) / terms.calendar.step);
    if (first >= terms.clear_sky.size()) return;
    forecast::IssueRequest request;
    request.members = members;
    request.clear_sky = terms.clear_sky;
    request.issue_time = now;
    request.valid_start = valid;
    request.steps = std::min(terms.horizon_steps, terms.clear_sky.size() - first);
    desk.issues.assign(1, forecast::issue(terms.forecaster, desk.history, request));
}

void place_bid(Desk& desk, const DeskTerms& terms, SimTime now) {
    const std::vector<std::size_t> members = all_members(terms);
    desk.baseline = settle::freeze_baseline(desk.table, terms.zone, terms.warmup_days,
                                            terms.delivery, terms.baseline);
    std::vector<asset::Capability> capability;
    for (const SiteCapability& c : terms.capability) capability.push_back(c.battery);
    const std::vector<SimTime> starts = evenings(terms);
    const Evenings request{members, capability, starts, terms.evening_hours, now};
    desk.evening_wh = spare_energy_wh(desk.history, request);
    desk.deliverable_wh = deliverable_wh(desk.evening_wh, terms.deviations);
    const std::vector<double> spare_w = spare_power_w(desk.history, request);
    std::vector<double> power_w;
    for (const int hour : terms.product.hours) {
        const auto k = static_cast<std::size_t>(hour - terms.energy_at.minute / 60);
        power_w.push_back(k < spare_w.size() ? spare_w[k] : 0.0);
    }
    desk.ladder = build_ladder(terms.ladder, desk.deliverable_wh, power_w, terms.expected);
}

void clear_bid(Desk& desk, const DeskTerms& terms) {
    desk.award = market::clear_day_ahead(terms.product, terms.expected, desk.ladder);
    desk.obligations = settle::obligations(terms.product, desk.award, terms.prices, terms.calendar,
                                           terms.zone, terms.delivery);
}

int run_settlement(Desk& desk, const DeskTerms& terms, settle::Run run, SimTime now) {
    if (!desk.baseline || !desk.accounts) return 0;
    settle::SettlementInput input;
    input.day = terms.delivery;
    input.obligations = desk.obligations;
    input.baseline = &*desk.baseline;
    input.reads = &desk.table;
    input.terms = terms.money;
    desk.settlements.push_back(settle::settle(input, run, now));
    return settle::post_run(desk.ledger, *desk.accounts, desk.settlements.back(), now);
}

double award_at(const Desk& desk, const DeskTerms& terms, SimTime t) {
    for (const settle::Obligation& o : desk.obligations) {
        if (t < o.start || t >= o.start + terms.calendar.step) continue;
        return static_cast<double>(desk.award.power_w[static_cast<std::size_t>(o.hour)]);
    }
    return 0.0;
}

double baseline_at(const Desk& desk, const DeskTerms& terms, SimTime t) {
    if (!desk.baseline) return nan;
    const std::int32_t i = terms.calendar.index(floor_to(t, terms.calendar.step));
    if (i < 0) return nan;
    const std::int32_t k = i - desk.baseline->first_interval;
    if (k < 0 || k >= desk.baseline->count) return nan;
    return static_cast<double>(desk.baseline->total(k)) / terms.calendar.step.hours();
}

double forecast_at(const Desk& desk, forecast::Quantity quantity, SimTime t) {
    if (desk.issues.empty()) return nan;
    const forecast::FleetIssue& last = desk.issues.back();
    switch (quantity) {
        case forecast::Quantity::pv:
            return last.pv.mean_at(t);
        case forecast::Quantity::demand:
            return last.demand.mean_at(t);
        case forecast::Quantity::net_demand:
            return last.net_demand.mean_at(t);
    }
    return nan;
}

}  // namespace gridflock::inline v0::vpp
