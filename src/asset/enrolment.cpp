// SPDX-License-Identifier: Apache-2.0
#include <gridflock/asset/enrolment.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace gridflock::inline v0::asset {

namespace {

/// One application under examination; gathers the refusals.
class Examination {
public:
    Examination(const Portfolio& portfolio, const Application& application)
        : portfolio_(portfolio), application_(application) {}

    std::vector<Refusal> run() {
        if (check_parties()) {
            for (std::size_t i = 0; i < application_.devices.size(); ++i) check_device(i);
            check_size();
        }
        return std::move(refusals_);
    }

private:
    template <class... Args>
    void refuse(RefusalReason reason, DeviceIdx device, fmt::format_string<Args...> text,
                Args&&... args) {
        refusals_.push_back({reason, device, fmt::format(text, std::forward<Args>(args)...)});
    }

    template <class Table, class Idx>
    static bool has(const Table& table, Idx i) {
        return i.valid() && i.pos() < table.size();
    }

    const Programme& programme() const {
        return portfolio_.programmes[application_.programme.pos()];
    }

    bool check_parties() {
        if (!has(portfolio_.programmes, application_.programme))
            refuse(RefusalReason::unknown_programme, {}, "no programme number {}",
                   application_.programme.value);
        if (!has(portfolio_.parties, application_.aggregator))
            refuse(RefusalReason::not_an_aggregator, {}, "no party number {}",
                   application_.aggregator.value);
        else if (const Party& p = portfolio_.parties[application_.aggregator.pos()];
                 p.role != Role::aggregator)
            refuse(RefusalReason::not_an_aggregator, {}, "{} is not an aggregator", p.name);
        if (application_.devices.empty())
            refuse(RefusalReason::empty_application, {}, "the application names no device");
        return refusals_.empty();
    }

    void check_device(std::size_t position) {
        const DeviceIdx idx = application_.devices[position];
        if (!has(portfolio_.devices, idx)) {
            refuse(RefusalReason::unknown_device, idx, "no device number {}", idx.value);
            return;
        }
        const DeviceRecord& device = portfolio_.devices[idx.pos()];
        check_identity(position, idx, device);
        if (device.status != DeviceStatus::active)
            refuse(RefusalReason::device_not_active, idx, "{} is not active", device.name);
        if (!device.capability.dispatchable)
            refuse(RefusalReason::not_dispatchable, idx, "{} follows no setpoint", device.name);
        check_site(idx, device);
    }

    void check_identity(std::size_t position, DeviceIdx idx, const DeviceRecord& device) {
        const auto& asked = application_.devices;
        const auto here = asked.begin() + static_cast<std::ptrdiff_t>(position);
        if (std::find(asked.begin(), here, idx) != here)
            refuse(RefusalReason::listed_twice, idx, "{} is listed twice", device.name);
        for (std::size_t i = 0; i < portfolio_.devices.size() && !device.serial.empty(); ++i)
            if (i != idx.pos() && portfolio_.devices[i].serial == device.serial)
                refuse(RefusalReason::duplicate_serial, idx, "{} carries serial {} of {}",
                       device.name, device.serial, portfolio_.devices[i].name);
        for (const Aggregation& a : portfolio_.aggregations)
            if (std::find(a.devices.begin(), a.devices.end(), idx) != a.devices.end())
                refuse(RefusalReason::already_enrolled, idx, "{} is already counted in {}",
                       device.name, a.name);
    }

    void check_site(DeviceIdx idx, const DeviceRecord& device) {
        const auto metered = [&](const MeterRecord& m) { return m.site == device.site; };
        const auto& meters = portfolio_.meters;
        if (!has(portfolio_.sites, device.site) ||
            std::none_of(meters.begin(), meters.end(), metered)) {
            refuse(RefusalReason::not_metered, idx, "{} has no meter", device.name);
            return;
        }
        const Site& site = portfolio_.sites[device.site.pos()];
        const auto consents = [&](const Consent& c) {
            return c.site == device.site && c.owner == site.owner &&
                   c.aggregator == application_.aggregator && c.from <= application_.at &&
                   application_.at < c.to;
        };
        if (std::none_of(portfolio_.consents.begin(), portfolio_.consents.end(), consents))
            refuse(RefusalReason::no_consent, idx, "the owner of {} has not consented for {} at {}",
                   site.name, portfolio_.parties[application_.aggregator.pos()].name,
                   iso8601(application_.at));
        const std::string& feeder = programme().feeder;
        if (!feeder.empty() && site.at.feeder != feeder)
            refuse(RefusalReason::wrong_grid_node, idx,
                   "{} is at bus {} of feeder '{}', {} is for '{}'", site.name, site.at.bus,
                   site.at.feeder, programme().name, feeder);
    }

    void check_size() {
        double size_w = 0.0;
        for (const DeviceIdx d : application_.devices)
            if (has(portfolio_.devices, d))
                size_w += portfolio_.devices[d.pos()].capability.p_max_w;
        if (size_w < programme().minimum_w)
            refuse(RefusalReason::below_minimum, {}, "{:g} kW offered, {} takes {:g} kW or more",
                   size_w / 1e3, programme().name, programme().minimum_w / 1e3);
    }

    const Portfolio& portfolio_;
    const Application& application_;
    std::vector<Refusal> refusals_;
};

}  // namespace

const char* to_text(RefusalReason reason) {
    switch (reason) {
        case RefusalReason::unknown_programme:
            return "unknown programme";
        case RefusalReason::not_an_aggregator:
            return "not an aggregator";
        case RefusalReason::empty_application:
            return "empty application";
        case RefusalReason::unknown_device:
            return "unknown device";
        case RefusalReason::listed_twice:
            return "listed twice";
        case RefusalReason::duplicate_serial:
            return "duplicate serial number";
        case RefusalReason::already_enrolled:
            return "already enrolled";
        case RefusalReason::device_not_active:
            return "device not active";
        case RefusalReason::not_dispatchable:
            return "not dispatchable";
        case RefusalReason::not_metered:
            return "not metered";
        case RefusalReason::no_consent:
            return "no consent";
        case RefusalReason::wrong_grid_node:
            return "wrong grid node";
        case RefusalReason::below_minimum:
            return "below the programme's minimum";
    }
    return "unknown";
}

std::string Enrolment::text() const {
    if (accepted()) return "accepted";
    std::string out;
    for (const Refusal& r : refusals)
        out += fmt::format("{}{}: {}", out.empty() ? "" : "\n", to_text(r.reason), r.text);
    return out;
}

Enrolment enrol(Portfolio& portfolio, const Application& application) {
    Enrolment result;
    result.refusals = Examination(portfolio, application).run();
    if (!result.accepted()) return result;
    Aggregation a;
    a.name = application.name;
    a.id = stable_id("aggregations/" + application.name);
    a.aggregator = application.aggregator;
    a.programme = application.programme;
    a.devices = application.devices;
    a.since = application.at;
    for (const DeviceIdx d : a.devices) a.sites.push_back(portfolio.devices[d.pos()].site);
    std::sort(a.sites.begin(), a.sites.end());
    a.sites.erase(std::unique(a.sites.begin(), a.sites.end()), a.sites.end());
    result.aggregation = AggregationIdx(portfolio.aggregations.size());
    portfolio.aggregations.push_back(std::move(a));
    return result;
}

}  // namespace gridflock::inline v0::asset
