// SPDX-License-Identifier: Apache-2.0
#include <gridflock/comms/link_model.hpp>

#include <gridflock/core/error.hpp>
#include <gridflock/core/math.hpp>

#include <fmt/format.h>

namespace gridflock::inline v0::comms {

namespace {
constexpr std::int64_t hour_ns = hours(1).ns;
constexpr std::uint64_t channels = 8;  // room for more channels than there are

std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
    return a / b + (a % b > 0 ? 1 : 0);
}

std::uint64_t draw_of(const MessageId& id) {
    return static_cast<std::uint64_t>(id.attempt) * channels +
           static_cast<std::uint64_t>(id.channel);
}

/// Rounded, at most 2^51 ns.
std::int64_t to_ns(double s) {
    return static_cast<std::int64_t>(math::min(s * 1e9 + 0.5, 0x1p51));
}
}  // namespace

LinkModel::LinkModel(std::vector<StableId> sites, std::vector<RandomKey> keys,
                     std::vector<LinkSettings> settings, Outages outages, Deliveries deliveries)
    : sites_(std::move(sites)),
      keys_(std::move(keys)),
      settings_(std::move(settings)),
      outages_(std::move(outages)),
      deliveries_(std::move(deliveries)),
      poll_period_(sites_.size(), keys_.size()),
      poll_phase_(sites_.size(), keys_.size()) {
    if (keys_.size() != settings_.size())
        throw ShapeError(fmt::format("{} keys and {} link settings: one of each a lane",
                                     keys_.size(), settings_.size()));
    const auto require_fit = [&](const auto& windows, const char* name) {
        if (windows.sites() == 0 && windows.lanes() == 0) return;
        if (windows.sites() != sites_.size() || windows.lanes() != keys_.size())
            throw ShapeError(fmt::format("{} are [{}, {}], expected [{}, {}]", name,
                                         windows.sites(), windows.lanes(), sites_.size(),
                                         keys_.size()));
    };
    require_fit(outages_, "outages");
    require_fit(deliveries_, "deliveries");
    for (const LinkSettings& link : settings_) require_valid(link);
    tables_ = tables_of(sites_, keys_, settings_);
    for (std::size_t lane = 0; lane < keys_.size(); ++lane) {
        const LinkSettings& link = settings_[lane];
        sigma_.push_back(latency_sigma(link));
        bad_share_.push_back(stationary_bad(link));
        for (std::size_t site = 0; site < sites_.size(); ++site) {
            if (!link.polling) continue;
            const Block4 b = draw_block(keys_[lane], sites_[site], Purpose::polling, 0);
            const double span = link.poll_max_s - link.poll_min_s;
            const std::int64_t period = to_ns(link.poll_min_s + span * to_open_unit(b[0]));
            poll_period_(site, lane) = period;
            poll_phase_(site, lane) =
                static_cast<std::int64_t>(static_cast<double>(period) * to_unit(b[1]));
        }
    }
}

Block4 LinkModel::draws(const MessageId& id) const {
    return draw_block(keys_[id.lane], sites_[id.site], Purpose::loss,
                      static_cast<std::uint64_t>(id.tick), draw_of(id));
}

void LinkModel::step(Chain& chain, const LinkSettings& link, const Block4& draws) const {
    const double u = to_unit(draws[0]);
    chain.bad = chain.bad ? (u < link.p_bg ? 0 : 1) : (u < link.p_gb ? 1 : 0);
    ++chain.tick;
}

std::int64_t LinkModel::hour_of(std::int64_t tick, Duration cadence) const {
    return tick * cadence.ns / hour_ns;
}

std::int64_t LinkModel::first_tick(std::int64_t hour, Duration cadence) const {
    return ceil_div(hour * hour_ns, cadence.ns);
}

void LinkModel::advance(Chain& chain, const MessageId& id, Duration cadence,
                        const Block4& draws) const {
    const std::int64_t hour = hour_of(id.tick, cadence);
    const std::int64_t first = first_tick(hour, cadence);
    const LinkSettings& link = settings_[id.lane];
    if (chain.tick < first || chain.tick > id.tick) {
        const double u = to_unit(draw_block(keys_[id.lane], sites_[id.site], Purpose::loss_state,
                                            static_cast<std::uint64_t>(hour),
                                            draw_of({.channel = id.channel}))[0]);
        chain = {first, static_cast<std::uint8_t>(u < bad_share_[id.lane] ? 1 : 0)};
    }
    MessageId past = id;
    past.attempt = 0;
    while (chain.tick < id.tick) {
        past.tick = chain.tick + 1;
        const bool known = past.tick == id.tick && id.attempt == 0;
        step(chain, link, known ? draws : this->draws(past));
    }
}

SimTime LinkModel::next_poll(std::size_t site, std::size_t lane, SimTime t) const {
    const std::int64_t period = poll_period_(site, lane);
    if (period == 0) return t;
    const std::int64_t phase = poll_phase_(site, lane);
    return {phase + ceil_div(t.ns - phase, period) * period};
}

/// When a downlink message leaves the cloud; `never` when it cannot.
SimTime LinkModel::fetched_at(const MessageId& id, SimTime sent_at, bool is_sure) const {
    if (is_sure) return next_poll(id.site, id.lane, sent_at);
    if (!settings_[id.lane].polling)
        return outages_.is_down(id.site, id.lane, sent_at) ? never : sent_at;
    SimTime up = sent_at;
    while (up != never) {
        const SimTime poll = next_poll(id.site, id.lane, up);
        up = outages_.up_from(id.site, id.lane, poll);
        if (up == poll) return poll;
    }
    return never;
}

SimTime LinkModel::leaves_at(const MessageId& id, SimTime sent_at) const {
    const bool is_sure = deliveries_.covers(id.channel, id.site, id.lane, sent_at);
    if (id.channel == Channel::command) return fetched_at(id, sent_at, is_sure);
    return !is_sure && outages_.is_down(id.site, id.lane, sent_at) ? never : sent_at;
}

Fate LinkModel::fate(const MessageId& id, Duration cadence, SimTime sent_at) const {
    Chain chain;
    return send(chain, id, cadence, sent_at, draws(id));
}

Fate LinkModel::send(Chain& chain, const MessageId& id, Duration cadence, SimTime sent_at) const {
    return send(chain, id, cadence, sent_at, draws(id));
}

Fate LinkModel::send(Chain& chain, const MessageId& id, Duration cadence, SimTime sent_at,
                     const Block4& draws) const {
    const LinkSettings& link = settings_[id.lane];
    if (link.perfect) return {sent_at, Loss::none};
    advance(chain, id, cadence, draws);
    const SimTime leaves = leaves_at(id, sent_at);
    if (leaves == never) return {never, Loss::outage};
    const bool is_lost = to_unit(draws[1]) < (chain.bad ? link.loss_bad : link.loss_good);
    if (is_lost && !deliveries_.covers(id.channel, id.site, id.lane, sent_at))
        return {never, Loss::channel};
    const double delay_s = link.latency_median_s * math::exp(sigma_[id.lane] * to_normal(draws[2]));
    return {leaves + Duration{to_ns(delay_s)}, Loss::none};
}

}  // namespace gridflock::inline v0::comms
