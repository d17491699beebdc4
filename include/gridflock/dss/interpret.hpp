// SPDX-License-Identifier: Apache-2.0
// The interpreter of .dss files: a script in, a circuit out.
//
// A .dss file is a program: commands act in order, a property can depend on those before it, files
// call files. The interpreter runs it as a snapshot with controls off: new, edit, more, like,
// batchedit, set, redirect, compile, open, close, enable, disable, calcvoltagebases, buscoords act;
// solve only sets the options on its line; show, plot, export and the like are passed over. The
// last circuit counts. A script that names no file of bus coordinates gets the one in its folder
// (BusCoords.* or *BusXY.*), if there is just one. What is not known is passed over too, and named
// once with its place.
#pragma once

#include <gridflock/core/error.hpp>
#include <gridflock/dss/files.hpp>
#include <gridflock/dss/reading.hpp>
#include <gridflock/grid/circuit.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace gridflock::inline v0::dss {

struct InterpretOptions {
    std::string controls = "off";  ///< the only value so far
};

struct Interpretation {
    grid::Circuit circuit;
    std::vector<Fault> warnings;    ///< unknown words, classes left out, buses that nothing reaches
    std::vector<Reading> elements;  ///< every object: read exactly, approximated, ignored
    std::vector<std::filesystem::path> files;  ///< read, in order: the script, those it names
    double parse_s = 0;                        ///< reading and running the script
    double build_s = 0;                        ///< making circuits of it, voltage bases included
};

/// Runs the script.
/// Errors  IoError when the file is missing; ScenarioError with every fault of the script.
/// Source  OpenDSS manual and observed behaviour of OpenDSS 9 (dss_capi 0.14.5).
Interpretation interpret(const std::filesystem::path& file, const InterpretOptions& options = {});
/// The same, with all files from `files`: those in memory, say.
Interpretation interpret(const std::filesystem::path& file, const Files& files,
                         const InterpretOptions& options = {});

}  // namespace gridflock::inline v0::dss
