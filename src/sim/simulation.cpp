// SPDX-License-Identifier: Apache-2.0
#include <gridflock/sim/simulation.hpp>

#include <gridflock/asset/command.hpp>

#include <fmt/format.h>

#include "sim/handlers.hpp"
#include "sim/recording.hpp"

#include <algorithm>
#include <limits>

namespace gridflock::inline v0::sim {

namespace {
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

bool is_readable(std::string_view group) {
    return group == "head" || group == "node" || group == "device" || group == "site";
}

}  // namespace

Simulation::Simulation(std::shared_ptr<const Plan> plan, SimulationOptions options)
    : plan_(std::move(plan)),
      options_(options),
      solver_(plan_->solver),
      recording_(std::make_unique<Recording>(*plan_)) {
    allocate();
    schedule_all();
}

Simulation::Simulation(Simulation&&) noexcept = default;
Simulation& Simulation::operator=(Simulation&&) noexcept = default;
Simulation::~Simulation() = default;

void Simulation::attach(record::Sink& sink) {
    if (started_) throw Error("attach a sink before the first step");
    recording_->attach(sink);
}

Simulation::StepClock Simulation::clock(const std::vector<std::uint8_t>& mask) const {
    StepClock c(mask.size());
    for (std::size_t l = 0; l < mask.size(); ++l) c.buffer.mask[l] = mask[l] & state_.alive[l];
    c.buffer.set(state_.now, plan_->step);
    static_cast<LaneClock&>(c) = c.buffer.view();
    return c;
}

void Simulation::fail(std::size_t lane, Status status, std::string where, std::string detail) {
    state_.alive[lane] = 0;
    const Lane at = plan_->lanes[lane];
    state_.failures.push_back(
        {at.world, at.variant, state_.now, status, std::move(where), std::move(detail)});
    recording_->failed(state_.failures.back());
}

std::optional<LaneFailure> Simulation::failure() const {
    if (state_.failures.empty()) return std::nullopt;
    return state_.failures.front();
}

void Simulation::step() {
    do step_stage();
    while (state_.stage != des::Stage::events);
}

void Simulation::step_stage() {
    if (done()) return;
    begin_recording();
    const des::Stage stage = state_.stage;
    switch (stage) {
        case des::Stage::events:
            begin_step();
            run_events(stage);
            break;
        case des::Stage::observe:
            observe();
            break;
        case des::Stage::decide:
        case des::Stage::clear:
            run_events(stage);
            break;
        case des::Stage::act:
            act();
            break;
        case des::Stage::gather:
            gather();
            break;
        case des::Stage::solve:
            if (state_.now >= plan_->when.begin) solve();
            break;
        case des::Stage::meter:
            meter();
            break;
        case des::Stage::record:
            recording_->step(*this);
            begin_intervals();
            state_.stage = des::Stage::events;
            return end_step();
    }
    state_.stage = static_cast<des::Stage>(static_cast<int>(stage) + 1);
}

void Simulation::begin_step() {
    frame_.judged.clear();
    if (state_.now != plan_->when.delivery || !state_.telemetry) return;
    state_.before_report = {state_.telemetry->counts(), state_.commands->counts(),
                            state_.acks->counts()};
}

void Simulation::begin_recording() {
    if (started_) return;
    started_ = true;
    recording_->begin();
}

void Simulation::end_step() {
    is_solved_ = state_.now >= plan_->when.begin;
    state_.now = state_.now + plan_->step;
    if (!done()) return;
    const bool any = std::find(state_.alive.begin(), state_.alive.end(), 1) != state_.alive.end();
    if (any)
        finish(record::RunStatus::complete);
    else
        finish(record::RunStatus::failed, state_.failures.front().text());
}

const Recording& Simulation::reader() const {
    if (!reader_) {
        reader_ = std::make_unique<Recording>(*plan_);
        reader_->begin_reading();
    }
    return *reader_;
}

Column<double> Simulation::read(std::string_view variable) const {
    const record::Variable v = record::find_variable(variable);
    if (!is_readable(v.group()))
        throw Error(
            fmt::format("'{}' is taken at instants of its own: record it in results. What "
                        "can be read is of head, node, device and site",
                        v.key));
    if (state_.stage != des::Stage::events) throw Error("read between two steps, not within one");
    if (!is_solved_)
        throw Error(fmt::format("'{}' has no value yet: make a step after the warm-up", v.key));
    return reader().read(*this, v);
}

std::vector<std::string> Simulation::labels(std::string_view group) const {
    if (!is_readable(group))
        throw Error(fmt::format("'{}' is none of head, node, device, site", group));
    return reader().labels(std::string(group));
}

void Simulation::advance_until(SimTime t) {
    while (!done() && state_.now < t) step();
}

void Simulation::finish(record::RunStatus status, const std::string& reason) {
    if (ended_) return;
    ended_ = true;
    begin_recording();
    recording_->end(*this, status, reason);
}

void Simulation::allocate() {
    const Plan& p = *plan_;
    const std::size_t lanes = p.width(), sites = p.people.sites.size(), pv = p.pv.size(),
                      batteries = p.batteries.size(), members = p.members.size();
    State& s = state_;
    s.now = p.when.warmup_begin;
    s.alive.assign(lanes, 1);
    for (const HomeModel& h : p.homes) s.homes.push_back(h.model.start(p.keys, s.now));
    if (p.clouds) s.clouds = p.clouds->start(p.keys, s.now);
    s.batteries.energy_j = Column<double>(batteries, lanes);
    for (std::size_t b = 0; b < batteries; ++b)
        for (std::size_t l = 0; l < lanes; ++l)
            s.batteries.energy_j(b, l) =
                p.people.batteries[b].initial_soc * p.batteries[b].capacity_j;
    s.control = device::BatteryControlState(batteries, lanes);
    s.meter = device::MeterState(sites, lanes);
    s.pv_available_j = Column<double>(sites, lanes);
    s.battery_p_w = Column<double>(batteries, lanes);
    s.pv_p_w = Column<double>(pv, lanes);
    s.demand_w = Column<double>(sites, lanes);
    s.site_pv_w = Column<double>(sites, lanes);
    s.site_p_w = Column<double>(sites, lanes);
    s.head_p_w.assign(lanes, nan);
    s.posted.assign(lanes, 0);
    s.batches = comms::BatchQueue(lanes);
    s.chains = Column<BatchChain>(members, lanes);
    s.unanchored.resize(lanes);
    s.last_command_w = Column<double>(members, lanes, nan);
    s.last_command_tick = Column<std::int64_t>(members, lanes, std::int64_t{-1});
    s.acked_command_w = Column<double>(members, lanes, nan);
    s.acked_until = Column<std::int64_t>(members, lanes, std::int64_t{0});
    s.last_command_until = Column<std::int64_t>(members, lanes, std::int64_t{0});
    for (std::size_t l = 0; l < lanes; ++l) {
        s.desks.emplace_back(p.desk, p.trades[l] != 0);
        if (p.verifier) s.verified.push_back(p.verifier->start());
    }
    if (members > 0) {
        const scenario::Scenario& sc = p.base;
        // the longest polling period and what latency may add; slower messages spill
        const Duration poll = minutes(1) + seconds(math::to_integer(sc.comms.poll_max));
        s.telemetry.emplace(comms::RingShape{members, lanes, asset::Telemetry::width,
                                             comms::Channel::telemetry, sc.comms.telemetry,
                                             sc.comms.telemetry + minutes(2)});
        s.commands.emplace(comms::RingShape{members, lanes, asset::Command::width,
                                            comms::Channel::command, sc.dispatch.every,
                                            sc.dispatch.every + poll});
        s.acks.emplace(comms::RingShape{members, lanes, asset::Acknowledgement::width,
                                        comms::Channel::acknowledgement, sc.dispatch.every,
                                        sc.dispatch.every + poll});
    }
    desk_hash_.resize(lanes);
    read_hash_.resize(lanes);
    allocate_frame(p, frame_);
    if (solver_) {
        s.v = Column<std::complex<double>>(solver_->nodes(), lanes);
        solver_->start(s.v.view());
        frame_.v_pu = Column<double>(solver_->nodes(), lanes, nan);
    }
    start_strategies();
}

void Simulation::start_strategies() {
    const Plan& p = *plan_;
    const std::size_t lanes = p.width(), members = p.members.size();
    dispatch::Setup setup;
    setup.lanes = lanes;
    for (std::size_t m = 0; m < members; ++m) {
        const auto b = static_cast<std::size_t>(p.members[m]);
        setup.unit.push_back(p.people.batteries[b].id);
        setup.site_of.push_back(static_cast<std::int32_t>(m));
        setup.power_w.push_back(p.batteries[b].power_w);
        setup.energy_j.push_back(p.batteries[b].capacity_j);
    }
    setup.every = p.base.dispatch.every;
    setup.lifetime = p.command_lifetime;
    for (const StrategyGroup& g : p.strategies) {
        strategies_.push_back(p.registry.make(g.name, g.parameters));
        strategies_.back()->reset(setup);
        orders_.emplace_back(members, lanes);
    }
}

void allocate_frame(const Plan& p, Frame& f) {
    const std::size_t lanes = p.width(), sites = p.people.sites.size(), pv = p.pv.size(),
                      batteries = p.batteries.size(), members = p.members.size();
    f.wall_hour.assign(lanes, 0);
    f.sky.resize(lanes);
    f.kappa = Column<double>(pv, lanes, 1.0);
    if (p.clouds) f.cloud_scratch = Column<double>(p.clouds->locations(), lanes);
    f.pv_available_w = Column<double>(pv, lanes);
    for (Column<double>* c : {&f.load_p_w, &f.load_q_var, &f.site_battery_w})
        *c = Column<double>(sites, lanes);
    for (Column<double>* c : {&f.before_battery_w, &f.target_w, &f.battery_q_var, &f.loss_j})
        *c = Column<double>(batteries, lanes);
    f.battery_limit = Column<std::uint8_t>(batteries, lanes);
    f.command_reason = Column<std::uint8_t>(batteries, lanes);
    f.command_p_w = Column<double>(batteries, lanes, nan);
    f.command_issued = Column<std::int64_t>(batteries, lanes, std::int64_t{0});
    f.command_received = Column<std::int64_t>(batteries, lanes, never_ns);
    f.command_until = Column<std::int64_t>(batteries, lanes, std::int64_t{0});
    f.reads = device::MeterReads(sites, lanes);
    f.flow = powerflow::SolveOutput(lanes);
    f.load_scale.assign(lanes, 1.0);
    f.v_min.assign(lanes, nan);
    f.v_max.assign(lanes, nan);
    f.buses_outside.assign(lanes, 0.0);
    f.estimate = vpp::Estimate(members, lanes);
    f.baseline_w.assign(lanes, nan);
    f.award_w.assign(lanes, 0.0);
    f.target_total_w.assign(lanes, nan);
}

std::uint64_t Simulation::hash(std::size_t lane) const {
    StateHash h;
    h.add(state_.now.ns);
    for (std::size_t r = 0; r < room_count; ++r) h.add(hash(lane, static_cast<Room>(r)));
    return h.value();
}

}  // namespace gridflock::inline v0::sim
