// SPDX-License-Identifier: Apache-2.0
// What goes wrong, as values.
//
// A Fault says where (file and line, or a path like fleet[2].energy_kwh), what was found, which
// rule it breaks, and how to mend it. Descriptions are checked whole, so one exception carries all
// faults. Kernels and solvers never throw: they report a Status per lane (status.hpp).
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gridflock::inline v0 {

struct Place {
    std::string file;  ///< empty when the value was set by a program
    int line = 0;      ///< 1-based; 0 when unknown
    std::string path;  ///< field path, e.g. "fleet[2].energy_kwh" or "load.s1a.kw"

    std::string text() const;  ///< "file:line: path"
};

struct Fault {
    Place at;
    std::string found;   ///< the value as given
    std::string rule;    ///< what is allowed
    std::string remedy;  ///< how to mend it, e.g. "did you mean 'power_kw'?"

    std::string text() const;
};

/// Base of every exception that leaves gridflock.
class Error : public std::runtime_error {
public:
    explicit Error(const std::string& what) : std::runtime_error(what) {}
};

/// The user's description is wrong: all faults at once.
class ScenarioError : public Error {
public:
    explicit ScenarioError(std::vector<Fault> faults);
    const std::vector<Fault>& faults() const { return faults_; }

private:
    std::vector<Fault> faults_;
};

/// The outside world failed: a file is missing, a disk is full.
class IoError : public Error {
public:
    IoError(std::string path, const std::string& reason);
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

/// Arrays that do not fit each other.
class ShapeError : public Error {
public:
    using Error::Error;
};

/// Bytes that are no checkpoint, or one of another run or version; a run that cannot be saved.
class CheckpointError : public Error {
public:
    using Error::Error;
};

/// A run ended because lanes failed or a callback refused to go on.
class RunError : public Error {
public:
    using Error::Error;
};

/// The candidate nearest to `word` by edit distance, or "" if none is near enough to suggest.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// "did you mean 'x'?" or, when nothing is near, "known: a, b, c".
std::string suggest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace gridflock::inline v0
