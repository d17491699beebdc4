// SPDX-License-Identifier: Apache-2.0
// The fields of State and Frame, in the order in which a checkpoint holds them. One list a type
// serves saving and loading (core/archive.hpp); it lies in the library's own namespace, where the
// archive finds it.
#pragma once

#include <gridflock/core/archive.hpp>
#include <gridflock/sim/state.hpp>

namespace gridflock::inline v0 {

// asset
template <class A>
void archive(A& a, asset::Energies& x) {
    a(x.import_wh, x.export_wh, x.pv_wh, x.charge_wh, x.discharge_wh);
}
template <class A>
void archive(A& a, asset::MeterRead& x) {
    a(x.t_start, x.interval, x.registers, x.soc_e4);
}
template <class A>
void archive(A& a, asset::ReadBatch& x) {
    a(x.site, x.start, x.sequence, x.prev, x.reads, x.signature.bytes);
}
template <class A>
void archive(A& a, asset::AcceptedBatch& x) {
    a(x.sequence, x.start, x.end, x.received_at, x.content, x.prev, x.before, x.after);
}
template <class A>
void archive(A& a, asset::VerifierState& x) {
    a.fixed(x.sites);
    a(x.counts);
}

// comms
template <class A>
void archive(A& a, comms::ArrivingBatch& x) {
    a(x.arrival, x.batch);
}
template <class A>
void archive(A& a, comms::Spilled& x) {
    a(x.arrival, x.tick, x.sent_at, x.site, x.payload);
}
template <class A>
void archive(A& a, comms::Latest& x) {
    a(x.tick, x.measured_at, x.received_at, x.payload, x.fresh);
}
template <class A>
void archive(A& a, comms::MessageCounts& x) {
    a(x.sent, x.lost, x.lost_in_outage, x.delivered, x.late, x.superseded);
}
template <class A>
void archive(A& a, comms::RingState& x) {
    a(x.arrival, x.sent_at, x.tick, x.payload, x.chain_tick, x.chain_bad, x.latest);
    a.lanes(x.spill);
    comms::MessageCounts& c = x.counts;
    a.lanes(c.sent, c.lost, c.lost_in_outage, c.delivered, c.late, c.superseded);
}
template <class A>
void archive(A& a, comms::MessageRing& x) {
    comms::RingState s = x.state();
    a(s);
    if constexpr (A::is_loading) x.restore(std::move(s));
}

// des
template <class A>
void archive(A& a, des::Event& x) {
    a(x.key.at, x.key.stage, x.key.priority, x.key.source, x.key.sequence, x.body.handler,
      x.body.payload);
}
template <class A>
void archive(A& a, des::EventQueue& x) {
    des::SavedQueue s = x.save();
    a(s.events, s.next_sequence);
    if constexpr (A::is_loading) x.load(s);
}

// profile, device
template <class A>
void archive(A& a, profile::ResidentialState& x) {
    a(x.noise);
}
template <class A>
void archive(A& a, profile::CloudState& x) {
    a(x.z);
}
template <class A>
void archive(A& a, device::BatteryState& x) {
    a(x.energy_j);
}
template <class A>
void archive(A& a, device::BatteryControlState& x) {
    a(x.command_p_w, x.last_target_w, x.issued_ns, x.valid_until_ns, x.mode);
}
template <class A>
void archive(A& a, device::MeterState& x) {
    a(x.energy_uj, x.latched_wh);
}

// forecast, market, settle, journal
template <class A>
void archive(A& a, forecast::Read& x) {
    a(x.import_wh, x.export_wh, x.pv_wh, x.charge_wh, x.discharge_wh, x.soc_end, x.received_at);
}
template <class A>
void archive(A& a, forecast::ReadHistory& x) {
    for (forecast::Read& r : x.cells()) a(r);
}
template <class A>
void archive(A& a, forecast::Issue& x) {
    a(x.quantity, x.issue_time, x.valid_start, x.step, x.mean_w, x.probability);
    a.check(x.step.ns > 0 && x.quantity <= forecast::Quantity::net_demand, "a forecast of nothing");
    if constexpr (A::is_loading) {
        a.check(x.mean_w.size() * x.probability.size() <= a.left() / sizeof(double),
                "a forecast goes beyond the end");
        x.quantile_w = Column<double>(x.probability.size(), x.mean_w.size());
    }
    a(x.quantile_w);
}
template <class A>
void archive(A& a, forecast::FleetIssue& x) {
    a(x.pv, x.demand, x.net_demand);
    const std::size_t n = x.demand.mean_w.size(), k = x.demand.probability.size();
    a.check(k > 0 && x.pv.mean_w.size() == n && x.pv.probability.size() == k,
            "forecasts that do not fit each other");
}
template <class A>
void archive(A& a, market::Price& x) {
    a(x.micro_per_mwh);
}
template <class A>
void archive(A& a, market::BidStep& x) {
    a(x.hour, x.power_w, x.ask);
}
template <class A>
void archive(A& a, market::Award& x) {
    a(x.power_w, x.accepted);
}
template <class A>
void archive(A& a, journal::Money& x) {
    a(x.micro);
}
template <class A>
void archive(A& a, journal::Posting& x) {
    a(x.time, x.account, x.amount, x.transaction, x.kind, x.from.scope, x.from.interval,
      x.from.subject, x.from.run);
}
template <class A>
void archive(A& a, journal::Anchor& x) {
    a(x.time, x.period_start, x.period_end, x.leaves, x.root, x.previous);
}
template <class A>
void archive(A& a, settle::Reading& x) {
    a(x.import_wh, x.export_wh, x.import_register_wh, x.export_register_wh);
}
template <class A>
void archive(A& a, settle::Baseline& x) {
    a(x.day, x.first_interval, x.count, x.sites, x.kept, x.dropped, x.wh, x.unsupported);
}
template <class A>
void archive(A& a, settle::Obligation& x) {
    a(x.start, x.interval, x.hour, x.award_wh, x.day_ahead, x.real_time);
}
template <class A>
void archive(A& a, settle::Accounts& x) {
    a(x.market_day_ahead, x.market_real_time, x.supplier, x.clearing, x.aggregator, x.rounding,
      x.owner, x.escrow);
}
template <class A>
void archive(A& a, settle::IntervalLine& x) {
    a(x.obligation, x.baseline_wh, x.metered_wh, x.delivered_wh, x.missing, x.day_ahead,
      x.real_time, x.gross, x.supplier, x.rounding);
}
template <class A>
void archive(A& a, settle::SiteLine& x) {
    a(x.weight_wh, x.missing, x.share, x.pending);
}
template <class A>
void archive(A& a, settle::Settlement& x) {
    a(x.run, x.day, x.as_of, x.terms.supplier, x.terms.fee_permille, x.intervals, x.sites, x.gross,
      x.supplier, x.fee, x.owners, x.loss, x.equal_split, x.delivered_wh, x.missing);
    const std::size_t cells = x.intervals.size() * x.sites.size();
    a.check(x.delivered_wh.size() == cells && x.missing.size() == cells &&
                (x.run == settle::Run::preliminary || x.run == settle::Run::final),
            "a settlement that does not fit itself");
}
template <class A>
void archive(A& a, vpp::Bounded& x) {
    a(x.low, x.estimate, x.high);
}
template <class A>
void archive(A& a, vpp::Estimate& x) {
    a(x.age_s, x.stale, x.p_w, x.p_min_w, x.p_max_w, x.soc, x.net_w, x.demand_w, x.pv_w);
    a.fixed(x.total_p_w, x.total_net_w, x.total_energy_j, x.stale_count);
}

// sim
template <class A>
void archive(A& a, LaneFailure& x) {
    a(x.world, x.variant, x.at, x.status, x.where, x.detail);
}
template <class A>
void archive(A& a, sim::BatchChain& x) {
    a(x.reads, x.sequence, x.prev, x.last);
}

/// One room's part of State: what the recorded hashes tell apart.
template <class A>
void archive_room(A& a, sim::State& x, sim::Room room) {
    switch (room) {
        case sim::Room::profile:
            a.fixed(x.homes);
            return a(x.clouds, x.demand_w);
        case sim::Room::device:
            return a(x.batteries, x.control, x.meter, x.pv_available_j, x.battery_p_w, x.pv_p_w,
                     x.site_pv_w, x.site_p_w);
        case sim::Room::powerflow:
            a.lanes(x.alive, x.head_p_w);
            return a(x.v);
        case sim::Room::comms:
            if (x.telemetry) a(*x.telemetry, *x.commands, *x.acks);
            return a(x.batches, x.chains);
        case sim::Room::asset:
            return a.lanes(x.verified, x.unanchored);
        case sim::Room::dispatch:
            return a(x.last_command_w, x.last_command_until, x.last_command_tick, x.acked_command_w,
                     x.acked_until);
        default:
            break;
    }
}
/// The same for the rooms behind a desk.
template <class A>
void archive_room(A& a, vpp::Desk& x, sim::Room room) {
    switch (room) {
        case sim::Room::forecast:
            // what was read is hashed as it comes in: Simulation::take_read
            if constexpr (!A::is_hashing) a(x.history);
            return a(x.issues);
        case sim::Room::market:
            return a(x.evening_wh, x.deliverable_wh, x.ladder.steps, x.award, x.obligations);
        case sim::Room::settle:
            if constexpr (!A::is_hashing) a(x.table);
            return a(x.baseline, x.settlements);
        case sim::Room::journal:
            return a(x.ledger, x.accounts);
        default:
            break;
    }
}
template <class A>
void archive(A& a, sim::State& x) {
    a(x.now, x.stage, x.queue, x.failures);
    for (std::size_t r = 0; r < sim::room_count; ++r) {
        const auto room = static_cast<sim::Room>(r);
        archive_room(a, x, room);
        for (vpp::Desk& desk : x.desks) archive_room(a, desk, room);
    }
    a.fixed(x.posted);
    a(x.before_report);
}

// Frame: what the stages of one step hand to each other, for a checkpoint between them.
template <class A>
void archive(A& a, device::PvSky& x) {
    sun::Sky& s = x.sky;
    a(s.position.zenith_deg, s.position.apparent_zenith_deg, s.position.azimuth_deg,
      s.extraterrestrial_w_m2, s.airmass_relative, s.clear.ghi, s.clear.dni, s.clear.dhi,
      x.temperature_c, x.wind_m_s);
}
template <class A>
void archive(A& a, device::MeterReads& x) {
    a(x.interval_wh, x.cumulative_wh);
    a.fixed(x.closed, x.start_ns, x.status);
}
template <class A>
void archive(A& a, powerflow::SolveOutput& x) {
    a.fixed(x.status, x.iterations, x.residual, x.change_pu, x.head_p_w, x.head_q_var, x.load_p_w,
            x.load_q_var, x.losses_w, x.worst_node);
}
template <class A>
void archive(A& a, sim::JudgedBatch& x) {
    a(x.at, x.lane, x.member, x.hour, x.verdict, x.late);
}
template <class A>
void archive(A& a, sim::Frame& x) {
    a.fixed(x.wall_hour, x.sky);
    a(x.kappa, x.pv_available_w, x.load_p_w, x.load_q_var, x.site_battery_w, x.before_battery_w,
      x.target_w, x.battery_q_var, x.loss_j, x.battery_limit, x.command_reason, x.command_p_w,
      x.command_issued, x.command_received, x.command_until);
    a(x.reads, x.flow, x.v_pu, x.estimate, x.judged);
    a.fixed(x.load_scale, x.v_min, x.v_max, x.buses_outside, x.baseline_w, x.award_w,
            x.target_total_w);
}
/// What `Simulation::read` shows between two steps, beside State.
template <class A>
void archive_shown(A& a, sim::Frame& x) {
    a(x.pv_available_w, x.v_pu);
    a.fixed(x.flow.iterations, x.flow.head_p_w, x.flow.head_q_var, x.flow.load_p_w, x.flow.losses_w,
            x.v_min, x.v_max, x.buses_outside);
}

}  // namespace gridflock::inline v0
