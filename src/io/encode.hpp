// SPDX-License-Identifier: Apache-2.0
// Values in the form that a results file has.
#pragma once

#include <gridflock/io/results_file.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gridflock::inline v0::io {

std::size_t element_size(Storage storage);
std::vector<std::uint8_t> missing_cell(Storage storage);
/// Appends values in the form of `spec.storage`.
void encode(std::vector<std::uint8_t>& out, const DatasetSpec& spec,
            std::span<const double> values);
/// The nearest float whose last 23 - `bits` bits are 0; ties to even. NaN and infinity stay.
float round_bits(float value, int bits);

}  // namespace gridflock::inline v0::io
