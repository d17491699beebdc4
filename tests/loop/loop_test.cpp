// SPDX-License-Identifier: Apache-2.0
#include "loop.hpp"

#include <gridflock/journal/effect.hpp>

#include <cmath>
#include <map>

using namespace gridflock;

TEST_CASE("loop: a variant alone has the bits that it has beside the others", "[slow]") {
    const Scenario s = demo();
    Simulation together{plan_of(s)};
    std::vector<std::string> names{"no_vpp", "demo", "perfect", "mended"};
    std::vector<Simulation> alone;
    for (const std::string& name : names) {
        alone.emplace_back(plan_of(s, {name}));
        REQUIRE(alone.back().plan().width() == 1);
    }
    // each stage boundary that matters: warm-up, bid, dispatch in the outage, both settlements
    for (const char* wall : {"2024-07-14T12:00", "2024-07-15T10:01", "2024-07-16T18:31",
                             "2024-07-16T22:16", "2024-07-16T23:59", "2024-07-17T00:00"}) {
        const SimTime t = together.plan().when.at(parse_civil(wall));
        together.advance_until(t);
        for (std::size_t i = 0; i < names.size(); ++i) {
            alone[i].advance_until(t);
            INFO(names[i] << " at " << wall);
            CHECK(alone[i].hash(0) == together.hash(lane_of(together, names[i])));
        }
    }
    CHECK(together.hash(0) != together.hash(1));
}

TEST_CASE("loop: perfect messages equal direct control, which reads the last step's State",
          "[slow]") {
    const auto plan = plan_of(demo(), {"perfect"});
    Simulation messages{plan};
    Simulation direct{plan, {.direct_control = true}};
    while (!messages.done()) {
        messages.step();
        direct.step();
        for (std::size_t b = 0; b < messages.state().batteries.energy_j.rows(); ++b)
            REQUIRE(messages.state().batteries.energy_j(b, 0) ==
                    direct.state().batteries.energy_j(b, 0));
    }
    const auto& a = messages.state().desks[0].ledger;
    const auto& b = direct.state().desks[0].ledger;
    CHECK(a.postings().size() > 100);
    CHECK(a.hash() == b.hash());
}

TEST_CASE("loop: mending the outage changes money by exactly the difference of postings",
          "[slow]") {
    Simulation sim{plan_of(demo(), {"demo", "mended"})};
    sim.advance_until(sim.end());
    const vpp::Desk& broken = sim.state().desks[0];
    const vpp::Desk& mended = sim.state().desks[1];
    std::map<std::string, std::int64_t> difference;
    for (const auto& p : mended.ledger.postings())
        difference[mended.ledger.account_name(p.account)] += p.amount.micro;
    for (const auto& p : broken.ledger.postings())
        difference[broken.ledger.account_name(p.account)] -= p.amount.micro;
    std::int64_t sum = 0;
    for (const auto& [name, micro] : difference) sum += micro;
    CHECK(sum == 0);
    const std::int64_t gross =
        mended.settlements.back().gross.micro - broken.settlements.back().gross.micro;
    CHECK(gross > 10'000'000);  // an outage in the dearest quarter-hour costs tens of dollars
    CHECK(difference["market:day_ahead"] + difference["market:real_time"] +
              difference["rounding"] ==
          -gross);
    std::int64_t owners = 0, aggregator = difference["aggregator"];
    for (const auto& [name, micro] : difference)
        if (name.starts_with("owner:") || name.starts_with("escrow:")) owners += micro;
    CHECK(owners + aggregator + difference["supplier"] == gross);
}

namespace {
/// The demo with a lane in which messages of the evening arrive whatever the link does.
std::shared_ptr<const Plan> delivered(const std::vector<std::string>& channels, int sites,
                                      std::vector<std::pair<std::string, std::string>> more = {}) {
    std::string list;
    for (const std::string& channel : channels)
        list += "{ name = \"evening\", channel = \"" + channel +
                "\", begin = 2024-07-16T18:00:00, end = 2024-07-16T19:00:00, sites = " +
                std::to_string(sites) + " }, ";
    more.emplace_back("variants.delivered.comms.delivery", "[" + list + "]");
    return plan_of(demo(more), {"demo", "mended", "delivered"});
}
}  // namespace

TEST_CASE("loop: an outage through which every message is delivered is no outage, bit for bit",
          "[slow]") {
    const std::vector<std::pair<std::string, std::string>> no_loss{{"comms.p_gb", "0"},
                                                                   {"comms.loss_good", "0"}};
    Simulation sim{delivered({"command", "telemetry", "acknowledgement", "reads"}, 60, no_loss)};
    sim.advance_until(sim.end());
    for (std::size_t r = 0; r < sim::room_count; ++r)
        CHECK(sim.hash(2, static_cast<sim::Room>(r)) == sim.hash(1, static_cast<sim::Room>(r)));
    CHECK(sim.hash(2) != sim.hash(0));
}

TEST_CASE("loop: delivering one site's commands changes that site, and money by the postings",
          "[slow]") {
    Simulation sim{delivered({"command"}, 1)};  // the first that the outage cuts off, too
    sim.advance_until(sim.plan().when.at(parse_civil("2024-07-16T18:00")));
    CHECK(sim.hash(2) == sim.hash(0));  // nothing before the window
    const auto& s = sim.state();
    std::size_t changed = 0;
    while (sim.now() < sim.plan().when.at(parse_civil("2024-07-16T19:05"))) {
        sim.step();
        for (std::size_t b = 0; b < s.battery_p_w.rows(); ++b)
            changed += s.battery_p_w(b, 2) != s.battery_p_w(b, 0);
        if (changed > 0) break;  // from here on the aggregator sees another fleet
    }
    CHECK(changed == 1);
    sim.advance_until(sim.end());
    const auto effect = journal::effect(s.desks[2].ledger, s.desks[0].ledger);
    CHECK(!effect.empty());
    journal::Money sum;
    for (const journal::Effect& e : effect) sum += e.difference();
    CHECK(sum == journal::Money{});
}

TEST_CASE("loop: removing dispatch leaves weather and people untouched bit for bit", "[slow]") {
    Simulation sim{plan_of(demo(), {"no_vpp", "demo"})};
    bool batteries_differ = false;
    while (!sim.done()) {
        sim.step();
        const auto& s = sim.state();
        for (std::size_t r = 0; r < s.demand_w.rows(); ++r)
            REQUIRE(s.demand_w(r, 0) == s.demand_w(r, 1));
        for (std::size_t r = 0; r < s.pv_p_w.rows(); ++r) REQUIRE(s.pv_p_w(r, 0) == s.pv_p_w(r, 1));
        for (std::size_t r = 0; r < s.battery_p_w.rows(); ++r)
            batteries_differ = batteries_differ || s.battery_p_w(r, 0) != s.battery_p_w(r, 1);
    }
    CHECK(batteries_differ);
}

namespace {

/// Devices + losses = head, the losses summed element by element; and registers balance at the end.
void check_closure(Simulation& sim) {
    double worst = 0;
    while (!sim.done()) {
        const bool solved = sim.now() >= sim.plan().when.begin;
        const bool sampled = sim.now().ns % minutes(10).ns == 0;
        sim.step();
        if (!solved || !sampled) continue;
        const powerflow::Network& net = sim.plan().solver->network();
        for (std::size_t l = 0; l < sim.plan().width(); ++l) {
            const auto& flow = sim.frame().flow;
            double devices = 0;
            for (std::size_t r = 0; r < sim.state().site_p_w.rows(); ++r)
                devices += sim.state().site_p_w(r, l);
            std::vector<std::complex<double>> v(net.nodes());
            for (std::size_t n = 0; n < v.size(); ++n) v[n] = sim.state().v(n, l);
            const double gap =
                flow.head_p_w[l] + devices - flow.load_p_w[l] - net.element_losses_w(v);
            worst = std::max(worst, std::fabs(gap) / std::fabs(flow.head_p_w[l]));
        }
    }
    CHECK(worst < 1e-6);
    CHECK_FALSE(sim.failure().has_value());
    const auto& p = sim.plan();
    for (std::size_t l = 0; l < p.width(); ++l) {
        CHECK(sim.state().desks[l].ledger.trial_balance().micro == 0);
        for (std::size_t b = 0; b < p.batteries.size(); ++b) {
            const double soc = device::soc(p.batteries[b], sim.state().batteries.energy_j(b, l));
            CHECK(soc >= p.batteries[b].soc_min);
            CHECK(soc <= p.batteries[b].soc_max);
        }
    }
}

}  // namespace

TEST_CASE("loop: the demo closes in energy and in money") {
    Simulation sim{plan_of(demo())};
    check_closure(sim);
    const std::size_t l = lane_of(sim, "demo");
    using asset::BatchVerdict;
    const auto& seen = sim.state().verified[l];
    CHECK(seen.count(BatchVerdict::bad_signature) == 1);  // the forged batch
    CHECK(seen.count(BatchVerdict::replayed) == 1);
    CHECK(seen.refused() == 2);
    const auto& runs = sim.state().desks[l].settlements;
    REQUIRE(runs.size() == 2);
    int missing_first = 0, missing_last = 0;
    for (const auto& line : runs[0].intervals) missing_first += line.missing;
    for (const auto& line : runs[1].intervals) missing_last += line.missing;
    CHECK(missing_first == 4);  // one site, one hour: the late batch
    CHECK(missing_last == 0);
    CHECK(sim.state().desks[l].ledger.anchors().size() > 40);
}

TEST_CASE("loop: another seed and another population close too", "[slow]") {
    for (const char* seed : {"7", "99"}) {
        Simulation sim{plan_of(
            demo({{"seed", seed}, {"fleet.homes.count", "211"}, {"programme.0.minimum_kw", "50"}}),
            {"demo", "no_vpp"})};
        CHECK(sim.plan().people.sites.size() == 211);
        check_closure(sim);
    }
}

TEST_CASE("loop: a single 5 kW device that bids is refused with the reason") {
    Simulation sim{plan_of(demo({{"fleet.batteries.behind", "{ roofs = 0.0083 }"},
                                 {"attack", "[]"},
                                 {"meter_delay", "[]"}}),
                           {"demo"})};
    REQUIRE(sim.plan().people.batteries.size() == 1);
    REQUIRE(sim.plan().enrolments.size() == 1);
    CHECK_FALSE(sim.plan().enrolments[0].accepted());
    CHECK(sim.plan().enrolments[0].refusals[0].reason == asset::RefusalReason::below_minimum);
    CHECK(sim.plan().members.empty());
    sim.advance_until(sim.end());
    CHECK(sim.state().desks[0].ledger.postings().empty());
}

TEST_CASE("loop: a day of 23 hours has 92 intervals and still adds up") {
    Simulation sim{plan_of(demo({{"time.start", "2024-03-09T00:00:00"},
                                 {"time.delivery", "2024-03-10"},
                                 {"attack", "[]"},
                                 {"meter_delay", "[]"},
                                 {"comms.outage", "[]"}}),
                           {"demo"})};
    const auto& p = sim.plan();
    CHECK(p.when.end - p.when.delivery == hours(23));
    CHECK(p.desk.prices.day_ahead.size() == 92);
    check_closure(sim);
    CHECK(sim.state().desks[0].settlements.size() == 2);
}

TEST_CASE("loop: an interval's delivery follows from the meters' registers") {
    Simulation sim{plan_of(demo(), {"mended"})};
    record::MemorySink sink{{"meter.import", "meter.export"}};
    sim.attach(sink);
    sim.advance_until(sim.end());
    const vpp::Desk& desk = sim.state().desks[0];
    const auto& line = desk.settlements.back().intervals.front();
    const auto& imports = sink.series("meter.import");
    const auto& exports = sink.series("meter.export");
    std::vector<std::int64_t> rows;
    for (const std::int32_t b : sim.plan().members)
        rows.push_back(sim.plan().people.batteries[static_cast<std::size_t>(b)].site);
    const auto net = [&](SimTime start) {
        double wh = 0;
        for (std::size_t t = 0; t < imports.time.size(); ++t) {
            if (imports.time[t] != start) continue;
            for (const std::int64_t r : rows) {
                const std::size_t cell =
                    t * imports.rows * imports.lanes + static_cast<std::size_t>(r) * imports.lanes;
                wh += imports.values[cell] - exports.values[cell];
            }
        }
        return wh;
    };
    CHECK(net(line.obligation.start) == static_cast<double>(line.metered_wh));
    // the baseline: mean of the four kept days, site by site rounded to whole Wh
    double sum = 0;
    for (const SimTime day : desk.baseline->kept)
        sum += net(day + (line.obligation.start - sim.plan().when.delivery));
    CHECK(desk.baseline->kept.size() == 4);
    CHECK(std::fabs(sum / 4 - static_cast<double>(line.baseline_wh)) <= 0.5 * 60);
    CHECK(line.delivered_wh == line.baseline_wh - line.metered_wh);
    CHECK(line.gross.micro ==
          journal::amount(line.obligation.day_ahead.micro_per_mwh, line.obligation.award_wh).micro +
              journal::amount(line.obligation.real_time.micro_per_mwh,
                              line.delivered_wh - line.obligation.award_wh)
                  .micro -
              line.rounding.micro);
}

TEST_CASE("loop: uncurtailed PV gives what the light allows, interval by interval") {
    Simulation sim{plan_of(demo(), {"no_vpp"})};
    record::MemorySink sink{{"meter.pv", "meter.pv_available"}};
    sim.attach(sink);
    sim.advance_until(sim.begin() + days(1));
    const auto& made = sink.series("meter.pv");
    const auto& could = sink.series("meter.pv_available");
    REQUIRE(made.time.size() >= 95);
    double most = 0;
    for (std::size_t i = 0; i < made.values.size(); ++i) {
        REQUIRE(std::fabs(made.values[i] - could.values[i]) <= 1.0);  // whole Wh against exact
        most = std::max(most, made.values[i]);
    }
    CHECK(most > 500);
}

TEST_CASE("loop: what a variant scripts happens in its lane only; what lanes share cannot vary") {
    Scenario s = demo();
    s.variants = {{"as_is", {}}, {"honest", {{"attack", scenario::Value(scenario::Array{})}}}};
    Simulation sim{plan_of(s)};
    sim.advance_until(sim.end());
    CHECK(sim.state().verified[0].refused() == 2);
    CHECK(sim.state().verified[1].refused() == 0);
    s.variants = {{"as_is", {}}, {"longer", {{"dispatch.expiry", scenario::Value("20 min")}}}};
    CHECK_THROWS_WITH(plan_of(s), Catch::Matchers::Contains("dispatch.expiry") &&
                                      Catch::Matchers::Contains("same in every variant"));
}

TEST_CASE("loop: slower telemetry still dispatches; other settlement intervals still settle",
          "[slow]") {
    Simulation slow{plan_of(demo({{"comms.telemetry", "\"5 min\""}}), {"mended"})};
    slow.advance_until(slow.end());
    CHECK(slow.state().desks[0].settlements.back().delivered_total_wh() > 300'000);
    Simulation half{plan_of(demo({{"settlement.interval", "\"30 min\""}}), {"mended"})};
    half.advance_until(half.end());
    const auto& last = half.state().desks[0].settlements.back();
    CHECK(last.intervals.size() == 4);
    CHECK(last.delivered_total_wh() > 300'000);
    CHECK(half.state().verified[0].refused() == 2);
}

TEST_CASE("loop: a zone of half hours reads and refuses as any other") {
    Simulation sim{plan_of(demo({{"time.zone", "\"Asia/Kolkata\""}}), {"mended"})};
    sim.advance_until(sim.end());
    CHECK(sim.state().verified[0].refused() == 2);
    CHECK(sim.state().desks[0].settlements.size() == 2);
}

TEST_CASE("loop: a failed lane stops where it is and the others keep their bits") {
    const Scenario s = oversold_demo();
    Simulation together{plan_of(s, {"demo", "no_vpp"})};
    Simulation alone{plan_of(s, {"no_vpp"})};
    while (!together.done() && !together.failure()) together.step();
    REQUIRE(together.failure().has_value());
    CHECK(together.failure()->variant == 0);
    CHECK(together.failure()->status == Status::not_converged);
    const double stored = together.state().batteries.energy_j(0, 0);
    together.advance_until(together.end());
    alone.advance_until(alone.end());
    CHECK(together.state().failures.size() == 1);
    CHECK(together.state().batteries.energy_j(0, 0) == stored);
    CHECK(together.state().desks[0].settlements.empty());
    CHECK(together.hash(1) == alone.hash(0));
}

TEST_CASE("loop: what cannot be laid out is refused before the run, all at once") {
    try {
        plan_of(demo({{"forecast.quantiles", "[]"},
                      {"settlement.interval", "\"7 min\""},
                      {"weather.clouds.mixture", "[{ weight = 1, mean = 1, sd = 0.1 }]"}}));
        FAIL("not refused");
    } catch (const ScenarioError& e) {
        const std::string text = e.what();
        CHECK(text.find("forecast.quantiles") != std::string::npos);
        CHECK(text.find("settlement.interval") != std::string::npos);
        CHECK(text.find("weather.clouds.mixture") != std::string::npos);
    }
    CHECK_THROWS_WITH(plan_of(demo({{"time.warmup", "\"0 days\""}})),
                      Catch::Matchers::Contains("warm-up days"));
}
