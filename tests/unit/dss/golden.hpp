// SPDX-License-Identifier: Apache-2.0
// Golden tables: node voltages of OpenDSS (tools/oracles/opendss).
#pragma once

#include <gridflock/dss/report.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace golden {

using Key = std::pair<std::string, int>;
struct Row {
    double volt = 0, pu = 0, degrees = 0;
    double scale = 0;  ///< what an error is measured by: the base, or the bus's largest voltage
    std::complex<double> phasor() const {
        return std::polar(volt, degrees * std::acos(-1.0) / 180);
    }
    double base() const { return scale; }
};
struct Table : std::map<Key, Row> {
    std::size_t nodes = 0;  ///< of the circuit: more than rows where a table is a sample
};

inline std::string path(const std::string& under_root) {
    return std::string(GRIDFLOCK_SOURCE_DIR) + "/" + under_root;
}

inline std::vector<std::string> cells(const std::string& line) {
    std::vector<std::string> out;
    std::istringstream in(line);
    for (std::string cell; std::getline(in, cell, ',');) out.push_back(cell);
    return out;
}

/// Each row's scale: volts over pu where they tell a base, else what its bus has.
inline void scale_rows(Table& table) {
    std::map<std::string, double> base, largest;
    for (auto& [key, row] : table) {
        largest[key.first] = std::max(largest[key.first], row.volt);
        if (row.pu > 1e-3) base[key.first] = row.volt / row.pu;
    }
    for (auto& [key, row] : table) {
        const double of_bus = base.count(key.first) ? base[key.first] : largest[key.first];
        row.scale = row.pu > 1e-3 ? row.volt / row.pu : (of_bus > 0 ? of_bus : 1.0);
    }
}

inline Table read(const std::string& file) {
    Table table;
    std::ifstream in(path("tests/validation/golden/" + file));
    for (std::string line; std::getline(in, line);) {
        if (line.rfind("# ", 0) == 0) table.nodes = std::stoul(line.substr(line.find("of") + 3));
        if (line.empty() || line[0] == '#' || line.rfind("bus,", 0) == 0) continue;
        const auto c = cells(line);
        table[{c.at(0), std::stoi(c.at(1))}] = {std::stod(c.at(2)), std::stod(c.at(3)),
                                                std::stod(c.at(4))};
    }
    if (table.nodes == 0) table.nodes = table.size();
    scale_rows(table);
    return table;
}

/// Largest |V - V_golden| over the scale, in pu; infinite when a node is missing, when the circuits
/// differ in number of nodes, or when a bus has another base.
inline double worst(const gridflock::dss::PowerflowReport& report, const Table& table) {
    if (report.nodes.size() != table.nodes || table.empty()) return INFINITY;
    double largest = 0;
    std::size_t met = 0;
    for (const auto& n : report.nodes) {
        const auto found = table.find({n.bus, n.node});
        if (found == table.end()) continue;
        ++met;
        const Row& row = found->second;
        const Row ours{n.v_volt, n.v_pu, n.angle_deg};
        const double error = std::abs(ours.phasor() - row.phasor()) / row.scale;
        if (!(error <= largest)) largest = error;
        const bool has_base = row.pu == row.pu && !std::isinf(row.pu);
        if (has_base && !(std::abs(n.v_pu - row.pu) <= error + 1e-9)) return INFINITY;
    }
    return met == table.size() ? largest : INFINITY;
}

/// A row of tests/validation/golden/index.csv.
struct Case {
    std::string name, file, table;
    double bar_pu = 0;
    std::string note;
};

inline std::vector<Case> cases() {
    std::vector<Case> out;
    std::ifstream in(path("tests/validation/golden/index.csv"));
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
        const auto c = cells(line);
        out.push_back({c.at(0), path(c.at(1)), c.at(2), std::stod(c.at(4)),
                       c.size() > 5 ? c[5] : std::string()});
    }
    return out;
}

}  // namespace golden
