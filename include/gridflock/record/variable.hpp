// SPDX-License-Identifier: Apache-2.0
// What can be recorded: the catalogue of variables.
//
// A variable has two names. Inside, "head.p" is in SI units. In files, scenario files and Python it
// is "head.p_kw": the suffix tells the unit. The part before the point is its group: a group has
// one time axis (one cadence) and at most one kind of entity, so every value of it is placed by
// [time, world, variant, entity]. Values are quantised when they are stored: integers of
// `resolution` (file units) compress three times better than floats, and the rounding is stated,
// not hidden.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridflock::inline v0::record {

struct Variable {
    std::string name;       ///< "head.p": SI
    std::string key;        ///< "head.p_kw": files and Python
    std::string entity;     ///< dimension of its rows ("node", "device", "site"), "" for one row
    std::string unit;       ///< unit of the columns handed over
    std::string file_unit;  ///< unit in the file, as pint spells it
    double scale = 1.0;     ///< file value = scale * SI value
    double resolution = 0;  ///< step of the stored integers, file units; 0 stores a 32-bit float
    std::string doc;

    std::string group() const;      ///< "head"
    std::string file_name() const;  ///< "p_kw": the dataset inside the group
    bool operator==(const Variable&) const = default;
};

/// All variables that a simulation offers.
std::vector<Variable> catalogue();

/// The variable called `name` in either spelling. Errors: Error naming the nearest one.
Variable find_variable(std::string_view name);

/// Every key ("head.p_kw", ...), in catalogue order.
std::vector<std::string> variable_keys();

}  // namespace gridflock::inline v0::record
