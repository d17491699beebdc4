// SPDX-License-Identifier: Apache-2.0
// What a script says of transformers and transformer codes.
#pragma once

#include "session.hpp"

namespace gridflock::inline v0::dss {

struct WindingData {
    bool is_delta = false;
    double kv = 12.47;  ///< line to line, or across a single phase
    double kva = 1000;
    double tap = 1;
    double resistance_pu = 0.002;
    double neutral_r = -1, neutral_x = 0;
    double tap_max = 1.1, tap_min = 0.9;
    int tap_steps = 32;
};

struct TransformerObject : ElementObject {
    std::vector<WindingData> windings{2};
    std::size_t active = 0;
    double xhl = 0.07, xht = 0.35, xlt = 0.30;
    bool is_xhl_changed = true;
    std::vector<double> reactance_pu{0.07};  ///< of each pair of windings
    double load_loss_percent = 0.4;
    double no_load_loss_percent = 0, magnetising_percent = 0;
    double antifloat_pu = 1e-6;
    bool high_leads_low = false;
    std::string bank;
};

}  // namespace gridflock::inline v0::dss
