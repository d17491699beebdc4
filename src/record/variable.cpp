// SPDX-License-Identifier: Apache-2.0
#include <gridflock/record/variable.hpp>

#include <gridflock/core/error.hpp>

namespace gridflock::inline v0::record {

namespace {

struct Entry {
    const char* name;
    const char* suffix;  // "_kw": appended to the name it makes the key
    const char* entity;
    const char* unit;
    const char* file_unit;
    double scale;
    double resolution;
    const char* doc;
};

constexpr Entry kEntries[] = {
    {"head.p", "_kw", "", "W", "kW", 1e-3, 1e-3, "active power into the feeder at its head"},
    {"head.q", "_kvar", "", "var", "kVA", 1e-3, 1e-3, "reactive power into the feeder at its head"},
    {"head.losses", "_kw", "", "W", "kW", 1e-3, 1e-3, "losses of lines and transformers"},
    {"head.load", "_kw", "", "W", "kW", 1e-3, 1e-3, "demand of the feeder's own spot loads"},
    {"head.v_min", "_pu", "", "1", "1", 1, 1e-6, "lowest node voltage"},
    {"head.v_max", "_pu", "", "1", "1", 1, 1e-6, "highest node voltage"},
    {"head.buses_outside", "", "", "1", "1", 1, 1, "buses with any node outside 0.95-1.05 pu"},
    {"head.iterations", "", "", "1", "1", 1, 1, "iterations of the power flow"},
    {"node.v", "_pu", "node", "1", "1", 1, 1e-6, "voltage magnitude on the bus's base"},
    {"device.p", "_kw", "device", "W", "kW", 1e-3, 1e-3, "active power injected"},
    {"device.q", "_kvar", "device", "var", "kVA", 1e-3, 1e-3, "reactive power injected"},
    {"device.soc", "", "device", "1", "1", 1, 1e-4, "state of charge, a fraction of the capacity"},
    {"device.p_available", "_kw", "device", "W", "kW", 1e-3, 1e-3,
     "power that the irradiance would allow"},
    {"device.command", "_kw", "device", "W", "kW", 1e-3, 1e-3,
     "set point in force; missing: default control"},
    {"site.demand", "_kw", "site", "W", "kW", 1e-3, 1e-3, "demand of the household"},
    {"site.net", "_kw", "site", "W", "kW", 1e-3, 1e-3, "net injection at the meter"},
    {"site.pv", "_kw", "site", "W", "kW", 1e-3, 1e-3, "PV power behind the meter"},
    {"meter.import", "_wh", "site", "Wh", "Wh", 1, 1, "energy drawn from the grid in the interval"},
    {"meter.export", "_wh", "site", "Wh", "Wh", 1, 1, "energy given to the grid in the interval"},
    {"meter.pv", "_wh", "site", "Wh", "Wh", 1, 1, "PV energy in the interval"},
    {"meter.charge", "_wh", "site", "Wh", "Wh", 1, 1, "energy into the battery in the interval"},
    {"meter.discharge", "_wh", "site", "Wh", "Wh", 1, 1,
     "energy out of the battery in the interval"},
    {"meter.pv_available", "_wh", "site", "Wh", "Wh", 1, 1,
     "PV energy that the irradiance allowed in the interval"},
    {"meter.stored", "_wh", "site", "Wh", "Wh", 1, 1,
     "energy stored in the battery at the end of the interval"},
    {"telemetry.age", "_s", "site", "s", "s", 1, 1e-3, "age of the newest measurement received"},
    {"telemetry.p", "_kw", "site", "W", "kW", 1e-3, 1e-3,
     "battery power as the aggregator believes"},
    {"telemetry.soc", "", "site", "1", "1", 1, 1e-4, "state of charge as the aggregator believes"},
    {"fleet.p", "_kw", "", "W", "kW", 1e-3, 1e-3, "true power of the fleet's batteries"},
    {"fleet.estimate", "_kw", "", "W", "kW", 1e-3, 1e-3,
     "battery power as the aggregator believes"},
    {"fleet.target", "_kw", "", "W", "kW", 1e-3, 1e-3, "battery power that the strategy asks for"},
    {"fleet.net", "_kw", "", "W", "kW", 1e-3, 1e-3, "true net demand of the enrolled sites"},
    {"fleet.award", "_kw", "", "W", "kW", 1e-3, 1e-3, "reduction sold for this instant"},
    {"fleet.baseline", "_kw", "", "W", "kW", 1e-3, 1e-3, "baseline demand of the enrolled sites"},
    {"fleet.stale", "", "", "1", "1", 1, 1, "enrolled sites whose telemetry is too old"},
};

Variable from(const Entry& e) {
    return {e.name,       std::string(e.name) + e.suffix,
            e.entity,     e.unit,
            e.file_unit,  e.scale,
            e.resolution, e.doc};
}

}  // namespace

std::string Variable::group() const {
    return key.substr(0, key.find('.'));
}

std::string Variable::file_name() const {
    return key.substr(key.find('.') + 1);
}

std::vector<Variable> catalogue() {
    std::vector<Variable> all;
    for (const Entry& e : kEntries) all.push_back(from(e));
    return all;
}

Variable find_variable(std::string_view name) {
    std::vector<std::string> known;
    for (const Entry& e : kEntries) {
        Variable v = from(e);
        if (v.name == name || v.key == name) return v;
        known.push_back(v.key);
    }
    throw Error("no variable '" + std::string(name) + "': " + suggest(name, known));
}

std::vector<std::string> variable_keys() {
    std::vector<std::string> keys;
    for (const Entry& e : kEntries) keys.push_back(from(e).key);
    return keys;
}

}  // namespace gridflock::inline v0::record
