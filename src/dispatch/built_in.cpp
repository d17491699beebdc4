// SPDX-License-Identifier: Apache-2.0
#include <gridflock/dispatch/built_in.hpp>

#include <gridflock/core/math.hpp>

namespace gridflock::inline v0::dispatch {

namespace {

bool is_finite(double x) {
    return x - x == 0;
}

/// Ends a lane without a decision.
void give_up(std::size_t lane, Command& out) {
    out.unserved_w[lane] = std::numeric_limits<double>::quiet_NaN();
    for (std::size_t u = 0; u < out.p_w.rows(); ++u) out.reason(u, lane) = Reason::no_data;
}

}  // namespace

void StatelessStrategy::reset(const Setup& setup) {
    const std::size_t n = setup.unit.size();
    eligible_.assign(n, 0);
    for (auto* scratch : {&low_, &high_, &soc_, &power_, &weight_}) scratch->assign(n, 0.0);
}

void StatelessStrategy::restore(std::span<const std::byte> bytes) {
    if (!bytes.empty())
        throw Error("strategy '" + std::string(name()) + "' keeps no state, but " +
                    std::to_string(bytes.size()) + " bytes were given to restore");
}

void StatelessStrategy::decide(const Observation& observation, Command& out) {
    if (observation.units() != eligible_.size())
        throw ShapeError("observation has " + std::to_string(observation.units()) +
                         " units, the strategy was reset for " + std::to_string(eligible_.size()));
    for (std::size_t l = 0; l < observation.lanes(); ++l)
        if (observation.mask[l]) decide_lane(observation, l, out);
}

void StatelessStrategy::find_fresh(const Observation& observation, std::size_t lane, Command& out) {
    for (std::size_t u = 0; u < eligible_.size(); ++u) {
        eligible_[u] = observation.age_s(u, lane) <= stale_s_;  // NaN: never heard of
        if (!eligible_[u]) out.reason(u, lane) = Reason::stale;
    }
}

double StatelessStrategy::sum_power(const Observation& observation, std::size_t lane,
                                    bool fresh) const {
    double sum = 0;
    for (std::size_t u = 0; u < eligible_.size(); ++u)
        if ((eligible_[u] != 0) == fresh && is_finite(observation.p_w(u, lane)))
            sum += observation.p_w(u, lane);
    return sum;
}

void StatelessStrategy::share(double target_w, const SharingRule& rule,
                              const Observation& observation, std::size_t lane, Command& out) {
    for (std::size_t u = 0; u < eligible_.size(); ++u) {
        low_[u] = observation.p_min_w(u, lane);
        high_[u] = observation.p_max_w(u, lane);
        soc_[u] = observation.soc(u, lane);
    }
    out.unserved_w[lane] =
        share_by_soc(target_w, {low_, high_, soc_, eligible_, power_, weight_}, rule);
    for (std::size_t u = 0; u < eligible_.size(); ++u) {
        if (!eligible_[u]) continue;
        const double p = power_[u];
        out.p_w(u, lane) = p;
        if (p != p)
            out.reason(u, lane) = Reason::no_data;
        else
            out.reason(u, lane) = p > low_[u] && p < high_[u] ? Reason::share : Reason::at_limit;
    }
}

void Proportional::decide_lane(const Observation& observation, std::size_t lane, Command& out) {
    find_fresh(observation, lane, out);
    const double need =
        observation.head_p_w[lane] + sum_power(observation, lane, true) - settings_.limit_w;
    if (!is_finite(need)) return give_up(lane, out);
    const double target = math::max(need, 0.0);
    double total = 0;
    for (std::size_t u = 0; u < eligible_.size(); ++u) {
        eligible_[u] = eligible_[u] && observation.p_min_w(u, lane) <= observation.p_max_w(u, lane);
        if (eligible_[u]) total += observation.p_max_w(u, lane);
    }
    double rest = target;
    for (std::size_t u = 0; u < eligible_.size(); ++u) {
        if (!eligible_[u]) continue;
        const double low = observation.p_min_w(u, lane), high = observation.p_max_w(u, lane);
        const double wanted = high / math::max(total, 1e-9) * target;
        out.p_w(u, lane) = math::clamp(wanted, low, high);
        out.reason(u, lane) = out.p_w(u, lane) == wanted ? Reason::share : Reason::at_limit;
        rest -= out.p_w(u, lane);
    }
    out.unserved_w[lane] = rest;
}

void PeakShaving::decide_lane(const Observation& observation, std::size_t lane, Command& out) {
    find_fresh(observation, lane, out);
    const double head = observation.head_p_w[lane];
    const double need = head + sum_power(observation, lane, true) - settings_.limit_w;
    if (!is_finite(need)) return give_up(lane, out);
    if (need > 0 || head > settings_.limit_w)
        share(need, settings_.sharing, observation, lane, out);
}

void FollowAward::decide_lane(const Observation& observation, std::size_t lane, Command& out) {
    const double award = observation.award_w[lane];
    if (!(award > 0)) return;
    find_fresh(observation, lane, out);
    double without_battery = 0;
    for (std::size_t s = 0; s < observation.demand_w.rows(); ++s)
        without_battery += observation.demand_w(s, lane) - observation.pv_w(s, lane);
    const double target = without_battery - (observation.baseline_demand_w[lane] - award);
    if (!is_finite(target)) return give_up(lane, out);
    share(target - sum_power(observation, lane, false), settings_.sharing, observation, lane, out);
}

}  // namespace gridflock::inline v0::dispatch
