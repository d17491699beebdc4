// SPDX-License-Identifier: Apache-2.0
// Any element of a circuit by reference and by name ("line.sw3"), and its switch contacts.
//
// A contact is one conductor at one terminal. Opening a contact takes that conductor's current to
// zero; what it fed may then have no source and is dead (topology.hpp). All contacts that stand
// open, in order, are the key of a topology: two circuits with equal openings share their factor.
#pragma once

#include <gridflock/grid/circuit.hpp>

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridflock::inline v0::grid {

enum class ElementKind : std::uint8_t {
    source,
    line,
    transformer,
    capacitor,
    reactor,
    load,
    generator,
    current_source,
};

/// Position of an element in its table of the circuit.
struct ElementRef {
    ElementKind kind = ElementKind::line;
    std::int32_t index = -1;

    bool valid() const { return index >= 0; }
    std::size_t pos() const { return static_cast<std::size_t>(index); }
    auto operator<=>(const ElementRef&) const = default;
};

/// Every element, kind by kind in the order above.
std::vector<ElementRef> all_elements(const Circuit& circuit);
const Element& element(const Circuit& circuit, ElementRef ref);
/// "line.sw3"; the class as the file wrote it where it says so ("pvsystem.roof").
std::string full_name(const Circuit& circuit, ElementRef ref);
/// Its terminals in order: both ends of a line, the windings of a transformer, one of a load.
std::vector<const Connection*> terminals(const Circuit& circuit, ElementRef ref);

/// The element of that name, in any case; invalid when there is none.
ElementRef find_element(const Circuit& circuit, std::string_view name);
/// What to write instead of a name that no element has: the nearest one, or its class's beginning.
std::string suggest_element(const Circuit& circuit, std::string_view name);
/// Errors  ScenarioError at `at` with the nearest match.
ElementRef require_element(const Circuit& circuit, std::string_view name, const Place& at = {});

/// Opens conductors of a terminal. Terminal and conductor count from 1; 0 = all of them.
/// Errors  ScenarioError: no such terminal or conductor; a source, which is no switch.
void open(Circuit& circuit, ElementRef ref, int terminal = 1, int conductor = 0);
/// Closes them again; by default every contact of the element.
void close(Circuit& circuit, ElementRef ref, int terminal = 0, int conductor = 0);
/// By name. Errors  also ScenarioError with the nearest match.
void open(Circuit& circuit, std::string_view name, int terminal = 1, int conductor = 0);
void close(Circuit& circuit, std::string_view name, int terminal = 0, int conductor = 0);

/// The open conductors of one terminal: bit c for conductor c.
struct Opening {
    ElementRef element;
    std::int32_t terminal = 0;  ///< from 0
    std::uint64_t conductors = 0;
    auto operator<=>(const Opening&) const = default;
};

/// Every terminal with an open conductor, in order: the key of the topology.
std::vector<Opening> openings(const Circuit& circuit);
/// Opens exactly these and closes all others.
void set_openings(Circuit& circuit, std::span<const Opening> open);

}  // namespace gridflock::inline v0::grid
