// SPDX-License-Identifier: Apache-2.0
#include <test.hpp>

#include "fixture.hpp"

#include <bit>

using namespace dispatch_test;

TEST_CASE("strategy: none leaves every unit in its default control") {
    Fleet fleet(3, 1);
    fleet.head[0] = 9e9;
    fleet.award[0] = 9e9;
    const auto out = fleet.run("none");
    for (std::size_t u = 0; u < 3; ++u) CHECK(std::isnan(out.p_w(u, 0)));
    CHECK(out.unserved_w[0] == 0);
    CHECK(out.valid_until(2, 0) == (hours(1) + minutes(10)).ns);
}

TEST_CASE("strategy: proportional is the worked example") {
    // hand: need = 10 + 1 - 8 = 3 kW over 4 and 2 kW available; then the second is cut at 0.5 kW
    Fleet fleet(2, 1);
    fleet.head[0] = 10e3;
    fleet.p(0, 0) = 1e3;
    fleet.high(0, 0) = 4e3;
    fleet.high(1, 0) = 2e3;
    auto out = fleet.run("proportional", {{"limit_w", 8e3}});
    CHECK(out.p_w(0, 0) == Approx(2e3));
    CHECK(out.p_w(1, 0) == Approx(1e3));
    CHECK(out.unserved_w[0] == Approx(0).margin(1e-9));
    fleet.head[0] = 19e3;  // need 12 kW, 6 available
    out = fleet.run("proportional", {{"limit_w", 8e3}});
    CHECK(out.p_w(0, 0) == 4e3);
    CHECK(out.p_w(1, 0) == 2e3);
    CHECK(out.unserved_w[0] == Approx(6e3));
    fleet.head[0] = 5e3;  // no need: zero, not default control
    out = fleet.run("proportional", {{"limit_w", 8e3}});
    CHECK(out.p_w(0, 0) == 0);
}

TEST_CASE("strategy: peak shaving acts above the limit only, by state of charge") {
    Fleet fleet(2, 1);
    fleet.soc(0, 0) = 0.75;
    fleet.soc(1, 0) = 0.35;
    fleet.head[0] = 7e3;
    const Parameters limit{{"limit_w", 8e3}};
    CHECK(std::isnan(fleet.run("peak_shaving", limit).p_w(0, 0)));
    fleet.head[0] = 12e3;
    auto out = fleet.run("peak_shaving", limit);  // 4 kW by 0.60 and 0.20 above the reserve
    CHECK(out.p_w(0, 0) == Approx(3e3));
    CHECK(out.p_w(1, 0) == Approx(1e3));
    fleet.head[0] = 8e3;  // held at the limit by the fleet: keeps asking
    fleet.p(0, 0) = 3e3;
    fleet.p(1, 0) = 1e3;
    out = fleet.run("peak_shaving", limit);
    CHECK(out.p_w(0, 0) + out.p_w(1, 0) == Approx(4e3));
    CHECK(out.unserved_w[0] == Approx(0).margin(1e-9));
    fleet.p(0, 0) = -3e3;  // charging lifts the head over the limit: charging is cut
    fleet.p(1, 0) = -1e3;
    fleet.head[0] = 10e3;
    out = fleet.run("peak_shaving", limit);
    CHECK(out.p_w(0, 0) + out.p_w(1, 0) == Approx(-2e3));
}

TEST_CASE("strategy: follow award gives demand less PV less what was sold below the baseline") {
    // hand: 6 + 2 - 1 - 0 = 7 kW net without batteries; metered shall be 5 - 2 = 3, so they give 4
    Fleet fleet(2, 1);
    fleet.demand(0, 0) = 6e3;
    fleet.demand(1, 0) = 2e3;
    fleet.pv(0, 0) = 1e3;
    fleet.baseline[0] = 5e3;
    fleet.award[0] = 2e3;
    fleet.soc(0, 0) = 0.75;
    fleet.soc(1, 0) = 0.35;
    auto out = fleet.run("follow_award");
    CHECK(out.p_w(0, 0) == Approx(3e3));
    CHECK(out.p_w(1, 0) == Approx(1e3));
    CHECK(out.reason(0, 0) == Reason::share);
    fleet.award[0] = 12e3;  // needs 14, has 10
    out = fleet.run("follow_award");
    CHECK(out.p_w(0, 0) == 5e3);
    CHECK(out.reason(0, 0) == Reason::at_limit);
    CHECK(out.unserved_w[0] == Approx(4e3));
    fleet.award[0] = 0;  // not an award hour
    CHECK(std::isnan(fleet.run("follow_award").p_w(0, 0)));
    CHECK(Registry::built_in().make("follow_award")->bids());
    CHECK_FALSE(Registry::built_in().make("peak_shaving", {{"limit_w", 1}})->bids());
}

TEST_CASE("strategy: a silent unit gets no setpoint and the others do its part") {
    Fleet fleet(3, 1);
    fleet.demand(0, 0) = 4e3;
    fleet.award[0] = 2e3;  // 6 kW wanted of the batteries
    fleet.age(1, 0) = 181;
    fleet.p(1, 0) = 1e3;  // believed to give 1 kW by itself
    auto out = fleet.run("follow_award");
    CHECK(std::isnan(out.p_w(1, 0)));
    CHECK(out.reason(1, 0) == Reason::stale);
    CHECK(out.p_w(0, 0) == Approx(2.5e3));
    CHECK(out.p_w(2, 0) == Approx(2.5e3));
    fleet.age(1, 0) = 180;
    CHECK(fleet.run("follow_award").p_w(1, 0) == Approx(2e3));
    fleet.age(1, 0) = unknown;  // never heard of
    fleet.head[0] = 11e3;
    out = fleet.run("proportional", {{"limit_w", 8e3}});
    CHECK(std::isnan(out.p_w(1, 0)));
    CHECK(out.p_w(0, 0) == Approx(1.5e3));  // head already holds what the silent one gives
}

TEST_CASE("strategy: an unknown head or demand ends in default control, and says so") {
    Fleet fleet(2, 1);
    fleet.head[0] = unknown;
    auto out = fleet.run("peak_shaving", {{"limit_w", 1}});
    CHECK(std::isnan(out.p_w(0, 0)));
    CHECK(std::isnan(out.unserved_w[0]));
    CHECK(out.reason(1, 0) == Reason::no_data);
    fleet.award[0] = 1e3;
    fleet.demand(1, 0) = unknown;
    out = fleet.run("follow_award");
    CHECK(std::isnan(out.p_w(0, 0)));
    CHECK(out.reason(0, 0) == Reason::no_data);
}

TEST_CASE("strategy: a lane's setpoints are the same bits alone and among neighbours") {
    const Parameters limit{{"limit_w", 1e3}};
    for (const std::string name : {"follow_award", "peak_shaving", "proportional"}) {
        const Parameters parameters = name == "follow_award" ? Parameters{} : limit;
        for (std::uint64_t world = 0; world < 20; ++world) {
            Fleet alone(7, 1), block(7, 4);
            alone.randomise(0, world);
            block.randomise(0, world + 100);
            block.randomise(2, world);
            block.mask[1] = 0;
            for (std::size_t u = 0; u < 7; ++u) block.demand(u, 3) = unknown;
            block.head[3] = unknown;
            block.award[3] = 1;
            block.out.view().p_w(0, 1) = 1234;
            const auto a = alone.run(name, parameters);
            const auto b = block.run(name, parameters);
            for (std::size_t u = 0; u < 7; ++u) {
                REQUIRE(std::bit_cast<std::uint64_t>(a.p_w(u, 0)) ==
                        std::bit_cast<std::uint64_t>(b.p_w(u, 2)));
                REQUIRE(a.reason(u, 0) == b.reason(u, 2));
                REQUIRE((std::isnan(b.p_w(u, 2)) ||
                         (b.p_w(u, 2) >= block.low(u, 2) && b.p_w(u, 2) <= block.high(u, 2))));
            }
            REQUIRE(b.p_w(0, 1) == 1234);  // masked: bytes untouched
            REQUIRE(std::isnan(b.p_w(0, 3)));
        }
    }
}

TEST_CASE("registry: unknown names and parameters are refused with the nearest match") {
    const auto registry = Registry::built_in();
    try {
        registry.make("peak_shavin", {});
        FAIL("accepted");
    } catch (const ScenarioError& e) {
        CHECK(e.faults().at(0).remedy.find("peak_shaving") != std::string::npos);
    }
    try {
        registry.make("peak_shaving", {{"limit", 3}, {"alpha", unknown}});
        FAIL("accepted");
    } catch (const ScenarioError& e) {
        CHECK(e.faults().size() == 3);  // unknown, not finite, missing limit_w
    }
    CHECK(registry.names().size() == 5);
}

TEST_CASE("registry: a strategy of one's own joins a copy") {
    struct Constant final : Strategy {
        std::string_view name() const override { return "constant"; }
        void reset(const Setup&) override {}
        void decide(const Observation& o, Command& out) override {
            for (std::size_t l = 0; l < o.lanes(); ++l)
                if (o.mask[l]) out.p_w(0, l) = 7;
        }
        std::vector<std::byte> save() const override { return {}; }
        void restore(std::span<const std::byte>) override {}
    };
    auto mine = Registry::built_in();
    mine.add("constant", {}, {}, [](const Parameters&) { return std::make_unique<Constant>(); });
    Fleet fleet(1, 2);
    const auto strategy = mine.make("constant");
    CHECK(fleet.decide(*strategy).p_w(0, 1) == 7);
    CHECK_FALSE(Registry::built_in().has("constant"));
}

TEST_CASE("strategy: a stateless strategy restores nothing, and says so when given something") {
    const auto strategy = Registry::built_in().make("follow_award");
    CHECK(strategy->save().empty());
    strategy->restore({});
    const std::byte stray[] = {std::byte{1}};
    CHECK_THROWS_AS(strategy->restore(stray), Error);
    Fleet fleet(2, 1);
    CHECK_THROWS_AS(fleet.decide(*strategy), ShapeError);  // never reset
}
