// SPDX-License-Identifier: Apache-2.0
#include <gridflock/core/random.hpp>

#include <test.hpp>

using namespace gridflock;

// SOURCE: numpy.random.Philox(key=[7, 3], counter=[4, 3, 2, 1]).random_raw(4), NumPy 2; it steps
// the counter first. tests/python/test_random.py makes the same comparison live.
TEST_CASE("random: Philox4x64-10 gives NumPy's bits") {
    const Block4 b = philox4x64({5, 3, 2, 1}, {7, 3});
    CHECK(b == Block4{0x3d93637944de3097ULL, 0x14aa1668e625ec26ULL, 0x23a8492988f4f96bULL,
                      0xbb65ad4b4f013988ULL});
}

TEST_CASE("random: zero key and counter give the published Random123 vector") {
    // SOURCE: Random123 1.14 kat_vectors, philox4x64 10 rounds
    CHECK(philox4x64({0, 0, 0, 0}, {0, 0}) == Block4{0x16554d9eca36314cULL, 0xdb20fe9d672d0fdcULL,
                                                     0xd7e772cee186176bULL, 0x7e68b68aec7ba23bULL});
}

TEST_CASE("random: normals have the moments of the standard normal") {
    double sum = 0, square = 0, fourth = 0;
    const int n = 200000;
    for (int i = 0; i < n; ++i) {
        const double z = normal({1, 2}, stable_id("homes/1"), Purpose::load_noise,
                                static_cast<std::uint64_t>(i));
        sum += z;
        square += z * z;
        fourth += z * z * z * z;
    }
    CHECK(sum / n == Approx(0).margin(0.01));
    CHECK(square / n == Approx(1).margin(0.02));
    CHECK(fourth / n == Approx(3).margin(0.1));
}

TEST_CASE("random: a draw depends on every part of its name") {
    const auto base = draw_block({1, 2}, stable_id("a"), Purpose::loss, 3, 4);
    CHECK(base != draw_block({2, 2}, stable_id("a"), Purpose::loss, 3, 4));
    CHECK(base != draw_block({1, 3}, stable_id("a"), Purpose::loss, 3, 4));
    CHECK(base != draw_block({1, 2}, stable_id("b"), Purpose::loss, 3, 4));
    CHECK(base != draw_block({1, 2}, stable_id("a"), Purpose::latency, 3, 4));
    CHECK(base != draw_block({1, 2}, stable_id("a"), Purpose::loss, 4, 4));
    CHECK(base != draw_block({1, 2}, stable_id("a"), Purpose::loss, 3, 5));
    CHECK(base == draw_block({1, 2}, stable_id("a"), Purpose::loss, 3, 4));
}
