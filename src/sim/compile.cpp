// SPDX-License-Identifier: Apache-2.0
#include "sim/compile_vpp.hpp"

#include <gridflock/powerflow/network.hpp>
#include <gridflock/scenario/access.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace gridflock::inline v0::sim {

namespace {

/// What must not differ between lanes that share a block's event queue and Plan.
void require_shared(const scenario::Scenario& base, const scenario::Scenario& v,
                    const std::string& name, std::vector<Fault>& faults) {
    const auto check = [&](bool same, const char* key) {
        if (same) return;
        faults.push_back({base.place_of("variants." + name), key,
                          "must be the same in every variant that runs side by side",
                          "run that scenario on its own"});
    };
    check(v.time == base.time, "time");
    check(v.feeder == base.feeder, "feeder");
    check(v.weather == base.weather, "weather");
    check(v.fleet == base.fleet, "fleet");
    check(v.seed == base.seed, "seed");
    check(v.comms.telemetry == base.comms.telemetry, "comms.telemetry");
    check(v.dispatch.every == base.dispatch.every, "dispatch.every");
    check(v.dispatch.expiry == base.dispatch.expiry, "dispatch.expiry");
    check(v.dispatch.ramp == base.dispatch.ramp, "dispatch.ramp");
    check(v.comms.fallback_after == base.comms.fallback_after, "comms.fallback_after");
    check(v.market == base.market, "market");
    check(v.settlement == base.settlement, "settlement");
    check(v.programme == base.programme, "programme");
    check(v.shapes == base.shapes, "shapes");
    check(v.worlds == base.worlds, "worlds");
    check(v.forecast == base.forecast, "forecast");
    check(v.record == base.record, "record");
    check(v.switching == base.switching, "switching");
}

void add_variants(Plan& plan, const CompileOptions& options, std::vector<Fault>& faults) {
    std::vector<std::string> names;
    bool has_base = false;
    for (const scenario::Variant& v : plan.base.variants) {
        names.push_back(v.name);
        has_base = has_base || v.overrides.empty();
    }
    // the scenario as it stands runs beside its variants, unless one of them changes nothing
    std::string own = "base";
    while (std::find(names.begin(), names.end(), own) != names.end()) own += "_case";
    if (!has_base) names.insert(names.begin(), own);
    if (!options.variants.empty()) {
        for (const std::string& want : options.variants) {
            if (std::find(names.begin(), names.end(), want) == names.end())
                faults.push_back({{"", 0, "variants"},
                                  want,
                                  "is not a variant of this scenario",
                                  suggest(want, names)});
        }
        if (!faults.empty()) return;
        names = options.variants;
    }
    for (const std::string& name : names) {
        const bool is_base = name == own && !has_base;
        scenario::Scenario v = is_base ? plan.base : scenario::apply_variant(plan.base, name);
        require_shared(plan.base, v, name, faults);
        plan.variant_names.push_back(name);
        plan.variants.push_back(std::move(v));
    }
    for (int w = 0; w < plan.worlds; ++w) {
        for (std::size_t v = 0; v < names.size(); ++v) {
            plan.lanes.push_back({w, static_cast<std::int32_t>(v)});
            plan.keys.push_back({plan.base.seed, static_cast<std::uint64_t>(w)});
        }
    }
}

constexpr int hours_to_march = 59 * 24;

bool is_leap(int year) {
    return days_in_month(year, 2) == 29;
}

/// Instant at which row `hour_of_year` of a typical year of 365 days ends. In a leap year the rows
/// from 1 March on move by a day; 29 February repeats 28 February (`again`).
SimTime standard_instant(int year, int hour_of_year, double utc_offset_h, bool again = false) {
    const bool moved = again || (is_leap(year) && hour_of_year >= hours_to_march);
    const SimTime january = to_utc({year, 1, 1});
    const auto offset = static_cast<std::int64_t>(utc_offset_h * 3600.0);
    return january + hours(hour_of_year + 1 + (moved ? 24 : 0)) - seconds(offset);
}

void add_weather(Plan& plan) {
    plan.turbidity = plan.base.weather.turbidity;
    std::vector<std::int64_t> at;
    std::vector<double> temperature, wind, pressure;
    const auto& table = plan.base.weather_table;
    if (table && table->size() > 0) {
        plan.location = {table->latitude, table->longitude, table->altitude};
        const int first = utc_civil(plan.when.warmup_begin - days(1)).year;
        const int last = utc_civil(plan.when.end + days(1)).year;
        const auto add = [&](int year, std::size_t i, bool again) {
            // the stamp that ends the interval is when the instruments were read
            at.push_back(
                standard_instant(year, table->hour_of_year[i], table->utc_offset, again).ns);
            temperature.push_back(table->temperature_c[i]);
            wind.push_back(table->wind_speed[i]);
            pressure.push_back(table->pressure[i]);
        };
        for (int year = first; year <= last; ++year) {
            for (std::size_t i = 0; i < table->size(); ++i) {
                if (is_leap(year) && table->hour_of_year[i] == hours_to_march)
                    for (std::size_t k = i - std::min<std::size_t>(i, 24); k < i; ++k)
                        add(year, k, true);
                add(year, i, false);
            }
        }
    } else {
        plan.location = {0, 0, 0};
        at = {plan.when.warmup_begin.ns};
        temperature = {20.0};
        wind = {0.0};
        pressure = {101325.0};
    }
    plan.weather.emplace(profile::WeatherTable{std::move(at), std::move(temperature),
                                               std::move(wind), std::move(pressure)});
}

profile::DailyShape daily_shape(const std::vector<double>& values) {
    std::array<double, 24> hourly;
    hourly.fill(1.0);
    if (values.size() == 24) std::copy(values.begin(), values.end(), hourly.begin());
    return profile::DailyShape(hourly);
}

void add_homes(Plan& plan) {
    for (const SiteRange& range : plan.people.ranges) {
        const scenario::Fleet& fleet = plan.base.fleet[static_cast<std::size_t>(range.fleet)];
        if (fleet.device != "load") continue;
        const scenario::LoadProfile& p = fleet.profile;
        profile::ResidentialParams r;
        r.daily_energy_j = p.energy_day;
        r.mean_occupants = scenario::mean(p.occupants);
        r.noise_sd = p.model == "constant" ? 0.0 : p.noise.sd;
        r.noise_phi = p.noise.correlation;
        r.noise_interval = p.noise.step;
        r.floor_w = p.floor;
        r.shape = daily_shape(p.model == "constant" ? std::vector<double>{}
                                                    : scenario::shape(plan.base, p.shape));
        for (std::size_t i = range.first; i < range.first + range.count; ++i) {
            r.occupants.push_back(plan.people.sites[i].occupants);
            r.id.push_back(plan.people.sites[i].id);
        }
        plan.homes.push_back({range, profile::Residential(std::move(r))});
    }
    for (const SiteUnit& site : plan.people.sites) plan.loads.push_back({site.power_factor});
}

/// What this version cannot lay out, said before the run.
void check_limits(const Plan& plan, std::vector<Fault>& faults) {
    const scenario::Scenario& s = plan.base;
    for (std::size_t f = 0; f < s.fleet.size(); ++f) {
        const scenario::LoadProfile& p = s.fleet[f].profile;
        if (s.fleet[f].device != "load" || p.model == "constant" || p.shape.empty()) continue;
        const std::size_t n = scenario::shape(s, p.shape).size();
        if (n != 24)
            faults.push_back({s.place_of("fleet[" + std::to_string(f) + "].profile.shape"), p.shape,
                              "a household's shape has 24 values, one an hour; this one has " +
                                  std::to_string(n),
                              "give hourly values"});
    }
    const scenario::Clouds& c = s.weather.clouds;
    if (c.model != "none" && c.mixture.size() != 2)
        faults.push_back({s.place_of("weather.clouds.mixture"), std::to_string(c.mixture.size()),
                          "the mixture has two parts, clear and cloudy", "give two"});
    if (s.forecast.quantiles.empty())
        faults.push_back({s.place_of("forecast.quantiles"), "[]", "at least one quantile is needed",
                          "e.g. [0.1, 0.5, 0.9]"});
    const Duration interval = s.settlement.interval;
    if (interval.ns <= 0 || hours(1).ns % interval.ns != 0 || interval.ns % s.time.step.ns != 0)
        faults.push_back({s.place_of("settlement.interval"), to_text(interval),
                          "must divide an hour and be a multiple of time.step", "e.g. 15 min"});
    std::vector<std::string> at(plan.people.sites.size());
    for (const BatteryUnit& u : plan.people.batteries) {
        std::string& other = at[static_cast<std::size_t>(u.site)];
        if (!other.empty())
            faults.push_back({{"", 0, u.name},
                              other,
                              "two batteries behind one meter would serve the same load twice",
                              "make one battery of both, or place a fleet elsewhere"});
        other = u.name;
    }
}

void add_devices(Plan& plan) {
    std::vector<profile::PointM> at;
    for (std::size_t i = 0; i < plan.people.pv.size(); ++i) {
        const PvUnit& u = plan.people.pv[i];
        plan.pv.push_back(u.params);
        plan.pv_row.push_back(static_cast<std::int32_t>(i));
        const SiteUnit& site = plan.people.sites[static_cast<std::size_t>(u.site)];
        at.push_back({site.x_m, site.y_m});
    }
    for (const BatteryUnit& u : plan.people.batteries) {
        plan.batteries.push_back(u.params);
        plan.controls.push_back(u.control);
    }
    const scenario::Clouds& c = plan.base.weather.clouds;
    if (c.model == "none" || at.empty()) return;
    profile::CloudParams p;
    p.correlation_m = c.correlation;
    p.time_constant = nanoseconds(static_cast<std::int64_t>(c.tau * 1e9));
    p.law.lowest = c.min;
    p.law.highest = c.max;
    if (c.mixture.size() == 2) {
        p.law.clear_weight = c.mixture[0].weight / (c.mixture[0].weight + c.mixture[1].weight);
        p.law.clear_mean = c.mixture[0].mean;
        p.law.clear_sd = c.mixture[0].sd;
        p.law.cloudy_mean = c.mixture[1].mean;
        p.law.cloudy_sd = c.mixture[1].sd;
    }
    plan.clouds.emplace(p, at);
}

void add_feeder(Plan& plan, std::vector<Fault>& faults) {
    if (!plan.base.circuit) {
        plan.people = populate(plan.base, nullptr);
        return;
    }
    const powerflow::Network network(*plan.base.circuit);
    plan.people = populate(plan.base, &network);
    std::vector<powerflow::Terminal> terminals;
    for (const SiteUnit& site : plan.people.sites) {
        if (!site.terminal.a.valid())
            faults.push_back({{"", 0, site.name},
                              site.node,
                              "is not a node of the feeder",
                              "place the fleet at energised buses"});
        terminals.push_back(site.terminal);
    }
    if (!faults.empty()) return;
    plan.solver.emplace(network, terminals);
    lay_out_switching(plan, terminals);
    const scenario::Background& b = plan.base.feeder.background;
    if (!b.shape.empty()) plan.background_shape = scenario::shape(plan.base, b.shape);
}

}  // namespace

std::shared_ptr<const Plan> compile(const scenario::Scenario& s, const CompileOptions& options) {
    scenario::require_valid(s);
    auto plan = std::make_shared<Plan>();
    plan->base = s;
    plan->registry = options.registry;
    plan->worlds = s.worlds;
    plan->when = scenario::instants(s);
    plan->step = s.time.step;
    std::vector<Fault> faults;
    add_variants(*plan, options, faults);
    if (faults.empty()) add_feeder(*plan, faults);
    if (faults.empty()) check_limits(*plan, faults);
    if (!faults.empty()) throw ScenarioError(faults);
    plan->meter.interval = s.settlement.interval;
    add_weather(*plan);
    add_homes(*plan);
    add_devices(*plan);
    lay_out_aggregation(*plan);
    lay_out_strategies(*plan, faults);
    lay_out_messages(*plan, faults);
    if (!faults.empty()) throw ScenarioError(faults);
    lay_out_desk(*plan, faults);
    if (!faults.empty()) throw ScenarioError(faults);
    plan->digest = plan_digest(*plan);
    return plan;
}

}  // namespace gridflock::inline v0::sim
