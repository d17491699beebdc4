// SPDX-License-Identifier: Apache-2.0
// A 64-bit running hash of State, for determinism tests and for finding the first tick that
// differs. Not cryptographic: hashes that somebody may attack live in the room `asset`.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <type_traits>

namespace gridflock::inline v0 {

class StateHash {
public:
    void add(std::uint64_t word) {
        h_ ^= word;
        h_ *= 0x9E3779B97F4A7C15ULL;
        h_ ^= h_ >> 29;
        h_ *= 0xBF58476D1CE4E5B9ULL;
        h_ ^= h_ >> 32;
    }
    void add(double x) { add(std::bit_cast<std::uint64_t>(x)); }
    template <class T>
    requires std::is_integral_v<T> || std::is_enum_v<T>
    void add(T x) { add(static_cast<std::uint64_t>(x)); }
    std::uint64_t value() const { return h_; }

private:
    std::uint64_t h_ = 0x243F6A8885A308D3ULL;
};

}  // namespace gridflock::inline v0
