// SPDX-License-Identifier: Apache-2.0
#include <gridflock/core/zone.hpp>

#include <gridflock/core/error.hpp>

#include <date/tz.h>

#include <vector>

namespace gridflock::inline v0 {

namespace {

using NsTime = date::sys_time<std::chrono::nanoseconds>;

const date::time_zone* as_zone(const void* p) {
    return static_cast<const date::time_zone*>(p);
}
NsTime sys(SimTime t) {
    return NsTime{std::chrono::nanoseconds{t.ns}};
}

}  // namespace

Zone Zone::find(const std::string& name) {
    Zone z;
    z.name_ = name;
    try {
        z.zone_ = date::locate_zone(name);
    } catch (const std::exception&) {
        std::vector<std::string> names;
        try {
            for (const auto& zone : date::get_tzdb().zones) names.push_back(zone.name());
        } catch (const std::exception& e) {
            throw Error("the system has no time zone database (install tzdata): " +
                        std::string(e.what()));
        }
        const std::string near = nearest(name, names);
        throw Error("'" + name + "' is not a time zone of the IANA database" +
                    (near.empty() ? "" : "; did you mean '" + near + "'?"));
    }
    return z;
}

Duration Zone::offset(SimTime t) const {
    if (!zone_) return {};
    return {std::chrono::nanoseconds{as_zone(zone_)->get_info(sys(t)).offset}.count()};
}

Duration Zone::standard_offset(SimTime t) const {
    // the system's compiled database marks daylight saving but not its size: standard time is the
    // smaller offset of the year's two solstices
    const int year = utc_civil(t).year;
    const Duration winter = offset(to_utc({year, 1, 1})), summer = offset(to_utc({year, 7, 1}));
    return winter < summer ? winter : summer;
}

Civil Zone::wall(SimTime t) const {
    return utc_civil(t + offset(t));
}

SimTime Zone::instant(const Civil& wall) const {
    const SimTime as_utc = to_utc(wall);
    if (!zone_) return as_utc;
    const date::local_time<std::chrono::nanoseconds> local{std::chrono::nanoseconds{as_utc.ns}};
    const auto t = as_zone(zone_)->to_sys(local, date::choose::earliest);
    return {t.time_since_epoch().count()};
}

SimTime Zone::midnight_after(SimTime t, int n) const {
    const Civil today = wall(t);
    const std::int64_t day = days_from_civil(today.year, today.month, today.day) + n;
    return instant(utc_civil(SimTime{} + days(day)));
}

SimTime Zone::midnight(SimTime t) const {
    return midnight_after(t, 0);
}

double Zone::hour_of_day(SimTime t) const {
    const Civil c = wall(t);
    return c.hour + c.minute / 60.0 + (c.second + c.nanosecond * 1e-9) / 3600.0;
}

}  // namespace gridflock::inline v0
