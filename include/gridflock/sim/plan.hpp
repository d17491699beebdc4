// SPDX-License-Identifier: Apache-2.0
// Plan: all that does not change during a run. Const, shared by every lane and thread, made by
// compile() from a validated scenario. Lanes are worlds x variants, world by world.
#pragma once

#include <gridflock/asset/batch_verifier.hpp>
#include <gridflock/asset/crypto.hpp>
#include <gridflock/asset/enrolment.hpp>
#include <gridflock/comms/link_model.hpp>
#include <gridflock/core/lanes.hpp>
#include <gridflock/core/random.hpp>
#include <gridflock/core/sun.hpp>
#include <gridflock/device/meter.hpp>
#include <gridflock/device/plain_load.hpp>
#include <gridflock/dispatch/registry.hpp>
#include <gridflock/powerflow/lane_solver.hpp>
#include <gridflock/powerflow/switching.hpp>
#include <gridflock/profile/cloud_field.hpp>
#include <gridflock/profile/residential.hpp>
#include <gridflock/profile/weather.hpp>
#include <gridflock/scenario/plan.hpp>
#include <gridflock/scenario/scenario.hpp>
#include <gridflock/sim/population.hpp>
#include <gridflock/vpp/desk.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gridflock::inline v0::sim {

/// Residential demand of one load fleet: its rows of the site columns.
struct HomeModel {
    SiteRange range;
    profile::Residential model;
};

/// Lanes that share one strategy: a mask of the block.
struct StrategyGroup {
    std::string name;
    dispatch::Parameters parameters;
    std::vector<std::uint8_t> mask;
};

/// A batch that the script sends: forged, replayed or late.
struct ScriptedBatch {
    enum class Kind { forged, replayed, late };
    Kind kind = Kind::forged;
    std::size_t member = 0;          ///< of the aggregation
    SimTime at;                      ///< when it arrives
    SimTime hour;                    ///< late: start of the hour
    std::vector<std::uint8_t> mask;  ///< [lane] whose variant scripts it
};

/// A scripted action on the feeder and what it leaves.
struct SwitchedStep {
    SimTime at;
    std::string element, action;
    std::vector<grid::Opening> open;   ///< all that stands open after it
    powerflow::Solver solver;          ///< equal topologies share their factor
    powerflow::DeadPart dead;          ///< what no source reaches then
    std::vector<std::uint8_t> is_fed;  ///< [site]
};

struct Plan {
    asset::Digest digest{};  ///< of all that decides the run's bits; a checkpoint names it
    scenario::Scenario base;
    std::vector<std::string> variant_names;
    std::vector<scenario::Scenario> variants;  ///< [variant], overrides applied
    int worlds = 1;
    std::vector<Lane> lanes;
    std::vector<RandomKey> keys;  ///< [lane]
    scenario::Instants when;
    Duration step;

    Population people;
    std::optional<powerflow::Solver> solver;  ///< prototype; each simulation copies it
    std::vector<SwitchedStep> switching;      ///< in order of time; all lanes share it
    std::vector<double> background_shape;     ///< of the feeder's own loads; empty: constant

    std::optional<profile::Weather> weather;
    sun::Location location;
    double turbidity = 3;
    std::vector<HomeModel> homes;
    std::optional<profile::CloudField> clouds;     ///< none: clear sky
    std::vector<device::PlainLoadParams> loads;    ///< [site]
    std::vector<device::PvParams> pv;              ///< [pv]
    std::vector<std::int32_t> pv_row;              ///< [pv] its row of kappa: itself
    std::vector<device::BatteryParams> batteries;  ///< [battery]
    std::vector<device::BatteryControlParams> controls;
    device::MeterParams meter;

    asset::Portfolio portfolio;
    std::vector<asset::Enrolment> enrolments;  ///< one a programme
    Duration stale_after = minutes(3);         ///< telemetry older than three of its periods
    Duration command_lifetime = minutes(10);   ///< expiry, or fallback_after if that is less
    std::vector<std::int32_t> members;         ///< battery rows of the aggregation
    std::vector<std::uint8_t> vpp_active;      ///< [lane]
    std::vector<std::uint8_t> trades;          ///< [lane]
    std::vector<StrategyGroup> strategies;
    std::optional<comms::LinkModel> links;  ///< of the members
    std::vector<asset::SecretKey> keys_of_members;
    asset::SecretKey attacker;
    std::optional<asset::BatchVerifier> verifier;
    std::vector<ScriptedBatch> script;
    vpp::DeskTerms desk;
    dispatch::Registry registry;

    std::size_t width() const { return lanes.size(); }
    bool has_feeder() const { return solver.has_value(); }
    /// How many of the scripted actions have been carried out at that time.
    std::size_t switched_by(SimTime now) const;
};

/// Extra choices of the caller that no file can hold.
struct CompileOptions {
    dispatch::Registry registry = dispatch::Registry::built_in();  ///< strategies known by name
    /// Variants to run, by name; empty: all. One variant alone gives the bits it has beside the
    /// others.
    std::vector<std::string> variants;
};

/// Checks the scenario whole and lays it out.
/// Errors  ScenarioError with every fault.
std::shared_ptr<const Plan> compile(const scenario::Scenario& s,
                                    const CompileOptions& options = {});

}  // namespace gridflock::inline v0::sim
