// SPDX-License-Identifier: Apache-2.0
// A value of a description: what TOML, the command line and Python hand over before it is known
// where it belongs. It keeps the line it was read from, so that a fault can name it.
//
// Value is the only currency between a Scenario and the outside: read_table() of a described struct
// takes one, get() and set() by dotted path ("fleet[1].rated_kw") return and take one.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace gridflock::inline v0::scenario {

class Value;
using Array = std::vector<Value>;
/// Ordered as written; a key occurs once.
using Table = std::vector<std::pair<std::string, Value>>;

class Value {
public:
    enum class Kind { none, boolean, integer, number, text, array, table };

    Value() = default;
    Value(bool v) : v_(v) {}
    Value(int v) : v_(static_cast<std::int64_t>(v)) {}
    Value(std::int64_t v) : v_(v) {}
    Value(double v) : v_(v) {}
    Value(const char* v) : v_(std::string(v)) {}
    Value(std::string v) : v_(std::move(v)) {}
    Value(Array v) : v_(std::move(v)) {}
    Value(Table v) : v_(std::move(v)) {}

    Kind kind() const { return static_cast<Kind>(v_.index()); }
    bool is_none() const { return kind() == Kind::none; }
    bool is_boolean() const { return kind() == Kind::boolean; }
    bool is_integer() const { return kind() == Kind::integer; }
    bool is_number() const { return kind() == Kind::number || is_integer(); }
    bool is_text() const { return kind() == Kind::text; }
    bool is_array() const { return kind() == Kind::array; }
    bool is_table() const { return kind() == Kind::table; }

    /// Pre: the kind matches; number() also takes an integer.
    bool boolean() const { return std::get<bool>(v_); }
    std::int64_t integer() const { return std::get<std::int64_t>(v_); }
    double number() const {
        return is_integer() ? static_cast<double>(integer()) : std::get<double>(v_);
    }
    const std::string& text() const { return std::get<std::string>(v_); }
    const Array& array() const { return std::get<Array>(v_); }
    Array& array() { return std::get<Array>(v_); }
    const Table& table() const { return std::get<Table>(v_); }
    Table& table() { return std::get<Table>(v_); }

    /// The entry of a table, or null when this is no table or has no such key.
    const Value* find(const std::string& key) const;
    Value* find(const std::string& key);
    /// Sets or replaces an entry; a none becomes a table first. Pre: a table or none.
    Value& put(const std::string& key, Value v);

    int line = 0;      ///< 1-based line of the file; 0 when set by a program
    std::string note;  ///< a comment to write above it in TOML; not part of its worth

    /// Equal worth; places and notes do not count. An integer equals the number of the same worth.
    bool operator==(const Value& other) const;

private:
    std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Table> v_;
};

/// As TOML would show it, on one line: 0.5, "lte-m", [1, 2], {low = 0.3}; for the `found` of a
/// fault.
std::string to_text(const Value& v);
/// The shortest decimal that reads back as exactly x ("inf" and "nan" included).
std::string number_text(double x);

/// Reads what follows `=` on a command line: true, 3, 2.5, "5 min", [1, 2], {low = 0.3}, none;
/// anything else is text, quoted or not ("peak_shaving").
Value parse_value(const std::string& text);

}  // namespace gridflock::inline v0::scenario
