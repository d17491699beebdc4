// SPDX-License-Identifier: Apache-2.0
// Worlds x variants on threads: each lane has the bits that it has alone.
#include "loop.hpp"

#include <map>

using namespace gridflock;

namespace {

using Key = std::pair<std::int32_t, std::int32_t>;

Scenario few_worlds(int worlds) {
    return demo({{"fleet.homes.count", "20"},
                 {"comms.outage", "[]"},
                 {"attack", "[]"},
                 {"meter_delay", "[]"},
                 {"programme.0.minimum_kw", "1"},
                 {"time.warmup", "\"2 days\""},
                 {"feeder.file", "\"ieee13/IEEE13Nodeckt.dss\""},
                 {"feeder.background.scale", "0.5"},
                 {"worlds", std::to_string(worlds)}});
}

std::map<Key, std::uint64_t> hashes(std::shared_ptr<const Plan> plan, int threads,
                                    std::size_t width) {
    std::map<Key, std::uint64_t> all;
    Ensemble ensemble{std::move(plan)};
    const auto failures = ensemble.run({threads, width}, {}, [&](const Simulation& block) {
        for (std::size_t l = 0; l < block.plan().width(); ++l) {
            const Lane lane = block.plan().lanes[l];
            all[{lane.world, lane.variant}] = block.hash(l);
        }
    });
    CHECK(failures.empty());
    return all;
}

}  // namespace

TEST_CASE("ensemble: a lane's State is that of the single run for any threads, width, neighbours") {
    const auto plan = plan_of(few_worlds(3), {"demo", "no_vpp", "perfect"});
    std::map<Key, std::uint64_t> alone;
    for (const Lane lane : plan->lanes) {
        Simulation sim{sim::block_of(*plan, std::span(&lane, 1))};
        sim.advance_until(sim.end());
        alone[{lane.world, lane.variant}] = sim.hash(0);
    }
    REQUIRE(alone.size() == 9);
    CHECK(alone[{0, 0}] != alone[{1, 0}]);
    CHECK(alone[{0, 0}] != alone[{0, 1}]);
    Simulation whole{plan};
    whole.advance_until(whole.end());
    for (std::size_t l = 0; l < plan->width(); ++l)
        CHECK(whole.hash(l) == alone[{plan->lanes[l].world, plan->lanes[l].variant}]);
    CHECK(hashes(plan, 1, 1) == alone);
    CHECK(hashes(plan, 2, 2) == alone);
    CHECK(hashes(plan, 2, 4) == alone);
    CHECK(hashes(plan, 3, 9) == alone);
}

TEST_CASE("ensemble: world 0 of many is the study of one world") {
    const auto one = plan_of(few_worlds(1), {"demo"});
    Simulation sim{one};
    sim.advance_until(sim.end());
    const auto many = hashes(plan_of(few_worlds(2), {"demo"}), 1, 2);
    CHECK(many.at({0, 0}) == sim.hash(0));
}

TEST_CASE("ensemble: a stop ends the sinks as interrupted, an error of a block comes out") {
    const auto plan = plan_of(few_worlds(2), {"demo"});
    struct Forward : record::Sink {
        explicit Forward(record::RunStatus& s) : status(s) {}
        void begin(const record::Layout&) override {}
        void write(const record::Sample&) override {}
        void append(std::string_view, const std::vector<record::Cell>&) override {}
        void end(record::RunStatus s, std::string_view) override { status = s; }
        record::RunStatus& status;
    };
    record::RunStatus status = record::RunStatus::running;
    Ensemble ensemble{plan};
    ensemble.run(
        {1, 1}, [&](const Plan&) { return std::make_unique<Forward>(status); }, {},
        [](double) { return false; });
    CHECK(status == record::RunStatus::interrupted);
    const auto refuse = [](const Plan&) -> std::unique_ptr<record::Sink> {
        throw Error("no sink for you");
    };
    CHECK_THROWS_WITH(ensemble.run({2, 1}, refuse), "no sink for you");
    CHECK_THROWS_AS(ensemble.run({0, 1}), Error);
}

TEST_CASE("hash: a step shows in the rooms that it touches and in no other") {
    const auto plan = plan_of(few_worlds(1), {"demo", "mended"});
    Simulation a{plan};
    a.advance_until(plan->when.delivery + hours(2));
    Simulation b = a.fork();
    for (std::size_t r = 0; r < sim::room_count; ++r)
        CHECK(a.hash(0, static_cast<sim::Room>(r)) == b.hash(0, static_cast<sim::Room>(r)));
    b.step();
    CHECK(a.hash(0, sim::Room::powerflow) != b.hash(0, sim::Room::powerflow));
    CHECK(a.hash(0, sim::Room::device) != b.hash(0, sim::Room::device));
    CHECK(a.hash(0, sim::Room::journal) == b.hash(0, sim::Room::journal));
    CHECK(a.hash(0, sim::Room::market) == b.hash(0, sim::Room::market));
}
