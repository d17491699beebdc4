// SPDX-License-Identifier: Apache-2.0
// A region is a file of rules. Each figure says where it comes from and how far it may be trusted;
// statements print those that nobody has verified, a strict run refuses them.
#pragma once

#include <gridflock/core/error.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace gridflock::inline v0::market {

enum class FigureStatus : std::uint8_t {
    verified = 0,   ///< read in the source itself
    secondary = 1,  ///< read in a source that cites it
    memory = 2,     ///< no source was read
    ours = 3,       ///< a design value of a scenario, not published
};
const char* to_text(FigureStatus status);

struct Figure {
    std::string key;    ///< what it sets, e.g. "market.fee"
    std::string value;  ///< as written
    std::string unit;
    std::string source;
    std::string retrieved;   ///< date, ISO 8601
    std::string valid_from;  ///< date, empty = always
    std::string valid_to;    ///< date, empty = open
    FigureStatus status = FigureStatus::ours;
};

struct Region {
    std::string name;
    std::vector<Figure> figures;
};

/// The figures that are not verified, in file order.
std::vector<Figure> unverified(const Region& region);

/// What a strict run refuses: one fault for each figure that is not verified.
std::vector<Fault> strict_faults(const Region& region);

}  // namespace gridflock::inline v0::market
