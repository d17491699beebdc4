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
    for (const char* name :
         {"makeposseq", "reduce", "rotate", "distribute", "estimate", "reconductor", "rephase",
          "setloadandgenkv", "remove", "allocateloads"})
        if (command == name) return true;
    return false;
}

}  // namespace

Session::Session() : registry_(std::make_unique<Registry>()) {
    registry_->classes = all_classes();
}
Session::~Session() = default;

void Session::command(std::string_view line) {
    Tokens tokens(line);
    Parameter first;
    if (!tokens.next(first)) return;
    if (!first.name.empty()) return edit_implicit(first, tokens.rest());
    const std::string word = lower(first.value);
    const int index = match(word, command_names());
    if (index < 0)
        return warn_once("command " + word, in_quotes(first.value), "unknown command, passed over",
                         suggest(word, command_names()));
    const std::string& name = command_names()[static_cast<std::size_t>(index)];
    if (!change_objects(name, tokens) && !change_session(name, tokens) && changes_circuit(name))
        warn_once("command " + name, in_quotes(name),
                  "this command would change the circuit and is not carried out",
                  "state its outcome in the script");
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
        if (active_) edit_object(*active_, tokens);
    } else if (name == "select") {
        const auto [kind, object] = class_and_name(tokens);
        active_ = find_object(kind, object);
        active_class_ = class_of(kind);
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
    if (!tokens.next(file)) return;
    const auto path = resolve(variable(file.value));
    if (path.empty())
        return fault(
            in_quotes(file.value), "no such file under " + folder_.string(),
            "check the name and the folder; paths are relative to the file that names them");
    run_file(path, is_compile);
}

std::pair<std::string, std::string> Session::class_and_name(Tokens& tokens) {
    Parameter p;
    if (!tokens.next(p)) return {};
    const std::string text = lower(variable(p.value));
    const std::size_t dot = text.find('.');
    if (dot == std::string::npos)
        return {active_class_ ? active_class_->name() : std::string(), text};
    return {text.substr(0, dot), text.substr(dot + 1)};
}

const ObjectClass* Session::class_of(std::string_view name) const {
    for (const auto& kind : registry_->classes)
        if (kind->name() == name) return kind.get();
    return nullptr;
}

Object* Session::find_object(std::string_view class_name, std::string_view name) {
    const auto found = by_name_.find(std::string(class_name) + "." + std::string(name));
    return found == by_name_.end() ? nullptr : found->second;
}

Object* Session::add(const ObjectClass& kind, const std::string& name) {
    auto object = kind.make();
    object->name = name;
    object->class_name = kind.name();
    object->at = here();
    object->at.path = kind.name() + "." + name;
    object->base_frequency = settings.frequency_hz;
    Object* out = object.get();
    objects_.push_back(std::move(object));
    by_name_[kind.name() + "." + name] = out;
    return out;
}

void Session::make(Tokens& tokens) {
    const auto [kind_name, name] = class_and_name(tokens);
    if (kind_name == "circuit") return make_circuit(name, tokens);
    active_ = nullptr;
    active_class_ = class_of(kind_name);
    if (!active_class_) {
        if (is_passive_class(kind_name)) return;
        std::vector<std::string> known;
        for (const auto& kind : registry_->classes) known.push_back(kind->name());
        warn_once("class " + kind_name, "class '" + kind_name + "'",
                  "its objects are not modelled and are left out of the circuit",
                  suggest(kind_name, known));
        return;
    }
    if (circuit_name_.empty() && active_class_->is_element()) {
        fault(in_quotes(kind_name + "." + name), "there is no circuit yet",
              "begin with: new circuit.name");
        return;
    }
    if (name.empty())
        return fault(in_quotes(kind_name), "an object needs a name", "write class.name");
    active_ = find_object(kind_name, name);
    if (!active_) active_ = add(*active_class_, name);
    edit_object(*active_, tokens);
}

void Session::make_circuit(const std::string& name, Tokens& tokens) {
    clear();
    circuit_name_ = name;
    active_class_ = class_of("vsource");
    active_ = add(*active_class_, "source");
    for (std::size_t p = 0; p < active_class_->properties().size(); ++p)
        if (active_class_->properties()[p] == "bus1")
            active_class_->set(*active_, p, {"sourcebus", false}, *this);
    edit_object(*active_, tokens);
}

void Session::edit(Tokens& tokens) {
    const auto [kind_name, name] = class_and_name(tokens);
    if (kind_name == "circuit") return;
    active_class_ = class_of(kind_name);
    active_ = find_object(kind_name, name);
    if (active_) return edit_object(*active_, tokens);
    if (active_class_) missing(kind_name, name);
}

void Session::edit_implicit(const Parameter& first, std::string_view rest) {
    const std::size_t last = first.name.rfind('.');
    if (last != std::string::npos) {
        const std::string owner = first.name.substr(0, last);
        const std::size_t dot = owner.find('.');
        const std::string kind = dot == std::string::npos
                                     ? (active_class_ ? active_class_->name() : "")
                                     : owner.substr(0, dot);
        if (is_passive_class(kind)) return;
        active_class_ = class_of(kind);
        active_ = find_object(kind, dot == std::string::npos ? owner : owner.substr(dot + 1));
        if (!active_) return missing(kind, owner);
    }
    if (!active_) return;
    const char quote = first.value.find('"') == std::string::npos ? '"' : '\'';
    const std::string value = first.is_quoted || !first.value.empty() ? first.value : "";
    const std::string line = fmt::format(
        "{}={}{}{} {}", last == std::string::npos ? first.name : first.name.substr(last + 1), quote,
        value, quote, rest);
    Tokens tokens(line);
    edit_object(*active_, tokens);
}

void Session::edit_object(Object& object, Tokens& tokens) {
    const ObjectClass& kind = *class_of(object.class_name);
    std::vector<std::string> names = kind.properties();
    names.emplace_back("like");
    int position = -1;
    Parameter p;
    while (tokens.next(p)) {
        if (p.value.empty() && !p.is_quoted) continue;
        position = p.name.empty() ? position + 1 : match(p.name, names);
        if (position < 0 || static_cast<std::size_t>(position) >= names.size()) {
            path_ = object.class_name + "." + object.name;
            warn_once("property " + object.class_name + "." + p.name,
                      "property '" + p.name + "' of class " + object.class_name,
                      "unknown property, passed over", suggest(p.name, names));
            path_.clear();
            continue;
        }
        apply(object, kind, static_cast<std::size_t>(position), p);
    }
    kind.finish(object, *this);
    path_.clear();
}

void Session::apply(Object& object, const ObjectClass& kind, std::size_t property,
                    const Parameter& p) {
    const bool is_like = property == kind.properties().size();
    path_ = object.class_name + "." + object.name + "." +
            (is_like ? std::string("like") : kind.properties()[property]);
    if (!is_like) {
        range_ = range_of(object.class_name, kind.properties()[property]);
        kind.set(object, property, {variable(p.value), p.is_quoted}, *this);
        range_ = nullptr;
        return;
    }
    const Object* other = find_object(object.class_name, lower(p.value));
    if (!other) return missing(object.class_name, p.value);
    kind.like(object, *other);
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
    const Value v{p.value, p.is_quoted};
    path_ = "set." + name;
    range_ = range_of("set", name);
    if (name == "defaultbasefrequency") settings.frequency_hz = number(v);
    if (name == "loadmult") settings.load_multiplier = number(v);
    if (name == "earthmodel") settings.earth_model = lower(p.value);
    if (name == "voltagebases") settings.voltage_bases_kv = numbers(v);
    if (name == "allocationfactors") allocate(number(v));
    range_ = nullptr;
    path_.clear();
}

void Session::open_or_close(Tokens& tokens, bool is_open) {
    const auto [kind, name] = class_and_name(tokens);
    auto* element = dynamic_cast<ElementObject*>(find_object(kind, name));
    if (!element) return missing(kind, name);
    Parameter terminal, conductor;
    const int t = tokens.next(terminal) ? integer({terminal.value, false}) : 1;
    const int c = tokens.next(conductor) ? integer({conductor.value, false}) : 0;
    element->openings.push_back({t < 1 ? 1 : t, c, is_open});
}

void Session::enable(Tokens& tokens, bool is_enabled) {
    const auto [kind, name] = class_and_name(tokens);
    for (const auto& object : objects_)
        if (object->class_name == kind && (name == "*" || object->name == name))
            object->enabled = is_enabled;
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
    settings.voltage_bases_kv = Settings{}.voltage_bases_kv;
    settings.load_multiplier = 1;
}

Place Session::here() const {
    return {file_, line_, path_};
}

void Session::fault(std::string found, std::string rule, std::string remedy) {
    faults.push_back({here(), std::move(found), std::move(rule), std::move(remedy)});
}

void Session::warn_once(const std::string& key, std::string found, std::string rule,
                        std::string remedy) {
    if (!warned_.insert(key).second) return;
    warnings.push_back({here(), std::move(found), std::move(rule), std::move(remedy)});
}

void Session::missing(std::string_view class_name, const std::string& name) {
    if (is_passive_class(class_name)) return;
    std::vector<std::string> known;
    for (const auto& object : objects_)
        if (object->class_name == class_name) known.push_back(object->name);
    warn_once(fmt::format("object {}.{}", class_name, name),
              fmt::format("'{}.{}'", class_name, lower(name)), "there is no such object",
              known.empty() ? "define it before it is named" : suggest(lower(name), known));
}

}  // namespace gridflock::inline v0::dss
