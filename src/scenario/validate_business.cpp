// SPDX-License-Identifier: Apache-2.0
// Messages, programmes, dispatch, market and settlement.
#include "scenario/checker.hpp"
#include "scenario/codec.hpp"

#include <gridflock/dispatch/registry.hpp>
#include <gridflock/record/segment.hpp>
#include <gridflock/record/variable.hpp>

#include <algorithm>

namespace gridflock::inline v0::scenario {

namespace {

std::string wall_text(const Civil& c) {
    std::string s = iso8601(to_utc(c));
    s.pop_back();
    return s;
}

}  // namespace

void Checker::inside(const Instants* t, const std::string& path, const Civil& when) const {
    if (!t) return;
    const SimTime at = t->at(when);
    if (at >= t->warmup_begin && at < t->end) return;
    fault(path, wall_text(when), "must lie within the run",
          "it runs from " + wall_text(t->zone.wall(t->warmup_begin)) + " to " +
              wall_text(t->zone.wall(t->end)));
}

namespace {

/// An outage or a delivery: a window of wall time and the sites that it concerns.
template <class Window>
void check_window(const Checker& c, const Instants* t, const std::string& path, const Window& o) {
    if (!(o.begin < o.end))
        c.fault(path + ".end", wall_text(o.end), "must be after begin",
                "begin is " + wall_text(o.begin));
    c.inside(t, path + ".begin", o.begin);
    for (std::size_t k = 0; k < o.sites.names.size(); ++k)
        c.unit(index_path(path + ".sites", k), o.sites.names[k]);
    int sites = 0;
    for (std::size_t k = 0; k < c.s.fleet.size(); ++k)
        if (c.s.fleet[k].behind.fleet.empty()) sites += units(c.s, k);
    if (o.sites.count > sites)
        c.fault(path + ".sites", std::to_string(o.sites.count),
                "must be at most the " + std::to_string(sites) + " sites of the scenario");
    if (o.sites.count == 0 && o.sites.names.empty())
        c.fault(path + ".sites", "", "must name at least one site");
}

void check_link(const Checker& c) {
    const Comms& m = c.s.comms;
    if (m.latency_p95 < m.latency_median)
        c.fault("comms.latency_p95_ms", number_text(m.latency_p95 * 1e3),
                "must not be below the median",
                "comms.latency_median_ms is " + number_text(m.latency_median * 1e3));
    if (m.poll_max < m.poll_min)
        c.fault("comms.poll_max_s", number_text(m.poll_max), "must not be below poll_min_s",
                "comms.poll_min_s is " + number_text(m.poll_min));
    if (m.loss && !(*m.loss >= m.loss_good && *m.loss < m.loss_bad))
        c.fault("comms.loss", number_text(*m.loss), "must lie between loss_good and loss_bad",
                "they are " + number_text(m.loss_good) + " and " + number_text(m.loss_bad));
    c.multiple("comms.telemetry", m.telemetry);
}

void check_programmes(const Checker& c) {
    for (std::size_t i = 0; i < c.s.programme.size(); ++i) {
        const std::string& fleet = c.s.programme[i].fleet;
        if (fleet.empty() || fleet_index(c.s, fleet) >= 0) continue;
        c.fault(index_path("programme", i) + ".fleet", to_text(Value(fleet)),
                "names a fleet that does not exist", suggest(fleet, c.fleet_names()));
    }
}

void check_dispatch(const Checker& c) {
    const Dispatch& d = c.s.dispatch;
    c.multiple("dispatch.every", d.every);
    if (!d.active()) return;
    if (d.expiry < d.every)
        c.fault("dispatch.expiry", to_text(Value(to_text(d.expiry))),
                "must not be shorter than the time between two decisions",
                "dispatch.every is \"" + to_text(d.every) + "\"");
    if (d.strategy.find(':') != std::string::npos) return;
    const dispatch::Registry registry = dispatch::Registry::built_in();
    if (!registry.has(d.strategy)) {
        c.fault("dispatch.strategy", to_text(Value(d.strategy)), "is no built-in strategy",
                suggest(d.strategy, registry.names()) +
                    "; one of your own is \"package.module:Class\"");
        return;
    }
    auto keys = registry.keys(d.strategy);
    const bool takes_limit = std::find(keys.begin(), keys.end(), "limit_w") != keys.end();
    if (takes_limit && !d.limit)
        c.fault("dispatch.limit_kw", "", "is missing: " + d.strategy + " needs it",
                "give the limit of power into the feeder, e.g. limit_kw = 2800");
    std::erase(keys, "limit_w");
    for (const auto& [key, v] : d.parameters) {
        const std::string path = "dispatch.parameters." + key;
        if (std::find(keys.begin(), keys.end(), key) == keys.end())
            c.fault(path, to_text(v), "is no parameter of " + d.strategy,
                    keys.empty() ? "it has none" : suggest(key, keys));
        else if (!v.is_number())
            c.fault(path, to_text(v), "must be a number");
    }
    if (d.strategy == "follow_award" && c.s.market.region.empty() && c.s.market.file.empty())
        c.fault("dispatch.strategy", to_text(Value(d.strategy)), "needs a market",
                "write [market] with region = \"demo\"");
}

void check_market(const Checker& c, const Instants* t) {
    const Market& m = c.s.market;
    if (!m.region.empty() && !m.file.empty())
        c.fault("market.file", to_text(Value(m.file)), "stands beside region", "keep one of them");
    if (!m.rules) return;
    if (c.s.settlement.strict)
        for (const auto& [path, figure] : figures(*m.rules))
            if (figure.status != "verified")
                c.fault("settlement.strict", "true",
                        "refuses the figure " + path + " of region '" + m.rules->name +
                            "', whose status is " + figure.status,
                        "verify it, or leave strict out");
    if (t && t->at(m.rules->gates.bid) < t->warmup_begin)
        c.fault("time.warmup", to_text(Value(to_text(c.s.time.warmup))),
                "is too short: bids close at " + to_text(m.rules->gates.bid) + ", before the run",
                "lengthen the warm-up");
    const double dropped = m.rules->baseline.drop_lowest.number();
    const double days_needed = m.rules->baseline.days.number();
    if (dropped >= days_needed)
        c.fault("market.region", to_text(Value(m.region)),
                "has a baseline that drops all its days");
}

void check_settlement(const Checker& c, const Instants* t) {
    const Settlement& e = c.s.settlement;
    if (!(e.preliminary < e.final_run))
        c.fault("settlement.final", to_text(Value(to_text(e.final_run))),
                "must be after the preliminary run",
                "settlement.preliminary is \"" + to_text(e.preliminary) + "\"");
    if (t && c.s.market.rules && t->at(e.final_run) > t->end)
        c.fault("settlement.final", to_text(Value(to_text(e.final_run))), "must lie within the run",
                "lengthen time.duration");
    for (std::size_t i = 0; i < c.s.attack.size(); ++i) {
        const std::string path = index_path("attack", i);
        c.unit(path + ".site", c.s.attack[i].site);
        c.inside(t, path + ".at", c.s.attack[i].at);
    }
    for (std::size_t i = 0; i < c.s.meter_delay.size(); ++i) {
        const MeterDelay& d = c.s.meter_delay[i];
        const std::string path = index_path("meter_delay", i);
        c.unit(path + ".site", d.site);
        c.inside(t, path + ".hour", d.hour);
        if (to_utc(d.arrives) < to_utc(d.hour) + hours(1))
            c.fault(path + ".arrives", wall_text(d.arrives), "must be after the hour has ended",
                    "the hour starts at " + wall_text(d.hour));
    }
}

void check_forecast(const Checker& c) {
    const auto& q = c.s.forecast.quantiles;
    for (std::size_t i = 1; i < q.size(); ++i)
        if (!(q[i - 1] < q[i]))
            c.fault(index_path("forecast.quantiles", i), number_text(q[i]),
                    "must be above the one before it");
    c.multiple("forecast.every", c.s.forecast.every);
}

void check_record(const Checker& c) {
    const auto known = record::variable_keys();
    const auto& list = c.s.record.variables;
    for (std::size_t i = 0; i < list.size(); ++i)
        if (std::find(known.begin(), known.end(), list[i]) == known.end())
            c.fault(index_path("record.variables", i), to_text(Value(list[i])),
                    "is no variable that can be recorded", suggest(list[i], known));
    c.multiple("record.every", c.s.record.every);
    try {
        record::parse_segment_limit(c.s.record.segment);
    } catch (const Error&) {
        c.fault("record.segment", to_text(Value(c.s.record.segment)),
                "is no time above 0 and no size of 100 kB or more",
                "write it like \"1 day\" or \"2 GB\"");
    }
}

}  // namespace

void check_messages(const Checker& c, const Instants* t) {
    check_link(c);
    const Comms& m = c.s.comms;
    for (std::size_t i = 0; i < m.outage.size(); ++i)
        check_window(c, t, index_path("comms.outage", i), m.outage[i]);
    for (std::size_t i = 0; i < m.delivery.size(); ++i)
        check_window(c, t, index_path("comms.delivery", i), m.delivery[i]);
}

void check_business(const Checker& c, const Instants* t) {
    check_programmes(c);
    check_forecast(c);
    check_dispatch(c);
    check_market(c, t);
    check_settlement(c, t);
    check_record(c);
}

}  // namespace gridflock::inline v0::scenario
