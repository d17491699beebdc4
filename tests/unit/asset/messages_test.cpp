// SPDX-License-Identifier: Apache-2.0
#include <gridflock/asset/command.hpp>
#include <gridflock/asset/limits.hpp>
#include <gridflock/asset/outbox.hpp>
#include <gridflock/asset/telemetry.hpp>

#include <test.hpp>

#include <limits>

using namespace gridflock;
using namespace gridflock::asset;

namespace {
const Capability home{-5e3, 5e3, 48.6e6, 0.15, 0.95, 0.95, 0.95, true};  // 13.5 kWh
constexpr SimTime noon{1'720'000'000'000'000'000};
}  // namespace

TEST_CASE("limits: near its ends a battery offers what it can hold, elsewhere its nameplate") {
    // By hand: 1 kWh above soc_min holds 0.95 kWh at the terminals: 3.8 kW for 15 min.
    const double e_min = 0.15 * 48.6e6, e_max = 0.95 * 48.6e6;
    CHECK(available(home, e_min + 3.6e6, 900).max_w == Approx(3800.0).epsilon(1e-12));
    CHECK(available(home, e_max - 0.9e6, 900).min_w == Approx(-1000.0 / 0.95).epsilon(1e-12));
    CHECK(available(home, 0.5 * 48.6e6, 900) == PowerRange{-5e3, 5e3});
    CHECK(available(home, 0.0, 900).max_w == 0.0);
    CHECK(available(home, 48.6e6, 900).min_w == 0.0);
    const Capability roof{0.0, 6e3};
    CHECK(available(roof, 0.0, 900) == PowerRange{0.0, 6e3});
}

TEST_CASE("telemetry: what is packed comes out, and an unknown quality is bad") {
    const Telemetry t{1.5, 0.25, -3e3, 4e3, -5e3, 5e3, Quality::estimated};
    std::array<double, Telemetry::width> payload{};
    pack(t, payload);
    CHECK(unpack_telemetry(payload) == t);
    for (const double odd : {-1.0, 17.0, std::numeric_limits<double>::quiet_NaN()}) {
        payload[6] = odd;
        CHECK(unpack_telemetry(payload).quality == Quality::bad);
    }
}

TEST_CASE("command: it starts, ends and survives a payload as told") {
    const Command c{2500.0, 60.0, 600.0, CommandReason::award};
    std::array<double, Command::width> payload{};
    pack(c, payload);
    const Command back = unpack_command(payload);
    CHECK(back.p_w == 2500.0);
    CHECK(back.reason == CommandReason::award);
    CHECK(starts_at(back, noon) == noon + minutes(1));
    CHECK(expires_at(back, noon) == noon + minutes(11));
    std::array<double, Acknowledgement::width> ack{};
    pack(Acknowledgement{5'733'333, AckCode::expired}, ack);
    CHECK(unpack_acknowledgement(ack).command_tick == 5'733'333);
    CHECK(unpack_acknowledgement(ack).code == AckCode::expired);
    ack[1] = std::numeric_limits<double>::quiet_NaN();
    CHECK(unpack_acknowledgement(ack).code == AckCode::malformed);
}

TEST_CASE("command: a site answers each kind of wrong command with its code") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto answer = [&](double p, double after, double valid, SimTime now) {
        return judge({p, after, valid, CommandReason::award}, noon, now, home);
    };
    CHECK(answer(5e3, 0, 600, noon + seconds(599)) == AckCode::accepted);
    CHECK(answer(5e3, 0, 600, noon + seconds(600)) == AckCode::expired);
    CHECK(answer(5050, 0, 600, noon) == AckCode::out_of_range);
    CHECK(answer(-5050, 0, 600, noon) == AckCode::out_of_range);
    CHECK(answer(nan, 0, 600, noon) == AckCode::accepted);
    CHECK(answer(0, -1, 600, noon) == AckCode::malformed);
    CHECK(answer(0, 0, nan, noon) == AckCode::malformed);
    CHECK(answer(0, 0, 1e30, noon) == AckCode::malformed);
    CHECK(expires_at({0, nan, 600, CommandReason::award}, noon) == noon);
}

TEST_CASE("outbox: messages leave in order of time, then of posting, and not before their time") {
    Outbox box;
    box.post({noon + seconds(2), {1}, OutgoingKind::notice, {}, "third"});
    box.post({noon, {1}, OutgoingKind::notice, {}, "first"});
    box.post({noon, {2}, OutgoingKind::request_to_person, {}, "second"});
    StateHash before, after;
    box.hash(before);
    const auto due = box.take(noon + seconds(1));
    REQUIRE(due.size() == 2);
    CHECK(due[0].text == "first");
    CHECK(due[1].text == "second");
    CHECK(box.size() == 1);
    box.hash(after);
    CHECK(before.value() != after.value());
}
