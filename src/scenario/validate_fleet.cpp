// SPDX-License-Identifier: Apache-2.0
#include "scenario/checker.hpp"
#include "scenario/codec.hpp"

#include <gridflock/grid/topology.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace gridflock::inline v0::scenario {

namespace {

std::string at_key(std::size_t i, const char* key) {
    return index_path("fleet", i) + "." + key;
}

/// Keys of another device class do nothing, so they are refused.
void check_keys(const Checker& c, std::size_t i) {
    const Fleet& f = c.s.fleet[i];
    const Field* device = schema_of<Fleet>().find("device");
    const bool is_known = std::any_of(device->choices.begin(), device->choices.end(),
                                      [&](const char* w) { return f.device == w; });
    for (const Field& field : schema_of<Fleet>().fields) {
        const std::string path = at_key(i, field.key);
        if (!is_known || !*field.only || f.device == field.only || !c.given(path)) continue;
        c.fault(path, "",
                std::string("is a key of ") + field.only + " fleets; this one is " + f.device,
                "remove it");
    }
    if (!f.behind.fleet.empty() && c.given(at_key(i, "at")))
        c.fault(at_key(i, "at"), "", "does nothing for a fleet that stands behind another",
                "remove it, or remove behind");
}

void check_behind(const Checker& c, std::size_t i) {
    const Fleet& f = c.s.fleet[i];
    const std::string path = at_key(i, "behind");
    if (f.behind.fleet.empty()) {
        if (f.count < 1)
            c.fault(at_key(i, "count"), std::to_string(f.count), "must be at least 1",
                    "or let the fleet stand behind another");
        return;
    }
    const int below = fleet_index(c.s, f.behind.fleet);
    if (below < 0) {
        auto names = c.fleet_names();
        names.erase(std::remove(names.begin(), names.end(), f.name), names.end());
        c.fault(c.given(path + "." + f.behind.fleet) ? path + "." + f.behind.fleet : path,
                to_text(Value(f.behind.fleet)), "names a fleet that does not exist",
                names.empty() ? "there is no other fleet" : suggest(f.behind.fleet, names));
        return;
    }
    if (static_cast<std::size_t>(below) >= i) {
        c.fault(path, to_text(Value(f.behind.fleet)), "must name a fleet above this one",
                "move fleet '" + f.behind.fleet + "' up");
        return;
    }
    if (!(f.behind.share >= 0 && f.behind.share <= 1)) {
        c.fault(path, number_text(f.behind.share), "must be a share of 0 to 1",
                f.behind.share > 1 ? "for a number of units write behind = \"" + f.behind.fleet +
                                         "\" and count = " + number_text(f.behind.share)
                                   : "");
        return;
    }
    const int sites = units(c.s, static_cast<std::size_t>(below));
    if (f.count > sites)
        c.fault(
            at_key(i, "count"), std::to_string(f.count),
            "must be at most the " + std::to_string(sites) + " units of '" + f.behind.fleet + "'");
    if (f.count == 0 && units(c.s, i) == 0)
        c.fault(path, number_text(f.behind.share), "leaves the fleet without a unit");
}

void check_nodes(const Checker& c, std::size_t i) {
    const Fleet& f = c.s.fleet[i];
    if (!c.s.circuit || !f.behind.fleet.empty()) return;
    const grid::Circuit& circuit = *c.s.circuit;
    const grid::Topology topology = grid::topology(circuit);
    std::vector<std::string> names;
    for (const grid::Bus& b : circuit.buses) names.push_back(b.name);
    for (std::size_t k = 0; k < f.at.nodes.size(); ++k) {
        const std::string& node = f.at.nodes[k];
        if (node == "loads") continue;
        std::string path = at_key(i, "at") + ".nodes";
        if (c.given(index_path(path, k))) path = index_path(path, k);
        const std::string bus = node.substr(0, node.find('.'));
        const grid::BusIdx at = circuit.find_bus(bus);
        if (!at.valid())
            c.fault(path, to_text(Value(node)), "names a bus that the feeder does not have",
                    suggest(bus, names));
        else if (!topology.is_fed[at.pos()])
            c.fault(path, to_text(Value(node)), "names a bus that no source reaches",
                    "close the switch or line that feeds bus " + bus);
    }
    if (f.at.nodes.empty()) c.fault(at_key(i, "at") + ".nodes", "[]", "must name a node");
}

void check_battery(const Checker& c, std::size_t i) {
    const Fleet& f = c.s.fleet[i];
    if (!(f.soc_min < f.soc_max))
        c.fault(at_key(i, "soc_max"), number_text(f.soc_max), "must be above soc_min",
                "soc_min is " + number_text(f.soc_min));
}

}  // namespace

void check_fleets(const Checker& c) {
    std::set<std::string> names;
    for (std::size_t i = 0; i < c.s.fleet.size(); ++i) {
        const Fleet& f = c.s.fleet[i];
        if (f.name.empty() || f.name.find_first_of("./[] \t") != std::string::npos ||
            std::all_of(f.name.begin(), f.name.end(), [](char x) { return x >= '0' && x <= '9'; }))
            c.fault(at_key(i, "name"), to_text(Value(f.name)),
                    "must be a word without dots, slashes, brackets and spaces");
        else if (!names.insert(f.name).second)
            c.fault(at_key(i, "name"), to_text(Value(f.name)), "is the name of two fleets",
                    "rename one");
        check_keys(c, i);
        check_behind(c, i);
        check_nodes(c, i);
        if (f.device == "battery") check_battery(c, i);
        if (f.device == "load") c.shape_name(at_key(i, "profile") + ".shape", f.profile.shape);
    }
    if (c.s.circuit && !c.s.fleet.empty())
        for (const Fault& f : grid::unreachable_faults(*c.s.circuit)) c.faults.push_back(f);
}

namespace {

void check_dist(const Checker& c, const std::string& path, const Dist& d) {
    const auto require = [&](bool good, const char* key, double found, const char* rule) {
        if (!good) c.fault(join_path(path, key), number_text(found), rule);
    };
    switch (d.law) {
        case Dist::Law::constant:
            break;
        case Dist::Law::uniform:
            require(d.low <= d.high, "high", d.high, "must not be below low");
            break;
        case Dist::Law::normal:
            require(d.sd >= 0, "sd", d.sd, "must be >= 0");
            break;
        case Dist::Law::lognormal:
            require(d.mean > 0, "mean", d.mean, "must be > 0 in a lognormal law");
            require(d.cv >= 0, "cv", d.cv, "must be >= 0");
            break;
        case Dist::Law::discrete: {
            double sum = 0;
            for (const double p : d.p) sum += p >= 0 ? p : NAN;
            if (d.values.size() != d.p.size() || d.values.empty())
                c.fault(path + ".p", std::to_string(d.p.size()) + " probabilities",
                        "must have one probability for each of the " +
                            std::to_string(d.values.size()) + " values");
            else
                require(std::abs(sum - 1) < 1e-9, "p", sum,
                        "must be probabilities >= 0 that sum to 1");
        }
    }
    require(d.min <= d.max, "max", d.max, "must not be below min");
}

}  // namespace

void check_dists(const Checker& c) {
    for (std::size_t i = 0; i < c.s.fleet.size(); ++i) {
        const Fleet& f = c.s.fleet[i];
        check_dist(c, at_key(i, "profile") + ".occupants", f.profile.occupants);
        check_dist(c, at_key(i, "rated_kw"), f.rated);
        check_dist(c, at_key(i, "azimuth_deg"), f.azimuth_deg);
        check_dist(c, at_key(i, "soc"), f.soc);
    }
}

}  // namespace gridflock::inline v0::scenario
