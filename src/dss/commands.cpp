// SPDX-License-Identifier: Apache-2.0
// Commands, in the order of a script. A word may be shortened as long as an earlier command does
// not begin with it. What draws, shows, exports or solves is passed over.
#include "registry.hpp"

#include <gridflock/core/math.hpp>

#include <fmt/format.h>

namespace gridflock::inline v0::dss {

namespace {

std::string in_quotes(std::string_view text) {
    return fmt::format("'{}'", text);
}

bool changes_circuit(std::string_view command) {
    for (const char* name : {"makeposseq", "reduce", "rotate", "distribute", "estimate",
                             "reconductor", "rephase", "setloadandgenkv", "remove"})
        if (command == name) return true;
    return false;
}

/// Whether the command does anything here, so that its line must be whole.
bool acts(std::string_view command) {
    for (const char* name :
         {"new", "edit", "batchedit", "open", "close", "enable", "disable", "more", "m", "~",
          "select", "set", "redirect", "compile", "setkvbase", "var", "buscoords"})
        if (command == name) return true;
    return false;
}

/// How many terminals objects of a class have at most.
int terminals(std::string_view kind) {
    if (kind == "transformer" || kind == "autotrans") return 100;
    for (const char* two : {"line", "capacitor", "reactor", "fault", "vsource"})
        if (kind == two) return 2;
    return 1;
}

/// What an option that is not carried out does to the answer, "" when nothing.
const char* effect_of_option(std::string_view name, const std::string& value) {
    const char c = value.empty() ? ' ' : value[0];
    if (name == "cktmodel" && c == 'p') return "the positive-sequence model is not solved";
    if (name == "loadmodel" && c == 'a') return "loads keep their own models";
    if (name == "neglectloady" && (c == 'y' || c == 't')) return "loads keep their admittances";
    if (name == "longlinecorrection" && (c == 'y' || c == 't'))
        return "lines are not corrected for their length";
    return "";
}

}  // namespace

Session::Session(const Files& disk) : disk_(disk), registry_(std::make_unique<Registry>()) {
    registry_->classes = all_classes();
    for (const auto& kind : registry_->classes) {
        std::vector<std::string>& words = registry_->words[kind.get()];
        words = kind->properties();
        words.emplace_back("like");
    }
}
Session::~Session() = default;

void Session::command(std::string_view line) {
    is_line_broken_ = false;
    Tokens tokens(line);
    Parameter first;
    if (!tokens.next(first)) return;
    if (!first.name.empty()) {
        if (require_closed(line)) edit_implicit(first, line);
        return;
    }
    const std::string word = lower(first.value);
    const int index = word.empty() ? -1 : match(word, command_names());
    if (index < 0) return unknown_command(first.value);
    const std::string& name = command_names()[static_cast<std::size_t>(index)];
    if (acts(name) && !require_closed(line)) return;
    if (!change_objects(name, tokens) && !change_session(name, tokens) && changes_circuit(name))
        warn_once("command " + name, in_quotes(name),
                  "this command would change the circuit and is not carried out",
                  "state its outcome in the script");
}

void Session::unknown_command(const std::string& word) {
    const std::string near = word.size() < 3 ? "" : nearest(lower(word), command_names());
    fault(in_quotes(word), "unknown command",
          near.empty() ? "a line begins with a command, as new, or with ! where it is a comment"
                       : "did you mean '" + near + "'?");
}

bool Session::require_closed(std::string_view line) {
    if (!has_open_quote(line)) return true;
    fault(in_quotes(line), "a quotation mark or bracket is not closed",
          "close it on the same line");
    return false;
}

bool Session::change_objects(const std::string& name, Tokens& tokens) {
    if (name == "new")
        make(tokens);
    else if (name == "edit")
        edit(tokens);
    else if (name == "batchedit")
        edit_many(tokens);
    else if (name == "open" || name == "close")
        open_or_close(tokens, name == "open");
    else if (name == "enable" || name == "disable")
        enable(tokens, name == "enable");
    else if (name == "more" || name == "m" || name == "~") {
        if (active_)
            edit_object(*active_, tokens);
        else
            no_active(name);
    } else if (name == "select") {
        const auto [kind, object] = class_and_name(tokens);
        active_ = find_object(kind, object);
        active_class_ = class_of(kind);
        is_left_out_ = !active_;
        if (!active_ && kind != "circuit") missing(kind, object);
    } else {
        return false;
    }
    return true;
}

bool Session::change_session(const std::string& name, Tokens& tokens) {
    if (name == "set" || name == "solve")
        set_options(tokens);
    else if (name == "redirect" || name == "compile")
        call(tokens, name == "compile");
    else if (name == "clear" || name == "clearall")
        clear();
    else if (name == "calcvoltagebases")
        calculate_voltage_bases();
    else if (name == "allocateloads")
        allocate_loads();
    else if (name == "setkvbase")
        set_bus_base(tokens);
    else if (name == "var")
        set_variable(tokens);
    else if (name == "buscoords" || name == "latlongcoords" || name == "giscoords") {
        Parameter file;
        if (tokens.next(file)) read_coordinates(file.value);
    } else {
        return false;
    }
    return true;
}

void Session::call(Tokens& tokens, bool is_compile) {
    Parameter file;
    if (!tokens.next(file)) return fault("nothing", "a file must be named", "write its name");
    const std::string name = variable(file.value);
    const auto path = resolve(name);
    if (path.empty()) return no_such_file(name);
    run_file(path, is_compile);
}

void Session::set_options(Tokens& tokens) {
    Parameter p;
    while (tokens.next(p))
        if (!p.name.empty()) set_option(p);
}

void Session::set_option(const Parameter& p) {
    const int index = match(p.name, option_names());
    if (index < 0)
        return warn_once("option " + p.name, "option '" + p.name + "'",
                         "unknown option, passed over", suggest(p.name, option_names()));
    const std::string& name = option_names()[static_cast<std::size_t>(index)];
    const Value v{variable(p.value), p.is_quoted};
    path_ = "set." + name;
    range_ = range_of("set", name);
    if (!p.is_given)
        fault("nothing", "a value must stand there", "write it, or take the option out");
    else if (!keep_option(name, v))
        if (const std::string effect = effect_of_option(name, lower(v.text)); !effect.empty())
            warn_once("option " + name, "'" + v.text + "'", effect, "take the option out");
    range_ = nullptr;
    path_.clear();
}

bool Session::keep_option(const std::string& name, const Value& v) {
    if (name == "defaultbasefrequency")
        settings.frequency_hz = number(v);
    else if (name == "loadmult")
        settings.load_multiplier = number(v);
    else if (name == "genmult")
        settings.generator_multiplier = number(v);
    else if (name == "year")
        settings.year = integer(v);
    else if (name == "%growth")
        settings.growth_percent = number(v);
    else if (name == "earthmodel")
        set_earth_model(v);
    else if (name == "voltagebases") {
        settings.voltage_bases_kv = numbers(v);
        settings.voltage_bases_at = here();
    } else if (name == "allocationfactors")
        allocate(number(v), false);
    else if (name == "cfactors")
        allocate(number(v), true);
    else if (name == "numallociterations")
        settings.allocation_iterations = integer(v);
    else if (name == "allowduplicates")
        allows_duplicates_ = boolean(v);
    else
        return false;
    return true;
}

void Session::set_earth_model(const Value& v) {
    const int model = match(lower(v.text), {"carson", "fullcarson", "deri"});
    if (model < 0)
        return fault(in_quotes(v.text), "must be carson, fullcarson or deri", "deri is usual");
    settings.earth_model = model == 0 ? "carson" : (model == 1 ? "fullcarson" : "deri");
}

void Session::open_or_close(Tokens& tokens, bool is_open) {
    const auto [kind, name] = class_and_name(tokens);
    auto* element = dynamic_cast<ElementObject*>(find_object(kind, name));
    if (!element) return missing(kind, name);
    Parameter terminal, conductor;
    const bool has_terminal = tokens.next(terminal), has_conductor = tokens.next(conductor);
    const int t = has_terminal ? integer({terminal.value, terminal.is_quoted}) : 1;
    const int c = has_conductor ? integer({conductor.value, conductor.is_quoted}) : 0;
    if (is_line_broken_) return;
    if (t < 1 || t > terminals(kind))
        return fault("terminal " + terminal.value,
                     fmt::format("a {} has terminals 1 to {}", kind, terminals(kind)),
                     "write e.g. open line.l1 1");
    if (c < 0 || c > 100)
        return fault("conductor " + conductor.value, "must be 1 or more, or 0 for all",
                     "write e.g. open line.l1 1 2");
    element->openings.push_back({t, c, is_open});
}

void Session::enable(Tokens& tokens, bool is_enabled) {
    const auto [kind, name] = class_and_name(tokens);
    bool is_found = name == "*";
    for (const auto& object : objects_) {
        if (object->class_name != kind || (name != "*" && object->name != name)) continue;
        object->enabled = is_enabled;
        is_found = true;
    }
    if (!is_found) missing(kind, name);
}

void Session::set_bus_base(Tokens& tokens) {
    std::string bus;
    double volts = 0;
    Parameter p;
    for (int i = 0; tokens.next(p); ++i) {
        const bool is_bus = p.name == "bus" || (p.name.empty() && i == 0);
        if (is_bus)
            bus = lower(p.value);
        else if (p.name == "kvln")
            volts = 1000 * number({p.value, p.is_quoted});
        else
            volts = 1000 * number({p.value, p.is_quoted}) / math::sqrt(3.0);
    }
    if (volts > 0) bus_base_v_[bus] = volts;
}

void Session::set_variable(Tokens& tokens) {
    Parameter p;
    while (tokens.next(p))
        if (!p.name.empty()) variables_[p.name] = variable(p.value);
}

void Session::clear() {
    objects_.clear();
    by_name_.clear();
    active_ = nullptr;
    active_class_ = nullptr;
    circuit_name_.clear();
    bus_base_v_.clear();
    coordinates_.clear();
    rows_.clear();
    is_left_out_ = is_incomplete_ = is_missing_circuit_told_ = false;
    const double frequency_hz = settings.frequency_hz;  // outlives a clear
    const std::string earth_model = settings.earth_model;
    settings = {};
    settings.frequency_hz = frequency_hz;
    settings.earth_model = earth_model;
}

Place Session::here() const {
    return {file_, line_, path_};
}

void Session::fault(std::string found, std::string rule, std::string remedy) {
    is_line_broken_ = true;
    fault_at(here(), std::move(found), std::move(rule), std::move(remedy));
}

void Session::fault_at(Place at, std::string found, std::string rule, std::string remedy) {
    constexpr std::size_t most_faults = 1000, most_letters = 80;
    const auto same = [](const Place& a, const Place& b) {
        return a.file == b.file && a.line == b.line && a.path == b.path;
    };
    if (faults.size() >= most_faults || (!faults.empty() && same(faults.back().at, at))) return;
    if (found.size() > most_letters) {
        std::size_t end = most_letters - 20;
        while (end > 0 && (static_cast<unsigned char>(found[end]) & 0xc0) == 0x80) --end;
        found = found.substr(0, end) + "..'";
    }
    faults.push_back({std::move(at), std::move(found), std::move(rule), std::move(remedy)});
}

void Session::warn_at(const Place& at, const std::string& key, std::string found, std::string rule,
                      std::string remedy) {
    if (warned_.insert(key).second)
        warnings.push_back({at, std::move(found), std::move(rule), std::move(remedy)});
}

void Session::warn_once(const std::string& key, std::string found, std::string rule,
                        std::string remedy) {
    if (!warned_.insert(key).second) return;
    warnings.push_back({here(), std::move(found), std::move(rule), std::move(remedy)});
}

}  // namespace gridflock::inline v0::dss
