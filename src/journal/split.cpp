// SPDX-License-Identifier: Apache-2.0
#include <gridflock/journal/split.hpp>

#include <algorithm>
#include <numeric>

namespace gridflock::inline v0::journal {
namespace {

Wide sum_of(std::span<const std::int64_t> weights) {
    Wide sum = 0;
    for (const std::int64_t w : weights) {
        if (w < 0) throw Error("a weight of a split is negative");
        sum += w;
    }
    return sum;
}

}  // namespace

std::vector<std::int64_t> split_integer(std::int64_t total, std::span<const std::int64_t> weights) {
    const std::size_t n = weights.size();
    if (n == 0) {
        if (total != 0) throw Error("nobody to split an amount over");
        return {};
    }
    Wide sum = sum_of(weights);
    const bool equal = sum == 0;
    if (equal) sum = static_cast<Wide>(n);
    const Wide size = total < 0 ? -Wide{total} : Wide{total};

    std::vector<Wide> floors(n), fractions(n);
    Wide left = size;
    for (std::size_t i = 0; i < n; ++i) {
        const Wide share = size * (equal ? 1 : weights[i]);
        floors[i] = share / sum;
        fractions[i] = share % sum;
        left -= floors[i];
    }
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return fractions[a] > fractions[b]; });
    for (std::size_t k = 0; k < n && left > 0; ++k, --left) floors[order[k]] += 1;

    std::vector<std::int64_t> parts(n);
    for (std::size_t i = 0; i < n; ++i)
        parts[i] = narrow(total < 0 ? -floors[i] : floors[i], "part of a split");
    return parts;
}

std::vector<Money> split(Money total, std::span<const std::int64_t> weights) {
    std::vector<Money> parts;
    for (const std::int64_t micro : split_integer(total.micro, weights)) parts.push_back({micro});
    return parts;
}

}  // namespace gridflock::inline v0::journal
