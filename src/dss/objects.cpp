// SPDX-License-Identifier: Apache-2.0
// Making and editing objects: new, edit, more, like, and values that stand alone.
#include "numbers.hpp"
#include "registry.hpp"

#include <fmt/format.h>

namespace gridflock::inline v0::dss {

namespace {

std::string in_quotes(std::string_view text) {
    return fmt::format("'{}'", text);
}

}  // namespace

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

const std::vector<std::unique_ptr<ObjectClass>>& Session::classes() const {
    return registry_->classes;
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
    object->row = rows_.size();
    rows_.push_back({object->at.path, here(), Verdict::exact, ""});
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
    is_left_out_ = true;  // until it is made: what ~ adds goes where it goes
    if (kind_name.empty() || name.empty() || class_of(name))
        return fault(in_quotes(name.empty() ? kind_name : name),
                     "a new object needs a class and a name", "write: new class.name");
    if (!active_class_) return leave_out(kind_name, name, tokens);
    if (circuit_name_.empty() && active_class_->is_element()) {
        if (!std::exchange(is_missing_circuit_told_, true))
            fault(in_quotes(kind_name + "." + name), "there is no circuit yet",
                  "begin with: new circuit.name");
        return;
    }
    active_ = find_object(kind_name, name);
    if (active_ && active_class_->is_element() && !allows_duplicates_) {
        const Place first = active_->at;
        active_ = nullptr;
        return fault(in_quotes(kind_name + "." + name),
                     fmt::format("is there already, since {}:{}", first.file, first.line),
                     "write: edit " + kind_name + "." + name + ", or take another name");
    }
    is_left_out_ = false;
    if (!active_) active_ = add(*active_class_, name);
    edit_object(*active_, tokens);
}

void Session::make_circuit(const std::string& name, Tokens& tokens) {
    if (name.empty())
        return fault("'circuit.'", "a circuit needs a name", "write: new circuit.name");
    if (!circuit_name_.empty())
        return fault(in_quotes("circuit." + name),
                     "there is a circuit already: '" + circuit_name_ + "'",
                     "write clear before it, or keep one of them");
    circuit_name_ = name;
    is_left_out_ = false;
    active_class_ = class_of("vsource");
    active_ = add(*active_class_, "source");
    for (std::size_t p = 0; p < active_class_->properties().size(); ++p)
        if (active_class_->properties()[p] == "bus1")
            active_class_->set(*active_, p, {"sourcebus", false}, *this);
    edit_object(*active_, tokens);
}

void Session::edit(Tokens& tokens) {
    const auto [kind_name, name] = class_and_name(tokens);
    if (kind_name == "circuit") {
        active_ = find_object("vsource", "source");
        active_class_ = class_of("vsource");
        if (!active_)
            return fault(in_quotes("circuit." + name), "there is no circuit yet",
                         "begin with: new circuit.name");
    } else {
        active_class_ = class_of(kind_name);
        active_ = find_object(kind_name, name);
    }
    is_left_out_ = !active_;
    if (active_) return edit_object(*active_, tokens);
    missing(kind_name, name);
}

void Session::edit_implicit(const Parameter& first, std::string_view line) {
    const std::size_t last = first.name.rfind('.');
    if (last != std::string::npos) {
        const std::string owner = first.name.substr(0, last);
        const std::size_t dot = owner.find('.');
        const std::string kind = dot == std::string::npos
                                     ? (active_class_ ? active_class_->name() : "")
                                     : owner.substr(0, dot);
        const std::string name = dot == std::string::npos ? owner : owner.substr(dot + 1);
        active_class_ = class_of(kind);
        active_ = find_object(kind, name);
        is_left_out_ = !active_;
        if (!active_) return missing(kind, name);
    }
    if (!active_) return no_active(first.name + "=");
    Tokens tokens(last == std::string::npos ? line
                                            : line.substr(line.rfind('.', line.find('=')) + 1));
    edit_object(*active_, tokens);
}

void Session::no_active(const std::string& word) {
    if (!is_left_out_)
        fault(in_quotes(word), "there is no object that it could mean",
              "write: edit class.name before it");
}

void Session::edit_object(Object& object, Tokens& tokens) {
    const ObjectClass& kind = *class_of(object.class_name);
    const std::vector<std::string>& names = registry_->words.at(&kind);
    int position = -1;
    Parameter p;
    const std::size_t faults_before = faults.size();
    while (!is_line_broken_ && tokens.next(p)) {
        position = p.name.empty() ? position + 1 : match(p.name, names);
        path_ = object.class_name + "." + object.name;
        if (position < 0 || static_cast<std::size_t>(position) >= names.size()) {
            unknown_property(object, p.name.empty() ? p.value : p.name, names);
            continue;
        }
        path_ += "." + names[static_cast<std::size_t>(position)];
        if (!p.is_given)
            fault("nothing", "a value must stand there", "write it, or take the word or comma out");
        else
            apply(object, kind, static_cast<std::size_t>(position), p);
    }
    path_ = object.class_name + "." + object.name;
    if (faults.size() == faults_before) kind.finish(object, *this);
    path_.clear();
}

void Session::unknown_property(const Object& object, const std::string& property,
                               const std::vector<std::string>& names) {
    approximated(object, "property '" + property + "' is unknown");
    warn_once("property " + object.class_name + "." + property,
              "property '" + property + "' of class " + object.class_name,
              "unknown property, passed over", suggest(property, names));
}

void Session::apply(Object& object, const ObjectClass& kind, std::size_t property,
                    const Parameter& p) {
    if (property == kind.properties().size()) return copy_like(object, kind, lower(p.value));
    const std::string& name = kind.properties()[property];
    const Value v{variable(p.value), p.is_quoted};
    if (!kind.is_read(property)) return unread_property(object, name, v);
    range_ = range_of(object.class_name, name);
    kind.set(object, property, v, *this);
    range_ = nullptr;
}

void Session::unread_property(const Object& object, const std::string& property, const Value& v) {
    const char* effect = effect_of(object.class_name, property);
    if (!effect || effect[0] == '\0') return;
    double number = 0;
    const bool is_number = parse_number(v.text, number);
    if (is_number && property == "frequency" && number == settings.frequency_hz) return;
    if (is_number && (property == "rneut" || property == "xneut") && number < 0) return;  // open
    approximated(object, property + ": " + effect);
    warn_once("unread " + object.class_name + "." + property,
              "property '" + property + "' of class " + object.class_name, effect,
              "leave it out, or see the report of elements");
}

void Session::copy_like(Object& object, const ObjectClass& kind, const std::string& name) {
    const Object* other = find_object(object.class_name, name);
    if (other == &object)
        return fault(in_quotes(name), "an object cannot be like itself", "name another one");
    if (!other) return missing(object.class_name, name);
    kind.like(object, *other);
}

void Session::missing(std::string_view class_name, const std::string& name) {
    const std::string kind(class_name), word = lower(name);
    if (!class_of(kind)) {
        if (kind.empty())
            return fault(name.empty() ? "nothing" : in_quotes(name), "names no object",
                         "write class.name");
        return warn_left_out(kind);
    }
    std::vector<std::string> known;
    for (const auto& object : objects_)
        if (object->class_name == kind) known.push_back(object->name);
    const std::string found = fmt::format("'{}.{}'", kind, word);
    const std::string remedy =
        known.empty() ? "define it before it is named" : suggest(word, known);
    if (kind == "loadshape")  // a snapshot gets along without
        return warn_once("object " + found, found, "there is no such object", remedy);
    fault(found, "there is no such object", remedy);
}

}  // namespace gridflock::inline v0::dss
