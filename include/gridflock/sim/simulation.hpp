// SPDX-License-Identifier: Apache-2.0
// One lane block, stepped through time.
//
//   step at t, over [t, t + dt):
//     EVENTS    what the lanes share: telemetry of the step before, hourly batches, scripted
//     attacks OBSERVE   profiles(t); messages that have arrived by t DECIDE    forecasts, dispatch:
//     from what was received, never from the truth CLEAR     gates: bid, award, settlement runs,
//     anchors ACT       loads, PV, batteries                     -> power over the step GATHER
//     devices onto terminals, in row order SOLVE     three-phase power flow (after the warm-up),
//     each lane on its own METER     integer watt-hour registers RECORD    columns to sinks
//
// A lane that fails is masked, recorded and reported; the others go on. Lanes of one world see the
// same weather, people and network noise, whatever their variant.
#pragma once

#include <gridflock/record/sink.hpp>
#include <gridflock/sim/plan.hpp>
#include <gridflock/sim/state.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridflock::inline v0::sim {

class Recording;

struct SimulationOptions {
    /// Dispatch reads the last step's State and sets devices directly: what perfect messages must
    /// equal.
    bool direct_control = false;
};

class Simulation {
public:
    explicit Simulation(std::shared_ptr<const Plan> plan, SimulationOptions options = {});
    Simulation(Simulation&&) noexcept;
    Simulation& operator=(Simulation&&) noexcept;
    ~Simulation();

    /// Adds a sink; it must outlive the simulation. Errors  Error after the first step.
    void attach(record::Sink& sink);

    SimTime now() const { return state_.now; }
    SimTime begin() const { return plan_->when.warmup_begin; }
    SimTime end() const { return plan_->when.end; }
    bool done() const { return state_.now >= end(); }

    /// Advances by one step; at the end of the last one the sinks are ended as complete.
    /// Changes  state. Errors  IoError of a sink; Error of a strategy. Both leave the sinks usable.
    void step();
    /// Advances by one stage of the step (des::Stage): a step is nine of them.
    void step_stage();
    void advance_until(SimTime t);
    void advance_for(Duration d) { advance_until(state_.now + d); }
    template <class Rep, class Period>
    void advance_for(std::chrono::duration<Rep, Period> d) {
        advance_for(nanoseconds(std::chrono::duration_cast<std::chrono::nanoseconds>(d).count()));
    }
    /// Ends the sinks early, e.g. as interrupted. Later calls change nothing.
    void finish(record::RunStatus status, const std::string& reason = "");

    /// The first lane that failed, if any.
    std::optional<LaneFailure> failure() const;
    const Plan& plan() const { return *plan_; }
    const State& state() const { return state_; }
    const Frame& frame() const { return frame_; }

    /// A variable of the groups head, node, device and site as the last step left it: what a record
    /// of that step holds, in either spelling of its name.
    /// Shape   [row, lane], rows as `labels`. Unit  SI. NaN: no value, or the lane has failed.
    /// Errors  Error: unknown (names the nearest), not of this study, of another group, or no step
    /// has been made since the warm-up.
    Column<double> read(std::string_view variable) const;
    /// Names of the rows of such a group ("node", "device", "site"); of "head": none.
    std::vector<std::string> labels(std::string_view group) const;

    /// The run as bytes, at any stage: State, the strategies' own, and inside a step the Frame.
    /// Errors  CheckpointError naming the strategy that cannot be saved.
    std::vector<std::byte> checkpoint() const;
    /// Goes on where a checkpoint of the same Plan was taken: every later bit is that of the
    /// straight run. Bytes hold their SHA-256 and the Plan's; a Python strategy's part is a
    /// pickle, so restore only what you trust. Errors  CheckpointError: not a checkpoint, damaged,
    /// of another Plan, options or version.
    static Simulation restore(std::shared_ptr<const Plan> plan, std::span<const std::byte> bytes,
                              SimulationOptions options = {});
    /// A second run from here on: State copied, Plan shared, no sinks.
    /// Errors  CheckpointError naming the strategy that cannot be saved.
    Simulation fork() const;

    /// 64-bit hash of one lane's State: equal for any width, neighbour and order of lanes.
    std::uint64_t hash(std::size_t lane) const;
    /// The same for one room's part of it.
    std::uint64_t hash(std::size_t lane, Room room) const;

private:
    void allocate();
    void start_strategies();
    void begin_recording();
    void begin_step();
    void end_step();
    const Recording& reader() const;
    void restore_strategies(const std::vector<std::vector<std::byte>>& saved);
    std::vector<std::vector<std::byte>> save_strategies() const;
    void schedule_all();
    void run_events(des::Stage last);
    void handle(const des::Event& event);

    // events
    void send_telemetry();
    void send_batches(SimTime hour_start);
    void send_scripted(const ScriptedBatch& s);
    void dispatch();
    void run_group(std::size_t g);
    void send_commands(const std::vector<std::uint8_t>& mask);
    void anchor();

    // stages
    void observe();
    void receive_batches();
    void act();
    void take_commands();
    void gather();
    void solve();
    struct StepClock;
    void find_voltages();
    /// Takes the solver of the switch positions in force; parts that come back get their base
    /// voltage, dead ones 0. A function of the time alone: a resumed run needs no more.
    void refresh_topology();
    /// Homes without supply draw nothing, their PV trips and their batteries stand still.
    void shed_dead_sites(const StepClock& all);
    void hold_dead_batteries(const StepClock& all);
    std::string why_unsolved(std::size_t lane) const;
    void meter();
    void collect_reads();
    void begin_intervals();
    void fail(std::size_t lane, Status status, std::string where, std::string detail);
    /// The clock of this step for the living lanes of a mask; owns its arrays.
    struct StepClock : LaneClock {
        LaneClockBuffer buffer;
        StepClock(std::size_t lanes) : buffer(lanes) {}
    };
    StepClock clock(const std::vector<std::uint8_t>& mask) const;
    void take_acknowledgements();
    void take_read(std::size_t lane, std::size_t member, const asset::MeterRead& read,
                   SimTime received);
    void touch_desk(std::size_t lane) { desk_hash_[lane].fill(0); }

    std::shared_ptr<const Plan> plan_;
    SimulationOptions options_;
    State state_;
    Frame frame_;
    std::optional<powerflow::Solver> solver_;  // workspace
    std::size_t switched_ = 0;                 // scripted actions that solver_ has seen
    std::vector<std::unique_ptr<dispatch::Strategy>> strategies_;
    std::vector<dispatch::CommandBuffer> orders_;
    /// Hashes of what desks hold, [lane][room]; 0: to be made anew. They change a few times an
    /// hour.
    mutable std::vector<std::array<std::uint64_t, room_count>> desk_hash_;
    /// Hashes of the reads a desk holds, summed: a read changes its own term alone. [lane]
    struct ReadHash {
        bool is_known = false;
        std::uint64_t history = 0, table = 0;
    };
    static void add_read(ReadHash& sum, const vpp::Desk& desk, std::size_t member,
                         std::int32_t interval, std::uint64_t sign);
    mutable std::vector<ReadHash> read_hash_;
    std::unique_ptr<Recording> recording_;
    mutable std::unique_ptr<Recording> reader_;  ///< made by the first read
    bool is_solved_ = false;                     ///< the last step was after the warm-up
    bool started_ = false;
    bool ended_ = false;
};

}  // namespace gridflock::inline v0::sim
