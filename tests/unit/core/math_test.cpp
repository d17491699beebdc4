// SPDX-License-Identifier: Apache-2.0
#include <gridflock/core/math.hpp>
#include <gridflock/core/random.hpp>

#include <test.hpp>

#include <cmath>

using namespace gridflock;

namespace {
// Witness: the C library's long double functions (64-bit mantissa).
double ulps(double got, long double want) {
    const double w = static_cast<double>(want);
    const double ulp = std::nextafter(std::fabs(w), INFINITY) - std::fabs(w);
    return static_cast<double>(std::fabs(static_cast<long double>(got) - want)) / ulp;
}
double sample(int i, double lo, double hi) {
    return lo + (hi - lo) * uniform({9, 9}, stable_id("math"), Purpose::user,
                                    static_cast<std::uint64_t>(i));
}
}  // namespace

TEST_CASE("math: exp, log, sin, cos and atan2 stay within 2 ulp") {
    double e = 0, l = 0, s = 0, c = 0, a = 0;
    for (int i = 0; i < 100000; ++i) {
        const double x = sample(i, -700, 700);
        e = std::max(e, ulps(math::exp(x), std::exp(static_cast<long double>(x))));
        const double y = std::exp(sample(i, -300, 300));
        l = std::max(l, ulps(math::log(y), std::log(static_cast<long double>(y))));
        const double near_one = sample(i, 0.5, 2.0);
        l = std::max(l, ulps(math::log(near_one), std::log(static_cast<long double>(near_one))));
        const double w = sample(i, -100, 100);
        s = std::max(s, ulps(math::sin(w), std::sin(static_cast<long double>(w))));
        c = std::max(c, ulps(math::cos(w), std::cos(static_cast<long double>(w))));
        const double p = sample(2 * i, -3, 3), q = sample(2 * i + 1, -3, 3);
        a = std::max(a, ulps(math::atan2(p, q),
                             std::atan2(static_cast<long double>(p), static_cast<long double>(q))));
    }
    CHECK(e <= 2);
    CHECK(l <= 2);
    CHECK(s <= 2);
    CHECK(c <= 2);
    CHECK(a <= 2);
}

TEST_CASE("math: pow keeps 1e-14 relative") {
    for (int i = 0; i < 20000; ++i) {
        const double x = sample(i, 0.01, 20), y = sample(i + 50000, -8, 8);
        CHECK(math::pow(x, y) == Approx(std::pow(x, y)).epsilon(1e-14));
    }
}

TEST_CASE("math: the normal distribution and its quantile") {
    for (double x = -8; x <= 8; x += 0.01)
        CHECK(math::normal_cdf(x) == Approx(0.5 * std::erfc(-x / std::sqrt(2.0))).margin(1e-15));
    for (int i = 1; i < 2000; ++i)
        CHECK(math::normal_cdf(math::normal_quantile(i / 2000.0)) ==
              Approx(i / 2000.0).epsilon(2e-8));
}

TEST_CASE("math: special values") {
    CHECK(math::exp(-1e9) == 0);
    CHECK(std::isinf(math::exp(1e9)));
    CHECK(std::isnan(math::exp(NAN)));
    CHECK(std::isnan(math::log(-1)));
    CHECK(math::log(0) == -INFINITY);
    CHECK(math::pow(0, 2) == 0);
    CHECK(math::atan2(0, -1) == Approx(math::pi));
    CHECK(std::isnan(math::sin(INFINITY)));
    CHECK(math::floor(-1.5) == -2);
}
