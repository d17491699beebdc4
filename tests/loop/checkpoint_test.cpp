// SPDX-License-Identifier: Apache-2.0
// A resumed run is the straight run, from every stage boundary of a day.
#include "loop.hpp"

#include <gridflock/asset/crypto.hpp>

#include <algorithm>
#include <cstring>

using namespace gridflock;

namespace {

using Bytes = std::vector<std::byte>;

/// A study small enough to be saved thousands of times, with all that a day can hold: two worlds,
/// market, outage, forged and replayed batches, a late one.
Scenario small_demo() {
    return demo({{"fleet.homes.count", "12"},
                 {"fleet.roofs.behind", "{ homes = 0.5 }"},
                 {"fleet.batteries.behind", "{ roofs = 0.5 }"},
                 {"comms.outage",
                  "[{ name = \"evening\", sites = 2, begin = 2024-07-16T18:20:00, "
                  "end = 2024-07-16T18:55:00 }]"},
                 {"attack",
                  "[{ kind = \"forged\", site = \"batteries/0\", "
                  "at = 2024-07-16T19:10:00 }, "
                  "{ kind = \"replayed\", site = \"batteries/1\", "
                  "at = 2024-07-16T20:10:00 }]"},
                 {"meter_delay",
                  "[{ site = \"batteries/2\", hour = 2024-07-16T18:00:00, "
                  "arrives = 2024-07-16T22:45:00 }]"},
                 {"programme.0.minimum_kw", "1"},
                 {"time.warmup", "\"2 days\""},
                 {"feeder.file", "\"ieee13/IEEE13Nodeckt.dss\""},
                 {"feeder.background.scale", "0.5"},
                 {"worlds", "2"}});
}

/// Says where two checkpoints part, not their megabytes.
void require_equal(const Bytes& a, const Bytes& b) {
    const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    INFO("of " << a.size() << " and " << b.size() << " bytes, the first to differ is "
               << x - a.begin());
    const bool is_equal = x == a.end() && y == b.end();
    REQUIRE(is_equal);
}

/// Runs from one instant to another so that each stage is the work of a simulation that knows
/// nothing but the bytes of the one before; State must be the straight run's after each.
std::size_t relay(std::shared_ptr<const Plan> plan, SimTime from, SimTime to) {
    Simulation straight{plan};
    straight.advance_until(from);
    Bytes baton = straight.checkpoint();
    std::size_t stages = 0;
    while (!straight.done() && straight.now() < to) {
        Simulation next = Simulation::restore(plan, baton);
        next.step_stage();
        straight.step_stage();
        baton = next.checkpoint();
        ++stages;
        for (std::size_t l = 0; l < plan->width(); ++l) REQUIRE(next.hash(l) == straight.hash(l));
        // inside a step the Frame also holds what the step before left behind
        if (next.state().stage == des::Stage::events) require_equal(baton, straight.checkpoint());
    }
    for (std::size_t l = 0; l < plan->width(); ++l) {
        Simulation last = Simulation::restore(plan, baton);
        CHECK(last.hash(l) == straight.hash(l));
    }
    return stages;
}

}  // namespace

TEST_CASE("checkpoint: a small study resumed at every stage boundary of its market day", "[slow]") {
    const auto plan = plan_of(small_demo(), {"demo"});
    REQUIRE(plan->width() == 2);
    REQUIRE(plan->members.size() >= 2);
    CHECK(relay(plan, plan->when.delivery, plan->when.end) == 1440 * 9);
}

TEST_CASE("checkpoint: the demo resumed at every stage boundary around its gates",
          "[slow][gates]") {
    const auto plan = plan_of(demo());
    // warm-up; first steps; bid; award; outage with the attacks; both settlements and the end
    for (const auto& [from, to] : {std::pair{"2024-07-12T23:59", "2024-07-13T00:01"},
                                   {"2024-07-14T23:59", "2024-07-15T00:01"},
                                   {"2024-07-15T09:59", "2024-07-15T10:01"},
                                   {"2024-07-15T12:59", "2024-07-15T13:01"},
                                   {"2024-07-16T18:29", "2024-07-16T18:33"},
                                   {"2024-07-16T21:59", "2024-07-16T22:06"},
                                   {"2024-07-16T23:58", "2024-07-17T00:00"}}) {
        const auto at = [&](const char* wall) { return plan->when.at(parse_civil(wall)); };
        CHECK(relay(plan, at(from), at(to)) >= 9 * 2);
    }
}

TEST_CASE("checkpoint: the demo interrupted once at any hour ends as if it had not been",
          "[slow]") {
    const auto plan = plan_of(demo(), {"demo", "no_vpp"});
    Simulation straight{plan};
    std::vector<Bytes> saved;
    for (int hour = 0; !straight.done(); ++hour) {
        straight.advance_until(straight.now() + minutes(61 * 11));
        for (int k = 0; k < hour % 9 && !straight.done(); ++k) straight.step_stage();
        saved.push_back(straight.checkpoint());
    }
    REQUIRE(saved.size() > 12);
    for (std::size_t i = 0; i < saved.size(); i += 5) {
        Simulation resumed = Simulation::restore(plan, saved[i]);
        resumed.advance_until(resumed.end());
        require_equal(resumed.checkpoint(), saved.back());
    }
}

TEST_CASE("checkpoint: what a resumed run records is what the straight run records") {
    const auto plan = plan_of(demo(), {"demo"});
    record::MemorySink whole, first, second;
    Simulation straight{plan};
    straight.attach(whole);
    straight.advance_until(straight.end());
    Simulation broken{plan};
    broken.attach(first);
    broken.advance_until(plan->when.at(parse_civil("2024-07-16T20:07")));
    const Bytes bytes = broken.checkpoint();
    Simulation resumed = Simulation::restore(plan, bytes);
    resumed.attach(second);
    resumed.advance_until(resumed.end());
    for (const char* name : {"head.p", "device.soc", "meter.import", "fleet.estimate"}) {
        std::vector<double> joined = first.series(name).values;
        const auto& rest = second.series(name).values;
        joined.insert(joined.end(), rest.begin(), rest.end());
        const auto& all = whole.series(name).values;
        REQUIRE(joined.size() == all.size());
        CHECK(std::memcmp(joined.data(), all.data(), all.size() * sizeof(double)) == 0);
    }
    for (const char* name : {"postings", "batches", "forecasts", "settlement", "messages"}) {
        INFO(name);
        CHECK(first.table(name).rows.size() + second.table(name).rows.size() ==
              whole.table(name).rows.size());
    }
    CHECK(second.table("messages").rows == whole.table("messages").rows);
}

TEST_CASE("checkpoint: a fork shares the Plan and goes its own way") {
    const auto plan = plan_of(small_demo());
    Simulation one{plan};
    one.advance_until(plan->when.delivery + hours(17));
    Simulation two = one.fork();
    CHECK(&one.plan() == &two.plan());
    const Bytes before = one.checkpoint();
    two.advance_until(two.end());
    require_equal(one.checkpoint(), before);
    one.advance_until(one.end());
    require_equal(one.checkpoint(), two.checkpoint());
}

TEST_CASE("simulation: what is read after a step is what its record holds") {
    Scenario scenario = small_demo();
    scenario.record.every = scenario.time.step;
    const auto plan = plan_of(scenario);
    const std::vector<std::string> names{"head.p",     "head.v_min", "node.v",
                                         "device.soc", "device.p",   "site.net"};
    MemorySink sink(names);
    Simulation sim{plan};
    sim.attach(sink);
    CHECK_THROWS_AS(sim.read("head.p"), Error);  // the warm-up solves nothing
    sim.advance_until(plan->when.delivery + hours(12));
    std::vector<Column<double>> read;
    for (const std::string& name : names) read.push_back(sim.read(name));
    const auto same = [&](const Column<double>& a, std::size_t i) {
        const record::Series& s = sink.series(names[i]);
        REQUIRE(s.time.back() == plan->when.delivery + hours(12) - plan->step);
        REQUIRE(a.rows() == s.rows);
        REQUIRE(a.lanes() == s.lanes);
        const double* last = s.values.data() + (s.values.size() - a.all().size());
        return std::memcmp(last, a.all().data(), a.all().size_bytes()) == 0;
    };
    const Simulation fork = sim.fork();
    for (std::size_t i = 0; i < names.size(); ++i) {
        CAPTURE(names[i]);
        CHECK(same(read[i], i));
        CHECK(same(fork.read(names[i]), i));
    }
    CHECK(sim.labels("node").size() == sim.read("node.v_pu").rows());
    CHECK(sim.labels("head").empty());
    CHECK_THROWS_WITH(sim.read("meter.import"), Catch::Matchers::Contains("instants of its own"));
    CHECK_THROWS_WITH(sim.labels("meter"), Catch::Matchers::Contains("none of head"));
    Simulation resumed = Simulation::restore(plan, sim.checkpoint());
    for (const bool is_next : {false, true}) {
        if (is_next) resumed.step(), sim.step();
        for (const record::Variable& v : record::catalogue()) {
            if (v.name == "device.q" || !(v.group() == "head" || v.group() == "node" ||
                                          v.group() == "device" || v.group() == "site"))
                continue;
            CAPTURE(v.name);
            const Column<double> a = resumed.read(v.name), b = sim.read(v.name);
            CHECK(std::memcmp(a.all().data(), b.all().data(), a.all().size_bytes()) == 0);
        }
    }
    CHECK_THROWS_WITH(sim.read("device.q"), Catch::Matchers::Contains("no such value"));
    sim.step_stage();
    CHECK_THROWS_WITH(sim.read("head.p"), Catch::Matchers::Contains("between two steps"));
}

TEST_CASE("checkpoint: a strategy that cannot be saved is named, by fork too") {
    class Stubborn : public dispatch::Strategy {
    public:
        std::string_view name() const override { return "mine:stubborn"; }
        void reset(const dispatch::Setup&) override {}
        void decide(const dispatch::Observation&, dispatch::Command&) override {}
        std::vector<std::byte> save() const override { throw Error("it holds a socket"); }
        void restore(std::span<const std::byte>) override {}
    };
    Scenario study = small_demo();
    study.dispatch.strategy = "mine:stubborn";
    study.dispatch.parameters.clear();
    sim::CompileOptions options;
    options.variants = {"demo"};
    options.registry.add("mine:stubborn", {}, {},
                         [](const dispatch::Parameters&) { return std::make_unique<Stubborn>(); });
    Simulation sim{compile(study, options)};
    sim.step();
    const std::string told = "strategy 'mine:stubborn' cannot be saved: it holds a socket";
    CHECK_THROWS_MATCHES(sim.checkpoint(), CheckpointError, Catch::Matchers::Message(told));
    CHECK_THROWS_MATCHES(sim.fork(), CheckpointError, Catch::Matchers::Message(told));
    sim.step();  // the run itself goes on
    CHECK(!sim.failure());
}

TEST_CASE("checkpoint: bytes of another run, version or hand are refused with one clear error") {
    const auto plan = plan_of(small_demo(), {"demo"});
    Simulation sim{plan};
    sim.advance_until(plan->when.delivery + hours(18));
    const Bytes good = sim.checkpoint();
    const auto refuses = [](std::shared_ptr<const Plan> p, const Bytes& b, const char* why) {
        CHECK_THROWS_WITH(Simulation::restore(std::move(p), b), Catch::Matchers::Contains(why));
    };
    Scenario other = small_demo();
    other.seed = 43;
    refuses(plan_of(other, {"demo"}), good, "another scenario, seed");
    refuses(plan_of(small_demo(), {"no_vpp"}), good, "another scenario, seed");
    refuses(plan, {}, "end too early");
    Bytes text(200, std::byte{'x'});
    refuses(plan, text, "something else");
    Bytes cut(good.begin(), good.begin() + 5000);
    refuses(plan, cut, "damaged or cut off");
    Bytes flipped = good;
    flipped[good.size() / 2] ^= std::byte{1};
    refuses(plan, flipped, "damaged");
    CHECK_THROWS_AS(Simulation::restore(plan, good, {.direct_control = true}), CheckpointError);
}

namespace {

/// A hostile hand: changes bytes and makes the digest right again.
Bytes signed_again(Bytes b) {
    const std::size_t body = b.size() - 32;
    const auto sum = asset::sha256({reinterpret_cast<const std::uint8_t*>(b.data()), body});
    std::memcpy(b.data() + body, sum.data(), sum.size());
    return b;
}

}  // namespace

TEST_CASE("checkpoint: forged bytes with a right digest are refused, or run without harm") {
    const auto plan = plan_of(small_demo(), {"demo"});
    Simulation sim{plan};
    sim.advance_until(plan->when.delivery + hours(18) + minutes(7));
    for (int k = 0; k < 4; ++k) sim.step_stage();  // inside a step: the Frame is there too
    const Bytes good = sim.checkpoint();
    REQUIRE_NOTHROW(Simulation::restore(plan, signed_again(good)));
    int refused = 0, taken = 0;
    for (std::uint64_t i = 0; i < 600; ++i) {
        const Block4 r = philox4x64({i, 0, 0, 0}, {7, 0});
        Bytes bad = good;
        const std::size_t at = r[0] % (bad.size() - 40);
        const std::byte what[] = {std::byte{0xff}, std::byte{0x7f}, std::byte{0x80},
                                  static_cast<std::byte>(r[2])};
        for (std::size_t k = 0; k < 1 + r[3] % 8; ++k) bad[at + k] = what[r[1] % 4];
        if (i % 7 == 0) {  // what is cut off is always missed
            bad.erase(bad.begin() + static_cast<long>(at), bad.end() - 32);
            REQUIRE_THROWS_AS(Simulation::restore(plan, signed_again(bad)), Error);
            continue;
        }
        try {
            Simulation next = Simulation::restore(plan, signed_again(bad));
            next.advance_for(minutes(3));
            ++taken;
        } catch (const Error&) {
            ++refused;
        }
    }
    CHECK(refused > 0);
    CHECK(taken > 0);  // a changed voltage or energy is still a state
}
