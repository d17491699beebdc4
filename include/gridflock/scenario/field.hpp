// SPDX-License-Identifier: Apache-2.0
// Field tables: one for each described struct, and the only place where a key is written down.
//
// A Field names a key with its unit, the scale to SI, its range, its words, and a sentence; the
// default is the member's own initialiser. A Codec knows how a C++ type is read and written, once
// for all fields of that type. The TOML reader, `--set`, Python's properties, validation, the JSON
// Schema and the reference page are loops over these tables.
#pragma once

#include <gridflock/core/error.hpp>
#include <gridflock/scenario/value.hpp>

#include <functional>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace gridflock::inline v0::scenario {

/// Allowed numbers, in the key's own unit.
struct Range {
    double min = -std::numeric_limits<double>::infinity();
    double max = std::numeric_limits<double>::infinity();
    bool open_min = false;  ///< min itself is not allowed
};
std::string to_text(const Range& r);  ///< "> 0", "0 to 1", ">= 0", ""

struct Field;
struct Schema;

/// Where reading stands: faults and places are gathered, nothing is thrown.
struct Reader {
    std::string file;
    std::vector<Fault>* faults = nullptr;
    std::map<std::string, Place>* places = nullptr;  ///< may be null
    bool by_name = false;  ///< a table may stand for a list: entries by name or number, merged

    Place place(const std::string& path, const Value& v) const;
    void note(const std::string& path, const Value& v) const;
    void fault(const std::string& path, const Value& v, std::string rule,
               std::string remedy = "") const;
};

/// How one C++ type is read from a Value and written to one.
struct Codec {
    const char* type;  ///< as the reference page names it
    void (*read)(void* member, const Value& v, const Field& f, const Reader& r,
                 const std::string& path);
    Value (*write)(const void* member, const Field& f);
    /// The numbers that the range holds for, in SI; null: the type has none.
    void (*numbers)(const void* member, std::vector<double>& out) = nullptr;
    const Schema* (*schema)() = nullptr;  ///< of a nested struct, or of a list's elements
    // lists of structs only
    std::size_t (*size)(const void* member) = nullptr;
    void* (*at)(void* member, std::size_t i) = nullptr;
};

struct Field {
    const char* key;
    const Codec* codec;
    void* (*member)(void* object);
    const char* doc;
    const char* unit = "";
    double scale = 1;
    Range range{};
    std::span<const char* const> choices{};
    bool required = false;
    const char* only = "";  ///< the device class that the key belongs to

    bool is_section() const { return codec->schema && !codec->size; }
    bool is_list() const { return codec->size != nullptr; }
    const void* member_of(const void* object) const { return member(const_cast<void*>(object)); }
};

struct Schema {
    const char* name;
    std::span<const Field> fields;
    const void* (*defaults)();  ///< a default object of the struct
    /// Takes a value that is no table ("dispatch = false"); null: only tables are taken.
    bool (*shorthand)(void* object, const Value& v) = nullptr;
    const char* shorthand_rule = "";

    const Field* find(const std::string& key) const;
    std::vector<std::string> keys() const;
};

const Schema& scenario_fields();
const Schema& market_rules_fields();
const Schema& figure_fields();

/// Reads the keys that `tree` has into the object; keys it does not have keep their value.
void read_struct(const Schema& s, void* object, const Value& tree, const Reader& r,
                 const std::string& path);
Value write_struct(const Schema& s, const void* object, bool all);
/// Ranges and words of every field below; places come from the scenario when given.
using PlaceOf = std::function<Place(const std::string&)>;
void check_struct(const Schema& s, const void* object, const std::string& path,
                  const PlaceOf& place_of, std::vector<Fault>& faults);

inline std::string join_path(const std::string& path, const std::string& key) {
    return path.empty() ? key : path + "." + key;
}
inline std::string index_path(const std::string& path, std::size_t i) {
    return path + "[" + std::to_string(i) + "]";
}

}  // namespace gridflock::inline v0::scenario
