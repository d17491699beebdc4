// SPDX-License-Identifier: Apache-2.0
#include <gridflock/core/column.hpp>
#include <gridflock/core/lanes.hpp>

#include <test.hpp>

using namespace gridflock;

TEST_CASE("drivers: every width gives each lane what it gets alone, and masked bytes stay") {
    for (std::size_t lanes = 1; lanes <= 9; ++lanes) {
        Column<double> x(7, lanes, -1.0);
        LaneClockBuffer clock(lanes);
        clock.set(SimTime{5}, seconds(60));
        if (lanes > 1) clock.mask[1] = 0;
        drive(x.rows(), clock.view(), [&](std::size_t r, std::size_t l) {
            x(r, l) = static_cast<double>(r) * clock.dt[l] + static_cast<double>(clock.now[l]);
        });
        for (std::size_t r = 0; r < 7; ++r)
            for (std::size_t l = 0; l < lanes; ++l)
                CHECK(x(r, l) == (l == 1 ? -1.0 : static_cast<double>(r) * 60.0 + 5.0));
    }
}

TEST_CASE("column: a wrong shape names the array and both shapes") {
    Column<double> x(3, 2);
    CHECK_NOTHROW(require_shape(x, 3, 2, "p"));
    CHECK_THROWS_WITH(require_shape(x, 3, 4, "p"), "p is [3, 2], expected [3, 4]");
}
