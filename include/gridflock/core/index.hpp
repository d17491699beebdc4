// SPDX-License-Identifier: Apache-2.0
// Typed indices and stable ids.
//
// An index is a position in one table (a bus in the bus table): signed, and of a type of its own,
// so that a bus index never reads a line table. A stable id is the 64-bit hash of an entity's path
// ("homes/17"): it keys random numbers, so that adding one device leaves every other device's draws
// alone.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace gridflock::inline v0 {

template <class Tag>
struct Index {
    std::int32_t value = -1;

    constexpr Index() = default;
    constexpr explicit Index(std::int32_t v) : value(v) {}
    constexpr explicit Index(std::size_t v) : value(static_cast<std::int32_t>(v)) {}

    constexpr bool valid() const { return value >= 0; }
    constexpr std::size_t pos() const { return static_cast<std::size_t>(value); }
    constexpr auto operator<=>(const Index&) const = default;
};

/// Identity of an entity for random numbers and hashes: equal in every run that names it the same.
struct StableId {
    std::uint64_t value = 0;
    constexpr auto operator<=>(const StableId&) const = default;
};

/// FNV-1a over the path, then a SplitMix64 finaliser so that near paths differ in all bits.
/// Source  Fowler, Noll, Vo (FNV-1a 64); Steele et al. 2014 (SplitMix64).
constexpr StableId stable_id(std::string_view path) {
    std::uint64_t h = 0xcbf29ce484222325ULL;
    for (const char c : path) h = (h ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9ULL;
    h = (h ^ (h >> 27)) * 0x94d049bb133111ebULL;
    return {h ^ (h >> 31)};
}

}  // namespace gridflock::inline v0

template <class Tag>
struct std::hash<gridflock::Index<Tag>> {
    std::size_t operator()(gridflock::Index<Tag> i) const noexcept {
        return static_cast<std::size_t>(i.value);
    }
};
