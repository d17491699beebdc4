// SPDX-License-Identifier: Apache-2.0
#include <gridflock/record/segment.hpp>

#include <gridflock/core/error.hpp>

#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace gridflock::inline v0::record {

namespace {

constexpr double kFewest = 1e5;   // bytes: each file also has the scenario and its inputs
constexpr double kMost = 9.0e18;  // bytes

/// Bytes, or a negative number when `text` is no size.
double size_of(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, double>, 4> units{
        {{"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}}};
    double number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
    if (failure != std::errc{}) return -1;
    for (const auto& [name, bytes] : units)
        if (unit == name) return number * bytes;
    return -1;
}

}  // namespace

SegmentLimit parse_segment_limit(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    if (text.empty()) return {};
    if (const double bytes = size_of(text); bytes >= kFewest && bytes <= kMost)
        return {{}, static_cast<std::uint64_t>(bytes)};
    try {
        if (const Duration length = parse_duration(text); length.ns > 0) return {length, 0};
    } catch (const Error&) {
        // told below, with both forms
    }
    throw Error("segment '" + std::string(text) +
                "': give a time above 0 like \"1 day\", or a size of 100 kB or more like \"2 GB\"");
}

}  // namespace gridflock::inline v0::record
