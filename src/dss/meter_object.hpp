// SPDX-License-Identifier: Apache-2.0
// What a script says of energy meters: where they stand, and the peak current that loads are
// allocated to.
#pragma once

#include "session.hpp"

namespace gridflock::inline v0::dss {

struct MeterObject : Object {
    std::string element;  ///< class.name
    int terminal = 1;
    std::vector<double> peak_a;  ///< one a phase; 400 A where there is none
};

}  // namespace gridflock::inline v0::dss
