// SPDX-License-Identifier: Apache-2.0
// The stages that carry energy: observe, act, gather, solve, meter.
#include <gridflock/sim/simulation.hpp>

#include "sim/recording.hpp"

#include <limits>

namespace gridflock::inline v0::sim {

void Simulation::observe() {
    const Plan& p = *plan_;
    const StepClock all = clock(state_.alive);
    const double hour = p.when.zone.hour_of_day(state_.now);
    const profile::WeatherSample w = p.weather->at(state_.now);
    const sun::Sky sky =
        sun::sky(state_.now, p.location, {w.pressure_pa, w.temperature_c, p.turbidity});
    for (std::size_t l = 0; l < p.width(); ++l) {
        frame_.wall_hour[l] = hour;
        frame_.sky[l] = {sky, w.temperature_c, w.wind_m_s};
    }
    for (std::size_t i = 0; i < p.homes.size(); ++i) {
        const SiteRange& r = p.homes[i].range;
        const ColumnView<double> rows(state_.demand_w.row(r.first).data(), r.count, p.width());
        p.homes[i].model.demand(state_.homes[i], all, frame_.wall_hour, rows);
    }
    if (p.clouds) p.clouds->clearness(state_.clouds, all, frame_.kappa.view());
    if (!state_.telemetry) return;
    state_.telemetry->receive(all);
    take_acknowledgements();
    receive_batches();
}

void Simulation::act() {
    const Plan& p = *plan_;
    take_commands();
    const StepClock all = clock(state_.alive);
    State& s = state_;
    Frame& f = frame_;
    device::advance(p.loads, s.demand_w.view(), f.load_p_w.view(), f.load_q_var.view(), all);
    device::advance(p.pv, p.pv_row, f.sky, f.kappa.view(), {},
                    device::PvPower{s.pv_p_w.view(), f.pv_available_w.view()}, all);
    shed_dead_sites(all);
    drive(p.people.sites.size(), all, [&](std::size_t r, std::size_t l) { s.site_pv_w(r, l) = 0; });
    drive(p.pv.size(), all, [&](std::size_t r, std::size_t l) {
        s.site_pv_w(static_cast<std::size_t>(p.people.pv[r].site), l) += s.pv_p_w(r, l);
    });
    drive(p.batteries.size(), all, [&](std::size_t r, std::size_t l) {
        const auto site = static_cast<std::size_t>(p.people.batteries[r].site);
        f.before_battery_w(r, l) = s.site_pv_w(site, l) + f.load_p_w(site, l);
    });
    device::targets(p.controls, s.control, f.before_battery_w.view(), f.target_w.view(), all);
    hold_dead_batteries(all);
    device::advance(p.batteries, s.batteries, f.target_w.view(), {},
                    device::BatteryPower{s.battery_p_w.view(), f.battery_q_var.view(),
                                         f.loss_j.view(), f.battery_limit.view()},
                    all);
    for (std::size_t i = 0; i < p.homes.size(); ++i)
        p.homes[i].model.advance(s.homes[i], all, p.keys);
    if (p.clouds) p.clouds->advance(s.clouds, all, p.keys, f.cloud_scratch.view());
}

void Simulation::gather() {
    const Plan& p = *plan_;
    const StepClock all = clock(state_.alive);
    State& s = state_;
    Frame& f = frame_;
    drive(p.people.sites.size(), all,
          [&](std::size_t r, std::size_t l) { f.site_battery_w(r, l) = 0; });
    drive(p.batteries.size(), all, [&](std::size_t r, std::size_t l) {
        f.site_battery_w(static_cast<std::size_t>(p.people.batteries[r].site), l) +=
            state_.battery_p_w(r, l);
    });
    drive(p.people.sites.size(), all, [&](std::size_t r, std::size_t l) {
        s.site_p_w(r, l) = f.load_p_w(r, l) + s.site_pv_w(r, l) + f.site_battery_w(r, l);
    });
}

void Simulation::solve() {
    const Plan& p = *plan_;
    const StepClock all = clock(state_.alive);
    if (!solver_) {  // one bus, unlimited
        for (std::size_t l = 0; l < p.width(); ++l) {
            if (!all.mask[l]) continue;
            double sum = 0;
            for (std::size_t r = 0; r < p.people.sites.size(); ++r) sum -= state_.site_p_w(r, l);
            frame_.flow.head_p_w[l] = sum;
            state_.head_p_w[l] = sum;
        }
        return;
    }
    refresh_topology();  // after a resume
    double scale = p.base.feeder.background.scale;
    if (!p.background_shape.empty()) {
        const auto n = p.background_shape.size();
        const double at = frame_.wall_hour[0] * static_cast<double>(n) / 24.0;
        const auto i = static_cast<std::size_t>(at) % n;
        const double share = at - math::floor(at);
        scale *= (1.0 - share) * p.background_shape[i] + share * p.background_shape[(i + 1) % n];
    }
    frame_.load_scale.assign(p.width(), scale);
    powerflow::SolveInput input;
    input.load_scale = frame_.load_scale;
    input.p_w = state_.site_p_w.view();
    input.q_var = frame_.load_q_var.view();
    input.mask = all.mask;
    input.tolerance = p.base.feeder.tolerance;
    input.max_iterations = p.base.feeder.max_iterations;
    solver_->solve(input, state_.v.view(), frame_.flow);
    for (std::size_t l = 0; l < p.width(); ++l) {
        if (!state_.alive[l]) continue;
        state_.head_p_w[l] = frame_.flow.head_p_w[l];
        if (frame_.flow.status[l] != Status::ok) {
            fail(l, frame_.flow.status[l], "the power flow", why_unsolved(l));
        }
    }
    find_voltages();
}

void Simulation::find_voltages() {
    const powerflow::Network& net = solver_->network();
    constexpr double inf = std::numeric_limits<double>::infinity();
    const auto nodes = net.all();
    for (std::size_t l = 0; l < plan_->width(); ++l) {
        if (!state_.alive[l]) continue;
        double lowest = inf, highest = -inf;
        std::int64_t outside = 0;
        std::int32_t last = -1;
        for (std::size_t n = 0; n < nodes.size(); ++n) {
            if (!(nodes[n].base_v > 0)) continue;
            if (!nodes[n].is_live) {
                frame_.v_pu(n, l) = 0;
                continue;
            }
            const std::complex<double> v = state_.v(n, l);
            const double pu =
                math::sqrt(v.real() * v.real() + v.imag() * v.imag()) / nodes[n].base_v;
            frame_.v_pu(n, l) = pu;
            lowest = math::min(lowest, pu);
            highest = math::max(highest, pu);
            const bool bad = pu < 0.95 || pu > 1.05;
            if (bad && nodes[n].bus_index.value != last) {
                ++outside;
                last = nodes[n].bus_index.value;
            }
        }
        frame_.v_min[l] = lowest;
        frame_.v_max[l] = highest;
        frame_.buses_outside[l] = static_cast<double>(outside);
    }
}

void Simulation::meter() {
    const Plan& p = *plan_;
    const StepClock all = clock(state_.alive);
    drive(p.pv.size(), all, [&](std::size_t r, std::size_t l) {
        state_.pv_available_j(static_cast<std::size_t>(p.people.pv[r].site), l) +=
            frame_.pv_available_w(r, l) * all.dt[l];
    });
    device::advance(p.meter, state_.meter,
                    device::MeterInput{frame_.load_p_w.view(), state_.site_pv_w.view(),
                                       frame_.site_battery_w.view()},
                    frame_.reads, all);
    for (std::size_t l = 0; l < p.width(); ++l) {
        if (frame_.reads.closed[l] && state_.alive[l] && frame_.reads.status[l] != Status::ok)
            fail(l, frame_.reads.status[l], "a meter", "its power is not a finite number");
    }
    collect_reads();
}

/// After the step that closed a metering interval was recorded, what counts from its start begins
/// anew.
void Simulation::begin_intervals() {
    for (std::size_t l = 0; l < plan_->width(); ++l) {
        if (!frame_.reads.closed[l] || !state_.alive[l]) continue;
        for (std::size_t r = 0; r < state_.pv_available_j.rows(); ++r)
            state_.pv_available_j(r, l) = 0;
    }
}

}  // namespace gridflock::inline v0::sim
