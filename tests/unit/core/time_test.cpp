// SPDX-License-Identifier: Apache-2.0
#include <gridflock/core/error.hpp>
#include <gridflock/core/zone.hpp>

#include <test.hpp>

using namespace gridflock;

TEST_CASE("time: civil dates go both ways") {
    for (std::int64_t d = -100000; d <= 100000; d += 37) {
        const SimTime t = SimTime{} + days(d) + seconds(4521) + nanoseconds(7);
        CHECK(to_utc(utc_civil(t)) == t);
    }
    CHECK(iso8601(to_utc(parse_civil("2024-07-15T18:20"))) == "2024-07-15T18:20:00Z");
    CHECK(day_of_year(parse_civil("2024-12-31")) == 366);
}

TEST_CASE("time: what is not a date or a duration is refused with the form wanted") {
    CHECK_THROWS_AS(parse_civil("2024-02-30"), Error);
    CHECK_THROWS_AS(parse_civil("15.07.2024"), Error);
    CHECK_THROWS_AS(parse_duration("5 parsecs"), Error);
    CHECK_THROWS_AS(parse_duration("soon"), Error);
    CHECK(parse_duration("1.5 h") == minutes(90));
    CHECK(parse_duration("15min") == minutes(15));
    CHECK(to_text(days(5)) == "5 days");
}

TEST_CASE("zone: the days of the clock change have 23 and 25 hours") {
    const Zone ny = Zone::find("America/New_York");
    const SimTime spring = ny.instant(parse_civil("2024-03-10T12:00"));
    const SimTime autumn = ny.instant(parse_civil("2024-11-03T12:00"));
    CHECK(ny.midnight_after(spring, 1) - ny.midnight(spring) == hours(23));
    CHECK(ny.midnight_after(autumn, 1) - ny.midnight(autumn) == hours(25));
    CHECK(ny.offset(spring) == hours(-4));
    CHECK(ny.standard_offset(spring) == hours(-5));
}

TEST_CASE("zone: Lord Howe changes by half an hour") {
    const Zone z = Zone::find("Australia/Lord_Howe");
    const SimTime t = z.instant(parse_civil("2024-04-07T12:00"));
    CHECK(z.midnight_after(t, 1) - z.midnight(t) == hours(24) + minutes(30));
}

TEST_CASE("zone: an unknown name is refused with the nearest one") {
    CHECK_THROWS_WITH(Zone::find("America/NewYork"), Catch::Matchers::Contains("America/New_York"));
}
