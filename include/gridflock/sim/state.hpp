// SPDX-License-Identifier: Apache-2.0
// State and Frame of one lane block.
//
// State is what a checkpoint saves: no cache that depends on the path taken. Frame is rewritten
// every step. Both are values; columns are [row][lane].
#pragma once

#include <gridflock/asset/batch_verifier.hpp>
#include <gridflock/comms/batch_queue.hpp>
#include <gridflock/comms/message_ring.hpp>
#include <gridflock/core/column.hpp>
#include <gridflock/core/status.hpp>
#include <gridflock/des/event_queue.hpp>
#include <gridflock/device/battery.hpp>
#include <gridflock/device/battery_control.hpp>
#include <gridflock/device/meter.hpp>
#include <gridflock/powerflow/solver.hpp>
#include <gridflock/profile/cloud_field.hpp>
#include <gridflock/profile/residential.hpp>
#include <gridflock/sim/plan.hpp>
#include <gridflock/vpp/desk.hpp>
#include <gridflock/vpp/monitor.hpp>

#include <array>
#include <complex>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gridflock::inline v0::sim {

/// The rooms that State is made of, for hashes that say where two runs part.
enum class Room : std::uint8_t {
    profile,
    device,
    powerflow,
    comms,
    asset,
    dispatch,
    forecast,
    market,
    settle,
    journal,
};
inline constexpr std::array<const char*, 10> room_names{
    "profile",  "device",   "powerflow", "comms",  "asset",
    "dispatch", "forecast", "market",    "settle", "journal"};
inline constexpr std::size_t room_count = room_names.size();

/// A meter batch that was judged: for the record.
struct JudgedBatch {
    SimTime at;
    std::size_t lane = 0;
    std::size_t member = 0;
    SimTime hour;
    asset::BatchVerdict verdict = asset::BatchVerdict::accepted;
    bool late = false;
};

/// The reads that a member's meter holds for its next batch, and its chain. [member] x [lane]
struct BatchChain {
    std::vector<asset::MeterRead> reads;
    std::int64_t sequence = 0;
    asset::Digest prev{};
    asset::ReadBatch last;  ///< as sent: what an attacker on the line can copy
};

struct State {
    SimTime now;
    des::Stage stage = des::Stage::events;  ///< of the step at `now`: the next one to run
    des::EventQueue queue;
    std::vector<std::uint8_t> alive;  ///< [lane] 0: the lane failed
    std::vector<LaneFailure> failures;

    std::vector<profile::ResidentialState> homes;  ///< one a load fleet
    profile::CloudState clouds;
    device::BatteryState batteries;
    device::BatteryControlState control;
    device::MeterState meter;
    Column<double> pv_available_j;   ///< [site] since the interval began
    Column<std::complex<double>> v;  ///< [node]

    std::optional<comms::MessageRing> telemetry;  ///< [member], up
    std::optional<comms::MessageRing> commands;   ///< [member], down
    std::optional<comms::MessageRing> acks;       ///< [member], up
    comms::BatchQueue batches;
    Column<BatchChain> chains;                           ///< [member]
    std::vector<asset::VerifierState> verified;          ///< [lane]
    std::vector<std::vector<asset::Digest>> unanchored;  ///< [lane] accepted since the last anchor

    Column<double> last_command_w;  ///< [member] what the aggregator last sent
    Column<std::int64_t> last_command_until;
    Column<std::int64_t> last_command_tick;  ///< [member] its tick
    Column<double> acked_command_w;          ///< [member] the newest one that it acknowledged
    Column<std::int64_t> acked_until;
    std::vector<vpp::Desk> desks;  ///< [lane]

    // what telemetry reads: power at the end of the last step
    Column<double> battery_p_w;    ///< [battery]
    Column<double> pv_p_w;         ///< [pv]
    Column<double> demand_w;       ///< [site]
    Column<double> site_pv_w;      ///< [site]
    Column<double> site_p_w;       ///< [site] injection at the meter
    std::vector<double> head_p_w;  ///< [lane]; NaN before the first power flow

    // what the record has told
    std::vector<std::size_t> posted;                  ///< [lane] postings told so far
    std::vector<comms::MessageCounts> before_report;  ///< a ring; empty before the delivery day
};

struct Frame {
    std::vector<double> wall_hour;   ///< [lane]
    std::vector<device::PvSky> sky;  ///< [lane]
    Column<double> kappa;            ///< [pv]
    Column<double> cloud_scratch;
    Column<double> pv_available_w;        ///< [pv]
    Column<double> load_p_w, load_q_var;  ///< [site]
    Column<double> site_battery_w;        ///< [site]
    Column<double> before_battery_w;      ///< [battery] pv - demand of its site
    Column<double> target_w, battery_q_var, loss_j;
    Column<std::uint8_t> battery_limit;
    Column<std::uint8_t> command_reason;
    Column<double> command_p_w;  ///< [battery] as received
    Column<std::int64_t> command_issued, command_received, command_until;
    device::MeterReads reads;
    powerflow::SolveOutput flow{0};
    std::vector<double> load_scale;
    Column<double> v_pu;  ///< [node]
    std::vector<double> v_min, v_max, buses_outside;
    vpp::Estimate estimate;
    std::vector<double> baseline_w, award_w, target_total_w;
    std::vector<JudgedBatch> judged;  ///< of this step
};

}  // namespace gridflock::inline v0::sim
