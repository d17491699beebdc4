// SPDX-License-Identifier: Apache-2.0
// One power flow of a .dss file, as the command line shows it.
#pragma once

#include <gridflock/core/error.hpp>
#include <gridflock/dss/interpret.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace gridflock::inline v0::dss {

struct PowerflowOptions {
    double tolerance = 1e-10;  ///< largest complex voltage change, pu
    int max_iterations = 100;
    std::string controls = "off";  ///< the only value so far; another is a ScenarioError
    std::string taps_csv;          ///< path of a table transformer,winding,tap; "" = none
};

struct NodeRow {
    std::string bus;  ///< lower case
    int node = 0;
    double v_volt = 0;
    double v_pu = 0;  ///< NaN where the bus has no base
    double angle_deg = 0;
};

struct Seconds {
    double parse = 0, build = 0, factor = 0, solve = 0;
};

struct PowerflowReport {
    std::vector<NodeRow> nodes;
    int buses = 0, node_count = 0;
    bool converged = false;
    int iterations = 0;
    double residual = 0;                    ///< componentwise
    double losses_w = 0;                    ///< of all elements, summed over them
    double total_p_w = 0, total_q_var = 0;  ///< out of the sources into the feeder
    Seconds seconds;
    std::vector<Fault> warnings;
    std::vector<Reading> elements;  ///< of a script: how each object was read
    std::string failure;            ///< "" when converged
};

/// Reads the script; the table of taps, where there is one, goes over the taps it leaves.
/// Errors  as interpret(); ScenarioError for rows of the table that name nothing, IoError for none.
Interpretation read_circuit(const std::filesystem::path& file,
                            const PowerflowOptions& options = {});

/// Builds, factors, solves once a circuit that is already read; its taps are as they stand.
/// Errors  ScenarioError for options out of range and for elements that cannot be inverted.
PowerflowReport run_powerflow(const grid::Circuit& circuit, const PowerflowOptions& options = {});

/// Reads, builds, factors, solves once.
/// Errors  ScenarioError (bad input), IoError (no such file); a power flow that does not converge
/// is
///         no exception: converged is false and failure says where.
PowerflowReport run_powerflow(const std::filesystem::path& file,
                              const PowerflowOptions& options = {});

}  // namespace gridflock::inline v0::dss
