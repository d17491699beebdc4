// SPDX-License-Identifier: Apache-2.0
// Who and what a virtual power plant is made of, as plain tables.
//
//   Party -owns-> Site -has-> DeviceRecord, MeterRecord        a home, its equipment, its meter
//   Party (aggregator) -runs-> Aggregation -offers in-> Programme
//   Consent                                  an owner lets an aggregator act at a site, for a while
//
// Records say what is known about equipment, not how it behaves: physics lives in `device`.
#pragma once

#include <gridflock/asset/crypto.hpp>
#include <gridflock/core/index.hpp>
#include <gridflock/core/time.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace gridflock::inline v0::asset {

using PartyIdx = Index<struct PartyTag>;
using SiteIdx = Index<struct SiteTag>;
using DeviceIdx = Index<struct DeviceTag>;
using MeterIdx = Index<struct MeterTag>;
using ProgrammeIdx = Index<struct ProgrammeTag>;
using AggregationIdx = Index<struct AggregationTag>;

enum class Role : std::uint8_t { owner, aggregator, utility, market_operator };
enum class DeviceKind : std::uint8_t { load, pv, battery };
/// Source  domain.md 14.2; `revoked` is terminal.
enum class DeviceStatus : std::uint8_t { pending, active, suspended, revoked };

struct Party {
    std::string name;
    StableId id;
    Role role = Role::owner;
};

/// Where a site meets the grid.
struct GridNode {
    std::string feeder;
    std::string bus;
    std::vector<int> nodes;  ///< small integers of the bus, as in `grid`
};

struct Site {
    std::string name;
    StableId id;
    PartyIdx owner;
    GridNode at;
};

/// Nameplate of a device. Power W, + into the grid, so p_min_w <= 0 <= p_max_w; energy J.
struct Capability {
    double p_min_w = 0.0;
    double p_max_w = 0.0;
    double energy_j = 0.0;  ///< 0: no store
    double soc_min = 0.0;
    double soc_max = 1.0;
    double efficiency_charge = 1.0;
    double efficiency_discharge = 1.0;
    bool dispatchable = false;  ///< follows a setpoint
};

struct DeviceRecord {
    std::string name;
    StableId id;
    SiteIdx site;
    DeviceKind kind = DeviceKind::load;
    Capability capability;
    std::string serial;  ///< unique over the portfolio; empty: none known
    PublicKey key;
    std::int32_t key_epoch = 0;
    DeviceStatus status = DeviceStatus::active;
};

struct MeterRecord {
    std::string name;
    StableId id;
    SiteIdx site;
    Duration interval = minutes(15);
};

/// What can be taken part in.
struct Programme {
    std::string name;
    StableId id;
    PartyIdx operated_by;
    std::string product;       ///< name of a product in `market`
    double minimum_w = 100e3;  ///< least size of an aggregation. Source  FERC Order 2222
    std::string feeder;        ///< only sites of this feeder; empty: any
};

struct Aggregation {
    std::string name;
    StableId id;
    PartyIdx aggregator;
    ProgrammeIdx programme;
    std::vector<DeviceIdx> devices;
    std::vector<SiteIdx> sites;  ///< of the devices, each once, ascending
    SimTime since;
};

/// The owner of `site` lets `aggregator` act there in [from, to).
struct Consent {
    PartyIdx owner;
    SiteIdx site;
    PartyIdx aggregator;
    SimTime from;
    SimTime to = never;
};

/// The tables. Index types are positions in them.
struct Portfolio {
    std::vector<Party> parties;
    std::vector<Site> sites;
    std::vector<DeviceRecord> devices;
    std::vector<MeterRecord> meters;
    std::vector<Programme> programmes;
    std::vector<Aggregation> aggregations;
    std::vector<Consent> consents;
};

}  // namespace gridflock::inline v0::asset
