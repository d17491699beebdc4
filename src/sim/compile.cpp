// SPDX-License-Identifier: Apache-2.0
#include "sim/compile_vpp.hpp"

#include <gridflock/powerflow/network.hpp>
#include <gridflock/scenario/access.hpp>

#include <fmt/format.h>

#include <algorithm>

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
    check(v.forecast == base.forecast, "forecast");
    check(v.record == base.record, "record");
}

void add_variants(Plan& plan, const CompileOptions& options, std::vector<Fault>& faults) {
    std::vector<std::string> names;
    bool has_base = false;
    for (const scenario::Variant& v : plan.base.variants) {
        names.push_back(v.name);
        has_base = has_base || v.overrides.empty();
    }
    if (!has_base) names.insert(names.begin(), "base");
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
        const bool is_base = name == "base" && !has_base;
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

SimTime standard_instant(int year, int hour_of_year, double utc_offset_h) {
    const SimTime january = to_utc({year, 1, 1});
    const auto offset = static_cast<std::int64_t>(utc_offset_h * 3600.0);
    return january + hours(hour_of_year) - seconds(offset);
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
        for (int year = first; year <= last; ++year) {
            for (std::size_t i = 0; i < table->size(); ++i) {
                // the stamp that ends the interval is when the instruments were read
                at.push_back(
                    standard_instant(year, table->hour_of_year[i] + 1, table->utc_offset).ns);
                temperature.push_back(table->temperature_c[i]);
                wind.push_back(table->wind_speed[i]);
                pressure.push_back(table->pressure[i]);
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
    if (!values.empty()) {
        for (std::size_t h = 0; h < 24; ++h) hourly[h] = values[h * values.size() / 24];
    }
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
    plan.solver.emplace(network, std::move(terminals));
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
    if (!faults.empty()) throw ScenarioError(faults);
    add_weather(*plan);
    add_homes(*plan);
    add_devices(*plan);
    lay_out_aggregation(*plan);
    lay_out_strategies(*plan, faults);
    lay_out_messages(*plan, faults);
    if (!faults.empty()) throw ScenarioError(faults);
    lay_out_desk(*plan);
    return plan;
}

}  // namespace gridflock::inline v0::sim
