// SPDX-License-Identifier: Apache-2.0
#include <gridflock/dss/report.hpp>

#include "tokens.hpp"

#include <gridflock/core/math.hpp>
#include <gridflock/dss/interpret.hpp>
#include <gridflock/powerflow/balance.hpp>
#include <gridflock/powerflow/diagnosis.hpp>
#include <gridflock/powerflow/lane_solver.hpp>

#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <limits>

namespace gridflock::inline v0::dss {

namespace {

double now_s() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// Puts one row of the table of taps into the circuit; returns what is wrong with it.
std::string apply_tap(grid::Circuit& circuit, const std::string& line) {
    Tokens tokens(line);
    Parameter name, winding, tap;
    if (!tokens.next_item(name) || !tokens.next_item(winding) || !tokens.next_item(tap))
        return "needs transformer,winding,tap";
    char* end = nullptr;
    const double ratio = std::strtod(tap.value.c_str(), &end);
    if (end == tap.value.c_str() || !(ratio > 0 && ratio < 1e6))
        return "the tap must be a ratio above 0, e.g. 1.05";
    const long w = std::strtol(winding.value.c_str(), nullptr, 10);
    std::vector<std::string> names;
    for (grid::Transformer& t : circuit.transformers) {
        names.push_back(t.name);
        if (t.name != lower(name.value)) continue;
        if (w < 1 || w > static_cast<long>(t.windings.size())) return "there is no such winding";
        t.windings[static_cast<std::size_t>(w - 1)].tap = ratio;
        return "";
    }
    return "there is no such transformer; " + suggest(lower(name.value), names);
}

void apply_taps(grid::Circuit& circuit, const std::string& path) {
    std::ifstream in(path);
    if (!in) throw IoError(path, "cannot be read");
    std::vector<Fault> faults;
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (line.empty() || lower(line).rfind("transformer", 0) == 0) continue;
        const std::string wrong = apply_tap(circuit, line);
        if (!wrong.empty()) faults.push_back({{path, number, "taps"}, "'" + line + "'", wrong, ""});
    }
    if (!faults.empty()) throw ScenarioError(faults);
}

NodeRow row_of(const powerflow::Node& node, std::complex<double> v) {
    NodeRow row;
    row.bus = node.bus;
    row.node = node.number;
    row.v_volt = math::sqrt(v.real() * v.real() + v.imag() * v.imag());
    row.v_pu =
        node.base_v > 0 ? row.v_volt / node.base_v : std::numeric_limits<double>::quiet_NaN();
    row.angle_deg = math::atan2(v.imag(), v.real()) * math::degrees;
    return row;
}

void require_usable(const PowerflowOptions& options) {
    std::vector<Fault> faults;
    if (!(options.tolerance > 0 && options.tolerance < 1e300))
        faults.push_back({{"", 0, "tolerance"},
                          fmt::format("{}", options.tolerance),
                          "must be a finite number above 0",
                          "write a voltage change in pu, e.g. 1e-10"});
    if (options.max_iterations < 1)
        faults.push_back({{"", 0, "max_iterations"},
                          fmt::format("{}", options.max_iterations),
                          "must be 1 or more",
                          "100 is usual"});
    if (!faults.empty()) throw ScenarioError(faults);
}

/// The faults of a circuit that cannot be factored, those with a place first.
ScenarioError with_causes(const ScenarioError& error, const grid::Circuit& circuit) {
    std::vector<Fault> faults = powerflow::diagnose(circuit);
    for (const Fault& f : error.faults()) {
        const bool is_placed = f.at.line > 0;
        faults.insert(is_placed ? faults.begin() : faults.end(), f);
    }
    return ScenarioError(std::move(faults));
}

/// Builds and factors; `built`: when the network stood.
powerflow::Solver factor(const grid::Circuit& circuit, double& built) {
    try {
        powerflow::Network network(circuit);
        built = now_s();
        return powerflow::Solver(std::move(network));
    } catch (const ScenarioError& error) {
        throw with_causes(error, circuit);
    }
}

}  // namespace

Interpretation read_circuit(const std::filesystem::path& file, const PowerflowOptions& options) {
    Interpretation script = interpret(file, {options.controls});
    if (!options.taps_csv.empty()) apply_taps(script.circuit, options.taps_csv);
    return script;
}

PowerflowReport run_powerflow(const std::filesystem::path& file, const PowerflowOptions& options) {
    require_usable(options);
    Interpretation script = read_circuit(file, options);
    PowerflowReport report = run_powerflow(script.circuit, options);
    report.warnings.insert(report.warnings.begin(), script.warnings.begin(), script.warnings.end());
    report.elements = std::move(script.elements);
    report.seconds.parse = script.parse_s;
    report.seconds.build += script.build_s;
    return report;
}

PowerflowReport run_powerflow(const grid::Circuit& circuit, const PowerflowOptions& options) {
    require_usable(options);
    PowerflowReport report;
    const double begin = now_s();
    double built = 0;
    powerflow::Solver solver = factor(circuit, built);
    const double factored = now_s();
    Column<std::complex<double>> v(solver.nodes(), 1);
    const Column<double> none(0, 1);
    const std::vector<double> scale(1, 1.0);
    const std::vector<std::uint8_t> mask(1, 1);
    powerflow::SolveOutput out(1);
    const powerflow::SolveInput input{scale, none.view(),       none.view(),
                                      mask,  options.tolerance, options.max_iterations};
    solver.start(v.view());
    solver.solve(input, v.view(), out);
    const double solved = now_s();
    for (std::size_t i = 0; i < solver.nodes(); ++i)
        report.nodes.push_back(row_of(solver.network().all()[i], v(i, 0)));
    report.buses = static_cast<int>(circuit.buses.size());
    report.node_count = static_cast<int>(solver.nodes());
    report.converged = out.status[0] == Status::ok;
    report.iterations = out.iterations[0];
    report.residual = out.residual[0];
    if (report.converged) {
        const auto balance = powerflow::power_balance(solver, input, 0, v.view());
        report.losses_w = balance.losses_w;
        report.total_p_w = balance.head_p_w;
    } else {
        report.losses_w = solver.network().element_losses_w(v.all());
        report.total_p_w = out.head_p_w[0];
    }
    report.total_q_var = out.head_q_var[0];
    report.seconds = {0, built - begin, factored - built, solved - factored};
    const powerflow::SolveCase what{
        circuit, 1.0, {}, {}, {}, options.tolerance, options.max_iterations};
    if (report.converged)
        report.warnings = powerflow::diagnose_solution(what, solver.network(), v.all());
    else
        report.failure = powerflow::diagnose_failure(what, v.all(), out, 0).text;
    return report;
}

}  // namespace gridflock::inline v0::dss
