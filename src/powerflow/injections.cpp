// SPDX-License-Identifier: Apache-2.0
#include "injections.hpp"

#include <gridflock/core/math.hpp>

#include <algorithm>
#include <numeric>

namespace gridflock::inline v0::powerflow {

namespace {

constexpr double device_floor_pu = 0.5;  // below it a device is an impedance

std::size_t at(std::int32_t i) {
    return static_cast<std::size_t>(i);
}

/// Width within which the kernel's series of the CVR law is exact.
constexpr double cvr_low = 0.55, cvr_high = 1.8, cvr_exponent = 4.5;

PhaseKind kind_of(const LoadLaw& law) {
    using grid::LoadModel;
    if (law.edge_share != 1) return PhaseKind::other;
    switch (law.model) {
        case LoadModel::constant_power:
            return PhaseKind::power;
        case LoadModel::constant_current:
            return PhaseKind::current;
        case LoadModel::constant_impedance:
            return PhaseKind::impedance;
        case LoadModel::cvr: {
            const bool is_mild = math::abs(law.cvr_watts - 2) < cvr_exponent &&
                                 math::abs(law.cvr_vars - 2) < cvr_exponent && law.v_max < cvr_high;
            return is_mild ? PhaseKind::cvr : PhaseKind::other;
        }
        default:
            return PhaseKind::other;
    }
}

double square(double x) {
    return x * x;
}

KernelPhase kernel_phase(const SharedPhase& p, const LoadLaw& law, const Drive& drive, int phases) {
    KernelPhase k{};
    k.a = p.a;
    k.b = p.b;
    k.ip = law.is_fixed && !drive.is_driven ? 0 : drive.p_row;
    k.iq = law.is_fixed && !drive.is_driven ? 0 : drive.q_row;
    const double v2 = square(law.rated_v);
    k.p = drive.is_driven ? 1.0 / phases : law.g * v2;
    k.q = drive.is_driven ? 1.0 / phases : -law.b * v2;
    double low = math::max(law.v_min, law.v_low);
    if (law.model == grid::LoadModel::cvr) low = math::max(low, cvr_low);
    k.low2 = v2 * (low * low);
    k.high2 = v2 * law.v_max * law.v_max;
    return k;
}

/// The line of a law between v_low and v_min, and where it ends.
KernelLaw kernel_law(const SharedPhase& p, const LoadLaw& law, const KernelPhase& k) {
    KernelLaw out{p.share_g, p.share_b, law.rated_v, law.cvr_watts, law.cvr_vars,
                  0,         0,         k.low2,      p.law};
    const double span = law.v_min - law.v_low;
    if (!(span > 0) || k.low2 != square(law.rated_v) * (law.v_min * law.v_min)) return out;
    const bool is_current = law.model == grid::LoadModel::constant_current;
    const double at_min = is_current ? 1.0 : 1.0 / law.v_min;  // |I| over that of rated voltage
    const double slope = law.limits_current ? 0 : (at_min - law.v_low) / span;
    const double start = law.limits_current ? at_min : law.v_low * (1 - slope);
    out.line_a = start / law.rated_v;
    out.line_b = slope / square(law.rated_v);
    out.floor2 = square(law.rated_v * law.v_low);
    return out;
}

/// Admittances of some lanes of one phase by the scalar law.
void scalar_admittances(const void* laws, std::int32_t law, int lanes, const double* v2,
                        const double* p, const double* q, double* y_g, double* y_b) {
    LoadLaw l = static_cast<const LoadLaw*>(laws)[law];
    const double per = 1.0 / (l.rated_v * l.rated_v);
    for (int i = 0; i < lanes; ++i) {
        l.g = p[i] * per;
        l.b = -q[i] * per;
        const Admittance y = admittance(l, math::sqrt(v2[i]) / l.rated_v, 1.0);
        y_g[i] = y.g;
        y_b[i] = y.b;
    }
}

}  // namespace

Injections::Injections(const LaneNetwork& network, std::span<const Drive> drive_of_load,
                       std::span<const Drive> drive_of_terminal, std::int32_t table_row_count)
    : table_rows(table_row_count) {
    const Network& net = network.network();
    scalar_laws.assign(net.laws().begin(), net.laws().end());
    std::vector<Drive> drives(drive_of_load.begin(), drive_of_load.end());
    std::vector<int> phases_of(drives.size(), 0);
    for (const LoadPhase& l : net.load_phases()) ++phases_of[at(l.load)];
    for (const VoltageControl& c : net.voltage_controls()) {
        const LoadPhase& first = net.load_phases()[at(c.first_phase)];
        const LoadLaw& law = net.laws()[at(c.law)];
        Drive& drive = drives[at(first.load)];
        KernelControl control;
        for (std::int32_t n = 0; n < c.phases; ++n) {
            const LoadPhase& l = net.load_phases()[at(c.first_phase + n)];
            control.a.push_back(network.row(l.a));
            control.b.push_back(network.row(l.b));
        }
        control.q_row = table_rows++;
        control.v_set = c.v_set_v;
        control.q_min = c.q_min_var;
        control.q_max = c.q_max_var;
        control.q_start = law.b * square(law.rated_v) * c.phases;
        control.generator = first.load;
        drive.q_row = control.q_row;
        if (control.a.front() != control.b.front()) controls.push_back(std::move(control));
    }
    std::vector<std::int32_t> order(network.phases().size());
    std::iota(order.begin(), order.end(), 0);
    const auto key = [&](std::int32_t n) {
        const SharedPhase& p = network.phases()[at(n)];
        return std::pair(kind_of(scalar_laws[at(p.law)]), p.a);
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::int32_t x, std::int32_t y) { return key(x) < key(y); });
    const std::int32_t lead = network.lead();
    for (const std::int32_t n : order) {
        const SharedPhase& p = network.phases()[at(n)];
        const LoadLaw& law = scalar_laws[at(p.law)];
        KernelPhase k = kernel_phase(p, law, drives[at(p.load)], phases_of[at(p.load)]);
        k.a -= lead;
        k.b -= lead;
        const bool holds = std::any_of(controls.begin(), controls.end(),
                                       [&](const auto& c) { return c.generator == p.load; });
        if (holds) {
            k.iq = drives[at(p.load)].q_row;
            k.q = 1.0;
        }
        phases.push_back(k);
        laws.push_back(kernel_law(p, law, k));
        ++kind_start[static_cast<int>(kind_of(law)) + 1];
    }
    std::partial_sum(kind_start, kind_start + phase_kinds + 1, kind_start);
    for (std::size_t t = 0; t < network.terminals().size(); ++t) {
        std::int32_t a = network.row(network.terminals()[t].a);
        std::int32_t b = network.row(network.terminals()[t].b);
        if (a == b) continue;
        const double re = network.base_re()[at(a)] - network.base_re()[at(b)];
        const double im = network.base_im()[at(a)] - network.base_im()[at(b)];
        if (a == network.rows()) std::swap(a, b);
        const Drive& d = drive_of_terminal[t];
        devices.push_back({a - lead, b - lead, d.p_row, d.q_row, 1, 1,
                           square(device_floor_pu) * (re * re + im * im)});
    }
    linear.assign(net.linear_injections().begin(), net.linear_injections().end());
}

InjectArgs Injections::arguments(const LaneNetwork& network) const {
    InjectArgs a{};
    a.rows = network.iterated();
    a.constant = network.iterated_constant();
    a.phases = phases.data();
    a.laws = laws.data();
    std::copy(kind_start, kind_start + phase_kinds + 1, a.kind_start);
    a.devices = devices.data();
    a.device_count = static_cast<std::int32_t>(devices.size());
    a.scalar = &scalar_admittances;
    a.law_table = scalar_laws.data();
    return a;
}

}  // namespace gridflock::inline v0::powerflow
