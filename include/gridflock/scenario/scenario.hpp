// SPDX-License-Identifier: Apache-2.0
// A study, described: plain structs with defaults, one field table each (tables.hpp). Members are
// SI; keys of files and Python carry the unit (power_kw). io fills `circuit`, `weather_table` and
// `market.rules` from the files that the description names; a program may put its own there.
//
// Start with Scenario at the end; helpers that several rooms need (units of a fleet, the run's
// instants, the loss chain) follow in plan.hpp.
#pragma once

#include <gridflock/core/error.hpp>
#include <gridflock/core/time.hpp>
#include <gridflock/scenario/market_rules.hpp>
#include <gridflock/scenario/types.hpp>
#include <gridflock/scenario/value.hpp>
#include <gridflock/scenario/weather_table.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gridflock::inline v0::grid {
struct Circuit;
}

namespace gridflock::inline v0::scenario {

struct TimeFrame {
    Civil start{2024, 7, 15, 0, 0, 0, 0};  ///< wall time in `zone`
    std::string zone = "UTC";
    Duration warmup{};  ///< meters only, before start
    Duration duration = days(1);
    Duration step = minutes(1);
    std::optional<Civil> delivery;  ///< the delivery day D; the last day of the run when absent
    bool operator==(const TimeFrame&) const = default;
};

struct Background {
    double scale = 1;   ///< of the feeder's own spot loads
    std::string shape;  ///< name in [shapes]; empty: constant
    bool operator==(const Background&) const = default;
};

struct Feeder {
    std::string file;  ///< .dss; empty: one bus, unlimited
    std::string controls = "off";
    std::string coordinates = "ft";  ///< unit of the bus coordinates: ft, m, km
    double tolerance = 1e-9;         ///< largest voltage change, pu
    int max_iterations = 100;
    Background background;
    bool operator==(const Feeder&) const = default;
};

struct Clouds {
    std::string model = "none";  ///< none | copula
    double correlation = 1200;   ///< m, e-fold distance
    double tau = 600;            ///< s
    std::vector<MixturePart> mixture{{0.6, 1.0, 0.05}, {0.4, 0.45, 0.15}};
    double min = 0, max = 1.4;  ///< clear-sky index
    bool operator==(const Clouds&) const = default;
};

struct WeatherSource {
    std::string file;      ///< TMY3 .csv; empty: 20 C, no wind, sea level at latitude/longitude 0
    double turbidity = 3;  ///< Linke
    Clouds clouds;
    bool operator==(const WeatherSource&) const = default;
};

struct At {
    std::vector<std::string> nodes{"loads"};  ///< "loads", or bus names ("48", "65.1")
    std::string weight = "kw";                ///< kw | equal
    bool operator==(const At&) const = default;
};

/// Which fleet's sites the units stand behind: for a share of them, or for the fleet's `count`.
struct Behind {
    std::string fleet;  ///< empty: the fleet makes its own sites
    double share = 1;
    bool operator==(const Behind&) const = default;
};

struct Noise {
    double sd = 0.6;
    double correlation = 0.85;  ///< per step
    Duration step = minutes(15);
    bool operator==(const Noise&) const = default;
};

struct LoadProfile {
    std::string model = "residential";  ///< residential | constant
    double energy_day = 20 * 3.6e6;     ///< J a day of the mean home
    std::string shape = "residential";  ///< name in [shapes]; empty: flat
    Dist occupants = Dist::constant(1);
    Noise noise;
    double floor = 50;  ///< W
    double power_factor = 0.98;
    bool operator==(const LoadProfile&) const = default;
};

struct Fleet {
    std::string name;
    std::string device = "load";  ///< load | pv | battery
    int count = 0;
    At at;
    Behind behind;
    LoadProfile profile;                     // load
    Dist rated = Dist::constant(6000);       // pv: W, AC
    Dist azimuth_deg = Dist::constant(180);  // clockwise from north
    double tilt_deg = 20;
    double dc_ac_ratio = 1.2;
    double albedo = 0.25;
    double losses = 0.14;            // PVWatts system losses, share
    std::string inverter = "unity";  // unity | ieee1547-A | ieee1547-B
    double energy = 13.5 * 3.6e6;    // battery: J
    double power = 5000;             // W, each way
    double efficiency = 0.95;        // each way
    double soc_min = 0.15, soc_max = 0.95;
    Dist soc = Dist::constant(0.5);  // at the start of the warm-up
    bool operator==(const Fleet&) const = default;
};

/// Sites by number (the first `count` of a random order) or by unit name ("batteries/3").
struct Sites {
    int count = 0;
    std::vector<std::string> names;
    bool operator==(const Sites&) const = default;
};

struct Outage {
    std::string name;
    Civil begin, end;  ///< wall time
    Sites sites;
    bool operator==(const Outage&) const = default;
};

/// Messages that arrive whatever the link does: an intervention.
struct Delivery {
    std::string name;
    std::string channel = "command";  ///< command | telemetry | acknowledgement | reads
    Civil begin, end;                 ///< wall time of sending, [begin, end)
    Sites sites;
    bool operator==(const Delivery&) const = default;
};

struct Comms {
    std::string preset;    ///< file in scenarios/comms: its figures, where the scenario gives none
    bool perfect = false;  ///< no latency, loss, polling or outage
    Duration telemetry = minutes(1);
    std::optional<double> loss;         ///< mean share of messages lost; sets p_gb
    double latency_median = 0;          ///< s
    double latency_p95 = 0;             ///< s
    double poll_min = 0, poll_max = 0;  ///< s, each site draws its polling period between them
    double p_gb = 0, p_bg = 1;          ///< good to bad and back, per message
    double loss_good = 0, loss_bad = 1;
    Duration fallback_after = minutes(10);
    std::vector<Outage> outage;
    std::vector<Delivery> delivery;
    bool operator==(const Comms&) const = default;
};

struct Programme {
    std::string name = "demand response";
    std::string fleet;       ///< whose sites enrol; empty: every battery fleet
    double minimum = 100e3;  ///< W, the least that the programme accepts
    std::string product = "energy_reduction";
    double consent = 1;  ///< share of the owners who consent
    bool operator==(const Programme&) const = default;
};

struct Forecast {
    std::string pv = "smart_persistence";
    std::string load = "seasonal_naive";
    ClockTime first_issue{-1, 570};
    Duration every = minutes(15);
    Duration horizon = hours(36);
    std::vector<double> quantiles{0.1, 0.5, 0.9};
    bool operator==(const Forecast&) const = default;
};

struct Dispatch {
    bool enabled = true;   ///< `dispatch = false` in a file
    std::string strategy;  ///< name in the registry, or "package.module:Class"; empty: none
    Duration every = minutes(5);
    Duration expiry = minutes(10);  ///< of a command
    Duration ramp = minutes(5);     ///< back to the default control
    std::optional<double> limit;    ///< W
    Table parameters;               ///< handed to the strategy
    bool active() const { return enabled && !strategy.empty(); }
    bool operator==(const Dispatch&) const = default;
};

struct Market {
    std::string region;                ///< scenarios/markets/<region>.toml
    std::string file;                  ///< or a file of rules, relative to the scenario
    std::optional<MarketRules> rules;  ///< put there by io; not a key
    bool operator==(const Market&) const = default;
};

struct Settlement {
    ClockTime preliminary{0, 1335};
    ClockTime final_run{0, 1410};
    Duration interval = minutes(15);
    bool strict = false;  ///< refuse figures that are not verified
    bool operator==(const Settlement&) const = default;
};

struct Attack {
    std::string kind = "forged";  ///< forged | replayed
    std::string site;             ///< a unit behind it: "batteries/3"
    Civil at;                     ///< wall time at which the batch arrives
    bool operator==(const Attack&) const = default;
};

struct MeterDelay {
    std::string site;  ///< a unit behind it: "batteries/3"
    Civil hour;        ///< start of the hour whose batch is late
    Civil arrives;
    bool operator==(const MeterDelay&) const = default;
};

/// An element of the feeder is opened or closed, in every lane.
struct Switching {
    Civil at;             ///< wall time; acts in the step that holds it
    std::string element;  ///< "line.sw3"
    std::string action = "open";
    int terminal = 0;  ///< from 1; 0: the first to open, all to close
    bool operator==(const Switching&) const = default;
};

struct Recording {
    Duration every = minutes(5);
    std::vector<std::string> variables;
    bool hashes = false;
    std::string segment;  ///< "1 day", "2 GB"; "": one file (record/segment.hpp)
    bool operator==(const Recording&) const = default;
};

/// Overrides under a name: a tree with the scenario's own keys; a key may also be a dotted path.
struct Variant {
    std::string name;
    Table overrides;
    bool operator==(const Variant&) const = default;
};

struct Scenario {
    int format = 1;
    std::uint64_t seed = 1;
    int worlds = 1;
    std::map<std::string, std::vector<double>>
        shapes;  ///< values an hour (or finer), periodic in a day
    TimeFrame time;
    Feeder feeder;
    WeatherSource weather;
    std::vector<Fleet> fleet;
    Comms comms;
    std::vector<Programme> programme;
    Forecast forecast;
    Dispatch dispatch;
    Market market;
    Settlement settlement;
    std::vector<Attack> attack;
    std::vector<MeterDelay> meter_delay;
    std::vector<Switching> switching;
    Recording record;
    std::vector<Variant> variants;

    // Put there by io; not keys, and not compared.
    std::string file;      ///< the scenario's own file, or ""
    std::string base_dir;  ///< relative paths start here
    std::string text;      ///< the file as read, byte for byte
    std::shared_ptr<const grid::Circuit> circuit;
    std::shared_ptr<const WeatherTable> weather_table;
    std::map<std::string, Place> places;             ///< of each key that was read, by path
    std::map<std::string, std::string> input_files;  ///< key path -> file that was opened
    std::vector<Fault> warnings;

    /// Where `path` was written; else where the nearest enclosing key was; else only the path.
    Place place_of(const std::string& path) const;
    /// Compares what is described, not the loaded inputs nor the places.
    bool operator==(const Scenario& other) const;
};

}  // namespace gridflock::inline v0::scenario

namespace gridflock::inline v0 {
using scenario::Scenario;
}
