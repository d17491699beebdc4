// SPDX-License-Identifier: Apache-2.0
// Exact splitting by the largest remainder.
//
// Quota i is total w_i / sum w. Everybody gets the floor; what is left over, fewer units than there
// are parts, goes one unit each to the largest fractions, ties to the lower index. The parts add up
// to the total, whatever the weights. A negative total is split as its opposite and turned round.
#pragma once

#include <gridflock/journal/money.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace gridflock::inline v0::journal {

/// Splits an integer over weights.
/// Shape   weights: [part], each >= 0; all zero means equal parts.
/// Errors  Error if a weight is negative, or if there are no parts and something to split.
/// Source  Hamilton's method (largest remainder).
std::vector<std::int64_t> split_integer(std::int64_t total, std::span<const std::int64_t> weights);

/// The same for money, in micro-dollars.
std::vector<Money> split(Money total, std::span<const std::int64_t> weights);

}  // namespace gridflock::inline v0::journal
