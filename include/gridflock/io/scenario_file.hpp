// SPDX-License-Identifier: Apache-2.0
// Scenario files: TOML in, TOML out, and the files that a scenario names (feeder, weather, market,
// presets, shapes). Relative names are looked up beside the scenario first, then in the data that
// comes with gridflock: feeders/, weather/, markets/, comms/, shapes/.
#pragma once

#include <gridflock/scenario/access.hpp>

#include <string>
#include <utility>
#include <vector>

namespace gridflock::inline v0::io {

struct LoadOptions {
    /// (path, value text) pairs of `--set path=value`, applied to the text before it is read.
    std::vector<std::pair<std::string, std::string>> overrides;
    std::vector<std::string> data_dirs;  ///< looked in before the data that comes with gridflock
    bool open_inputs = true;             ///< false: read and check the description alone
};

/// Reads, completes and checks a scenario file.
/// Errors  IoError: the scenario file cannot be read. ScenarioError: all faults at once, those of
/// the
///         TOML text, of the description, and of the files it names.
scenario::Scenario load_scenario(const std::string& path, const LoadOptions& options = {});

/// The same for text; relative names start at base_dir. `name` stands for the file in faults.
scenario::Scenario parse_scenario(const std::string& text, const std::string& base_dir = ".",
                                  const LoadOptions& options = {}, const std::string& name = "");

/// The keys of a scenario's text alone, defaults where it has none: no file is looked for, nothing
/// is checked. Errors ScenarioError: no TOML, unknown keys, wrong types.
scenario::Scenario read_scenario(const std::string& text);

/// TOML text that parses back to an equal scenario; keys that hold their default are left out.
std::string write_scenario(const scenario::Scenario& s);

/// Opens (again) the files that a scenario names: circuit, weather, market rules, shapes. For
/// scenarios built or changed by a program; load_scenario has done it already. Errors
/// ScenarioError, all faults at once.
void open_inputs(scenario::Scenario& s, const std::vector<std::string>& data_dirs = {});

/// Any TOML text as a Value, with lines. Errors: a Fault is appended when the text is not TOML.
scenario::Value parse_toml(const std::string& text, const std::string& file,
                           std::vector<Fault>& faults);
std::string write_toml(const scenario::Value& tree);

/// JSON Schema (draft 2020-12) of scenario files, made from the field tables.
std::string scenario_schema();
/// JSON Schema of market rules files.
std::string market_schema();

/// Folders that hold the data that comes with gridflock: found from where the library lies.
std::vector<std::string> data_directories();

}  // namespace gridflock::inline v0::io

namespace gridflock::inline v0 {
using io::load_scenario;
}
