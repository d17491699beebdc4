// SPDX-License-Identifier: Apache-2.0
// The parts of compile() that lay out the aggregator: enrolment, links, script, desk.
#pragma once

#include <gridflock/sim/plan.hpp>

#include <vector>

namespace gridflock::inline v0::sim {

/// SHA-256 of all that decides a run's bits: scenario, variants, lanes, inputs.
asset::Digest plan_digest(const Plan& plan);
/// Enrols the batteries and fills portfolio, enrolments, members and keys.
void lay_out_aggregation(Plan& plan);
/// Fills vpp_active, trades and strategies; needs members.
void lay_out_strategies(Plan& plan, std::vector<Fault>& faults);
/// Fills links, verifier and script; needs members.
void lay_out_messages(Plan& plan, std::vector<Fault>& faults);
/// Fills switching: the topology that each scripted action leaves; needs the solver.
void lay_out_switching(Plan& plan, const std::vector<powerflow::Terminal>& terminals);
/// Fills the desk's terms; needs members and weather.
void lay_out_desk(Plan& plan, std::vector<Fault>& faults);

}  // namespace gridflock::inline v0::sim
