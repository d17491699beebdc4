// SPDX-License-Identifier: Apache-2.0
#include <gridflock/dss/interpret.hpp>

#include "session.hpp"

#include <gridflock/grid/topology.hpp>

#include <chrono>

namespace gridflock::inline v0::dss {

namespace {

double now_s() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

void require_controls_off(const std::string& controls) {
    if (controls == "off") return;
    throw ScenarioError({{{"", 0, "controls"},
                          "'" + controls + "'",
                          "must be 'off'",
                          "other ways of control are not there yet"}});
}

}  // namespace

Interpretation interpret(const std::filesystem::path& file, const InterpretOptions& options) {
    return interpret(file, DiskFiles(), options);
}

Interpretation interpret(const std::filesystem::path& file, const Files& files,
                         const InterpretOptions& options) {
    require_controls_off(options.controls);
    if (files.find({}, file.string()).empty()) throw IoError(file.string(), "no such file");
    Session session(files);
    const double begin = now_s();
    session.run_file(file, true);
    session.find_coordinates(file);
    const double parsed = now_s();
    Interpretation out;
    if (session.faults.empty()) out.circuit = session.build();
    if (session.faults.empty() && out.circuit.sources.empty())
        session.fault_at(session.last_place(), "the script", "makes no circuit",
                         "begin with: new circuit.name");
    if (!session.faults.empty()) throw ScenarioError(session.faults);
    out.warnings = session.warnings;
    out.elements = session.readings();
    out.files = std::move(session.files);
    for (Fault& fault : grid::unreachable_faults(out.circuit))
        out.warnings.push_back(std::move(fault));
    out.parse_s = parsed - begin - session.build_s;
    out.build_s = session.build_s + now_s() - parsed;
    return out;
}

}  // namespace gridflock::inline v0::dss
