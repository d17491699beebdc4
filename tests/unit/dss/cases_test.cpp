// SPDX-License-Identifier: Apache-2.0
// One element each: transformer connections of the IEEE 4-bus feeder, load models and connections,
// neutrals, switches, three windings, many wires.
// SOURCE  OpenDSS (dss_capi 0.14.5), tolerance 1e-10: tests/validation/golden/cases.
#include <test.hpp>

#include "golden.hpp"

#include <filesystem>

using namespace gridflock;
namespace fs = std::filesystem;

namespace {

std::string lower_stem(const fs::path& file) {
    std::string stem = file.stem().string();
    for (char& c : stem) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return stem;
}

/// Largest |V - V_golden| over the largest voltage of the table's bus: nodes near zero volts (open
/// neutrals) have no scale of their own.
double worst_of(const dss::PowerflowReport& report, const golden::Table& table) {
    if (report.nodes.size() != table.size()) return INFINITY;
    double largest = 0;
    for (const auto& n : report.nodes) {
        const auto found = table.find({n.bus, n.node});
        if (found == table.end()) return INFINITY;
        const double base = found->second.volt > 0 ? found->second.base() : 1;
        const golden::Row ours{n.v_volt, n.v_pu, n.angle_deg};
        largest = std::max(largest, std::abs(ours.phasor() - found->second.phasor()) / base);
    }
    return largest;
}

}  // namespace

TEST_CASE("cases: every node of every case within 2e-6 pu of OpenDSS") {
    int cases = 0;
    for (const char* folder : {"epri", "lanl"})
        for (const auto& entry : fs::directory_iterator(
                 golden::path(std::string("tests/validation/cases/") + folder))) {
            const std::string kind = entry.path().extension().string();
            if (kind != ".dss" && kind != ".DSS") continue;
            INFO(entry.path().filename().string());
            dss::PowerflowOptions options;
            options.max_iterations = 300;
            const auto report = dss::run_powerflow(entry.path(), options);
            CHECK(report.converged);
            CHECK(report.warnings.empty());
            CHECK(worst_of(report, golden::read("cases/" + lower_stem(entry.path()) + ".csv")) <
                  2e-6);
            ++cases;
        }
    CHECK(cases == 27);
}
