// SPDX-License-Identifier: Apache-2.0
#include <gridflock/sim/population.hpp>

#include <gridflock/core/random.hpp>
#include <gridflock/grid/circuit.hpp>
#include <gridflock/scenario/plan.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace gridflock::inline v0::sim {

namespace {

double metres_per_unit(const std::string& unit) {
    if (unit == "ft") return 0.3048;
    return unit == "km" ? 1000.0 : 1.0;
}

/// One place where homes can be: a load of the circuit, or a bus that the scenario names.
struct Spot {
    grid::BusIdx bus;
    std::vector<std::pair<int, int>> pairs;  // conductor and return of each phase
    double weight = 1;
};

std::vector<std::pair<int, int>> phase_pairs(const grid::Load& load) {
    const std::vector<int>& n = load.at_bus.nodes;
    const auto phases = static_cast<std::size_t>(load.phases);
    std::vector<std::pair<int, int>> pairs;
    const auto node = [&](std::size_t i) { return i < n.size() ? n[i] : 0; };
    for (std::size_t i = 0; i < phases; ++i) {
        if (!load.is_delta) {
            pairs.emplace_back(node(i), node(phases));
        } else if (phases == 1) {
            pairs.emplace_back(node(0), node(1));
        } else {
            pairs.emplace_back(node(i), node((i + 1) % phases));
        }
    }
    return pairs;
}

std::vector<Spot> places(const scenario::Scenario& s, std::size_t f, const grid::Circuit& circuit,
                         std::vector<Fault>& faults) {
    std::vector<Spot> out;
    const scenario::At& at = s.fleet[f].at;
    for (const std::string& name : at.nodes) {
        if (name == "loads") {
            for (const grid::Load& load : circuit.loads)
                out.push_back(
                    {load.at_bus.bus, phase_pairs(load), at.weight == "kw" ? load.p_w : 1.0});
            continue;
        }
        const std::size_t dot = name.find('.');
        const grid::BusIdx bus = circuit.find_bus(name.substr(0, dot));
        if (!bus.valid()) {
            std::vector<std::string> names;
            for (const grid::Bus& b : circuit.buses) names.push_back(b.name);
            const std::string path = fmt::format("fleet[{}].at.nodes", f);
            faults.push_back(
                {s.place_of(path), name, "is not a bus of the feeder", suggest(name, names)});
            continue;
        }
        Spot p{bus, {}, 1.0};
        if (dot != std::string::npos) {
            p.pairs.emplace_back(std::atoi(name.c_str() + dot + 1), 0);
        } else {
            for (const int n : circuit.buses[bus.pos()].nodes)
                if (n > 0 && n <= 3) p.pairs.emplace_back(n, 0);
        }
        out.push_back(p);
    }
    return out;
}

/// How many of `count` each place gets: largest remainder of its share, ties to the earlier place.
std::vector<int> apportion(const std::vector<Spot>& at, int count) {
    double total = 0;
    for (const Spot& p : at) total += p.weight;
    std::vector<int> n(at.size(), 0);
    std::vector<double> remainder(at.size(), 0.0);
    int given = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
        const double exact = total > 0 ? count * at[i].weight / total : 0.0;
        n[i] = static_cast<int>(math::floor(exact));
        remainder[i] = exact - n[i];
        given += n[i];
    }
    std::vector<std::size_t> order(at.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return remainder[a] > remainder[b]; });
    for (std::size_t k = 0; given < count && !order.empty(); ++k, ++given)
        ++n[order[k % order.size()]];
    return n;
}

class Layout {
public:
    Layout(const scenario::Scenario& s, const powerflow::Network* network)
        : s_(s), network_(network), key_{s.seed, 0} {}

    Population run() {
        for (std::size_t f = 0; f < s_.fleet.size(); ++f) {
            if (s_.fleet[f].device == "load") add_homes(f);
        }
        for (std::size_t f = 0; f < s_.fleet.size(); ++f) {
            if (s_.fleet[f].device != "load") add_units(f);
        }
        if (!faults_.empty()) throw ScenarioError(faults_);
        return std::move(people_);
    }

private:
    double draw(StableId id, const scenario::Dist& dist, std::uint64_t which) const {
        return scenario::quantile(dist, uniform(key_, id, Purpose::parameters, which));
    }

    void add_homes(std::size_t f) {
        const scenario::Fleet& fleet = s_.fleet[f];
        const int count = scenario::units(s_, f);
        people_.ranges.push_back(
            {static_cast<int>(f), people_.sites.size(), static_cast<std::size_t>(count)});
        first_site_of_fleet_.resize(s_.fleet.size(), 0);
        first_site_of_fleet_[f] = people_.sites.size();
        std::vector<SiteUnit> homes;
        if (s_.circuit && network_) {
            homes = placed_homes(f, count);
        } else {
            homes.resize(static_cast<std::size_t>(count));
        }
        for (int i = 0; i < static_cast<int>(homes.size()); ++i) {
            SiteUnit& home = homes[static_cast<std::size_t>(i)];
            home.name = fmt::format("{}/{}", fleet.name, i);
            home.id = stable_id(home.name);
            home.fleet = static_cast<int>(f);
            home.occupants = draw(home.id, fleet.profile.occupants, 0);
            home.power_factor = fleet.profile.power_factor;
            people_.sites.push_back(home);
        }
    }

    std::vector<SiteUnit> placed_homes(std::size_t f, int count) {
        std::vector<SiteUnit> homes;
        const std::vector<Spot> at = places(s_, f, *s_.circuit, faults_);
        if (at.empty()) {
            faults_.push_back({s_.place_of(fmt::format("fleet[{}].at", f)), "",
                               "no place for this fleet: the feeder has no loads",
                               "name its buses in at.nodes"});
            return homes;
        }
        const std::vector<int> n = apportion(at, count);
        const double scale = metres_per_unit(s_.feeder.coordinates);
        for (std::size_t p = 0; p < at.size(); ++p) {
            const grid::Bus& bus = s_.circuit->buses[at[p].bus.pos()];
            for (int k = 0; k < n[p]; ++k) {
                const auto [a, b] = at[p].pairs[static_cast<std::size_t>(k) % at[p].pairs.size()];
                SiteUnit home;
                home.terminal.a = network_->find(bus.name, a);
                if (b != 0) home.terminal.b = network_->find(bus.name, b);
                home.node = fmt::format("{}.{}", bus.name, a);
                home.x_m = bus.x * scale;
                home.y_m = bus.y * scale;
                homes.push_back(home);
            }
        }
        return homes;
    }

    /// Sites of each unit of the fleet `f`: those of the fleet it is behind, thinned by rank.
    std::vector<std::int32_t> sites_of(std::size_t f) {
        const scenario::Fleet& fleet = s_.fleet[f];
        const int host = scenario::fleet_index(s_, fleet.behind.fleet);
        std::vector<std::int32_t> from;
        if (host >= 0) {
            const auto h = static_cast<std::size_t>(host);
            if (s_.fleet[h].device == "load") {
                for (int i = 0; i < scenario::units(s_, h); ++i)
                    from.push_back(static_cast<std::int32_t>(first_site_of_fleet_[h]) + i);
            } else {
                for (const PvUnit& u : people_.pv)
                    if (u.fleet == host) from.push_back(u.site);
                for (const BatteryUnit& u : people_.batteries)
                    if (u.fleet == host) from.push_back(u.site);
            }
        }
        std::vector<std::pair<double, std::int32_t>> ranked;
        const StableId salt = stable_id(fleet.name);
        for (const std::int32_t site : from)
            ranked.emplace_back(uniform(key_, people_.sites[static_cast<std::size_t>(site)].id,
                                        Purpose::placement, salt.value),
                                site);
        std::sort(ranked.begin(), ranked.end());
        const auto want = static_cast<std::size_t>(scenario::units(s_, f));
        std::vector<std::int32_t> chosen;
        for (std::size_t i = 0; i < std::min(want, ranked.size()); ++i)
            chosen.push_back(ranked[i].second);
        std::sort(chosen.begin(), chosen.end());
        return chosen;
    }

    void add_units(std::size_t f) {
        const scenario::Fleet& fleet = s_.fleet[f];
        std::vector<std::int32_t> at;
        if (fleet.behind.fleet.empty()) {  // a fleet of its own: sites without a household
            const std::size_t first = people_.sites.size();
            add_homes(f);
            for (std::size_t i = first; i < people_.sites.size(); ++i)
                at.push_back(static_cast<std::int32_t>(i));
        } else {
            at = sites_of(f);
        }
        for (std::size_t i = 0; i < at.size(); ++i) {
            const std::string name = fmt::format("{}/{}", fleet.name, i);
            if (fleet.device == "pv")
                add_pv(f, name, at[i]);
            else
                add_battery(f, name, at[i]);
        }
    }

    void add_pv(std::size_t f, const std::string& name, std::int32_t site) {
        const scenario::Fleet& fleet = s_.fleet[f];
        PvUnit u{name, stable_id(name), static_cast<int>(f), site, {}};
        u.params.rated_ac_w = draw(u.id, fleet.rated, 0);
        u.params.azimuth_deg = draw(u.id, fleet.azimuth_deg, 1);
        u.params.tilt_deg = fleet.tilt_deg;
        u.params.dc_ac_ratio = fleet.dc_ac_ratio;
        u.params.albedo = fleet.albedo;
        u.params.losses = fleet.losses;
        people_.pv.push_back(u);
    }

    void add_battery(std::size_t f, const std::string& name, std::int32_t site) {
        const scenario::Fleet& fleet = s_.fleet[f];
        BatteryUnit u{name, stable_id(name), static_cast<int>(f), site, 0.5, {}, {}};
        u.initial_soc = math::clamp(draw(u.id, fleet.soc, 0), fleet.soc_min, fleet.soc_max);
        u.params.capacity_j = fleet.energy;
        u.params.power_w = fleet.power;
        u.params.apparent_va = fleet.power;
        u.params.soc_min = fleet.soc_min;
        u.params.soc_max = fleet.soc_max;
        u.params.efficiency_charge = fleet.efficiency;
        u.params.efficiency_discharge = fleet.efficiency;
        u.control.ramp_w_per_s = fleet.power / math::max(1.0, s_.dispatch.ramp.seconds());
        people_.batteries.push_back(u);
    }

    const scenario::Scenario& s_;
    const powerflow::Network* network_;
    RandomKey key_;
    Population people_;
    std::vector<std::size_t> first_site_of_fleet_;
    std::vector<Fault> faults_;
};

}  // namespace

Population populate(const scenario::Scenario& s, const powerflow::Network* network) {
    return Layout(s, network).run();
}

}  // namespace gridflock::inline v0::sim
