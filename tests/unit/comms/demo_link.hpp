// SPDX-License-Identifier: Apache-2.0
// A home's broadband link with a vendor's cloud: the figures that the tests of this room share.
#pragma once

#include <gridflock/comms/link.hpp>

inline gridflock::comms::LinkSettings broadband() {
    gridflock::comms::LinkSettings link;
    link.latency_median_s = 0.030;
    link.latency_p95_s = 0.150;
    link.p_gb = 0.002;
    link.p_bg = 0.25;
    link.loss_good = 0.002;
    link.loss_bad = 1.0;
    link.polling = true;
    link.poll_min_s = 1.0;
    link.poll_max_s = 60.0;
    return link;
}
