// SPDX-License-Identifier: Apache-2.0
#include <gridflock/device/plain_load.hpp>

#include <test.hpp>

#include <cmath>
#include <vector>

using namespace gridflock;
using namespace gridflock::device;

TEST_CASE("load: it injects minus its demand and lags by its power factor") {
    const auto out = step(PlainLoadParams{0.8}, 400);
    CHECK(out.p_w == -400);
    CHECK(out.q_var == Approx(-300).epsilon(1e-14));  // 3-4-5
    const auto home = step(PlainLoadParams{}, 1000);
    CHECK(home.q_var == Approx(-1000 * std::tan(std::acos(0.98))).epsilon(1e-12));
    CHECK(step(PlainLoadParams{1.0}, 1000).q_var == 0);
}

TEST_CASE("load: a lane's bits do not depend on its neighbours") {
    const std::vector<PlainLoadParams> params(2);
    Column<double> d4(2, 4, 500.0), d1(2, 1, 500.0), p4(2, 4, 7.0), q4(2, 4, 7.0), p1(2, 1),
        q1(2, 1);
    d4(0, 1) = std::nan("");
    d4(1, 2) = d1(1, 0) = 123.456;
    LaneClockBuffer c4(4), c1(1);
    c4.mask[0] = 0;
    advance(params, d4.view(), p4.view(), q4.view(), c4.view());
    advance(params, d1.view(), p1.view(), q1.view(), c1.view());
    for (std::size_t r = 0; r < 2; ++r) {
        CHECK(p4(r, 2) == p1(r, 0));
        CHECK(q4(r, 2) == q1(r, 0));
        CHECK(p4(r, 0) == 7.0);
    }
    CHECK(std::isnan(p4(0, 1)));
    CHECK(p4(1, 1) == -500.0);
}
