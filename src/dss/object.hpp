// SPDX-License-Identifier: Apache-2.0
// Objects of a script and their classes.
//
// A script is a program: properties act in the order they stand in, some of them on each other
// (`wdg=2` says which winding the next `kv` means, `kw` after `pf` asks for another reactive
// power). So an object is a struct, a class is a table of named setters over it, in the order in
// which unnamed values fall on them. To add a class: one file with a struct, its table and what it
// puts into the circuit.
#pragma once

#include <gridflock/core/error.hpp>
#include <gridflock/grid/circuit.hpp>

#include "tokens.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridflock::inline v0::dss {

class Session;

/// The value of one property as it stands in the script.
struct Value {
    std::string text;
    bool is_quoted = false;
};

struct Object {
    std::string name;  ///< lower case
    std::string class_name;
    Place at;             ///< where it was made
    std::size_t row = 0;  ///< of the report of elements
    bool enabled = true;
    double base_frequency = 60;

    virtual ~Object() = default;
};

/// An object that stands in the circuit: it has terminals.
struct ElementObject : Object {
    int phases = 3;
    std::vector<std::string> buses;  ///< as written, with nodes
    struct Opening {
        int terminal, conductor;  ///< 1-based; conductor 0 = all
        bool is_open;
    };
    std::vector<Opening> openings;  ///< in the order they happened

    void set_bus(std::size_t terminal, const std::string& text) {
        if (buses.size() <= terminal) buses.resize(terminal + 1);
        buses[terminal] = text;
    }
};

/// What a circuit is built with.
struct Build {
    grid::Circuit circuit;
    Session& session;
    double frequency_hz;

    /// The terminal with its conductors on nodes: 1.. for phases and ground for the rest unless
    /// the bus name says otherwise.
    grid::Connection connect(const ElementObject& element, std::size_t terminal,
                             std::size_t conductors);
    /// The second terminal: what the script says, else ground at the first one's bus.
    grid::Connection connect_second(const ElementObject& element, bool is_given,
                                    const grid::Connection& first);
    /// Over the frequency an object's data are meant for.
    double ratio(const Object& object) const { return frequency_hz / object.base_frequency; }
};

class ObjectClass {
public:
    explicit ObjectClass(std::string name) : name_(std::move(name)) {}
    virtual ~ObjectClass() = default;
    const std::string& name() const { return name_; }
    virtual bool is_element() const { return false; }
    /// Whether the property does anything here.
    virtual bool is_read(std::size_t property) const = 0;
    virtual const std::vector<std::string>& properties() const = 0;
    virtual std::unique_ptr<Object> make() const = 0;
    virtual void set(Object& o, std::size_t property, const Value& v, Session& s) const = 0;
    virtual void like(Object& o, const Object& other) const = 0;
    virtual void finish(Object& o, Session& s) const = 0;
    virtual void emit(const Object& o, Build& build) const = 0;

private:
    std::string name_;
};

/// A property: set is null for those that are read and change nothing here.
template <class Spec>
struct Property {
    const char* name;
    void (*set)(Spec&, const Value&, Session&) = nullptr;
};

/// Hooks of a class, all optional.
template <class Spec>
struct Hooks {
    void (*finish)(Spec&, Session&) = nullptr;    ///< at the end of each line that edited it
    void (*emit)(const Spec&, Build&) = nullptr;  ///< puts it into the circuit
    void (*like)(Spec&, const Spec&) = nullptr;   ///< undoes what `like` does not copy
};

template <class Spec>
class TableClass : public ObjectClass {
public:
    TableClass(std::string name, std::vector<Property<Spec>> table, Hooks<Spec> hooks)
        : ObjectClass(std::move(name)), table_(std::move(table)), hooks_(hooks) {
        for (const auto& p : table_) names_.push_back(p.name);
    }
    bool is_element() const override { return std::is_base_of_v<ElementObject, Spec>; }
    bool is_read(std::size_t property) const override { return table_[property].set != nullptr; }
    const std::vector<std::string>& properties() const override { return names_; }
    std::unique_ptr<Object> make() const override { return std::make_unique<Spec>(); }
    void set(Object& o, std::size_t property, const Value& v, Session& s) const override {
        if (table_[property].set) table_[property].set(static_cast<Spec&>(o), v, s);
    }
    void like(Object& o, const Object& other) const override {
        Spec& self = static_cast<Spec&>(o);
        const Spec before = self;
        self = static_cast<const Spec&>(other);
        static_cast<Object&>(self) = static_cast<const Object&>(before);
        self.base_frequency = other.base_frequency;
        if constexpr (std::is_base_of_v<ElementObject, Spec>) {
            self.buses = before.buses;
            self.openings = before.openings;
        }
        if (hooks_.like) hooks_.like(self, before);
    }
    void finish(Object& o, Session& s) const override {
        if (hooks_.finish) hooks_.finish(static_cast<Spec&>(o), s);
    }
    void emit(const Object& o, Build& build) const override {
        if (hooks_.emit) hooks_.emit(static_cast<const Spec&>(o), build);
    }

private:
    std::vector<Property<Spec>> table_;
    std::vector<std::string> names_;
    Hooks<Spec> hooks_;
};

}  // namespace gridflock::inline v0::dss
