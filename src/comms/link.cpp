// SPDX-License-Identifier: Apache-2.0
#include <gridflock/comms/link.hpp>

#include <gridflock/core/error.hpp>
#include <gridflock/core/math.hpp>

#include <fmt/format.h>

namespace gridflock::inline v0::comms {

namespace {
constexpr double z95 = 1.6448536269514722;  // Phi^-1(0.95)

void require(bool right, const char* name, double value, const char* rule) {
    if (!right) throw Error(fmt::format("{} = {:g}: {}", name, value, rule));
}
void require_probability(const char* name, double p) {
    require(p >= 0.0 && p <= 1.0, name, p, "a probability is 0 to 1");
}
}  // namespace

double stationary_bad(const LinkSettings& link) {
    const double sum = link.p_gb + link.p_bg;
    return sum > 0.0 ? link.p_gb / sum : 0.0;
}

double stationary_loss(const LinkSettings& link) {
    if (link.perfect) return 0.0;
    const double bad = stationary_bad(link);
    return bad * link.loss_bad + (1.0 - bad) * link.loss_good;
}

double latency_sigma(const LinkSettings& link) {
    if (!(link.latency_median_s > 0.0)) return 0.0;
    return math::log(link.latency_p95_s / link.latency_median_s) / z95;
}

LinkSettings with_loss(LinkSettings link, double loss) {
    const double most = math::max(link.loss_good, link.loss_bad);
    require(loss >= 0.0 && loss <= most, "loss", loss, "0 to the loss of the bad state");
    if (loss <= link.loss_good || link.loss_bad <= link.loss_good) {
        link.p_gb = 0.0;
        link.loss_good = loss;
        return link;
    }
    const double bad = (loss - link.loss_good) / (link.loss_bad - link.loss_good);
    link.p_gb = bad < 1.0 ? link.p_bg * bad / (1.0 - bad) : 1.0;
    if (!(link.p_gb < 1.0)) {
        link.p_gb = 1.0;
        link.p_bg = (1.0 - bad) / bad;
    }
    return link;
}

void require_valid(const LinkSettings& link) {
    require_probability("p_gb", link.p_gb);
    require_probability("p_bg", link.p_bg);
    require_probability("loss_good", link.loss_good);
    require_probability("loss_bad", link.loss_bad);
    require(link.latency_median_s >= 0.0 && link.latency_median_s <= 3600.0, "latency_median_s",
            link.latency_median_s, "0 to 3600 s");
    require(link.latency_p95_s >= link.latency_median_s && link.latency_p95_s <= 86400.0,
            "latency_p95_s", link.latency_p95_s, "the median to 86400 s");
    if (!link.polling) return;
    require(link.poll_min_s >= 1e-3, "poll_min_s", link.poll_min_s, "1 ms or more");
    require(link.poll_max_s >= link.poll_min_s && link.poll_max_s <= 86400.0, "poll_max_s",
            link.poll_max_s, "poll_min_s to 86400 s");
}

}  // namespace gridflock::inline v0::comms
