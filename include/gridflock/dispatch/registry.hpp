// SPDX-License-Identifier: Apache-2.0
// Strategies by name. A value, not a global: who wants another strategy adds it to a copy.
#pragma once

#include <gridflock/dispatch/strategy.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace gridflock::inline v0::dispatch {

/// Settings of a strategy by name, SI (limit_w, not kW).
using Parameters = std::map<std::string, double>;

class Registry {
public:
    using Factory = std::function<std::unique_ptr<Strategy>(const Parameters&)>;

    /// "none" and "self_consumption"; "peak_shaving" and "proportional" (limit_w, stale_s);
    /// "follow_award" (stale_s); the sharing ones also alpha, soc_min, soc_max.
    static Registry built_in();

    /// Adds or replaces. `keys` are the parameters it knows; those in `required` must be given.
    void add(std::string name, std::vector<std::string> keys, std::vector<std::string> required,
             Factory factory);
    bool has(const std::string& name) const { return entries_.contains(name); }
    std::vector<std::string> names() const;
    const std::vector<std::string>& keys(const std::string& name) const;

    /// Errors  ScenarioError with all faults: an unknown name or parameter (with the nearest
    /// match), a missing one, a value that is not finite.
    std::unique_ptr<Strategy> make(const std::string& name,
                                   const Parameters& parameters = {}) const;

private:
    struct Entry {
        std::vector<std::string> keys, required;
        Factory factory;
    };
    const Entry& find(const std::string& name) const;

    std::map<std::string, Entry> entries_;
};

}  // namespace gridflock::inline v0::dispatch
