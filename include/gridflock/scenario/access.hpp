// SPDX-License-Identifier: Apache-2.0
// Reading, writing and checking a scenario through its field tables.
#pragma once

#include <gridflock/scenario/scenario.hpp>

#include <string>
#include <vector>

namespace gridflock::inline v0::scenario {

/// The value at a dotted path: "comms.loss", "fleet[1].rated_kw", "fleet.roofs.rated_kw" (by name),
/// "variants.no_vpp"; a struct gives a table, an unset optional gives none. "" gives the whole.
/// Errors  ScenarioError naming the path, with the nearest key.
Value get(const Scenario& s, const std::string& path);

/// Puts a value at a path, in the key's unit; "dispatch" also takes false and a strategy's name;
/// a table is merged key by key; a list replaces the list.
/// Changes the scenario, or nothing on error.
/// Errors  ScenarioError: unknown key (nearest match), wrong type, outside its range.
void set(Scenario& s, const std::string& path, const Value& v);

/// Reads a whole tree over the scenario's defaults (or over what it already holds), noting places.
/// Faults are appended, never thrown: unknown keys, wrong types. Ranges are validate()'s.
void read_tree(Scenario& s, const Value& tree, const std::string& file, std::vector<Fault>& faults);
/// The tree that reads back equal; keys that hold their default are left out unless `all`.
Value write_tree(const Scenario& s, bool all = false);

/// Puts a value into a tree at a path, making tables on the way: `--set` before the file is read.
/// Returns false when the path runs through something that is no table or list.
bool put_path(Value& tree, const std::string& path, const Value& v);
/// The entry of a table by key, or of an array by number or by its `name`; null if there is none.
Value* at_name(Value& v, const std::string& step);

/// The same for a region's rules.
MarketRules read_market_rules(const Value& tree, const std::string& file,
                              std::vector<Fault>& faults);

/// Every fault of the scenario at once: ranges, words, names that refer to nothing, gates that lie
/// outside the run, shapes that are not finite, buses that nothing feeds (when a circuit is there).
std::vector<Fault> validate(const Scenario& s);
/// Throws ScenarioError with all faults if there are any.
void require_valid(const Scenario& s);

/// The scenario with one variant's overrides applied and its list of variants emptied.
/// Errors  ScenarioError: no such variant (nearest match), or an override that does not fit.
Scenario apply_variant(const Scenario& s, const std::string& name);

/// One line of the reference page: a key with all that its table says.
struct FieldDoc {
    std::string path;   ///< "fleet[].rated_kw"
    std::string type;   ///< boolean | integer | number | text | duration | clock time | date-time |
                        ///< dist | list of ... | table
    std::string unit;   ///< "kW", "" for none
    std::string range;  ///< "> 0", "0 to 1", ""
    std::string fallback;  ///< the default as TOML text, "" for none
    std::string doc;
    std::vector<std::string> choices;
    std::string only;  ///< the device class that alone has the key, "" for all
    bool required = false;
    bool is_section = false;  ///< a table or list of tables with fields of its own
};
/// Every key of a scenario, in table order.
std::vector<FieldDoc> fields();
/// Keys of a market rules file.
std::vector<FieldDoc> market_fields();

}  // namespace gridflock::inline v0::scenario
