// SPDX-License-Identifier: Apache-2.0
#include <gridflock/market/region.hpp>

namespace gridflock::inline v0::market {

const char* to_text(FigureStatus status) {
    switch (status) {
        case FigureStatus::verified:
            return "verified";
        case FigureStatus::secondary:
            return "secondary";
        case FigureStatus::memory:
            return "memory";
        case FigureStatus::ours:
            return "ours";
    }
    return "unknown";
}

std::vector<Figure> unverified(const Region& region) {
    std::vector<Figure> found;
    for (const Figure& figure : region.figures)
        if (figure.status != FigureStatus::verified) found.push_back(figure);
    return found;
}

std::vector<Fault> strict_faults(const Region& region) {
    std::vector<Fault> faults;
    for (const Figure& figure : unverified(region)) {
        Fault fault;
        fault.at.path = region.name + "." + figure.key;
        fault.found = figure.value + " " + figure.unit + " (" + to_text(figure.status) + ")";
        fault.rule = "a strict run takes verified figures only";
        fault.remedy = "verify it in its source, or run without strict";
        faults.push_back(std::move(fault));
    }
    return faults;
}

}  // namespace gridflock::inline v0::market
