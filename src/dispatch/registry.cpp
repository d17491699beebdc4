// SPDX-License-Identifier: Apache-2.0
#include <gridflock/dispatch/registry.hpp>

#include <gridflock/dispatch/built_in.hpp>

#include <algorithm>

namespace gridflock::inline v0::dispatch {

namespace {

double get(const Parameters& parameters, const char* key, double otherwise) {
    const auto it = parameters.find(key);
    return it == parameters.end() ? otherwise : it->second;
}

SharingRule sharing_rule(const Parameters& parameters) {
    SharingRule rule;
    rule.alpha = get(parameters, "alpha", rule.alpha);
    rule.soc_min = get(parameters, "soc_min", rule.soc_min);
    rule.soc_max = get(parameters, "soc_max", rule.soc_max);
    return rule;
}

LimitSettings limit_settings(const Parameters& parameters) {
    LimitSettings settings;
    settings.limit_w = get(parameters, "limit_w", settings.limit_w);
    settings.stale_s = get(parameters, "stale_s", settings.stale_s);
    settings.sharing = sharing_rule(parameters);
    return settings;
}

Fault fault(const std::string& path, std::string found, std::string rule, std::string remedy) {
    Fault out;
    out.at.path = path;
    out.found = std::move(found);
    out.rule = std::move(rule);
    out.remedy = std::move(remedy);
    return out;
}

}  // namespace

Registry Registry::built_in() {
    Registry registry;
    const auto nothing = [](const Parameters&) { return std::make_unique<SelfConsumption>(); };
    registry.add("none", {}, {}, nothing);
    registry.add("self_consumption", {}, {}, nothing);
    registry.add("proportional", {"limit_w", "stale_s"}, {"limit_w"}, [](const Parameters& p) {
        return std::make_unique<Proportional>(limit_settings(p));
    });
    registry.add(
        "peak_shaving", {"limit_w", "stale_s", "alpha", "soc_min", "soc_max"}, {"limit_w"},
        [](const Parameters& p) { return std::make_unique<PeakShaving>(limit_settings(p)); });
    registry.add("follow_award", {"stale_s", "alpha", "soc_min", "soc_max"}, {},
                 [](const Parameters& p) {
                     return std::make_unique<FollowAward>(
                         FollowAwardSettings{get(p, "stale_s", 180), sharing_rule(p)});
                 });
    return registry;
}

void Registry::add(std::string name, std::vector<std::string> keys,
                   std::vector<std::string> required, Factory factory) {
    entries_.insert_or_assign(std::move(name),
                              Entry{std::move(keys), std::move(required), std::move(factory)});
}

std::vector<std::string> Registry::names() const {
    std::vector<std::string> out;
    for (const auto& [name, entry] : entries_) out.push_back(name);
    return out;
}

const Registry::Entry& Registry::find(const std::string& name) const {
    const auto it = entries_.find(name);
    if (it != entries_.end()) return it->second;
    std::vector<Fault> faults;
    faults.push_back(
        fault("dispatch.strategy", name, "a strategy that is registered", suggest(name, names())));
    throw ScenarioError(std::move(faults));
}

const std::vector<std::string>& Registry::keys(const std::string& name) const {
    return find(name).keys;
}

std::unique_ptr<Strategy> Registry::make(const std::string& name,
                                         const Parameters& parameters) const {
    const Entry& entry = find(name);
    std::vector<Fault> faults;
    for (const auto& [key, value] : parameters) {
        const bool known = std::find(entry.keys.begin(), entry.keys.end(), key) != entry.keys.end();
        if (!known)
            faults.push_back(fault("dispatch." + key, std::to_string(value),
                                   "a parameter of '" + name + "'", suggest(key, entry.keys)));
        else if (!(value - value == 0))
            faults.push_back(fault("dispatch." + key, std::to_string(value), "a finite number",
                                   "give a number"));
    }
    for (const auto& key : entry.required)
        if (!parameters.contains(key))
            faults.push_back(
                fault("dispatch." + key, "nothing", "'" + name + "' needs it", "set " + key));
    if (!faults.empty()) throw ScenarioError(std::move(faults));
    return entry.factory(parameters);
}

}  // namespace gridflock::inline v0::dispatch
