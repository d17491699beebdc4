// SPDX-License-Identifier: Apache-2.0
// Golden tables: node voltages of OpenDSS (tools/oracles/opendss).
#pragma once

#include <gridflock/dss/report.hpp>

#include <cmath>
#include <complex>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>

namespace golden {

using Key = std::pair<std::string, int>;
struct Row {
    double volt = 0, pu = 0, degrees = 0;
    std::complex<double> phasor() const {
        return std::polar(volt, degrees * std::acos(-1.0) / 180);
    }
    double base() const { return volt / pu; }
};
using Table = std::map<Key, Row>;

inline std::string path(const std::string& under_root) {
    return std::string(GRIDFLOCK_SOURCE_DIR) + "/" + under_root;
}

inline Table read(const std::string& file) {
    Table table;
    std::ifstream in(path("tests/validation/golden/" + file));
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
        std::istringstream cells(line);
        std::string bus, node, volt, pu, angle;
        std::getline(cells, bus, ',');
        std::getline(cells, node, ',');
        std::getline(cells, volt, ',');
        std::getline(cells, pu, ',');
        std::getline(cells, angle, ',');
        table[{bus, std::stoi(node)}] = {std::stod(volt), std::stod(pu), std::stod(angle)};
    }
    return table;
}

/// Largest |V - V_golden| / base over all nodes; infinite when the sets of nodes differ.
inline double worst(const gridflock::dss::PowerflowReport& report, const Table& table) {
    if (report.nodes.size() != table.size()) return INFINITY;
    double largest = 0;
    for (const auto& n : report.nodes) {
        const auto found = table.find({n.bus, n.node});
        if (found == table.end()) return INFINITY;
        const Row ours{n.v_volt, n.v_pu, n.angle_deg};
        const double error =
            std::abs(ours.phasor() - found->second.phasor()) / found->second.base();
        largest = std::max(largest, error);
        if (!(std::abs(n.v_pu - found->second.pu) < 1e-6)) return INFINITY;  // another base
    }
    return largest;
}

}  // namespace golden
