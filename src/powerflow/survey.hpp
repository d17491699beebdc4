// SPDX-License-Identifier: Apache-2.0
// What all checks of a circuit look at: topology, which nodes live, voltages without load.
#pragma once

#include <gridflock/grid/topology.hpp>
#include <gridflock/powerflow/network.hpp>

#include <complex>
#include <optional>
#include <string>
#include <vector>

namespace gridflock::inline v0::powerflow {

class Survey {
public:
    enum class Voltages : std::uint8_t { none, without_load };
    Survey(const grid::Circuit& circuit, Voltages voltages);

    const grid::Circuit& circuit;
    grid::Topology topology;
    grid::EnergisedNodes live;            ///< with every switch closed
    std::vector<std::int32_t> branch_to;  ///< [bus] into topology.order; -1: a source's or dead
    bool has_voltages = false;            ///< false too where the unloaded network has no solution

    /// Voltage of a node without load; 0 for ground and the dead.
    std::complex<double> v(grid::BusIdx bus, int node) const;
    /// |v| between two conductors of a terminal.
    double across(const grid::Connection& at, std::size_t a, std::size_t b) const;
    int depth(grid::BusIdx bus) const;
    /// The branch that feeds a bus, null for a source's bus and the dead.
    const grid::Branch* feed(grid::BusIdx bus) const;

    std::string name(grid::ElementRef ref) const { return grid::full_name(circuit, ref); }
    /// "line.l3 (feeder.dss:12)"
    std::string name_and_place(grid::ElementRef ref) const;
    /// Place of a property of the element: "load.a.kv" at its file and line.
    Place place(grid::ElementRef ref, const std::string& property) const;

private:
    void solve_without_load();
    std::vector<std::vector<std::pair<int, std::complex<double>>>> v_;  ///< [bus] (node, volts)
};

/// The element of a table at that position.
inline grid::ElementRef ref_of(grid::ElementKind kind, std::size_t i) {
    return {kind, static_cast<std::int32_t>(i)};
}

/// "1", "1 and 3", "1, 2 and 3".
std::string list_text(const std::vector<int>& numbers);
std::string list_text(const std::vector<std::string>& words);
/// Four digits, no trailing zeros: "2.402", "0.277".
std::string kilo_text(double volts);
/// A voltage to write in a file: fewer digits where they are the same within 0.15 %.
std::string neat_kilo(double volts);

void check_phases(const Survey& s, std::vector<Fault>& faults);
void check_ground(const Survey& s, std::vector<Fault>& faults);
void check_voltages(const Survey& s, std::vector<Fault>& faults);
void check_impedances(const Survey& s, std::vector<Fault>& faults);
void check_capacity(const Survey& s, std::vector<Fault>& faults);

}  // namespace gridflock::inline v0::powerflow
