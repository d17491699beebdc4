// SPDX-License-Identifier: Apache-2.0
// The state of a running script: objects, options, the active object, the place, what went wrong.
#pragma once

#include "arrays.hpp"
#include "object.hpp"
#include "ranges.hpp"

#include <gridflock/dss/files.hpp>
#include <gridflock/dss/reading.hpp>

#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <unordered_map>

namespace gridflock::inline v0::dss {

/// Options that `set` changes and that matter to a snapshot.
struct Settings {
    double frequency_hz = 60;
    double load_multiplier = 1, generator_multiplier = 1;
    int year = 0;
    int allocation_iterations = 2;
    double growth_percent = 2.5;  ///< a year, for loads without a growth shape
    std::vector<double> voltage_bases_kv = {0.208, 0.480, 12.47, 24.9, 34.5, 115.0, 230.0};
    Place voltage_bases_at;  ///< where they were set
    std::string earth_model = "deri";
};

class Session {
public:
    explicit Session(const Files& disk);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // scripts.cpp
    void run_file(const std::filesystem::path& file, bool is_compile);
    std::filesystem::path resolve(std::string_view name) const;  ///< "" when there is none
    /// The bytes; a fault and "" when they cannot be had. Notes the file as read.
    std::string read_bytes(const std::filesystem::path& file);
    /// The same without byte-order mark and NUL bytes.
    std::string read_text(const std::filesystem::path& file);
    /// Reads the one file of bus coordinates in the script's folder, unless the script named one.
    void find_coordinates(const std::filesystem::path& script);
    // commands.cpp
    void command(std::string_view line);
    // build.cpp
    grid::Circuit build();  ///< of the whole script
    grid::Circuit build_so_far();
    /// Faults for loads, generators and capacitors at a bus that nothing of the script names.
    void require_reached(const grid::Circuit& circuit);
    void calculate_voltage_bases();

    // values, numbers.cpp and arrays.cpp; a text that is no finite number, or one outside the
    // property's range, is a fault and gives a number inside
    double number(const Value& v);
    int integer(const Value& v);
    bool boolean(const Value& v);
    std::vector<double> numbers(const Value& v);  ///< (file=..) and its like are read
    std::vector<double> numbers(const Value& v, std::size_t most);  ///< a fault for more or none
    std::vector<std::string> words(const Value& v);
    /// Rows parted by |; a lower triangle fills both sides. A fault for another size; where it may
    /// be short, rows that are missing at its end are zero.
    std::vector<double> symmetric(const Value& v, std::size_t order, bool may_be_short = false);
    grid::Complex complex_number(const Value& v);  ///< [re im] or [re]
    bool is_delta(const std::string& word);        ///< a fault for what is neither wye nor delta
    /// Metres in one unit; 0 for none; a fault for an unknown one.
    double unit_m(const std::string& word);
    /// One column of a text file, from 1; a fault at its line for what is no number.
    std::vector<double> text_column(const std::filesystem::path& file, std::size_t column,
                                    bool has_head);
    std::vector<double> binary_numbers(const std::filesystem::path& file, bool is_double);
    void no_such_file(const std::string& name);

    // objects
    template <class T>
    T* find(std::string_view class_name, std::string_view name) {
        return dynamic_cast<T*>(find_object(class_name, name));
    }
    Object* find_object(std::string_view class_name, std::string_view name);
    /// Finds or complains with the nearest name.
    template <class T>
    T* require(std::string_view class_name, const Value& v) {
        T* found = find<T>(class_name, lower(v.text));
        if (!found) missing(class_name, v.text);
        return found;
    }

    // diagnostics
    Place here() const;
    void fault(std::string found, std::string rule, std::string remedy);
    void fault_at(Place at, std::string found, std::string rule, std::string remedy);
    void warn_once(const std::string& key, std::string found, std::string rule, std::string remedy);
    void warn_at(const Place& at, const std::string& key, std::string found, std::string rule,
                 std::string remedy);
    // reading.cpp: the report of elements; a repeated reason counts once
    void approximated(const Object& o, std::string_view how);
    void ignored(const Object& o, std::string_view why);
    std::vector<Reading> readings();
    const Place& last_place() const { return last_; }  ///< the end of the script
    const std::vector<std::unique_ptr<ObjectClass>>& classes() const;

    Settings settings;
    std::vector<Fault> faults, warnings;
    std::vector<std::filesystem::path> files;  ///< read so far
    double build_s = 0;                        ///< spent making circuits for voltage bases

private:
    struct Registry;

    // commands.cpp; the first two return whether the command was one of theirs
    bool change_objects(const std::string& name, Tokens& tokens);
    bool change_session(const std::string& name, Tokens& tokens);
    void call(Tokens& tokens, bool is_compile);
    bool may_run(const std::filesystem::path& file, const std::string& identity);
    void run_lines(std::string_view text);
    void leave_out(const std::string& kind, const std::string& name, Tokens& tokens);
    void warn_left_out(const std::string& kind);
    void unread_property(const Object& object, const std::string& property, const Value& v);
    void unknown_property(const Object& object, const std::string& property,
                          const std::vector<std::string>& names);
    void copy_like(Object& object, const ObjectClass& kind, const std::string& name);
    std::vector<double> file_numbers(const ArraySource& source);
    std::vector<double> wrong_matrix(std::string found, std::size_t order);
    void make(Tokens& tokens);
    void make_circuit(const std::string& name, Tokens& tokens);
    void edit(Tokens& tokens);
    void edit_many(Tokens& tokens);
    void edit_implicit(const Parameter& first, std::string_view line);
    void edit_object(Object& object, Tokens& tokens);
    void apply(Object& object, const ObjectClass& kind, std::size_t property, const Parameter& p);
    void set_options(Tokens& tokens);
    void set_option(const Parameter& p);
    bool keep_option(const std::string& name, const Value& v);
    void set_earth_model(const Value& v);
    bool require_closed(std::string_view line);
    void unknown_command(const std::string& word);
    void no_active(const std::string& word);
    void open_or_close(Tokens& tokens, bool is_open);
    void enable(Tokens& tokens, bool is_enabled);
    void set_bus_base(Tokens& tokens);
    void set_variable(Tokens& tokens);
    void allocate(double factor, bool is_by_energy);
    void allocate_loads();  // allocate.cpp
    void read_coordinates(std::string_view name);
    std::filesystem::path coordinates_beside(const std::filesystem::path& script) const;
    void clear();
    void missing(std::string_view class_name, const std::string& name);
    std::pair<std::string, std::string> class_and_name(Tokens& tokens);
    const ObjectClass* class_of(std::string_view name) const;
    Object* add(const ObjectClass& kind, const std::string& name);
    std::string variable(const std::string& text) const;
    double outside(const Value& v, std::string rule, std::string remedy);

    const Files& disk_;
    std::unique_ptr<Registry> registry_;
    std::vector<std::unique_ptr<Object>> objects_;      // in order of creation
    std::unordered_map<std::string, Object*> by_name_;  // "class.name"
    Object* active_ = nullptr;
    const ObjectClass* active_class_ = nullptr;
    std::string circuit_name_;
    std::unordered_map<std::string, double> bus_base_v_;
    std::unordered_map<std::string, std::array<double, 2>> coordinates_;
    std::map<std::string, std::string> variables_;
    std::set<std::string> warned_;
    std::filesystem::path folder_;
    std::vector<std::string> running_;  // identities of files
    std::size_t runs_ = 0;
    std::vector<Reading> rows_;
    bool is_line_broken_ = false;  // the rest of the line may mean anything
    bool is_left_out_ = false;     // the object that ~ means
    bool is_incomplete_ = false;   // objects that change the answer were left out
    bool allows_duplicates_ = false;
    bool is_missing_circuit_told_ = false;
    Place last_;
    std::string file_;
    int line_ = 0;
    std::string path_;              // of the property being set
    const Range* range_ = nullptr;  // of the same; null = every finite number
};

// Setters for tables.
template <class Spec, auto Member>
void set_number(Spec& o, const Value& v, Session& s) {
    o.*Member = s.number(v);
}
template <class Spec, auto Member>
void set_integer(Spec& o, const Value& v, Session& s) {
    o.*Member = s.integer(v);
}
template <class Spec, auto Member>
void set_boolean(Spec& o, const Value& v, Session& s) {
    o.*Member = s.boolean(v);
}
template <class Spec, auto Member>
void set_word(Spec& o, const Value& v, Session&) {
    o.*Member = lower(v.text);
}
template <class Spec, std::size_t Terminal>
void set_terminal(Spec& o, const Value& v, Session&) {
    o.set_bus(Terminal, lower(v.text));
}

/// Adds the properties that every class has after its own.
template <class Spec>
std::vector<Property<Spec>> with_common(std::vector<Property<Spec>> table, bool carries_power) {
    if (carries_power)
        for (const char* name : {"normamps", "emergamps", "faultrate", "pctperm", "repair"})
            table.push_back({name});
    else
        table.push_back({"spectrum"});
    table.push_back(
        {"basefreq", [](Spec& o, const Value& v, Session& s) { o.base_frequency = s.number(v); }});
    table.push_back(
        {"enabled", [](Spec& o, const Value& v, Session& s) { o.enabled = s.boolean(v); }});
    return table;
}

// One function a class; see classes.cpp for the list.
std::unique_ptr<ObjectClass> line_code_class();
std::unique_ptr<ObjectClass> line_class();
std::unique_ptr<ObjectClass> transformer_class();
std::unique_ptr<ObjectClass> load_class();
std::unique_ptr<ObjectClass> source_class();
std::unique_ptr<ObjectClass> capacitor_class();
std::unique_ptr<ObjectClass> reactor_class();
std::unique_ptr<ObjectClass> regulator_control_class();
std::unique_ptr<ObjectClass> capacitor_control_class();
std::unique_ptr<ObjectClass> shape_class();
std::unique_ptr<ObjectClass> generator_class();
std::unique_ptr<ObjectClass> pv_class();
std::unique_ptr<ObjectClass> storage_class();
std::unique_ptr<ObjectClass> current_source_class();
std::unique_ptr<ObjectClass> curve_class();
std::unique_ptr<ObjectClass> growth_class();
std::unique_ptr<ObjectClass> meter_class();
std::unique_ptr<ObjectClass> fault_class();
std::unique_ptr<ObjectClass> transformer_code_class();
std::unique_ptr<ObjectClass> wire_class();
std::unique_ptr<ObjectClass> concentric_cable_class();
std::unique_ptr<ObjectClass> tape_cable_class();
std::unique_ptr<ObjectClass> line_spacing_class();
std::unique_ptr<ObjectClass> line_geometry_class();
std::vector<std::unique_ptr<ObjectClass>> all_classes();
/// Classes of the language that change nothing in a snapshot: passed over.
bool is_passive_class(std::string_view name);
/// Classes of the language that are not in all_classes().
bool is_known_class(std::string_view name);
std::string why_left_out(std::string_view class_name);
/// What a property that is not read does to a snapshot: "" nothing, else what is lost; null when
/// the list does not have it.
const char* effect_of(std::string_view class_name, std::string_view property);

}  // namespace gridflock::inline v0::dss
