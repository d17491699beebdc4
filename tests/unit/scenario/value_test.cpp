// SPDX-License-Identifier: Apache-2.0
#include <gridflock/scenario/types.hpp>
#include <gridflock/scenario/value.hpp>

#include <gridflock/core/error.hpp>

#include <limits>
#include <test.hpp>

using namespace gridflock;
using namespace gridflock::scenario;

TEST_CASE("value: an override is read as what it looks like") {
    CHECK(parse_value("true") == Value(true));
    CHECK(parse_value("3") == Value(3));
    CHECK(parse_value("2.5") == Value(2.5));
    CHECK(parse_value("5 min") == Value("5 min"));
    CHECK(parse_value("\"5 min\"") == Value("5 min"));
    CHECK(parse_value("[1, 2]") == Value(Array{1, 2}));
    CHECK(parse_value("{ low = 0.3, high = 0.7 }") == Value(Table{{"low", 0.3}, {"high", 0.7}}));
    CHECK(parse_value("none").is_none());
    CHECK(parse_value("[1, 2") == Value("[1, 2"));  // no list after all: text
}

TEST_CASE("value: text of a value reads back as the value") {
    const Value v = Table{{"a", 0.1},
                          {"b c", Array{true, "x \"y\"\n", std::int64_t{1} << 60}},
                          {"t", "2024-07-15T18:20:00"}};
    CHECK(parse_value(to_text(Value(0.1))) == Value(0.1));
    CHECK(to_text(Value("a\"b")) == "\"a\\\"b\"");
    CHECK(to_text(v).find("t = 2024-07-15T18:20:00") != std::string::npos);
    CHECK(number_text(1e-9) == "1e-09");
    CHECK(number_text(std::numeric_limits<double>::quiet_NaN()) == "nan");
}

TEST_CASE("clock time: days are counted from the delivery day") {
    CHECK(parse_clock_time("22:15") == ClockTime{0, 1335});
    CHECK(parse_clock_time("D 22:15") == ClockTime{0, 1335});
    CHECK(parse_clock_time("D-1 09:30") == ClockTime{-1, 570});
    CHECK(parse_clock_time("24:00") == ClockTime{0, 1440});
    CHECK(to_text(ClockTime{-1, 570}) == "D-1 09:30");
    for (const char* bad : {"9:30", "25:00", "D-1", "D- 09:30", "09:60", "", "D+x 10:00"})
        CHECK_THROWS_AS(parse_clock_time(bad), Error);
    CHECK(ClockTime{-1, 1400} < ClockTime{0, 5});
}

TEST_CASE("dist: quantiles of the laws") {
    Dist u;
    u.law = Dist::Law::uniform;
    u.low = 0.3;
    u.high = 0.7;
    CHECK(quantile(u, 0.25) == Approx(0.4));
    Dist n;
    n.law = Dist::Law::normal;
    n.mean = 180;
    n.sd = 40;
    // SOURCE standard normal table: Phi^-1(0.975) = 1.959964
    CHECK(quantile(n, 0.975) == Approx(180 + 40 * 1.959964).epsilon(1e-6));
    Dist l;
    l.law = Dist::Law::lognormal;
    l.mean = 6;
    l.cv = 0.3;
    // SOURCE closed form: the median of a lognormal law is mean / sqrt(1 + cv^2)
    CHECK(quantile(l, 0.5) == Approx(6 / 1.0440306508910550).epsilon(1e-9));
    l.max = 5;
    CHECK(quantile(l, 0.999) == 5);
    Dist d;
    d.law = Dist::Law::discrete;
    d.values = {1, 2, 4};
    d.p = {0.3, 0.4, 0.3};
    CHECK(quantile(d, 0.29) == 1);
    CHECK(quantile(d, 0.31) == 2);
    CHECK(quantile(d, 0.71) == 4);
    CHECK(mean(d) == Approx(2.3));
}
