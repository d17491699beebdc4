// SPDX-License-Identifier: Apache-2.0
// gridflock: everything an application needs.
//
//   auto scenario = gridflock::load_scenario("evening.toml");
//   gridflock::Simulation sim{gridflock::compile(scenario)};
//   gridflock::MemorySink head{{"head.p"}};
//   sim.attach(head);
//   while (!sim.done()) sim.step();
#pragma once

#include <gridflock/core/error.hpp>
#include <gridflock/core/time.hpp>
#include <gridflock/dss/report.hpp>
#include <gridflock/io/hdf5_sink.hpp>
#include <gridflock/io/scenario_file.hpp>
#include <gridflock/record/memory_sink.hpp>
#include <gridflock/scenario/scenario.hpp>
#include <gridflock/sim/ensemble.hpp>
#include <gridflock/sim/simulation.hpp>

namespace gridflock::inline v0 {

using io::Hdf5Sink;
using io::load_scenario;
using record::MemorySink;
using scenario::Scenario;
using sim::compile;
using sim::Ensemble;
using sim::Plan;
using sim::Simulation;

}  // namespace gridflock::inline v0
