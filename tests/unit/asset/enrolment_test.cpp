// SPDX-License-Identifier: Apache-2.0
#include <gridflock/asset/enrolment.hpp>

#include <test.hpp>

#include <algorithm>
#include <functional>
#include <string>

using namespace gridflock;
using namespace gridflock::asset;

namespace {
constexpr SimTime summer{1'720'000'000'000'000'000};

/// `homes` homes on feeder ieee123, one 5 kW battery and one meter each, all consenting.
Portfolio town(int homes) {
    Portfolio p;
    p.parties.push_back({"agg", stable_id("agg"), Role::aggregator});
    p.programmes.push_back({"reduction", stable_id("reduction"), {}, "energy", 100e3, "ieee123"});
    for (int i = 0; i < homes; ++i) {
        const std::string n = std::to_string(i);
        const PartyIdx owner(p.parties.size());
        const SiteIdx site(p.sites.size());
        p.parties.push_back({"owner-" + n, stable_id("owners/" + n), Role::owner});
        p.sites.push_back({"home-" + n, stable_id("homes/" + n), owner, {"ieee123", "48", {1}}});
        p.meters.push_back({"meter-" + n, stable_id("meters/" + n), site});
        DeviceRecord d;
        d.name = "battery-" + n;
        d.site = site;
        d.kind = DeviceKind::battery;
        d.serial = "S" + n;
        d.capability = {-5e3, 5e3, 48.6e6, 0.15, 0.95, 0.95, 0.95, true};
        p.devices.push_back(d);
        p.consents.push_back({owner, site, PartyIdx(0), SimTime{0}});
    }
    return p;
}

Application application(int devices) {
    Application a{"evening", PartyIdx(0), ProgrammeIdx(0), {}, summer};
    for (int i = 0; i < devices; ++i) a.devices.push_back(DeviceIdx(i));
    return a;
}

/// Spoils one thing in a town that would be admitted, and expects that one reason, for device 3.
void expect(RefusalReason reason, const std::function<void(Portfolio&, Application&)>& spoil) {
    Portfolio p = town(30);
    Application a = application(30);
    spoil(p, a);
    const std::size_t aggregations = p.aggregations.size();
    const Enrolment e = enrol(p, a);
    INFO(e.text());
    REQUIRE(e.refusals.size() == 1);
    CHECK(e.refusals[0].reason == reason);
    CHECK(e.refusals[0].device == DeviceIdx(3));
    CHECK(e.refusals[0].text.find("3") != std::string::npos);
    CHECK_FALSE(e.aggregation.valid());
    CHECK(p.aggregations.size() == aggregations);
}
}  // namespace

TEST_CASE("enrolment: sixty batteries come in, twenty make exactly the minimum, nineteen do not") {
    Portfolio p = town(60);
    const Enrolment e = enrol(p, application(60));
    REQUIRE(e.accepted());
    CHECK(e.text() == "accepted");
    CHECK(p.aggregations[e.aggregation.pos()].sites.size() == 60);
    CHECK(p.aggregations[e.aggregation.pos()].since == summer);
    Portfolio q = town(20);
    CHECK_FALSE(enrol(q, application(19)).accepted());
    CHECK(enrol(q, application(20)).accepted());
}

TEST_CASE("enrolment: a single 5 kW battery is below 100 kW and is told so") {
    Portfolio p = town(1);
    const Enrolment e = enrol(p, application(1));
    REQUIRE(e.refusals.size() == 1);
    CHECK(e.refusals[0].reason == RefusalReason::below_minimum);
    CHECK(e.text() ==
          "below the programme's minimum: 5 kW offered, reduction takes 100 kW or more");
    CHECK(p.aggregations.empty());
}

TEST_CASE("enrolment: each thing that is wrong has its reason") {
    using P = Portfolio;
    using A = Application;
    expect(RefusalReason::no_consent, [](P& p, A&) { p.consents.erase(p.consents.begin() + 3); });
    expect(RefusalReason::no_consent, [](P& p, A&) { p.consents[3].to = summer; });
    expect(RefusalReason::no_consent, [](P& p, A&) { p.consents[3].from = summer + seconds(1); });
    expect(RefusalReason::no_consent, [](P& p, A&) { p.consents[3].owner = PartyIdx(1); });
    expect(RefusalReason::no_consent, [](P& p, A&) { p.consents[3].aggregator = PartyIdx(2); });
    expect(RefusalReason::wrong_grid_node, [](P& p, A&) { p.sites[3].at.feeder = "ieee34"; });
    expect(RefusalReason::not_metered, [](P& p, A&) { p.meters.erase(p.meters.begin() + 3); });
    expect(RefusalReason::not_dispatchable,
           [](P& p, A&) { p.devices[3].capability.dispatchable = false; });
    expect(RefusalReason::device_not_active,
           [](P& p, A&) { p.devices[3].status = DeviceStatus::revoked; });
    expect(RefusalReason::listed_twice, [](P&, A& a) { a.devices.push_back(DeviceIdx(3)); });
    expect(RefusalReason::duplicate_serial, [](P& p, A& a) {
        p.devices[29].serial = "S3";
        a.devices.pop_back();
    });
    expect(RefusalReason::already_enrolled, [](P& p, A&) {
        p.aggregations.push_back({"older", {}, {}, {}, {DeviceIdx(3)}, {}, {}});
    });
}

TEST_CASE("enrolment: an application to nobody, of nobody or of nothing is refused") {
    Portfolio p = town(1);
    Application a = application(0);
    a.programme = ProgrammeIdx(7);
    a.aggregator = PartyIdx(1);
    const Enrolment e = enrol(p, a);
    REQUIRE(e.refusals.size() == 3);
    CHECK(e.refusals[0].reason == RefusalReason::unknown_programme);
    CHECK(e.refusals[1].reason == RefusalReason::not_an_aggregator);
    CHECK(e.refusals[2].reason == RefusalReason::empty_application);
    a = application(1);
    a.devices[0] = DeviceIdx(99);
    CHECK(enrol(p, a).refusals[0].reason == RefusalReason::unknown_device);
}
