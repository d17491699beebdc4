// SPDX-License-Identifier: Apache-2.0
// What the parts of validate() share.
#pragma once

#include <gridflock/scenario/plan.hpp>

#include <string>
#include <utility>
#include <vector>

namespace gridflock::inline v0::scenario {

struct Checker {
    const Scenario& s;
    std::vector<Fault>& faults;

    void fault(const std::string& path, const std::string& found, std::string rule,
               std::string remedy = "") const {
        faults.push_back({s.place_of(path), found, std::move(rule), std::move(remedy)});
    }
    bool given(const std::string& path) const { return s.places.contains(path); }
    std::vector<std::string> fleet_names() const;
    /// "batteries/3" must be a unit.
    void unit(const std::string& path, const std::string& name) const;
    /// A period must be a whole number of steps.
    void multiple(const std::string& path, Duration period) const;
    void shape_name(const std::string& path, const std::string& name) const;
    /// A wall time must lie within the run; `t` null: not known, not checked.
    void inside(const Instants* t, const std::string& path, const Civil& when) const;
};

void check_fleets(const Checker& c);
void check_dists(const Checker& c);
void check_messages(const Checker& c, const Instants* t);
void check_switching(const Checker& c, const Instants* t);
void check_business(const Checker& c, const Instants* t);
void check_variants(const Checker& c);

}  // namespace gridflock::inline v0::scenario
