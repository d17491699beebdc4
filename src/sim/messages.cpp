// SPDX-License-Identifier: Apache-2.0
// What travels: telemetry, commands and their acknowledgements, signed meter batches.
#include <gridflock/sim/simulation.hpp>

#include "sim/handlers.hpp"
#include "sim/recording.hpp"

#include <gridflock/asset/command.hpp>
#include <gridflock/asset/merkle.hpp>
#include <gridflock/comms/attack.hpp>

#include <array>
#include <limits>
#include <utility>

namespace gridflock::inline v0::sim {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
/// A meter's head-end asks again for a batch that did not come.
constexpr Duration retry_after = minutes(1);
constexpr int most_retries = 24 * 60;
/// A batch counts as late when it comes more than this after its hour.
constexpr Duration late_after = minutes(30);

/// What a member would measure now: [member * width + k] x [lane].
Column<double> measure(const Plan& p, const State& s) {
    constexpr std::size_t k = asset::Telemetry::width;
    Column<double> payload(p.members.size() * k, p.width(), nan);
    std::array<double, k> packed{};
    for (std::size_t m = 0; m < p.members.size(); ++m) {
        const auto b = static_cast<std::size_t>(p.members[m]);
        const auto site = static_cast<std::size_t>(p.people.batteries[b].site);
        for (std::size_t l = 0; l < p.width(); ++l) {
            const auto limits = device::available(p.batteries[b], s.batteries.energy_j(b, l),
                                                  p.base.dispatch.every.seconds());
            asset::Telemetry t;
            t.p_w = s.battery_p_w(b, l);
            t.soc = device::soc(p.batteries[b], s.batteries.energy_j(b, l));
            t.site_net_w = s.site_p_w(site, l);
            t.pv_w = s.site_pv_w(site, l);
            t.p_min_w = limits.p_min_w;
            t.p_max_w = limits.p_max_w;
            asset::pack(t, packed);
            for (std::size_t i = 0; i < k; ++i) payload(m * k + i, l) = packed[i];
        }
    }
    return payload;
}

}  // namespace

void Simulation::send_telemetry() {
    if (!state_.telemetry) return;
    const Column<double> payload = measure(*plan_, state_);
    comms::Offer offer;
    offer.payload = payload.view();
    state_.telemetry->send(*plan_->links, clock(plan_->vpp_active), offer);
}

void Simulation::take_commands() {
    if (!state_.commands) return;
    const Plan& p = *plan_;
    const StepClock active = clock(plan_->vpp_active);
    if (!options_.direct_control) {
        state_.commands->receive(active);
        const comms::Latest& latest = state_.commands->latest();
        Column<double> ack(p.members.size() * asset::Acknowledgement::width, p.width(), nan);
        drive(p.members.size(), active, [&](std::size_t m, std::size_t l) {
            if (!latest.fresh(m, l)) return;
            const auto b = static_cast<std::size_t>(p.members[m]);
            std::array<double, asset::Command::width> in{};
            for (std::size_t i = 0; i < in.size(); ++i)
                in[i] = latest.payload(m * in.size() + i, l);
            const asset::Command c = asset::unpack_command(in);
            const SimTime sent{latest.measured_at(m, l)};
            const asset::AckCode code =
                asset::judge(c, sent, state_.now, plan_->portfolio.devices[b].capability);
            std::array<double, asset::Acknowledgement::width> out{};
            asset::pack(asset::Acknowledgement{latest.tick(m, l), code}, out);
            for (std::size_t i = 0; i < out.size(); ++i) ack(m * out.size() + i, l) = out[i];
            if (code != asset::AckCode::accepted) return;
            frame_.command_p_w(b, l) = c.p_w;
            frame_.command_issued(b, l) = sent.ns;
            frame_.command_received(b, l) = latest.received_at(m, l);
            frame_.command_until(b, l) = asset::expires_at(c, sent).ns;
        });
        comms::Offer offer;
        offer.payload = ack.view();
        offer.present = latest.fresh.view();
        offer.sent_at = latest.received_at.view();
        offer.tick = latest.tick.view();
        state_.acks->send(*p.links, active, offer);
    }
    device::receive(
        state_.control,
        device::CommandView{frame_.command_p_w.view(), frame_.command_issued.view(),
                            frame_.command_received.view(), frame_.command_until.view()},
        frame_.command_reason.view(), clock(state_.alive));
}

/// What a silent unit is believed to do: the newest command that it acknowledged.
void Simulation::take_acknowledgements() {
    constexpr std::size_t k = asset::Acknowledgement::width;
    const StepClock active = clock(plan_->vpp_active);
    state_.acks->receive(active);
    const comms::Latest& latest = state_.acks->latest();
    drive(plan_->members.size(), active, [&](std::size_t m, std::size_t l) {
        if (!latest.fresh(m, l)) return;
        std::array<double, k> in{};
        for (std::size_t i = 0; i < k; ++i) in[i] = latest.payload(m * k + i, l);
        const asset::Acknowledgement ack = asset::unpack_acknowledgement(in);
        if (ack.code != asset::AckCode::accepted) return;
        if (ack.command_tick != state_.last_command_tick(m, l)) return;
        state_.acked_command_w(m, l) = state_.last_command_w(m, l);
        state_.acked_until(m, l) = state_.last_command_until(m, l);
    });
}

void Simulation::dispatch() {
    const Plan& p = *plan_;
    if (p.members.empty()) return;
    const StepClock active = clock(p.vpp_active);
    const std::size_t members = p.members.size(), lanes = p.width();
    Column<double> demand(members, lanes, nan), pv(members, lanes, nan);
    for (std::size_t l = 0; l < lanes; ++l) {
        const vpp::Desk& desk = state_.desks[l];
        const double n = static_cast<double>(members);
        const double d = vpp::forecast_at(desk, forecast::Quantity::demand, state_.now) / n;
        const double s = vpp::forecast_at(desk, forecast::Quantity::pv, state_.now) / n;
        for (std::size_t m = 0; m < members; ++m) demand(m, l) = d, pv(m, l) = s;
        frame_.baseline_w[l] = p.trades[l] ? vpp::baseline_at(desk, p.desk, state_.now) : nan;
        frame_.award_w[l] = p.trades[l] ? vpp::award_at(desk, p.desk, state_.now) : 0.0;
    }
    vpp::Received received{state_.telemetry->latest().measured_at.view(),
                           state_.telemetry->latest().payload.view()};
    Column<double> truth;
    Column<std::int64_t> measured_now;
    if (options_.direct_control) {
        truth = measure(p, state_);
        measured_now = Column<std::int64_t>(members, lanes, state_.now.ns);
        received = {std::as_const(measured_now).view(), std::as_const(truth).view()};
    }
    const vpp::Outlook outlook{demand.view(), pv.view(), state_.acked_command_w.view(),
                               state_.acked_until.view()};
    vpp::MonitorSettings settings;
    settings.stale_after = p.stale_after;
    settings.hold_s = p.base.dispatch.every.seconds();
    vpp::estimate(p.desk.capability, received, outlook, settings, active, frame_.estimate);
    frame_.target_total_w.assign(lanes, nan);
    for (std::size_t g = 0; g < strategies_.size(); ++g) run_group(g);
    recording_->dispatched(*this);
}

void Simulation::run_group(std::size_t g) {
    const StrategyGroup& group = plan_->strategies[g];
    const StepClock active = clock(group.mask);
    orders_[g].clear(active.mask, active.now, plan_->command_lifetime);
    dispatch::Observation o;
    o.mask = active.mask;
    o.now = active.now;
    o.head_p_w = state_.head_p_w;
    o.baseline_demand_w = frame_.baseline_w;
    o.award_w = frame_.award_w;
    frame_.estimate.show(o);
    dispatch::Command out = orders_[g].view();
    strategies_[g]->decide(o, out);

    const std::size_t members = plan_->members.size();
    constexpr std::size_t k = asset::Command::width;
    Column<double> payload(members * k, plan_->width(), nan);
    Column<std::uint8_t> present(members, plan_->width(), std::uint8_t{0});
    drive(members, active, [&](std::size_t m, std::size_t l) {
        const double p_w = out.p_w(m, l);
        const bool asks = p_w == p_w;
        // a set point sent before may hold still: default control is asked for until it has run out
        const bool holds = state_.last_command_until(m, l) > active.now[l];
        if (asks) {
            double& total = frame_.target_total_w[l];
            total = (total == total ? total : 0.0) + p_w;
        }
        if (!asks && !holds) return;
        present(m, l) = 1;
        const asset::Command c{p_w, 0.0,
                               nanoseconds(out.valid_until(m, l) - active.now[l]).seconds(),
                               !asks              ? asset::CommandReason::cancel
                               : plan_->trades[l] ? asset::CommandReason::award
                                                  : asset::CommandReason::peak_shaving};
        std::array<double, k> packed{};
        asset::pack(c, packed);
        for (std::size_t i = 0; i < k; ++i) payload(m * k + i, l) = packed[i];
        state_.last_command_w(m, l) = p_w;
        if (asks) state_.last_command_until(m, l) = out.valid_until(m, l);
        state_.last_command_tick(m, l) = active.now[l] / plan_->base.dispatch.every.ns;
        if (!options_.direct_control) return;
        const auto b = static_cast<std::size_t>(plan_->members[m]);
        frame_.command_p_w(b, l) = p_w;
        frame_.command_issued(b, l) = active.now[l];
        frame_.command_received(b, l) = active.now[l];
        frame_.command_until(b, l) = out.valid_until(m, l);
    });
    if (options_.direct_control) return;
    comms::Offer offer;
    offer.payload = payload.view();
    offer.present = present.view();
    state_.commands->send(*plan_->links, active, offer);
}

void Simulation::collect_reads() {
    const Plan& p = *plan_;
    const bool warming = state_.now + p.step <= p.when.begin;
    for (std::size_t l = 0; l < p.width(); ++l) {
        if (!frame_.reads.closed[l] || !p.vpp_active[l] || !state_.alive[l]) continue;
        for (std::size_t m = 0; m < p.members.size(); ++m) {
            const auto b = static_cast<std::size_t>(p.members[m]);
            const auto site = static_cast<std::size_t>(p.people.batteries[b].site);
            const auto energies = [&](const device::Registers<Column<std::int64_t>>& r) {
                return asset::Energies{r[0](site, l), r[1](site, l), r[2](site, l), r[3](site, l),
                                       r[4](site, l)};
            };
            asset::MeterRead read;
            read.t_start = SimTime{frame_.reads.start_ns[l]};
            read.interval = energies(frame_.reads.interval_wh);
            read.registers = energies(frame_.reads.cumulative_wh);
            read.soc_e4 = static_cast<std::int32_t>(math::to_integer(
                1e4 * device::soc(p.batteries[b], state_.batteries.energy_j(b, l))));
            if (warming)
                take_read(l, m, read, read.t_start + p.meter.interval);
            else
                state_.chains(m, l).reads.push_back(read);
        }
    }
}

void Simulation::send_batches(SimTime hour_start) {
    const Plan& p = *plan_;
    const std::int64_t tick = state_.now.ns / retry_after.ns;
    for (std::size_t m = 0; m < p.members.size(); ++m) {
        std::vector<asset::ReadBatch> sealed(p.width());
        for (std::size_t l = 0; l < p.width(); ++l) {
            BatchChain& chain = state_.chains(m, l);
            sealed[l] = {p.people.batteries[static_cast<std::size_t>(p.members[m])].id,
                         hour_start,
                         chain.sequence,
                         chain.prev,
                         chain.reads,
                         {}};
        }
        asset::seal(std::span<asset::ReadBatch>(sealed), p.keys_of_members[m]);
        for (std::size_t l = 0; l < p.width(); ++l) {
            BatchChain& chain = state_.chains(m, l);
            if (chain.reads.empty() || !state_.alive[l]) continue;
            chain.last = sealed[l];
            chain.prev = asset::content_hash(sealed[l]);
            ++chain.sequence;
            chain.reads.clear();
            SimTime arrival = never;
            for (int i = 0; i < most_retries && arrival == never; ++i)
                arrival = p.links
                              ->fate({m, l, comms::Channel::reads, tick + i, i}, retry_after,
                                     state_.now + i * retry_after)
                              .arrival;
            for (const ScriptedBatch& s : p.script)
                if (s.kind == ScriptedBatch::Kind::late && s.mask[l] && s.member == m &&
                    hour_start <= s.hour && s.hour < state_.now)
                    arrival = s.at;
            state_.batches.post(l, sealed[l], arrival);
        }
    }
}

void Simulation::send_scripted(const ScriptedBatch& s) {
    for (std::size_t l = 0; l < plan_->width(); ++l) {
        const asset::ReadBatch& last = state_.chains(s.member, l).last;
        if (!plan_->vpp_active[l] || !state_.alive[l] || !s.mask[l] || last.reads.empty()) continue;
        state_.batches.post(l,
                            s.kind == ScriptedBatch::Kind::forged
                                ? comms::forge(last, 5000, plan_->attacker)
                                : last,
                            state_.now);
    }
}

void Simulation::receive_batches() {
    const Plan& p = *plan_;
    for (std::size_t l = 0; l < p.width(); ++l) {
        if (!p.vpp_active[l] || !state_.alive[l]) continue;
        for (const comms::ArrivingBatch& a : state_.batches.take(l, state_.now)) {
            const asset::BatchVerdict verdict =
                p.verifier->receive(state_.verified[l], a.batch, a.arrival);
            const std::size_t m = p.verifier->find(a.batch.site);
            const bool late = a.arrival - a.batch.end(p.meter.interval) > late_after;
            frame_.judged.push_back({a.arrival, l, m, a.batch.start, verdict, late});
            if (verdict != asset::BatchVerdict::accepted) continue;
            state_.unanchored[l].push_back(asset::content_hash(a.batch));
            for (const asset::MeterRead& read : a.batch.reads) take_read(l, m, read, a.arrival);
        }
    }
}

void Simulation::anchor() {
    for (std::size_t l = 0; l < plan_->width(); ++l) {
        std::vector<asset::Digest>& leaves = state_.unanchored[l];
        if (leaves.empty() || !state_.alive[l]) continue;
        touch_desk(l);
        const asset::MerkleTree tree(leaves);
        state_.desks[l].ledger.anchor(state_.now, state_.now - hours(1), state_.now,
                                      static_cast<std::int64_t>(leaves.size()), tree.root());
        leaves.clear();
    }
}

}  // namespace gridflock::inline v0::sim
