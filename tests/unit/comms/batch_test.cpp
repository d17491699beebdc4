// SPDX-License-Identifier: Apache-2.0
// Sending and receiving in batches, by every instruction set, against one message at a time.
#include "demo_link.hpp"

#include <gridflock/comms/message_ring.hpp>

#include <test.hpp>

#include <rapidcheck.h>

#include <cstdint>
#include <string>
#include <vector>

using namespace gridflock;
using namespace gridflock::comms;

namespace {
constexpr SimTime day{1'721'001'600'000'000'000};  // the start of an hour

std::vector<InstructionSet> sets() {
    std::vector<InstructionSet> all;
    for (const InstructionSet s :
         {InstructionSet::portable, InstructionSet::avx2, InstructionSet::avx512}) {
        if (is_available(s))
            all.push_back(s);
        else
            WARN("skipped: this machine has no " << to_text(s));
    }
    return all;
}

std::vector<StableId> homes(std::size_t n) {
    std::vector<StableId> ids;
    for (std::size_t i = 0; i < n; ++i) ids.push_back(stable_id("homes/" + std::to_string(i)));
    return ids;
}

/// Links of very different kinds, one a lane.
LinkSettings some_link(std::size_t lane) {
    LinkSettings s = broadband();
    switch (lane % 7) {
        case 1:
            s.p_gb = 0.3;
            s.loss_good = 0.1;
            s.latency_median_s = 20;
            s.latency_p95_s = 200;
            break;
        case 2:
            s.perfect = true;
            break;
        case 3:
            s.p_gb = 1.0;
            s.p_bg = 0.0;
            s.loss_bad = 0.5;
            break;
        case 4:
            s.latency_median_s = 0.0;  // no delay at all
            s.latency_p95_s = 0.0;
            break;
        case 5:
            s.latency_median_s = 1e-9;  // delays from nothing to the longest there is
            s.latency_p95_s = 86400;
            s.loss_bad = 0.0;
            break;
        case 6:
            s.latency_median_s = s.latency_p95_s = 0.25;
            s.polling = false;
            break;
        default:
            break;
    }
    return s;
}

struct Study {
    std::size_t sites, lanes;
    Channel channel;
    Duration cadence;
    bool has_outages;
    std::size_t variants = 2;
    bool has_deliveries = false;

    LinkModel link() const {
        std::vector<RandomKey> keys;
        std::vector<LinkSettings> settings;
        Outages outages = has_outages ? Outages(sites, lanes) : Outages();
        for (std::size_t l = 0; l < lanes; ++l) {
            keys.push_back({7 + l % 2 * (variants % 2), l / variants});
            settings.push_back(some_link(l));
            for (std::size_t s = 0; has_outages && s < sites; s += 3)
                outages.add(s, l, day + minutes(20),
                            day + minutes(has_deliveries ? 90 : 30 + 5 * (s % 4)));
        }
        Deliveries deliveries = has_deliveries ? Deliveries(sites, lanes) : Deliveries();
        for (std::size_t s = 0; has_deliveries && s < sites; s += 7)
            deliveries.add(s, s % lanes,
                           {channel, day + minutes(52), day + minutes(55 + 5 * (s % 4))});
        return {homes(sites), keys, settings, outages, deliveries};
    }
    RingShape shape() const { return {sites, lanes, 2, channel, cadence, minutes(4)}; }
};

bool is_present(std::size_t site, std::size_t lane, std::int64_t k) {
    return (site * 31 + lane * 17 + static_cast<std::size_t>(k) * 7) % 5 != 0;
}
bool is_masked(std::size_t lane, std::int64_t k) {
    return lane % 4 == 3 && k % 3 == 0;
}

/// What one message at a time would have made: chains, counts, and each arrival.
struct Reference {
    const LinkModel& link;
    Study study;
    std::vector<Chain> chains;
    std::vector<std::int64_t> sent, lost, cut;

    Reference(const LinkModel& l, const Study& s)
        : link(l),
          study(s),
          chains(s.sites * s.lanes),
          sent(s.lanes),
          lost(s.lanes),
          cut(s.lanes) {}

    Fate send(std::size_t site, std::size_t lane, SimTime at) {
        const MessageId id{site, lane, study.channel, at.ns / study.cadence.ns};
        const Fate f = link.send(chains[site * study.lanes + lane], id, study.cadence, at);
        ++sent[lane];
        lost[lane] += f.loss == Loss::channel;
        cut[lane] += f.loss == Loss::outage;
        return f;
    }
};

/// Runs a study by one instruction set; checks each tick against the reference. The final hashes.
std::vector<std::uint64_t> run(const Study& study, InstructionSet set, std::int64_t ticks,
                               bool some) {
    const LinkModel link = study.link();
    Reference reference(link, study);
    MessageRing ring(study.shape(), set);
    LaneClockBuffer clock(study.lanes);
    Column<double> payload(study.sites * 2, study.lanes);
    Column<std::uint8_t> present(study.sites, study.lanes, 1);
    for (std::int64_t k = 0; k < ticks; ++k) {
        const SimTime now = day + minutes(50) + k * study.cadence;  // an hour begins on the way
        clock.set(now, study.cadence);
        for (std::size_t l = 0; l < study.lanes; ++l) clock.mask[l] = !is_masked(l, k);
        ring.receive(clock.view());
        for (std::size_t s = 0; some && s < study.sites; ++s)
            for (std::size_t l = 0; l < study.lanes; ++l) present(s, l) = is_present(s, l, k);
        for (double& x : payload.all()) x = static_cast<double>(k);
        ring.send(link, clock.view(),
                  {payload.view(), some ? present.view() : ColumnView<std::uint8_t>{}, {}, {}});
        const std::size_t slot = static_cast<std::size_t>(now.ns / study.cadence.ns) % ring.depth();
        for (std::size_t s = 0; s < study.sites; ++s)
            for (std::size_t l = 0; l < study.lanes; ++l) {
                if (!clock.mask[l] || !present(s, l)) continue;
                const Fate f = reference.send(s, l, now);
                const Chain& chain = reference.chains[s * study.lanes + l];
                REQUIRE(ring.state().chain_bad(s, l) == chain.bad);
                REQUIRE(ring.state().chain_tick(s, l) == chain.tick);
                if (f.loss == Loss::none)
                    REQUIRE(ring.state().arrival(slot * study.sites + s, l) == f.arrival.ns);
            }
        REQUIRE(ring.counts().sent == reference.sent);
        REQUIRE(ring.counts().lost == reference.lost);
        REQUIRE(ring.counts().lost_in_outage == reference.cut);
    }
    std::vector<std::uint64_t> hashes;
    for (std::size_t l = 0; l < study.lanes; ++l) {
        StateHash h;
        ring.hash(h, l);
        hashes.push_back(h.value());
    }
    return hashes;
}
}  // namespace

TEST_CASE("batch: every instruction set gives each message the fate that it has by itself") {
    const auto all = sets();
    for (const std::size_t lanes : {1U, 2U, 3U, 8U, 16U, 32U, 33U}) {
        for (const std::size_t sites : {1U, 3U, 7U, 8U, 9U, 17U, 300U}) {
            if (sites * lanes > 3000) continue;
            for (const Channel channel : {Channel::telemetry, Channel::command}) {
                Study study{sites, lanes, channel, minutes(1), sites % 2 == 1};
                for (const bool some : {false, true}) {
                    study.variants = some ? 2 : 1;
                    const auto portable = run(study, all[0], 25, some);
                    for (const InstructionSet set : all)
                        REQUIRE(run(study, set, 25, some) == portable);
                }
            }
        }
    }
}

TEST_CASE(
    "batch: beside messages that are sure to arrive every one has the fate it has by itself") {
    for (const std::size_t lanes : {1U, 3U, 8U})
        for (const std::size_t sites : {9U, 300U})
            for (const Channel channel : {Channel::telemetry, Channel::command}) {
                const Study study{sites, lanes, channel, minutes(1), true, 2, true};
                const auto portable = run(study, InstructionSet::portable, 25, true);
                for (const InstructionSet set : sets())
                    REQUIRE(run(study, set, 25, true) == portable);
            }
}

TEST_CASE("batch: lanes of a block too wide for batches have the bits of those in batches") {
    for (const Channel channel : {Channel::telemetry, Channel::command}) {
        const Study wide{50, 40, channel, minutes(1), true};
        Study narrow = wide;
        narrow.lanes = 7;
        const auto one_by_one = run(wide, best_instruction_set(), 40, true);
        const auto batches = run(narrow, best_instruction_set(), 40, true);
        for (std::size_t l = 0; l < narrow.lanes; ++l) CHECK(one_by_one[l] == batches[l]);
    }
}

TEST_CASE("batch: an hour of a cadence that does not divide it, by every instruction set") {
    for (const std::int64_t s : {7, 50, 1300, 7200}) {
        const Study study{40, 4, Channel::telemetry, seconds(s), true};
        const auto portable = run(study, InstructionSet::portable, 60, true);
        for (const InstructionSet set : sets()) CHECK(run(study, set, 60, true) == portable);
    }
}

TEST_CASE("batch: an attempt to say which limit a draw is under agrees with the fraction") {
    const bool held = rc::check([](std::uint64_t bits, std::uint64_t p_bits, std::uint8_t scale) {
        const double p = to_unit(p_bits) / static_cast<double>(std::uint64_t{1} << (scale % 60));
        for (const std::uint64_t b :
             {bits, bits << 8, bits << 32, bits * std::uint64_t{0x9E3779B97F4A7C15}})
            RC_ASSERT((b >> 11 < draw_limit(p)) == (to_unit(b) < p));
        // right at the limit
        const std::uint64_t n = draw_limit(p);
        RC_ASSERT(!(to_unit(n << 11) < p));
        RC_ASSERT(n == 0 || to_unit((n - 1) << 11) < p);
    });
    CHECK(held);
    CHECK(draw_limit(0.0) == 0);
    CHECK(draw_limit(1.0) == std::uint64_t{1} << 53);
}

namespace {
/// 100,000 homes, one message a second inside one hour, by the widest instruction set.
class Fleet {
public:
    static constexpr std::size_t sites = 100'000;
    Fleet(const LinkSettings& s, std::uint64_t seed)
        : link_(homes(sites), {{seed, 0}}, {s}),
          ring_({sites, 1, 0, Channel::telemetry, seconds(1), seconds(0)}) {}

    const RingState& send(std::int64_t k) {
        clock_.set(day + seconds(k), seconds(1));
        ring_.receive(clock_.view());
        ring_.send(link_, clock_.view(), {none_.view(), {}, {}, {}});
        return ring_.state();
    }
    const MessageRing& ring() const { return ring_; }

private:
    LinkModel link_;
    MessageRing ring_;
    LaneClockBuffer clock_{1};
    Column<double> none_{0, 1};
};
}  // namespace

TEST_CASE("batch: share lost and length of bursts of 40 million messages are the closed forms") {
    // SOURCE  Gilbert 1960: share p_GB / (p_GB + p_BG), mean burst 1 / p_BG. The mean of n steps of
    // the chain has the variance pi (1 - pi) (1 + r) / (1 - r) / n with r = 1 - p_GB - p_BG; a
    // transition probability seen n times has p (1 - p) / n. Bounds are four standard errors.
    LinkSettings s = broadband();
    s.p_gb = 0.02;
    s.loss_good = 0.0;
    s.latency_median_s = s.latency_p95_s = 0.0;
    Fleet fleet(s, 5);
    constexpr std::int64_t ticks = 400;
    std::vector<std::uint8_t> before(Fleet::sites, 2);
    double from_bad = 0, from_good = 0, ended = 0, begun = 0;
    for (std::int64_t k = 0; k < ticks; ++k) {
        const RingState& state = fleet.send(k);
        for (std::size_t i = 0; i < Fleet::sites; ++i) {
            const std::uint8_t now = state.chain_bad(i, 0);
            from_bad += before[i] == 1;
            from_good += before[i] == 0;
            ended += before[i] == 1 && now == 0;
            begun += before[i] == 0 && now == 1;
            before[i] = now;
        }
    }
    const double n = static_cast<double>(Fleet::sites) * ticks, pi = s.p_gb / (s.p_gb + s.p_bg);
    const double r = 1 - s.p_gb - s.p_bg;
    const double share = static_cast<double>(fleet.ring().counts().lost[0]) / n;
    const double se = math::sqrt(pi * (1 - pi) * (1 + r) / (1 - r) / n);
    CHECK(se < 0.002 * pi);
    CHECK(math::abs(share - pi) < 4 * se);
    const double p_end = ended / from_bad, p_begin = begun / from_good;
    CHECK(math::abs(p_end - s.p_bg) < 4 * math::sqrt(s.p_bg * (1 - s.p_bg) / from_bad));
    CHECK(math::abs(p_begin - s.p_gb) < 4 * math::sqrt(s.p_gb * (1 - s.p_gb) / from_good));
    CHECK(1 / p_end == Approx(4.0).epsilon(0.004));
}

TEST_CASE("batch: delays of 4 million messages have the quantiles of the log-normal law") {
    // SOURCE  z: Python 3.11 statistics.NormalDist().inv_cdf; the share below a quantile of n draws
    // has the variance q (1 - q) / n. Bounds are four standard errors.
    struct Quantile {
        double q, z;
    };
    constexpr Quantile quantiles[] = {{0.001, -3.090232306167813},
                                      {0.01, -2.3263478740408408},
                                      {0.05, -1.6448536269514715},
                                      {0.25, -0.6744897501960817},
                                      {0.5, 0.0},
                                      {0.75, 0.6744897501960817},
                                      {0.95, 1.6448536269514715},
                                      {0.99, 2.3263478740408408},
                                      {0.999, 3.090232306167813}};
    LinkSettings s = broadband();
    s.p_gb = s.loss_good = 0.0;
    Fleet fleet(s, 6);
    constexpr std::int64_t ticks = 40;
    double below[9] = {};
    for (std::int64_t k = 0; k < ticks; ++k) {
        const SimTime at = day + seconds(k);
        const RingState& state = fleet.send(k);
        for (std::size_t i = 0; i < Fleet::sites; ++i) {
            const double d = static_cast<double>(state.arrival(i, 0) - at.ns) / 1e9;
            for (std::size_t j = 0; j < 9; ++j)
                below[j] +=
                    d <= 0.030 * math::exp(quantiles[j].z * math::log(5.0) / 1.6448536269514715);
        }
    }
    const double n = static_cast<double>(Fleet::sites) * ticks;
    for (std::size_t j = 0; j < 9; ++j) {
        const double q = quantiles[j].q;
        CHECK(math::abs(below[j] / n - q) < 4 * math::sqrt(q * (1 - q) / n));
    }
}
