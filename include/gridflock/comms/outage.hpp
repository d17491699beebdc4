// SPDX-License-Identifier: Apache-2.0
// When a site is cut off. Windows are [from, to): a message sent at `from` is lost, one at `to`
// passes.
#pragma once

#include <gridflock/core/column.hpp>
#include <gridflock/core/time.hpp>

#include <cstddef>
#include <vector>

namespace gridflock::inline v0::comms {

struct OutageWindow {
    SimTime from;
    SimTime to;
};

/// Windows by site and lane; a variant without an outage simply has none in its lane.
class Outages {
public:
    Outages() = default;  ///< none, for any site and lane
    Outages(std::size_t sites, std::size_t lanes) : windows_(sites, lanes) {}

    std::size_t sites() const { return windows_.rows(); }
    std::size_t lanes() const { return windows_.lanes(); }
    /// Adds [from, to); windows may overlap. An empty one is ignored.
    void add(std::size_t site, std::size_t lane, SimTime from, SimTime to) {
        if (from < to) windows_(site, lane).push_back({from, to});
    }
    bool is_down(std::size_t site, std::size_t lane, SimTime t) const {
        return up_from(site, lane, t) != t;
    }
    /// The first instant from t on at which the site is not cut off; `never` if there is none.
    SimTime up_from(std::size_t site, std::size_t lane, SimTime t) const {
        if (windows_.rows() == 0) return t;
        const std::vector<OutageWindow>& windows = windows_(site, lane);
        for (std::size_t i = 0; i < windows.size();) {
            const bool inside = windows[i].from <= t && t < windows[i].to;
            if (inside) t = windows[i].to;
            i = inside ? 0 : i + 1;  // another window may cover the end of this one
        }
        return t;
    }

private:
    Column<std::vector<OutageWindow>> windows_;
};

}  // namespace gridflock::inline v0::comms
