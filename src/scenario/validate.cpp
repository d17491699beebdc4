// SPDX-License-Identifier: Apache-2.0
#include <gridflock/scenario/access.hpp>

#include "scenario/checker.hpp"
#include "scenario/codec.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <tuple>

namespace gridflock::inline v0::scenario {

std::vector<std::string> Checker::fleet_names() const {
    std::vector<std::string> names;
    for (const Fleet& f : s.fleet) names.push_back(f.name);
    return names;
}

void Checker::unit(const std::string& path, const std::string& name) const {
    if (find_unit(s, name).unit >= 0) return;
    const std::size_t slash = name.rfind('/');
    const std::string fleet = name.substr(0, slash);
    const int i = fleet_index(s, fleet);
    if (slash == std::string::npos || i >= 0) {
        const std::string example = (i >= 0 || s.fleet.empty() ? fleet : s.fleet[0].name) + "/0";
        const int n = i >= 0 ? units(s, static_cast<std::size_t>(i)) : 0;
        fault(path, to_text(Value(name)), "is no unit",
              n > 0 ? "fleet '" + fleet + "' has units " + fleet + "/0 to " + fleet + "/" +
                          std::to_string(n - 1)
                    : "write it like \"" + example + "\"");
        return;
    }
    fault(path, to_text(Value(name)), "names a fleet that does not exist",
          suggest(fleet, fleet_names()));
}

void Checker::multiple(const std::string& path, Duration period) const {
    const Duration step = s.time.step;
    if (step.ns <= 0 || period.ns <= 0 || period.ns % step.ns == 0) return;
    fault(path, to_text(Value(to_text(period))), "must be a whole number of steps",
          "time.step is \"" + to_text(step) + "\"");
}

void Checker::shape_name(const std::string& path, const std::string& name) const {
    if (name.empty() || s.shapes.contains(name)) return;
    std::vector<std::string> names;
    for (const auto& entry : s.shapes) names.push_back(entry.first);
    fault(path, to_text(Value(name)), "names a shape that does not exist",
          names.empty() ? "write it below [shapes]" : suggest(name, names));
}

namespace {

std::optional<Instants> check_time(const Checker& c) {
    const TimeFrame& t = c.s.time;
    c.multiple("time.duration", t.duration);
    c.multiple("time.warmup", t.warmup);
    if (t.step.ns > 0 && c.s.settlement.interval.ns % t.step.ns != 0)
        c.fault("time.step", to_text(Value(to_text(t.step))),
                "must divide the metering interval of " + to_text(c.s.settlement.interval),
                "take 1 min or 5 min");
    if (t.start.year < 1970 || t.start.year > 2200) {
        c.fault("time.start", std::to_string(t.start.year), "must be a year from 1970 to 2200");
        return {};
    }
    try {
        (void)Zone::find(t.zone);
    } catch (const Error& e) {
        std::string text = e.what();
        const std::size_t hint = text.find("did you mean");
        c.fault(
            "time.zone", to_text(Value(t.zone)), "is no time zone of the IANA database",
            hint == std::string::npos ? "write it like \"America/New_York\"" : text.substr(hint));
        return {};
    }
    Instants i = instants(c.s);
    if (t.delivery && (i.delivery < i.begin || i.delivery >= i.end))
        c.fault("time.delivery", iso8601(to_utc(*t.delivery)).substr(0, 10),
                "must be a day that begins within the run",
                "the run starts at " + iso8601(to_utc(t.start)).substr(0, 16));
    return i;
}

void check_shapes(const Checker& c) {
    for (const auto& [name, list] : c.s.shapes) {
        const std::string path = "shapes." + name;
        if (list.empty() || 1440 % list.size() != 0)
            c.fault(path, std::to_string(list.size()) + " values",
                    "must have a number of values that divides the day's 1440 minutes",
                    "give 24 values, one an hour");
        for (std::size_t i = 0; i < list.size(); ++i)
            if (!std::isfinite(list[i]) || list[i] < 0)
                c.fault(index_path(path, i), number_text(list[i]), "must be a finite number >= 0",
                        "correct or interpolate the value at hour " +
                            number_text(24.0 * static_cast<double>(i) /
                                        static_cast<double>(list.size())));
    }
    c.shape_name("feeder.background.shape", c.s.feeder.background.shape);
}

void check_weather(const Checker& c) {
    const Clouds& k = c.s.weather.clouds;
    if (k.model == "none") return;
    double sum = 0;
    for (const MixturePart& p : k.mixture) sum += p.weight;
    if (!(std::abs(sum - 1) < 1e-9))
        c.fault("weather.clouds.mixture", "weights that sum to " + number_text(sum),
                "must have weights that sum to 1");
    if (!(k.min < k.max))
        c.fault("weather.clouds.max", number_text(k.max), "must be above min",
                "weather.clouds.min is " + number_text(k.min));
}

}  // namespace

std::vector<Fault> validate(const Scenario& s) {
    std::vector<Fault> faults;
    check_struct(
        scenario_fields(), &s, "", [&](const std::string& p) { return s.place_of(p); }, faults);
    const Checker c{s, faults};
    const std::optional<Instants> t = check_time(c);
    check_shapes(c);
    check_weather(c);
    check_fleets(c);
    check_dists(c);
    check_messages(c, t ? &*t : nullptr);
    check_switching(c, t ? &*t : nullptr);
    check_business(c, t ? &*t : nullptr);
    check_variants(c);
    std::stable_sort(faults.begin(), faults.end(), [](const Fault& a, const Fault& b) {
        return std::tie(a.at.file, a.at.line) < std::tie(b.at.file, b.at.line);
    });
    return faults;
}

void require_valid(const Scenario& s) {
    std::vector<Fault> faults = validate(s);
    if (!faults.empty()) throw ScenarioError(std::move(faults));
}

void check_variants(const Checker& c) {
    if (c.s.variants.empty()) return;
    std::set<std::string> known, names;
    for (const Fault& f : c.faults) known.insert(f.at.path + f.rule);
    for (const Variant& v : c.s.variants) {
        const std::string path = "variants." + v.name;
        if (!names.insert(v.name).second) c.fault(path, "", "occurs twice");
        try {
            for (Fault& f : validate(apply_variant(c.s, v.name))) {
                if (known.contains(f.at.path + f.rule)) continue;
                f.at.path = path + "." + f.at.path;
                c.faults.push_back(std::move(f));
            }
        } catch (const ScenarioError& e) {
            c.faults.insert(c.faults.end(), e.faults().begin(), e.faults().end());
        }
    }
}

}  // namespace gridflock::inline v0::scenario
