// SPDX-License-Identifier: Apache-2.0
#include <gridflock/vpp/bidding.hpp>

#include <gridflock/core/error.hpp>
#include <gridflock/core/math.hpp>

#include <algorithm>
#include <numeric>

namespace gridflock::inline v0::vpp {

namespace {

constexpr double joule_per_wh = 3600;

/// One evening, scaled to the whole fleet.
struct Evening {
    bool counts = false;
    double energy_wh = 0;
    std::vector<double> self_w;  // [hour] mean discharge - charge
};

/// Adds one member; false, and nothing added, when a read of it is missing.
bool add_member(const forecast::ReadHistory& history, const Evenings& evenings, std::size_t member,
                SimTime start, Evening& evening) {
    const std::size_t site = evenings.members[member];
    const auto* before = history.find(site, start - history.step(), evenings.known_at);
    if (!before || before->soc_end != before->soc_end) return false;
    const auto per_hour = static_cast<std::size_t>(hours(1) / history.step());
    std::vector<double> self_wh(evenings.hours, 0.0);
    for (std::size_t k = 0; k < evenings.hours * per_hour; ++k) {
        const SimTime t = start + static_cast<std::int64_t>(k) * history.step();
        const auto* read = history.find(site, t, evenings.known_at);
        if (!read) return false;
        self_wh[k / per_hour] += read->discharge_wh - read->charge_wh;
    }
    const asset::Capability& c = evenings.capability[member];
    evening.energy_wh += math::max(before->soc_end - c.soc_min, 0.0) * c.energy_j *
                         c.efficiency_discharge / joule_per_wh;
    for (std::size_t h = 0; h < evenings.hours; ++h) {
        evening.energy_wh -= self_wh[h];
        evening.self_w[h] += self_wh[h];  // Wh in one hour = W
    }
    return true;
}

Evening look_at(const forecast::ReadHistory& history, const Evenings& evenings, SimTime start) {
    Evening evening{false, 0, std::vector<double>(evenings.hours, 0.0)};
    const std::size_t n = evenings.members.size();
    std::size_t known = 0;
    for (std::size_t m = 0; m < n; ++m)
        known += add_member(history, evenings, m, start, evening) ? 1 : 0;
    evening.counts = known > 0 && 2 * known >= n;
    const double scale = evening.counts ? static_cast<double>(n) / static_cast<double>(known) : 0.0;
    evening.energy_wh *= scale;
    for (double& w : evening.self_w) w *= scale;
    return evening;
}

std::vector<Evening> look_back(const forecast::ReadHistory& history, const Evenings& evenings) {
    if (evenings.members.size() != evenings.capability.size())
        throw ShapeError("evenings: " + std::to_string(evenings.members.size()) + " members, but " +
                         std::to_string(evenings.capability.size()) + " capabilities");
    std::vector<Evening> out;
    for (const SimTime start : evenings.starts)
        if (Evening evening = look_at(history, evenings, start); evening.counts)
            out.push_back(std::move(evening));
    return out;
}

}  // namespace

std::vector<double> spare_energy_wh(const forecast::ReadHistory& history,
                                    const Evenings& evenings) {
    std::vector<double> out;
    for (const Evening& evening : look_back(history, evenings)) out.push_back(evening.energy_wh);
    return out;
}

std::vector<double> spare_power_w(const forecast::ReadHistory& history, const Evenings& evenings) {
    const auto seen = look_back(history, evenings);
    double nameplate = 0;
    for (const auto& c : evenings.capability) nameplate += c.p_max_w;
    std::vector<double> out(evenings.hours, nameplate);
    for (std::size_t h = 0; h < out.size(); ++h) {
        double self = 0;
        for (const Evening& evening : seen) self += evening.self_w[h];
        if (!seen.empty()) out[h] -= self / static_cast<double>(seen.size());
        out[h] = math::max(out[h], 0.0);
    }
    return out;
}

double deliverable_wh(std::span<const double> spare_wh, double z) {
    if (spare_wh.size() < 2) return 0;
    const auto n = static_cast<double>(spare_wh.size());
    double sum = 0;
    for (const double x : spare_wh) sum += x;
    const double mean = sum / n;
    double squares = 0;
    for (const double x : spare_wh) squares += (x - mean) * (x - mean);
    return math::max(mean - z * math::sqrt(squares / (n - 1)), 0.0);
}

market::BidLadder build_ladder(const LadderRule& rule, double energy_wh,
                               std::span<const double> power_w,
                               std::span<const market::Price> expected) {
    if (power_w.size() != expected.size())
        throw ShapeError("ladder: power of " + std::to_string(power_w.size()) +
                         " hours, prices of " + std::to_string(expected.size()));
    std::vector<std::size_t> order(expected.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return expected[a].micro_per_mwh > expected[b].micro_per_mwh;
    });
    auto left = static_cast<std::int64_t>(math::max(energy_wh, 0.0)) / rule.step_w;
    std::vector<std::int64_t> steps(expected.size(), 0);
    for (const std::size_t h : order) {
        const auto power = static_cast<std::int64_t>(math::max(power_w[h], 0.0));
        steps[h] = std::min(left, power * rule.power_permille / 1000 / rule.step_w);
        left -= steps[h];
    }
    market::BidLadder ladder;
    for (std::size_t h = 0; h < steps.size(); ++h)
        for (std::int64_t k = 0; k < steps[h]; ++k)
            ladder.steps.push_back({static_cast<int>(h), rule.step_w, rule.ask});
    return ladder;
}

}  // namespace gridflock::inline v0::vpp
