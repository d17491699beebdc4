// SPDX-License-Identifier: Apache-2.0
#include "sim/compile_vpp.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gridflock::inline v0::sim {

namespace {

/// What a home's connection can carry: 200 A at 240 V, 80 % continuous. Source  NEC 230.79, 210.20.
constexpr double connection_limit_w = 38'400;

asset::Capability capability_of(const device::BatteryParams& b) {
    asset::Capability c;
    c.p_min_w = -b.power_w;
    c.p_max_w = b.power_w;
    c.energy_j = b.capacity_j;
    c.soc_min = b.soc_min;
    c.soc_max = b.soc_max;
    c.efficiency_charge = b.efficiency_charge;
    c.efficiency_discharge = b.efficiency_discharge;
    c.dispatchable = true;
    return c;
}

void register_homes(Plan& plan, asset::PartyIdx aggregator, double consent) {
    asset::Portfolio& p = plan.portfolio;
    for (const SiteUnit& site : plan.people.sites) {
        const std::string owner = "owner of " + site.name;
        p.parties.push_back({owner, stable_id(owner), asset::Role::owner});
        const asset::PartyIdx who(p.parties.size() - 1);
        p.sites.push_back({site.name, site.id, who, {"feeder", site.node, {}}});
        const asset::SiteIdx where(p.sites.size() - 1);
        const std::string meter = "meter of " + site.name;
        p.meters.push_back({meter, stable_id(meter), where, plan.meter.interval});
        const double u = uniform({plan.base.seed, 0}, site.id, Purpose::parameters, 7);
        if (u < consent) p.consents.push_back({who, where, aggregator, SimTime{INT64_MIN}, never});
    }
}

/// Rows of batteries that a programme's fleet names; its own name empty: all.
bool belongs(const Plan& plan, const BatteryUnit& u, const scenario::Programme& programme) {
    return programme.fleet.empty() ||
           plan.base.fleet[static_cast<std::size_t>(u.fleet)].name == programme.fleet;
}

bool has_consent(const Plan& plan, std::int32_t site) {
    for (const asset::Consent& c : plan.portfolio.consents)
        if (c.site.value == site) return true;
    return false;
}

}  // namespace

void lay_out_aggregation(Plan& plan) {
    asset::Portfolio& p = plan.portfolio;
    p.parties.push_back({"aggregator", stable_id("aggregator"), asset::Role::aggregator});
    p.parties.push_back(
        {"market operator", stable_id("market operator"), asset::Role::market_operator});
    const asset::PartyIdx aggregator(0), market(1);
    double consent = 1;
    for (const scenario::Programme& s : plan.base.programme)
        consent = math::min(consent, s.consent);
    register_homes(plan, aggregator, consent);
    for (const BatteryUnit& u : plan.people.batteries) {
        const asset::SecretKey key = asset::device_key(plan.base.seed, u.id);
        p.devices.push_back({u.name, u.id, asset::SiteIdx(u.site), asset::DeviceKind::battery,
                             capability_of(u.params), u.name, key.public_key(), 0,
                             asset::DeviceStatus::active});
    }
    std::vector<std::uint8_t> in(plan.people.batteries.size(), plan.base.programme.empty());
    for (const scenario::Programme& s : plan.base.programme) {
        p.programmes.push_back({s.name, stable_id(s.name), market, s.product, s.minimum, ""});
        asset::Application a;
        a.name = s.name + " aggregation";
        a.aggregator = aggregator;
        a.programme = asset::ProgrammeIdx(p.programmes.size() - 1);
        a.at = plan.when.begin;
        for (std::size_t b = 0; b < plan.people.batteries.size(); ++b) {
            const BatteryUnit& u = plan.people.batteries[b];
            if (belongs(plan, u, s) && has_consent(plan, u.site))
                a.devices.push_back(asset::DeviceIdx(b));
        }
        plan.enrolments.push_back(asset::enrol(p, a));
        if (plan.enrolments.back().accepted())
            for (const asset::DeviceIdx d : a.devices) in[d.pos()] = 1;
    }
    for (std::size_t b = 0; b < in.size(); ++b) {
        if (!in[b]) continue;
        plan.members.push_back(static_cast<std::int32_t>(b));
        plan.keys_of_members.push_back(
            asset::device_key(plan.base.seed, plan.people.batteries[b].id));
    }
    plan.attacker = asset::device_key(plan.base.seed, stable_id("attacker"));
}

void lay_out_strategies(Plan& plan, std::vector<Fault>& faults) {
    plan.stale_after = 3 * plan.base.comms.telemetry;
    plan.command_lifetime = std::min(plan.base.dispatch.expiry, plan.base.comms.fallback_after);
    plan.vpp_active.assign(plan.width(), 0);
    plan.trades.assign(plan.width(), 0);
    for (std::size_t l = 0; l < plan.width(); ++l) {
        const scenario::Scenario& s =
            plan.variants[static_cast<std::size_t>(plan.lanes[l].variant)];
        if (!s.dispatch.active() || plan.members.empty()) continue;
        dispatch::Parameters parameters;
        for (const auto& [key, value] : s.dispatch.parameters)
            if (value.is_number()) parameters[key] = value.number();
        if (s.dispatch.limit) parameters["limit_w"] = *s.dispatch.limit;
        if (plan.registry.has(s.dispatch.strategy)) {
            const std::vector<std::string>& keys = plan.registry.keys(s.dispatch.strategy);
            if (std::find(keys.begin(), keys.end(), "stale_s") != keys.end())
                parameters.try_emplace("stale_s", plan.stale_after.seconds());
        }
        auto group = std::find_if(
            plan.strategies.begin(), plan.strategies.end(), [&](const StrategyGroup& g) {
                return g.name == s.dispatch.strategy && g.parameters == parameters;
            });
        if (group == plan.strategies.end()) {
            plan.strategies.push_back(
                {s.dispatch.strategy, parameters, std::vector<std::uint8_t>(plan.width(), 0)});
            group = plan.strategies.end() - 1;
        }
        group->mask[l] = 1;
        plan.vpp_active[l] = 1;
        try {
            const auto strategy = plan.registry.make(s.dispatch.strategy, parameters);
            plan.trades[l] = strategy->bids() && s.market.rules.has_value();
        } catch (const ScenarioError& e) {
            for (Fault f : e.faults()) {
                if (f.at.file.empty()) f.at = s.place_of("dispatch.strategy");
                faults.push_back(f);
            }
            return;
        }
    }
}

namespace {

comms::LinkSettings link_of(const scenario::Comms& c) {
    comms::LinkSettings link;
    link.perfect = c.perfect;
    link.latency_median_s = c.latency_median;
    link.latency_p95_s = math::max(c.latency_p95, c.latency_median);
    link.p_gb = scenario::effective_p_gb(c);
    link.p_bg = c.p_bg;
    link.loss_good = c.loss_good;
    link.loss_bad = c.loss_bad;
    link.polling = c.poll_max > 0;
    link.poll_min_s = c.poll_min;
    link.poll_max_s = c.poll_max;
    return link;
}

comms::Channel channel_of(const std::string& word) {
    if (word == "telemetry") return comms::Channel::telemetry;
    if (word == "acknowledgement") return comms::Channel::acknowledgement;
    return word == "reads" ? comms::Channel::reads : comms::Channel::command;
}

/// Position among the members of "batteries/3" or of the site "homes/17"; -1 if none.
std::int32_t member_named(const Plan& plan, const std::string& name) {
    for (std::size_t m = 0; m < plan.members.size(); ++m) {
        const BatteryUnit& u = plan.people.batteries[static_cast<std::size_t>(plan.members[m])];
        if (u.name == name || plan.people.sites[static_cast<std::size_t>(u.site)].name == name)
            return static_cast<std::int32_t>(m);
    }
    return -1;
}

/// The members that an outage or a delivery concerns.
template <class Window>
std::vector<std::size_t> members_of(const Plan& plan, const Window& window, const char* key,
                                    std::vector<Fault>& faults) {
    std::vector<std::size_t> members;
    for (const std::string& name : window.sites.names) {
        const std::int32_t m = member_named(plan, name);
        if (m >= 0)
            members.push_back(static_cast<std::size_t>(m));
        else
            faults.push_back({plan.base.place_of(key), name, "is not a site of the aggregation",
                              "name a battery as fleet/number, or give a count"});
    }
    std::vector<std::pair<double, std::size_t>> ranked;
    for (std::size_t m = 0; m < plan.members.size(); ++m) {
        const StableId id = plan.people.batteries[static_cast<std::size_t>(plan.members[m])].id;
        ranked.emplace_back(
            uniform({plan.base.seed, 0}, id, Purpose::outage, stable_id(window.name).value), m);
    }
    std::sort(ranked.begin(), ranked.end());
    const auto n = std::min(ranked.size(), static_cast<std::size_t>(window.sites.count));
    for (std::size_t i = 0; i < n; ++i) members.push_back(ranked[i].second);
    return members;
}

/// One entry for each scripted batch of each variant: the lanes of that variant.
void add_script(Plan& plan, std::vector<Fault>& faults) {
    for (std::size_t v = 0; v < plan.variants.size(); ++v) {
        const scenario::Scenario& s = plan.variants[v];
        std::vector<std::uint8_t> mask(plan.width(), 0);
        for (std::size_t l = 0; l < plan.width(); ++l)
            mask[l] = plan.lanes[l].variant == static_cast<std::int32_t>(v);
        const auto member = [&](const std::string& name, const std::string& path) {
            const std::int32_t m = member_named(plan, name);
            if (m < 0)
                faults.push_back({s.place_of(path), name, "is not a unit of the aggregation",
                                  "name a battery as fleet/number, e.g. batteries/3"});
            return static_cast<std::size_t>(std::max(m, 0));
        };
        for (std::size_t i = 0; i < s.attack.size(); ++i) {
            const scenario::Attack& a = s.attack[i];
            const auto kind =
                a.kind == "replayed" ? ScriptedBatch::Kind::replayed : ScriptedBatch::Kind::forged;
            plan.script.push_back({kind,
                                   member(a.site, fmt::format("attack[{}].site", i)),
                                   plan.when.at(a.at),
                                   {},
                                   mask});
        }
        for (std::size_t i = 0; i < s.meter_delay.size(); ++i) {
            const scenario::MeterDelay& d = s.meter_delay[i];
            plan.script.push_back({ScriptedBatch::Kind::late,
                                   member(d.site, fmt::format("meter_delay[{}].site", i)),
                                   plan.when.at(d.arrives), plan.when.at(d.hour), mask});
        }
        if (!faults.empty()) return;
    }
}

}  // namespace

void lay_out_messages(Plan& plan, std::vector<Fault>& faults) {
    if (plan.members.empty()) return;
    std::vector<StableId> ids;
    std::vector<asset::PublicKey> keys;
    for (std::size_t m = 0; m < plan.members.size(); ++m) {
        ids.push_back(plan.people.batteries[static_cast<std::size_t>(plan.members[m])].id);
        keys.push_back(plan.keys_of_members[m].public_key());
    }
    std::vector<comms::LinkSettings> links;
    comms::Outages outages(ids.size(), plan.width());
    comms::Deliveries deliveries(ids.size(), plan.width());
    for (std::size_t l = 0; l < plan.width(); ++l) {
        const scenario::Comms& c =
            plan.variants[static_cast<std::size_t>(plan.lanes[l].variant)].comms;
        links.push_back(link_of(c));
        if (c.perfect) continue;
        for (const scenario::Outage& o : c.outage)
            for (const std::size_t m : members_of(plan, o, "comms.outage", faults))
                outages.add(m, l, plan.when.at(o.begin), plan.when.at(o.end));
        for (const scenario::Delivery& d : c.delivery)
            for (const std::size_t m : members_of(plan, d, "comms.delivery", faults))
                deliveries.add(m, l,
                               {channel_of(d.channel), plan.when.at(d.begin), plan.when.at(d.end)});
    }
    plan.verifier.emplace(ids, keys, asset::SignatureScheme::real, plan.meter.interval);
    plan.links.emplace(std::move(ids), plan.keys, std::move(links), std::move(outages),
                       std::move(deliveries));
    add_script(plan, faults);
}

namespace {

market::WallTime wall(const scenario::ClockTime& t) {
    return {t.day, t.minute};
}

void add_market(Plan& plan, const scenario::MarketRules& rules) {
    vpp::DeskTerms& d = plan.desk;
    d.product.name = rules.product.kind;
    d.product.hours.clear();
    for (const double h : rules.product.hours.value) d.product.hours.push_back(static_cast<int>(h));
    d.product.step_w = math::to_integer(rules.product.step.number() * 1e6);
    d.product.interval = d.calendar.step;
    d.product.bid_gate = wall(rules.gates.bid);
    d.product.result = wall(rules.gates.award);
    market::PriceRule prices;
    for (std::size_t i = 0; i < d.product.hours.size(); ++i) {
        const double usd =
            i < rules.prices.day_ahead.value.size() ? rules.prices.day_ahead.value[i] : 0.0;
        prices.day_ahead.push_back({d.product.hours[i], market::dollars_per_mwh(usd)});
        d.expected.push_back(market::dollars_per_mwh(usd));
    }
    prices.real_time_permille = math::to_integer(rules.prices.real_time_factor.number() * 1000.0);
    for (const scenario::PriceException& e : rules.prices.exceptions)
        prices.real_time_exceptions.push_back(
            {e.begin.minute, e.end.minute, market::dollars_per_mwh(e.price.number())});
    d.prices = market::make_prices(prices, d.zone, d.delivery, d.calendar.step);
    d.ladder.step_w = d.product.step_w;
    d.ladder.ask = market::dollars_per_mwh(rules.bid.ask.number());
    d.ladder.power_permille = math::to_integer(rules.bid.power_share.number() * 1000.0);
    d.deviations = rules.bid.deviations.number();
    d.energy_at = wall(rules.bid.energy_at);
    d.evening_hours =
        static_cast<std::size_t>((rules.bid.energy_to.minute - rules.bid.energy_at.minute) / 60);
    d.baseline.drop = static_cast<int>(rules.baseline.drop_lowest.number());
    d.baseline.first_hour = rules.baseline.begin.minute / 60;
    d.baseline.last_hour = rules.baseline.end.minute / 60;
    d.money.supplier = market::dollars_per_mwh(rules.money.supplier_price.number());
    d.money.fee_permille = math::to_integer(rules.money.fee_share.number() * 1000.0);
}

vpp::SiteCapability monitor_capability(const Plan& plan, std::size_t battery) {
    const BatteryUnit& u = plan.people.batteries[battery];
    vpp::SiteCapability c;
    c.battery = capability_of(u.params);
    c.demand_w = connection_limit_w;
    for (const PvUnit& p : plan.people.pv)
        if (p.site == u.site) c.pv_w += p.params.rated_ac_w;
    return c;
}

}  // namespace

namespace {

/// The rules a market needs of the run: hours inside the window of the bid, days to look back on.
void check_market(const Plan& plan, std::vector<Fault>& faults) {
    const vpp::DeskTerms& d = plan.desk;
    const int first = d.energy_at.minute / 60;
    const int last = first + static_cast<int>(d.evening_hours);
    const Place at = plan.base.place_of("market");
    for (const int h : d.product.hours) {
        if (h < first || h >= last)
            faults.push_back(
                {at, std::to_string(h),
                 fmt::format("product hours must lie within the bid's window, {} to {}", first,
                             last),
                 "widen bid.energy_at and bid.energy_to"});
    }
    const auto need = static_cast<std::size_t>(std::max(2, d.baseline.drop + 1));
    if (d.warmup_days.size() < need)
        faults.push_back({plan.base.place_of("time.warmup"), to_text(plan.base.time.warmup),
                          fmt::format("a market needs at least {} whole warm-up days", need),
                          "e.g. warmup = \"5 days\""});
}

}  // namespace

void lay_out_desk(Plan& plan, std::vector<Fault>& faults) {
    vpp::DeskTerms& d = plan.desk;
    d.zone = plan.when.zone;
    d.delivery = plan.when.delivery;
    d.calendar.step = plan.base.settlement.interval;
    d.calendar.start = floor_to(plan.when.warmup_begin, d.calendar.step);
    d.calendar.count = static_cast<int>((plan.when.end - d.calendar.start) / d.calendar.step);
    for (SimTime day = d.zone.midnight(plan.when.warmup_begin); day < plan.when.begin;
         day = d.zone.midnight_after(day, 1)) {
        if (day >= plan.when.warmup_begin && d.zone.midnight_after(day, 1) <= plan.when.begin)
            d.warmup_days.push_back(day);
    }
    for (const std::int32_t b : plan.members) {
        const BatteryUnit& u = plan.people.batteries[static_cast<std::size_t>(b)];
        d.sites.push_back(plan.people.sites[static_cast<std::size_t>(u.site)].name);
        d.capability.push_back(monitor_capability(plan, static_cast<std::size_t>(b)));
    }
    d.forecaster.probability = plan.base.forecast.quantiles;
    d.horizon_steps = static_cast<std::size_t>(plan.base.forecast.horizon / d.calendar.step);
    const double pressure = sun::pressure_at(plan.location.altitude_m);
    const std::size_t n = static_cast<std::size_t>(d.calendar.count) + d.horizon_steps;
    for (std::size_t i = 0; i < n; ++i) {
        const SimTime middle = d.calendar.start + static_cast<std::int64_t>(i) * d.calendar.step +
                               nanoseconds(d.calendar.step.ns / 2);
        d.clear_sky.push_back(
            sun::sky(middle, plan.location, {pressure, 20.0, plan.turbidity}).clear.ghi);
    }
    d.product.hours.clear();
    const bool any = std::find(plan.trades.begin(), plan.trades.end(), 1) != plan.trades.end();
    if (!any || !plan.base.market.rules) return;
    add_market(plan, *plan.base.market.rules);
    const auto days = static_cast<std::size_t>(plan.base.market.rules->baseline.days.number());
    if (days > 0 && d.warmup_days.size() > days)
        d.warmup_days.erase(d.warmup_days.begin(),
                            d.warmup_days.end() - static_cast<std::ptrdiff_t>(days));
    check_market(plan, faults);
}

}  // namespace gridflock::inline v0::sim
