// SPDX-License-Identifier: Apache-2.0
#include <gridflock/forecast/reads.hpp>

namespace gridflock::inline v0::forecast {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

std::int64_t energy_wh(const Read& read, Quantity quantity) {
    switch (quantity) {
        case Quantity::pv:
            return read.pv_wh;
        case Quantity::demand:
            return read.demand_wh();
        case Quantity::net_demand:
            return read.net_demand_wh();
    }
    return 0;
}

}  // namespace

std::int64_t ReadHistory::index_of(SimTime t) const {
    const std::int64_t offset = t.ns - start_.ns;
    if (offset < 0 || offset % step_.ns != 0) return -1;
    const std::int64_t i = offset / step_.ns;
    return i < static_cast<std::int64_t>(intervals_) ? i : -1;
}

bool ReadHistory::put(std::size_t site, SimTime interval_start, const Read& read) {
    const std::int64_t i = index_of(interval_start);
    if (site >= sites_ || i < 0) return false;
    Read& cell = cells_[site * intervals_ + static_cast<std::size_t>(i)];
    if (read.received_at < cell.received_at) cell = read;
    return true;
}

const Read* ReadHistory::find(std::size_t site, SimTime interval_start, SimTime known_at) const {
    const std::int64_t i = index_of(interval_start);
    if (site >= sites_ || i < 0) return nullptr;
    return find(site, static_cast<std::size_t>(i), known_at);
}

std::vector<double> site_power(const ReadHistory& history, std::size_t site, Quantity quantity,
                               SimTime known_at) {
    const std::size_t members[] = {site};
    return fleet_power(history, members, quantity, known_at);
}

std::vector<double> fleet_power(const ReadHistory& history, std::span<const std::size_t> members,
                                Quantity quantity, SimTime known_at) {
    const double hours = history.step().hours();
    std::vector<double> power(history.intervals(), unknown);
    for (std::size_t i = 0; i < power.size(); ++i) {
        std::int64_t sum_wh = 0;
        std::size_t known = 0;
        for (const std::size_t site : members) {
            const Read* read = history.find(site, i, known_at);
            if (!read) continue;
            sum_wh += energy_wh(*read, quantity);
            ++known;
        }
        if (known == 0 || 2 * known < members.size()) continue;
        const double scale = static_cast<double>(members.size()) / static_cast<double>(known);
        power[i] = static_cast<double>(sum_wh) * scale / hours;
    }
    return power;
}

}  // namespace gridflock::inline v0::forecast
