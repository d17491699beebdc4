// SPDX-License-Identifier: Apache-2.0
#include <gridflock/vpp/monitor.hpp>

#include <gridflock/asset/limits.hpp>
#include <gridflock/core/math.hpp>

#include <limits>

namespace gridflock::inline v0::vpp {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

bool is_finite(double x) {
    return x - x == 0;
}

double at(const ColumnView<const double>& view, std::size_t row, std::size_t lane) {
    return view.data() ? view(row, lane) : unknown;
}

/// First of the two that is a number; 0 if none is.
double first_known(double a, double b) {
    return is_finite(a) ? a : (is_finite(b) ? b : 0.0);
}

asset::Telemetry last_word(const Received& received, std::size_t site, std::size_t lane) {
    double payload[asset::Telemetry::width];
    for (std::size_t k = 0; k < asset::Telemetry::width; ++k)
        payload[k] = received.payload(site * asset::Telemetry::width + k, lane);
    return asset::unpack_telemetry(payload);
}

bool is_usable(const asset::Telemetry& t) {
    return is_finite(t.p_w + t.soc + t.site_net_w + t.pv_w + t.p_min_w + t.p_max_w) &&
           (t.quality == asset::Quality::good || t.quality == asset::Quality::estimated);
}

/// Scalar form: one site of one lane.
struct SiteView {
    double age_s = unknown;
    bool stale = true;
    double p_w = 0, p_min_w = 0, p_max_w = 0, soc = 0, demand_w = 0, pv_w = 0;
};

SiteView fresh_view(const asset::Telemetry& t, double age_s) {
    SiteView view{age_s, false, t.p_w, t.p_min_w, t.p_max_w, t.soc, 0, math::max(t.pv_w, 0.0)};
    view.demand_w = math::max(t.pv_w + t.p_w - t.site_net_w, 0.0);
    return view;
}

struct Expectation {
    double demand_w = unknown, pv_w = unknown, command_w = unknown;  // NaN: none
};

/// `last` may hold NaN: nothing usable was ever heard.
SiteView silent_view(const SiteCapability& site, const asset::Telemetry& last,
                     const Expectation& expected, double age_s, double hold_s) {
    SiteView view;
    view.age_s = age_s;
    view.soc = is_finite(last.soc) ? math::clamp(last.soc, 0.0, 1.0)
                                   : 0.5 * (site.battery.soc_min + site.battery.soc_max);
    const auto range = asset::available(site.battery, view.soc * site.battery.energy_j, hold_s);
    view.p_min_w = range.min_w;
    view.p_max_w = range.max_w;
    const double last_demand = last.pv_w + last.p_w - last.site_net_w;
    view.demand_w = math::clamp(first_known(expected.demand_w, last_demand), 0.0, site.demand_w);
    view.pv_w = math::clamp(first_known(expected.pv_w, last.pv_w), 0.0, site.pv_w);
    const double wanted =
        is_finite(expected.command_w) ? expected.command_w : view.demand_w - view.pv_w;
    view.p_w = math::clamp(wanted, range.min_w, range.max_w);
    return view;
}

SiteView view_of(const SiteCapability& site, const Received& received, const Outlook& outlook,
                 const MonitorSettings& settings, std::size_t row, std::size_t lane,
                 std::int64_t now) {
    const std::int64_t measured_at = received.measured_at(row, lane);
    asset::Telemetry last = last_word(received, row, lane);
    const bool heard = measured_at != never_ns && is_usable(last);
    if (!heard) last = {unknown, unknown, unknown, unknown, unknown, unknown};
    const double age_s = heard ? Duration{now - measured_at}.seconds() : unknown;
    if (heard && now - measured_at <= settings.stale_after.ns) return fresh_view(last, age_s);
    const bool in_force = outlook.command_until.data() && now < outlook.command_until(row, lane);
    const Expectation expected{at(outlook.demand_w, row, lane), at(outlook.pv_w, row, lane),
                               in_force ? at(outlook.command_w, row, lane) : unknown};
    return silent_view(site, last, expected, age_s, settings.hold_s);
}

void add(Bounded& total, double low, double estimate, double high) {
    total.low += math::min(low, estimate);
    total.estimate += estimate;
    total.high += math::max(high, estimate);
}

/// Stored energy that full power could have reached since the last word.
Bounded energy_of(const asset::Capability& c, const SiteView& view) {
    const double energy = view.soc * c.energy_j;
    if (!view.stale) return {energy, energy, energy};
    const double floor = c.soc_min * c.energy_j, ceiling = c.soc_max * c.energy_j;
    if (!is_finite(view.age_s)) return {floor, energy, ceiling};
    return {math::max(floor, energy - c.p_max_w / c.efficiency_discharge * view.age_s), energy,
            math::min(ceiling, energy - c.p_min_w * c.efficiency_charge * view.age_s)};
}

void add_site(Estimate& out, std::size_t lane, const SiteCapability& site, const SiteView& view) {
    const double net = view.pv_w + view.p_w - view.demand_w;
    const auto& battery = site.battery;
    const Bounded energy = energy_of(battery, view);
    add(out.total_energy_j[lane], energy.low, energy.estimate, energy.high);
    if (!view.stale) {
        add(out.total_p_w[lane], view.p_w, view.p_w, view.p_w);
        add(out.total_net_w[lane], net, net, net);
        return;
    }
    ++out.stale_count[lane];
    add(out.total_p_w[lane], battery.p_min_w, view.p_w, battery.p_max_w);
    add(out.total_net_w[lane], battery.p_min_w - site.demand_w, net, site.pv_w + battery.p_max_w);
}

}  // namespace

Estimate::Estimate(std::size_t sites, std::size_t lanes)
    : age_s(sites, lanes, unknown),
      stale(sites, lanes, 1),
      p_w(sites, lanes),
      p_min_w(sites, lanes),
      p_max_w(sites, lanes),
      soc(sites, lanes),
      net_w(sites, lanes),
      demand_w(sites, lanes),
      pv_w(sites, lanes),
      total_p_w(lanes),
      total_net_w(lanes),
      total_energy_j(lanes),
      stale_count(lanes, 0) {}

void Estimate::show(dispatch::Observation& observation) const {
    observation.p_w = p_w.view();
    observation.p_min_w = p_min_w.view();
    observation.p_max_w = p_max_w.view();
    observation.soc = soc.view();
    observation.age_s = age_s.view();
    observation.site_net_w = net_w.view();
    observation.demand_w = demand_w.view();
    observation.pv_w = pv_w.view();
}

void estimate(std::span<const SiteCapability> capability, const Received& received,
              const Outlook& outlook, const MonitorSettings& settings, const LaneClock& clock,
              Estimate& out) {
    const std::size_t sites = capability.size(), lanes = clock.lanes();
    require_shape(received.measured_at, sites, lanes, "received.measured_at");
    require_shape(received.payload, sites * asset::Telemetry::width, lanes, "received.payload");
    require_shape(out.p_w, sites, lanes, "estimate");
    for (const auto* view : {&outlook.demand_w, &outlook.pv_w, &outlook.command_w})
        if (view->data()) require_shape(*view, sites, lanes, "outlook");
    if (outlook.command_until.data())
        require_shape(outlook.command_until, sites, lanes, "outlook.command_until");

    for (std::size_t l = 0; l < lanes; ++l) {
        if (!clock.mask[l]) continue;
        out.total_p_w[l] = out.total_net_w[l] = out.total_energy_j[l] = {};
        out.stale_count[l] = 0;
    }
    drive(sites, clock, [&](std::size_t s, std::size_t l) {
        const SiteView view =
            view_of(capability[s], received, outlook, settings, s, l, clock.now[l]);
        out.age_s(s, l) = view.age_s;
        out.stale(s, l) = view.stale;
        out.p_w(s, l) = view.p_w;
        out.p_min_w(s, l) = view.p_min_w;
        out.p_max_w(s, l) = view.p_max_w;
        out.soc(s, l) = view.soc;
        out.demand_w(s, l) = view.demand_w;
        out.pv_w(s, l) = view.pv_w;
        out.net_w(s, l) = view.pv_w + view.p_w - view.demand_w;
        add_site(out, l, capability[s], view);
    });
}

}  // namespace gridflock::inline v0::vpp
