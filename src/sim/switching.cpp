// SPDX-License-Identifier: Apache-2.0
// Scripted switching: the topologies of a plan, and what a simulation does when one comes into
// force.
#include <gridflock/sim/simulation.hpp>

#include "sim/compile_vpp.hpp"
#include "sim/recording.hpp"

#include <gridflock/powerflow/diagnosis.hpp>
#include <gridflock/scenario/plan.hpp>

#include <algorithm>

namespace gridflock::inline v0::sim {

namespace {

std::vector<std::uint8_t> fed_sites(const std::vector<powerflow::Terminal>& terminals,
                                    const powerflow::Network& network) {
    std::vector<std::uint8_t> out;
    const auto is_live = [&](powerflow::NodeIdx n) {
        return !n.valid() || network.node(n).is_live;
    };
    for (const powerflow::Terminal& t : terminals) out.push_back(is_live(t.a) && is_live(t.b));
    return out;
}

}  // namespace

void lay_out_switching(Plan& plan, const std::vector<powerflow::Terminal>& terminals) {
    if (plan.base.switching.empty()) return;
    std::vector<scenario::Switching> script = plan.base.switching;
    std::stable_sort(script.begin(), script.end(), [&](const auto& a, const auto& b) {
        return plan.when.at(a.at) < plan.when.at(b.at);
    });
    grid::Circuit circuit = *plan.base.circuit;
    powerflow::SwitchedSolver solvers(plan.base.circuit, terminals);
    for (const scenario::Switching& s : script) {
        const grid::ElementRef element =
            grid::require_element(circuit, s.element, plan.base.place_of("switching"));
        scenario::switch_element(circuit, element, s);
        const auto t = solvers.topology(grid::openings(circuit));
        plan.switching.push_back({plan.when.at(s.at), grid::full_name(circuit, element), s.action,
                                  grid::openings(circuit), solvers.solver(t), solvers.dead(t),
                                  fed_sites(terminals, solvers.network(t))});
    }
}

std::size_t Plan::switched_by(SimTime now) const {
    const auto end = std::upper_bound(switching.begin(), switching.end(), now,
                                      [](SimTime t, const SwitchedStep& s) { return t < s.at; });
    return static_cast<std::size_t>(end - switching.begin());
}

void Simulation::refresh_topology() {
    const std::size_t due = plan_->switched_by(state_.now);
    if (!solver_ || due == switched_) return;
    solver_ = due == 0 ? *plan_->solver : plan_->switching[due - 1].solver;
    switched_ = due;
    Column<std::complex<double>> base(solver_->nodes(), 1);
    solver_->start(base.view());
    const auto nodes = solver_->network().all();
    for (std::size_t n = 0; n < nodes.size(); ++n) {
        for (std::size_t l = 0; l < plan_->width(); ++l) {
            if (!state_.alive[l]) continue;
            std::complex<double>& v = state_.v(n, l);
            if (!nodes[n].is_live)
                v = 0;
            else if (v == std::complex<double>{})
                v = base(n, 0);
        }
    }
}

void Simulation::shed_dead_sites(const StepClock& all) {
    const std::size_t done = plan_->switched_by(state_.now);
    if (done == 0) return;
    const std::vector<std::uint8_t>& fed = plan_->switching[done - 1].is_fed;
    drive(fed.size(), all, [&](std::size_t r, std::size_t l) {
        if (fed[r]) return;
        state_.demand_w(r, l) = 0;
        frame_.load_p_w(r, l) = 0;
        frame_.load_q_var(r, l) = 0;
    });
    drive(plan_->pv.size(), all, [&](std::size_t r, std::size_t l) {
        if (!fed[static_cast<std::size_t>(plan_->people.pv[r].site)]) state_.pv_p_w(r, l) = 0;
    });
}

void Simulation::hold_dead_batteries(const StepClock& all) {
    const std::size_t done = plan_->switched_by(state_.now);
    if (done == 0) return;
    const std::vector<std::uint8_t>& fed = plan_->switching[done - 1].is_fed;
    drive(plan_->batteries.size(), all, [&](std::size_t r, std::size_t l) {
        if (!fed[static_cast<std::size_t>(plan_->people.batteries[r].site)])
            frame_.target_w(r, l) = 0;
    });
}

std::string Simulation::why_unsolved(std::size_t lane) const {
    if (!state_.failures.empty()) return solver_->explain(frame_.flow, lane);  // told once in full
    grid::Circuit circuit = *plan_->base.circuit;
    if (switched_ > 0) grid::set_openings(circuit, plan_->switching[switched_ - 1].open);
    std::vector<powerflow::Terminal> terminals;
    std::vector<double> p, q;
    for (std::size_t r = 0; r < plan_->people.sites.size(); ++r) {
        const bool is_fed = switched_ == 0 || plan_->switching[switched_ - 1].is_fed[r];
        if (!is_fed) continue;
        terminals.push_back(plan_->people.sites[r].terminal);
        p.push_back(state_.site_p_w(r, lane));
        q.push_back(frame_.load_q_var(r, lane));
    }
    std::vector<std::complex<double>> v(state_.v.rows());
    for (std::size_t n = 0; n < v.size(); ++n) v[n] = state_.v(n, lane);
    const scenario::Feeder& feeder = plan_->base.feeder;
    return powerflow::diagnose_failure({circuit, frame_.load_scale[lane], terminals, p, q,
                                        feeder.tolerance, feeder.max_iterations},
                                       v, frame_.flow, lane)
        .text;
}

record::Table switching_table() {
    using enum record::ColumnType;
    return {
        "switching",
        "elements of the feeder that were opened and closed, and what that left without a source",
        {{"time", time},
         {"element", text},
         {"action", text},
         {"dead_buses", integer},
         {"dead_loads", integer},
         {"dead_load_w", real, "W"},
         {"dead_sites", integer}}};
}

void Recording::switched(const SwitchedStep& s) {
    if (!is_on_) return;
    const auto dead_sites = std::count(s.is_fed.begin(), s.is_fed.end(), std::uint8_t{0});
    row("switching",
        {s.at.ns, s.element, s.action, static_cast<std::int64_t>(s.dead.buses.size()),
         std::int64_t{s.dead.loads}, s.dead.load_w, static_cast<std::int64_t>(dead_sites)});
}

}  // namespace gridflock::inline v0::sim
