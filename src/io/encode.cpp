// SPDX-License-Identifier: Apache-2.0
#include "io/encode.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace gridflock::inline v0::io {

namespace {

constexpr std::int32_t kMissing = std::numeric_limits<std::int32_t>::min();

template <class Make>
void put_all(std::vector<std::uint8_t>& out, std::span<const double> values, Make make) {
    using T = decltype(make(0.0));
    const std::size_t begin = out.size();
    out.resize(begin + values.size() * sizeof(T));
    std::uint8_t* to = out.data() + begin;
    for (const double x : values) {
        const T value = make(x);
        std::memcpy(to, &value, sizeof value);
        to += sizeof value;
    }
}

/// Rounds halves away from zero, as std::round, and without a call: the loops over it are vectors.
std::int32_t quantise(double value, double scale_factor) {
    constexpr double limit = std::numeric_limits<std::int32_t>::max();
    const double steps = value / scale_factor;
    const bool is_there = steps == steps;
    const double near = is_there ? std::min(std::max(steps, -limit), limit) : 0.0;
    const auto whole = static_cast<std::int32_t>(near);
    const double rest = near - whole;
    const std::int32_t up = rest >= 0.5 ? 1 : 0, down = rest <= -0.5 ? 1 : 0;
    return is_there ? whole + up - down : kMissing;
}

}  // namespace

std::size_t element_size(Storage storage) {
    switch (storage) {
        case Storage::int32_scaled:
        case Storage::float32:
            return 4;
        case Storage::uint8:
            return 1;
        default:
            return 8;
    }
}

std::vector<std::uint8_t> missing_cell(Storage storage) {
    std::vector<std::uint8_t> cell;
    DatasetSpec spec;
    spec.storage = storage;
    const double missing = std::numeric_limits<double>::quiet_NaN();
    encode(cell, spec, std::span(&missing, 1));
    return cell;
}

float round_bits(float value, int bits) {
    if (!std::isfinite(value) || bits >= 23) return value;
    const auto all = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t last = std::uint32_t{1} << (23 - bits);  // that is kept
    const std::uint32_t half = last / 2 - 1 + ((all & last) != 0 ? 1U : 0U);
    return std::bit_cast<float>((all + half) & ~(last - 1));
}

void encode(std::vector<std::uint8_t>& out, const DatasetSpec& spec,
            std::span<const double> values) {
    switch (spec.storage) {
        case Storage::int32_scaled:
            return put_all(out, values, [&](double x) { return quantise(x, spec.scale_factor); });
        case Storage::float32:
            return put_all(out, values, [&](double x) {
                return round_bits(static_cast<float>(x), spec.fraction_bits);
            });
        case Storage::float64:
            return put_all(out, values, [](double x) { return x; });
        case Storage::uint8:
            return put_all(out, values,
                           [](double x) { return static_cast<std::uint8_t>(x > 0 ? x : 0); });
        default:
            return put_all(out, values, [](double x) {
                return x == x ? static_cast<std::int64_t>(x) : std::int64_t{0};
            });
    }
}

}  // namespace gridflock::inline v0::io
