// SPDX-License-Identifier: Apache-2.0
#include <gridflock/profile/residential.hpp>

#include <test.hpp>

#include <cmath>
#include <limits>
#include <string>

using namespace gridflock;
using namespace gridflock::profile;

namespace {

const DailyShape demo_shape({.40, .36, .34, .33, .34, .38, .46, .52, .53, .53, .54, .56,
                             .58, .60, .62, .66, .74, .84, .93, 1.0, .97, .88, .72, .54});

Residential homes(std::size_t n) {
    ResidentialParams p;
    p.mean_occupants = 2.3;
    p.shape = demo_shape;
    for (std::size_t i = 0; i < n; ++i) {
        p.occupants.push_back(i % 3 == 0 ? 1.0 : (i % 3 == 1 ? 2.0 : 4.0));
        p.id.push_back(stable_id("homes/" + std::to_string(i)));
    }
    return Residential(p);
}

LaneClockBuffer clock_at(std::size_t lanes, SimTime t, Duration dt) {
    LaneClockBuffer c(lanes);
    c.set(t, dt);
    return c;
}

}  // namespace

TEST_CASE("daily shape: linear and periodic between hour starts") {
    CHECK(demo_shape.mean() == Approx(14.37 / 24).epsilon(1e-14));  // summed by hand
    CHECK(demo_shape.at(19) == 1.0);
    CHECK(demo_shape.at(19.5) == Approx(0.985).epsilon(1e-14));
    CHECK(demo_shape.at(23.5) == Approx(0.47).epsilon(1e-14));
    CHECK(demo_shape.at(24.0) == 0.40);
    CHECK(demo_shape.at(-0.5) == Approx(0.47).epsilon(1e-14));
    double sum = 0;
    for (int i = 0; i < 1440; ++i) sum += demo_shape.relative(i / 60.0);
    CHECK(sum / 1440 == Approx(1.0).epsilon(1e-12));
}

TEST_CASE("residential: without disturbance a home draws its share of the day") {
    const Residential r = homes(3);
    ResidentialState s{Column<double>(3, 1, 0.0)};
    Column<double> demand(3, 1);
    const std::vector<double> hour{19.0};
    r.demand(s, clock_at(1, {}, minutes(1)).view(), hour, demand.view());
    // by hand: 20 kWh / 24 h = 833.3333 W; x 24 / 14.37 = 1391.7884 W; x 1 / 2.3, x 2 / 2.3, x 4
    // / 2.3
    CHECK(demand(0, 0) == Approx(605.1254).epsilon(1e-6));
    CHECK(demand(1, 0) == Approx(1210.2508).epsilon(1e-6));
    CHECK(demand(2, 0) == Approx(2420.5015).epsilon(1e-6));
    s.noise(2, 0) = 1.0;
    s.noise(0, 0) = -1.6;
    r.demand(s, clock_at(1, {}, minutes(1)).view(), hour, demand.view());
    CHECK(demand(2, 0) == Approx(2420.5015 * 1.6).epsilon(1e-6));
    CHECK(demand(0, 0) == 50.0);  // the floor
}

TEST_CASE("residential: correlation over 15 minutes is 0.85 at any step") {
    const Residential r = homes(1);
    const std::vector<RandomKey> key{{7, 1}};
    for (const auto& [dt, steps] :
         {std::pair{minutes(15), 1}, {minutes(1), 15}, {seconds(4), 225}}) {
        ResidentialState one{Column<double>(1, 1, 1.0)}, zero{Column<double>(1, 1, 0.0)};
        for (int k = 0; k < steps; ++k) {
            const auto c = clock_at(1, SimTime{} + k * dt, dt);
            r.advance(one, c.view(), key);
            r.advance(zero, c.view(), key);
        }
        CHECK(one.noise(0, 0) - zero.noise(0, 0) == Approx(0.85).epsilon(1e-12));
    }
}

TEST_CASE("residential: the disturbance has the moments of an AR(1) of unit variance") {
    const Residential r = homes(400);
    const std::vector<RandomKey> key{{7, 1}};
    SimTime t{};
    ResidentialState s = r.start(key, t);
    double sum = 0, square = 0, lag = 0;
    const int steps = 500;
    for (int k = 0; k < steps; ++k, t = t + minutes(15)) {
        const ResidentialState before = s;
        r.advance(s, clock_at(1, t, minutes(15)).view(), key);
        for (std::size_t i = 0; i < 400; ++i) {
            sum += s.noise(i, 0);
            square += s.noise(i, 0) * s.noise(i, 0);
            lag += s.noise(i, 0) * before.noise(i, 0);
        }
    }
    const double n = 400.0 * steps;  // about 16000 independent ones
    CHECK(sum / n == Approx(0).margin(0.025));
    CHECK(square / n == Approx(1).margin(0.03));
    CHECK(lag / square == Approx(0.85).margin(0.004));
}

TEST_CASE("residential: homes and worlds are independent of each other") {
    const Residential r = homes(2);
    std::vector<RandomKey> key;
    for (std::uint64_t w = 0; w < 20000; ++w) key.push_back({7, w});
    const ResidentialState s = r.start(key, {});
    double homes_product = 0, worlds_product = 0;
    for (std::size_t l = 1; l < key.size(); ++l) {
        homes_product += s.noise(0, l) * s.noise(1, l);
        worlds_product += s.noise(0, l) * s.noise(0, l - 1);
    }
    CHECK(homes_product / 20000 == Approx(0).margin(0.025));
    CHECK(worlds_product / 20000 == Approx(0).margin(0.025));
}

TEST_CASE("residential: a lane's bits do not depend on its neighbours") {
    const Residential r = homes(5);
    const std::vector<RandomKey> four{{7, 9}, {7, 9}, {7, 3}, {7, 9}}, one{{7, 3}};
    ResidentialState wide = r.start(four, {}), narrow = r.start(one, {});
    Column<double> wide_w(5, 4, -1.0), narrow_w(5, 1);
    wide.noise(2, 1) = std::numeric_limits<double>::quiet_NaN();
    const ResidentialState before = wide;
    auto c4 = clock_at(4, SimTime{} + minutes(3), minutes(1));
    c4.mask[0] = 0;
    c4.dt[3] = 7.0;
    const auto c1 = clock_at(1, SimTime{} + minutes(3), minutes(1));
    r.demand(wide, c4.view(), std::vector<double>(4, 18.3), wide_w.view());
    r.advance(wide, c4.view(), four);
    r.demand(narrow, c1.view(), std::vector<double>(1, 18.3), narrow_w.view());
    r.advance(narrow, c1.view(), one);
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(wide.noise(i, 2) == narrow.noise(i, 0));
        CHECK(wide_w(i, 2) == narrow_w(i, 0));
        CHECK(wide.noise(i, 0) == before.noise(i, 0));
        CHECK(wide_w(i, 0) == -1.0);
        CHECK(wide.noise(i, 1) != wide.noise(i, 2));
    }
    CHECK(std::isnan(wide.noise(2, 1)));
}

TEST_CASE("residential: a home more leaves the others alone") {
    const std::vector<RandomKey> key{{7, 3}};
    const auto few = homes(3).start(key, {}), more = homes(4).start(key, {});
    for (std::size_t i = 0; i < 3; ++i) CHECK(few.noise(i, 0) == more.noise(i, 0));
}

TEST_CASE("residential: parameters out of range are refused") {
    ResidentialParams p;
    p.noise_phi = 1.0;
    CHECK_THROWS_AS(Residential(p), Error);
    p.noise_phi = 0.5;
    p.occupants = {1};
    CHECK_THROWS_AS(Residential(p), ShapeError);
}
