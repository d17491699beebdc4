// SPDX-License-Identifier: Apache-2.0
// The strategies that come with gridflock. All are stateless; each lane is decided on its own.
//
//   SelfConsumption  asks for nothing: every unit stays in its default control
//   Proportional     need = max(head + sum p - limit, 0); p_i = need p_max_i / sum p_max, clipped
//   PeakShaving      the same need, shared by state of charge, only while the feeder is above its
//                    limit or would be without the fleet; otherwise default control
//   FollowAward      fleet power = demand - PV - (baseline - award), in award hours only
//
// Units not heard of for `stale_s` get no setpoint. FollowAward counts on their estimated power and
// asks the others for the rest; the two that steer by the feeder head already see it there.
#pragma once

#include <gridflock/dispatch/sharing.hpp>
#include <gridflock/dispatch/strategy.hpp>

namespace gridflock::inline v0::dispatch {

/// Shared by the built-in strategies: no state, scratch by unit.
class StatelessStrategy : public Strategy {
public:
    explicit StatelessStrategy(double stale_s) : stale_s_(stale_s) {}
    void reset(const Setup& setup) override;
    void decide(const Observation& observation, Command& out) final;
    std::vector<std::byte> save() const override { return {}; }
    void restore(std::span<const std::byte> bytes) override;

protected:
    /// Decides one lane.
    virtual void decide_lane(const Observation& observation, std::size_t lane, Command& out) = 0;

    /// Marks the units heard of lately in `eligible_`, and the others in `out`.
    void find_fresh(const Observation& observation, std::size_t lane, Command& out);
    /// Sum of the power of the units that are (fresh) or are not eligible; unknown counts 0.
    double sum_power(const Observation& observation, std::size_t lane, bool fresh) const;
    /// Shares the target among the eligible units of a lane and writes setpoints and reasons.
    void share(double target_w, const SharingRule& rule, const Observation& observation,
               std::size_t lane, Command& out);

    std::vector<std::uint8_t> eligible_;
    std::vector<double> low_, high_, soc_, power_, weight_;  // scratch [unit], one lane at a time

private:
    double stale_s_;
};

class SelfConsumption final : public StatelessStrategy {
public:
    SelfConsumption() : StatelessStrategy(180) {}
    std::string_view name() const override { return "self_consumption"; }

protected:
    void decide_lane(const Observation&, std::size_t, Command&) override {}
};

struct LimitSettings {
    double limit_w = 0;  ///< at the feeder head
    double stale_s = 180;
    SharingRule sharing;  ///< Proportional does not use it
};

class Proportional final : public StatelessStrategy {
public:
    explicit Proportional(const LimitSettings& s) : StatelessStrategy(s.stale_s), settings_(s) {}
    std::string_view name() const override { return "proportional"; }

protected:
    void decide_lane(const Observation& observation, std::size_t lane, Command& out) override;

private:
    LimitSettings settings_;
};

class PeakShaving final : public StatelessStrategy {
public:
    explicit PeakShaving(const LimitSettings& s) : StatelessStrategy(s.stale_s), settings_(s) {}
    std::string_view name() const override { return "peak_shaving"; }

protected:
    void decide_lane(const Observation& observation, std::size_t lane, Command& out) override;

private:
    LimitSettings settings_;
};

struct FollowAwardSettings {
    double stale_s = 180;
    SharingRule sharing;
};

class FollowAward final : public StatelessStrategy {
public:
    explicit FollowAward(const FollowAwardSettings& s)
        : StatelessStrategy(s.stale_s), settings_(s) {}
    std::string_view name() const override { return "follow_award"; }
    bool bids() const override { return true; }

protected:
    void decide_lane(const Observation& observation, std::size_t lane, Command& out) override;

private:
    FollowAwardSettings settings_;
};

}  // namespace gridflock::inline v0::dispatch
