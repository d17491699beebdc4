// SPDX-License-Identifier: Apache-2.0
#include <gridflock/scenario/plan.hpp>

#include <gridflock/core/math.hpp>

#include <charconv>
#include <tuple>

namespace gridflock::inline v0::scenario {

Place Scenario::place_of(const std::string& path) const {
    std::string p = path;
    while (true) {
        if (const auto it = places.find(p); it != places.end())
            return {it->second.file, it->second.line, path};
        const std::size_t cut = p.find_last_of(".[");
        if (cut == std::string::npos) return {file, 0, path};
        p.resize(cut);
    }
}

bool Scenario::operator==(const Scenario& o) const {
    const auto key = [](const Scenario& s) {
        return std::tie(s.format, s.seed, s.worlds, s.shapes, s.time, s.feeder, s.weather, s.fleet,
                        s.comms, s.programme, s.forecast, s.dispatch, s.market, s.settlement,
                        s.attack, s.meter_delay, s.switching, s.record, s.variants);
    };
    return key(*this) == key(o);
}

int fleet_index(const Scenario& s, const std::string& name) {
    for (std::size_t i = 0; i < s.fleet.size(); ++i)
        if (s.fleet[i].name == name) return static_cast<int>(i);
    return -1;
}

namespace {

/// `depth` ends a circle of fleets that stand behind each other.
int units_within(const Scenario& s, std::size_t fleet, std::size_t depth) {
    const Fleet& f = s.fleet[fleet];
    if (f.count > 0) return f.count;
    const int below = fleet_index(s, f.behind.fleet);
    if (f.behind.fleet.empty() || below < 0 || depth == 0) return 0;
    const int sites = units_within(s, static_cast<std::size_t>(below), depth - 1);
    return static_cast<int>(math::floor(f.behind.share * sites + 0.5));
}

}  // namespace

int units(const Scenario& s, std::size_t fleet) {
    return units_within(s, fleet, s.fleet.size());
}

UnitRef find_unit(const Scenario& s, const std::string& name) {
    const std::size_t slash = name.rfind('/');
    if (slash == std::string::npos) return {};
    const int fleet = fleet_index(s, name.substr(0, slash));
    int unit = -1;
    const char* end = name.data() + name.size();
    const auto number = std::from_chars(name.data() + slash + 1, end, unit);
    const bool good = fleet >= 0 && number.ec == std::errc{} && number.ptr == end && unit >= 0 &&
                      unit < units(s, static_cast<std::size_t>(fleet));
    return good ? UnitRef{fleet, unit} : UnitRef{};
}

SimTime Instants::at(ClockTime t) const {
    const SimTime midnight = zone.midnight_after(delivery, t.day);
    if (t.minute == 1440) return zone.midnight_after(midnight, 1);
    Civil wall = zone.wall(midnight);
    wall.hour = t.minute / 60;
    wall.minute = t.minute % 60;
    return zone.instant(wall);
}

namespace {

/// Whole days are days of the calendar (23 or 25 hours where the clocks change); the rest is exact.
SimTime shifted(const Zone& zone, const Civil& wall, Duration by) {
    if (by.ns % days(1).ns != 0) return zone.instant(wall) + by;
    return zone.instant(utc_civil(to_utc(wall) + by));
}

}  // namespace

Instants instants(const Scenario& s) {
    Instants t;
    t.zone = Zone::find(s.time.zone);
    t.begin = t.zone.instant(s.time.start);
    t.end = shifted(t.zone, s.time.start, s.time.duration);
    t.warmup_begin = shifted(t.zone, s.time.start, -s.time.warmup);
    t.delivery = s.time.delivery ? t.zone.midnight(t.zone.instant(*s.time.delivery))
                                 : t.zone.midnight(t.end - nanoseconds(1));
    return t;
}

double effective_p_gb(const Comms& c) {
    if (!c.loss) return c.p_gb;
    const double span = c.loss_bad - c.loss_good;
    if (!(span > 0)) return c.p_gb;
    const double bad = (*c.loss - c.loss_good) / span;
    if (!(bad > 0)) return 0;
    return bad < 1 ? math::min(1.0, c.p_bg * bad / (1 - bad)) : 1.0;
}

double mean_loss(const Comms& c) {
    if (c.perfect) return 0;
    const double p = effective_p_gb(c);
    const double bad = p + c.p_bg > 0 ? p / (p + c.p_bg) : 0;
    return bad * c.loss_bad + (1 - bad) * c.loss_good;
}

std::vector<double> shape(const Scenario& s, const std::string& name) {
    const auto it = s.shapes.find(name);
    return it == s.shapes.end() || it->second.empty() ? std::vector<double>{1.0} : it->second;
}

}  // namespace gridflock::inline v0::scenario
