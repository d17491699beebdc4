// SPDX-License-Identifier: Apache-2.0
#include <test.hpp>

#include <gridflock/core/error.hpp>
#include <gridflock/record/segment.hpp>

using namespace gridflock;
using record::parse_segment_limit;

TEST_CASE("a segment ends after a time or a size") {
    CHECK(parse_segment_limit("1 day").length == hours(24));
    CHECK(parse_segment_limit(" 90 min ").length == minutes(90));
    CHECK(parse_segment_limit("2 GB").bytes == 2'000'000'000);
    CHECK(parse_segment_limit("0.5MB").bytes == 500'000);
    CHECK(parse_segment_limit("1 TB").length.ns == 0);
    CHECK_FALSE(parse_segment_limit("").is_set());
    for (const char* wrong : {"0 s", "-1 h", "99 kB", "-2 GB", "2 GiB", "2", "GB", "nan GB",
                              "inf TB", "1e30 TB", "1 day 2 GB"}) {
        CAPTURE(wrong);
        CHECK_THROWS_AS(parse_segment_limit(wrong), Error);
    }
}
