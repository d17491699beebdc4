// SPDX-License-Identifier: Apache-2.0
// How each element of a script was read: exactly, approximated (how), or ignored (why).
#pragma once

#include <gridflock/core/error.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace gridflock::inline v0::dss {

enum class Verdict { exact, approximated, ignored };

/// "exact", "approximated", "ignored"
std::string_view name_of(Verdict verdict);

/// One object of a script.
struct Reading {
    std::string element;  ///< class.name, lower case
    Place at;             ///< where it was made
    Verdict verdict = Verdict::exact;
    std::string reason;  ///< how approximated or why ignored; several joined by "; "

    /// Adds a reason, once; the verdict only gets worse.
    void note(Verdict v, std::string_view why);
};

/// element,verdict,reason,file,line: a table with one row an object, in order of creation.
std::string readings_csv(const std::vector<Reading>& readings);

}  // namespace gridflock::inline v0::dss
