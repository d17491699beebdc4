// SPDX-License-Identifier: Apache-2.0
// Values on their way into the file: the nearest step, halves away from zero.
#include <test.hpp>

#include "io/encode.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

using namespace gridflock;

namespace {

std::vector<std::int32_t> steps_of(const std::vector<double>& values, double step) {
    io::DatasetSpec spec;
    spec.storage = io::Storage::int32_scaled;
    spec.scale_factor = step;
    std::vector<std::uint8_t> bytes;
    io::encode(bytes, spec, values);
    std::vector<std::int32_t> steps(values.size());
    std::memcpy(steps.data(), bytes.data(), bytes.size());
    return steps;
}

}  // namespace

TEST_CASE("a value is stored as its nearest step") {
    constexpr std::int32_t most = std::numeric_limits<std::int32_t>::max();
    constexpr double inf = std::numeric_limits<double>::infinity();
    const std::vector<double> values{0.5,  -0.5, 1.5, -2.5, 0.49999999999999994, -0.0, 2147483646.5,
                                     2e10, -3e9, inf, -inf, std::nan("")};
    CHECK(steps_of(values, 1) ==
          std::vector<std::int32_t>{1, -1, 2, -3, 0, 0, most, most, -most, most, -most, -most - 1});
    std::mt19937_64 random(5);
    std::vector<double> more;
    for (int i = 0; i < 100'000; ++i) {
        const double x = std::ldexp(static_cast<double>(random() >> 11), -53) - 0.5;
        more.push_back(i % 2 ? 1e6 * x : std::round(4e6 * x) / 2000);  // many halves
    }
    const std::vector<std::int32_t> steps = steps_of(more, 0.001);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < more.size(); ++i)
        wrong += static_cast<double>(steps[i]) != std::round(more[i] / 0.001);
    CHECK(wrong == 0);
}
