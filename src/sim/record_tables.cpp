// SPDX-License-Identifier: Apache-2.0
// The tables of a results file: who they are, and how the simulation fills them.
#include "sim/recording.hpp"

#include <gridflock/asset/crypto.hpp>
#include <gridflock/grid/circuit.hpp>
#include <gridflock/settle/explain.hpp>
#include <gridflock/sim/simulation.hpp>

#include <bit>
#include <fstream>
#include <iterator>
#include <limits>

namespace gridflock::inline v0::sim {

namespace {

using record::Cell;
using record::ColumnType;
using record::TableColumn;

std::vector<TableColumn> hash_columns() {
    std::vector<TableColumn> columns{{"time", ColumnType::time, "1", "start of the step"}};
    for (const char* room : room_names) columns.push_back({room, ColumnType::integer, "1", ""});
    return columns;
}

}  // namespace

std::vector<record::Table> result_tables() {
    using enum ColumnType;
    const std::vector<TableColumn> lane{{"world", integer, "1", "position in the world axis"},
                                        {"variant", integer, "1", "position in the variant axis"}};
    const auto with_lane = [&](std::vector<TableColumn> more) {
        std::vector<TableColumn> all = lane;
        all.insert(all.end(), more.begin(), more.end());
        return all;
    };
    return {
        {"lines",
         "the feeder's lines, for maps; coordinates as the feeder gives them",
         {{"name", text},
          {"from_bus", text},
          {"to_bus", text},
          {"x1", real},
          {"y1", real},
          {"x2", real},
          {"y2", real},
          {"phases", integer}}},
        {"accounts",
         "accounts of the journal, by index",
         {{"account", integer}, {"name", text}, {"kind", text}}},
        {"postings", "the journal: every entry sums to zero",
         with_lane({{"time", time},
                    {"entry", integer},
                    {"account", integer},
                    {"amount", money},
                    {"kind", text},
                    {"run", text},
                    {"interval", time},
                    {"site", text},
                    {"provenance", text}})},
        {"bids", "what a bid rests on: energy to spare on the evenings known when it was placed",
         with_lane({{"time", time},
                    {"evenings", integer},
                    {"mean_wh", real, "Wh"},
                    {"least_wh", real, "Wh"},
                    {"deliverable_wh", real, "Wh"}})},
        {"awards", "what was offered and sold, per product hour",
         with_lane({{"hour", time},
                    {"offered_w", integer, "W"},
                    {"awarded_w", integer, "W"},
                    {"ask_usd_mwh", real, "USD/MWh"},
                    {"price_usd_mwh", real, "USD/MWh"}})},
        {"prices",
         "price series of the delivery day",
         {{"time", time},
          {"duration_s", integer, "s"},
          {"market", text},
          {"price_usd_mwh", real, "USD/MWh"}}},
        {"settlement", "each settlement run, per interval with an award",
         with_lane({{"run", text},
                    {"interval", time},
                    {"baseline_wh", integer, "Wh"},
                    {"metered_wh", integer, "Wh"},
                    {"delivered_wh", integer, "Wh"},
                    {"award_wh", integer, "Wh"},
                    {"gross", money},
                    {"supplier", money},
                    {"missing", integer}})},
        {"runs", "each settlement run, the whole day",
         with_lane({{"run", text},
                    {"time", time},
                    {"gross", money},
                    {"supplier", money},
                    {"fee", money},
                    {"owners", money},
                    {"loss", money}})},
        {"baseline", "baseline of the enrolled sites, per interval of the delivery day",
         with_lane({{"interval", time}, {"baseline_wh", integer, "Wh"}})},
        {"forecasts", "forecasts of the enrolled sites together",
         with_lane({{"issue_time", time},
                    {"valid_time", time},
                    {"load_w", real, "W"},
                    {"pv_w", real, "W"},
                    {"load_p10_w", real, "W"},
                    {"load_p90_w", real, "W"},
                    {"pv_p10_w", real, "W"},
                    {"pv_p90_w", real, "W"}})},
        {"messages", "messages of the delivery day",
         with_lane({{"direction", text},
                    {"sent", integer},
                    {"lost", integer},
                    {"late", integer},
                    {"received", integer}})},
        {"enrolments",
         "applications to programmes",
         {{"site", text}, {"programme", text}, {"accepted", flag}, {"reason", text}}},
        {"batches", "signed meter batches as they were judged",
         with_lane(
             {{"time", time}, {"site", text}, {"hour", time}, {"outcome", text}, {"late", flag}})},
        {"anchors", "Merkle roots of accepted batches",
         with_lane({{"time", time}, {"root", text}, {"batches", integer}})},
        {"hashes", "64-bit hash of each room's State after each step, when recorded",
         with_lane(hash_columns())},
        {"failures", "lanes that stopped",
         with_lane({{"time", time}, {"status", text}, {"where", text}, {"detail", text}})},
    };
}

record::Header result_header(const Plan& plan) {
    record::Header h;
    h.scenario_text = plan.base.text;
    h.seed = plan.base.seed;
    h.start = plan.when.begin;
    h.end = plan.when.end;
    h.report_start = plan.when.delivery;
    h.zone = plan.when.zone.name();
    h.segment = record::parse_segment_limit(plan.base.record.segment);
    for (const auto& [key, file] : plan.base.input_files) {
        std::ifstream in(file, std::ios::binary);
        h.inputs.push_back({key, std::string(std::istreambuf_iterator<char>(in), {})});
    }
    h.extra.emplace_back("feeder_name", plan.base.circuit ? plan.base.circuit->name : "");
    return h;
}

void Recording::add_entities() {
    const Population& people = plan_.people;
    if (plan_.has_feeder()) {
        record::Entities e{"node", "node", {}, {}};
        std::vector<std::string> bus;
        std::vector<double> x, y, base;
        for (const powerflow::Node& n : plan_.solver->network().all()) {
            e.labels.push_back(n.bus + "." + std::to_string(n.number));
            const grid::Bus& b = plan_.base.circuit->buses[n.bus_index.pos()];
            const double none = std::numeric_limits<double>::quiet_NaN();
            bus.push_back(n.bus);
            x.push_back(b.has_coordinates ? b.x : none);
            y.push_back(b.has_coordinates ? b.y : none);
            base.push_back(n.base_v);
        }
        e.columns = {{"bus", "1", "bus of the node", bus},
                     {"x", "1", "coordinate as the feeder gives it", x},
                     {"y", "1", "coordinate as the feeder gives it", y},
                     {"base_v", "V", "base, line to neutral", base}};
        layout_.entities.push_back(e);
    }
    record::Entities device{"device", "device", {}, {}};
    std::vector<std::string> kind, site, fleet, node;
    std::vector<double> rated, energy;
    const auto add = [&](const auto& unit, const char* name, double w, double j) {
        device.labels.push_back(unit.name);
        kind.push_back(name);
        const SiteUnit& at = people.sites[static_cast<std::size_t>(unit.site)];
        site.push_back(at.name);
        node.push_back(at.node);
        fleet.push_back(plan_.base.fleet[static_cast<std::size_t>(unit.fleet)].name);
        rated.push_back(w / 1e3);
        energy.push_back(j / 3.6e6);
    };
    for (const PvUnit& u : people.pv) add(u, "pv", u.params.rated_ac_w, 0);
    for (const BatteryUnit& u : people.batteries)
        add(u, "battery", u.params.power_w, u.params.capacity_j);
    device.columns = {
        {"class", "1", "pv or battery", kind},     {"site", "1", "its site", site},
        {"fleet", "1", "its fleet", fleet},        {"rated_kw", "kW", "rated power", rated},
        {"energy_kwh", "kWh", "capacity", energy}, {"node", "1", "where", node}};
    if (!device.labels.empty()) layout_.entities.push_back(device);
    std::vector<std::string> sites, nodes;
    std::vector<std::int64_t> has_pv(people.sites.size(), 0), has_battery = has_pv,
                                                              enrolled = has_pv;
    for (const SiteUnit& s : people.sites) sites.push_back(s.name), nodes.push_back(s.node);
    for (const PvUnit& u : people.pv) has_pv[static_cast<std::size_t>(u.site)] = 1;
    for (const BatteryUnit& u : people.batteries) has_battery[static_cast<std::size_t>(u.site)] = 1;
    for (const std::int32_t b : plan_.members)
        enrolled[static_cast<std::size_t>(people.batteries[static_cast<std::size_t>(b)].site)] = 1;
    for (const char* group : {"site", "meter"}) {
        layout_.entities.push_back({group,
                                    "site",
                                    sites,
                                    {{"node", "1", "where", nodes},
                                     {"has_pv", "1", "1: a PV system", has_pv},
                                     {"has_battery", "1", "1: a battery", has_battery},
                                     {"enrolled", "1", "1: in the aggregation", enrolled}}});
    }
    if (!plan_.members.empty())
        layout_.entities.push_back({"telemetry", "site", plan_.desk.sites, {}});
    std::erase_if(layout_.entities, [&](const record::Entities& e) {
        return layout_.group_variables(e.group).empty();
    });
}

namespace {

std::string kind_of(const std::string& account) {
    const std::size_t colon = account.find(':');
    return account.substr(0, colon);
}

double dollars(market::Price p) {
    return static_cast<double>(p.micro_per_mwh) / 1e6;
}

}  // namespace

void Recording::static_tables() {
    if (plan_.base.circuit) {
        const grid::Circuit& c = *plan_.base.circuit;
        for (const grid::Line& line : c.lines) {
            const grid::Bus& a = c.buses[line.from.bus.pos()];
            const grid::Bus& b = c.buses[line.to.bus.pos()];
            if (!a.has_coordinates || !b.has_coordinates) continue;
            row("lines", {line.name, a.name, b.name, a.x, a.y, b.x, b.y,
                          std::int64_t{static_cast<std::int64_t>(line.from.nodes.size())}});
        }
    }
    for (std::size_t i = 0; i < plan_.enrolments.size(); ++i) {
        const asset::Enrolment& e = plan_.enrolments[i];
        const std::string& programme = plan_.portfolio.programmes[i].name;
        if (e.accepted()) {
            const asset::Aggregation& a = plan_.portfolio.aggregations[e.aggregation.pos()];
            for (const asset::SiteIdx site : a.sites)
                row("enrolments", {plan_.portfolio.sites[site.pos()].name, programme,
                                   std::int64_t{1}, std::string("accepted")});
        }
        for (const asset::Refusal& r : e.refusals)
            row("enrolments", {r.device.valid() ? plan_.portfolio.devices[r.device.pos()].name
                                                : std::string("all"),
                               programme, std::int64_t{0}, r.text});
    }
    if (!plan_.desk.trades()) return;
    const market::PriceSeries& p = plan_.desk.prices;
    for (std::size_t i = 0; i < p.day_ahead.size(); ++i) {
        const std::int64_t t = (p.start + static_cast<std::int64_t>(i) * p.step).ns;
        const std::int64_t s = p.step.ns / 1'000'000'000;
        row("prices", {t, s, std::string("da"), dollars(p.day_ahead[i])});
        row("prices", {t, s, std::string("rt"), dollars(p.real_time[i])});
    }
    const vpp::Desk desk(plan_.desk, true);
    for (std::size_t a = 0; a < desk.ledger.account_count(); ++a) {
        const std::string& name = desk.ledger.account_name(journal::AccountIdx(a));
        row("accounts", {static_cast<std::int64_t>(a), name, kind_of(name)});
    }
}

void Recording::forecast(const Simulation& sim, std::size_t lane) {
    if (!is_on_) return;
    const forecast::FleetIssue& f = sim.state().desks[lane].issues.back();
    // the file keeps the first issue and the hourly ones
    const bool is_first = f.demand.issue_time <= plan_.when.at(plan_.base.forecast.first_issue) ||
                          f.demand.issue_time == plan_.when.begin;
    if (f.demand.issue_time.ns % hours(1).ns != 0 && !is_first) return;
    for (std::size_t k = 0; k < f.demand.steps(); ++k) {
        std::vector<Cell> cells = lane_cells(lane);
        const std::size_t last = f.demand.quantile_w.rows() - 1;
        cells.insert(cells.end(),
                     {f.demand.issue_time.ns, f.demand.interval_start(k).ns, f.demand.mean_w[k],
                      f.pv.mean_w[k], f.demand.quantile_w(0, k), f.demand.quantile_w(last, k),
                      f.pv.quantile_w(0, k), f.pv.quantile_w(last, k)});
        row("forecasts", cells);
    }
}

/// What the bid just placed rests on: a row of `bids`.
void Recording::placed(const Simulation& sim, SimTime at, std::size_t lane) {
    if (!is_on_) return;
    const vpp::Desk& desk = sim.state().desks[lane];
    const std::vector<double>& spare = desk.evening_wh;
    double sum = 0, least = std::numeric_limits<double>::quiet_NaN();
    for (const double wh : spare) {
        sum += wh;
        if (!(least <= wh)) least = wh;
    }
    std::vector<Cell> cells = lane_cells(lane);
    cells.insert(cells.end(),
                 {at.ns, static_cast<std::int64_t>(spare.size()),
                  sum / static_cast<double>(spare.size()), least, desk.deliverable_wh});
    row("bids", cells);
}

void Recording::awarded(const Simulation& sim, std::size_t lane) {
    if (!is_on_) return;
    const vpp::Desk& desk = sim.state().desks[lane];
    const vpp::DeskTerms& terms = plan_.desk;
    for (const market::DeliveryHour& hour :
         market::delivery_hours(terms.product, terms.zone, terms.delivery)) {
        std::int64_t offered = 0;
        double ask = std::numeric_limits<double>::quiet_NaN();
        for (const market::BidStep& s : desk.ladder.steps)
            if (s.hour == hour.hour) offered += s.power_w, ask = dollars(s.ask);
        std::vector<Cell> cells = lane_cells(lane);
        const auto h = static_cast<std::size_t>(hour.hour);
        cells.insert(cells.end(), {hour.start.ns, offered, desk.award.power_w[h], ask,
                                   dollars(terms.expected[h])});
        row("awards", cells);
    }
    for (int k = 0; desk.baseline && k < desk.baseline->count; ++k) {
        std::vector<Cell> cells = lane_cells(lane);
        cells.insert(cells.end(), {terms.calendar.time(desk.baseline->first_interval + k).ns,
                                   desk.baseline->total(k)});
        row("baseline", cells);
    }
}

void Recording::settled(const Simulation& sim, std::size_t lane) {
    if (!is_on_) return;
    const vpp::Desk& desk = sim.state().desks[lane];
    if (desk.settlements.empty()) return;
    const settle::Settlement& s = desk.settlements.back();
    const std::string run = settle::to_text(s.run);
    for (const settle::IntervalLine& line : s.intervals) {
        std::vector<Cell> cells = lane_cells(lane);
        cells.insert(cells.end(), {run, line.obligation.start.ns, line.baseline_wh, line.metered_wh,
                                   line.delivered_wh, line.obligation.award_wh, line.gross.micro,
                                   line.supplier.micro, std::int64_t{line.missing}});
        row("settlement", cells);
    }
    std::vector<Cell> cells = lane_cells(lane);
    cells.insert(cells.end(), {run, s.as_of.ns, s.gross.micro, s.supplier.micro, s.fee.micro,
                               s.owners.micro, s.loss.micro});
    row("runs", cells);
    postings(sim, lane);
}

void Recording::postings(const Simulation& sim, std::size_t lane) {
    const vpp::Desk& desk = sim.state().desks[lane];
    const auto all = desk.ledger.postings();
    for (std::size_t i = sim.state().posted[lane]; i < all.size(); ++i) {
        const journal::Posting& p = all[i];
        std::vector<Cell> cells = lane_cells(lane);
        std::string why;
        const settle::Explanation e =
            settle::explain(desk.ledger, i, desk.settlements, plan_.desk.sites);
        for (const settle::ProvenanceKey& k : e.keys)
            why += (why.empty() ? "" : "; ") + k.what + "=" + k.value;
        const bool has_site = p.from.subject >= 0;
        cells.insert(
            cells.end(),
            {p.time.ns, std::int64_t{p.transaction}, std::int64_t{p.account.value}, p.amount.micro,
             std::string(journal::to_text(p.kind)),
             p.from.run == 0 ? std::string("")
                             : std::string(settle::to_text(static_cast<settle::Run>(p.from.run))),
             p.from.interval.ns,
             has_site ? plan_.desk.sites[static_cast<std::size_t>(p.from.subject)] : std::string(),
             why});
        row("postings", cells);
    }
}

void Recording::hashes(const Simulation& sim) {
    for (std::size_t l = 0; l < plan_.width(); ++l) {
        if (!sim.state().alive[l]) continue;
        std::vector<Cell> cells = lane_cells(l);
        cells.emplace_back(sim.now().ns);
        for (std::size_t r = 0; r < room_count; ++r)
            cells.emplace_back(std::bit_cast<std::int64_t>(sim.hash(l, static_cast<Room>(r))));
        row("hashes", cells);
    }
}

void Recording::failed(const LaneFailure& f) {
    if (!is_on_) return;
    row("failures", {std::int64_t{world_position(f.world)}, std::int64_t{f.variant}, f.at.ns,
                     std::string(to_text(f.status)), f.where, f.detail});
}

namespace {

std::vector<const comms::MessageRing*> rings(const State& s) {
    if (!s.telemetry) return {};
    return {&*s.telemetry, &*s.commands, &*s.acks};
}

}  // namespace

void Recording::message_counts(const Simulation& sim) {
    const char* names[] = {"telemetry", "command", "acknowledgement"};
    const std::vector<const comms::MessageRing*> all = rings(sim.state());
    const std::vector<comms::MessageCounts>& before = sim.state().before_report;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const comms::MessageCounts& c = all[i]->counts();
        for (std::size_t l = 0; l < plan_.width(); ++l) {
            if (!plan_.vpp_active[l]) continue;
            const auto since = [&](std::vector<std::int64_t> comms::MessageCounts::*what) {
                const bool any = i < before.size();
                return (c.*what)[l] - (any ? (before[i].*what)[l] : 0);
            };
            std::vector<Cell> cells = lane_cells(l);
            cells.insert(
                cells.end(),
                {std::string(names[i]), since(&comms::MessageCounts::sent),
                 since(&comms::MessageCounts::lost) + since(&comms::MessageCounts::lost_in_outage),
                 since(&comms::MessageCounts::late), since(&comms::MessageCounts::delivered)});
            row("messages", cells);
        }
    }
    anchors(sim);
}

void Recording::anchors(const Simulation& sim) {
    for (std::size_t l = 0; l < plan_.width(); ++l) {
        for (const journal::Anchor& a : sim.state().desks[l].ledger.anchors()) {
            std::vector<Cell> cells = lane_cells(l);
            cells.insert(cells.end(), {a.time.ns, asset::hex(a.root), a.leaves});
            row("anchors", cells);
        }
    }
}

}  // namespace gridflock::inline v0::sim
