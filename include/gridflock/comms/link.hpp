// SPDX-License-Identifier: Apache-2.0
// What a communication link is like: delay, loss, polling. One LinkSettings a lane.
//
//   delay    log-normal, given by its median m and 95 % quantile q: m exp(sigma z), z ~ N(0, 1),
//            sigma = ln(q / m) / 1.6449
//   loss     Gilbert-Elliott: a chain good <-> bad with one step a message, p_GB and p_BG; a
//   message is
//            lost with probability loss_good or loss_bad. Bad share pi_B = p_GB / (p_GB + p_BG),
//            mean length of a bad burst 1 / p_BG messages, loss = pi_B loss_bad + (1 - pi_B)
//            loss_good
//   polling  a command waits at the cloud until the site asks again; each site asks with one
//   period,
//            drawn from U(poll_min, poll_max)
//
// Source  Gilbert 1960, Elliott 1963; figures of the presets: typical values for the technology,
// not
//         measurements of one network.
#pragma once

namespace gridflock::inline v0::comms {

struct LinkSettings {
    bool perfect = false;  ///< no delay, loss, polling or outage
    double latency_median_s = 0.0;
    double latency_p95_s = 0.0;
    double p_gb = 0.0;  ///< good to bad, per message
    double p_bg = 1.0;  ///< bad to good, per message
    double loss_good = 0.0;
    double loss_bad = 1.0;
    bool polling = false;  ///< downlink only
    double poll_min_s = 0.0;
    double poll_max_s = 0.0;

    bool operator==(const LinkSettings&) const = default;
};

/// Share of messages that meet the bad state.
double stationary_bad(const LinkSettings& link);
/// Share of messages lost.
double stationary_loss(const LinkSettings& link);
/// sigma of the log-normal delay.
double latency_sigma(const LinkSettings& link);

/// The same link with p_GB such that the stationary loss is `loss`. Below loss_good the chain stays
/// good and loss_good falls; where p_GB would pass 1, it is 1 and p_BG falls. Errors  Error unless
/// 0 <= loss <= max(loss_good, loss_bad).
LinkSettings with_loss(LinkSettings link, double loss);

/// Throws Error that names the first figure out of range.
void require_valid(const LinkSettings& link);

}  // namespace gridflock::inline v0::comms
