// SPDX-License-Identifier: Apache-2.0
// Where the values of an array stand when they do not stand in the script.
#pragma once

#include <string>

namespace gridflock::inline v0::dss {

/// (file=x.csv column=2 header=yes), (dblfile=x.dbl), (sngfile=x.sng)
struct ArraySource {
    std::string kind;  ///< file, dblfile, sngfile; "" = the values stand in the script
    std::string file;
    std::string column = "1", header = "no";
};

ArraySource array_source(const std::string& text);

}  // namespace gridflock::inline v0::dss
