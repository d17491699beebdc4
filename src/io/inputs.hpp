// SPDX-License-Identifier: Apache-2.0
// Finding and opening the files that a scenario names.
#pragma once

#include <gridflock/scenario/scenario.hpp>

#include <string>
#include <vector>

namespace gridflock::inline v0::io {

/// Where files are looked for: beside the scenario, then in folders of data, by kind.
class Search {
public:
    Search(std::string base_dir, std::vector<std::string> data_dirs);

    /// The file `name` of a kind ("feeders", "weather", "markets", "comms", "shapes"); "" if none.
    std::string find(const std::string& kind, const std::string& name) const;
    /// Names without `ending` of the files of a kind, sorted.
    std::vector<std::string> names(const std::string& kind, const std::string& ending) const;
    /// Like `name` in the folder where it was expected, for suggestions.
    std::vector<std::string> beside(const std::string& name) const;
    std::string places() const;  ///< the folders, for messages

private:
    std::string base_dir_;
    std::vector<std::string> data_dirs_;
};

/// Opens the circuit, the weather, the rules and missing shapes; faults are appended.
void open_all(scenario::Scenario& s, const Search& search, std::vector<Fault>& faults);

/// The scenario's own faults first, by line, then those of other files; of each key its first
/// fault.
std::vector<Fault> in_order(std::vector<Fault> faults, const std::string& file);

}  // namespace gridflock::inline v0::io
