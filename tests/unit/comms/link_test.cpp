// SPDX-License-Identifier: Apache-2.0
#include "demo_link.hpp"

#include <gridflock/comms/outage.hpp>
#include <gridflock/core/error.hpp>

#include <test.hpp>

#include <string>

using namespace gridflock;
using namespace gridflock::comms;

namespace {
/// True when `f` throws an Error whose text holds `word`.
template <class F>
bool tells(F&& f, const std::string& word) {
    try {
        f();
    } catch (const Error& e) {
        return std::string(e.what()).find(word) != std::string::npos;
    }
    return false;
}
}  // namespace

TEST_CASE("link: the stationary loss is the closed form of the chain") {
    // By hand: .002 / .252 = 1/126 bad; 1/126 + 125/126 x .002 = 1.25/126.
    CHECK(stationary_loss(broadband()) == Approx(1.25 / 126).epsilon(1e-12));
    // SOURCE domain.md 13.1: p_GB .02, p_BG .25 lose 7.41 % with a perfect good state
    LinkSettings link = broadband();
    link.p_gb = 0.02;
    link.loss_good = 0.0;
    CHECK(stationary_loss(link) == Approx(2.0 / 27).epsilon(1e-12));
    CHECK(stationary_bad(link) == Approx(2.0 / 27).epsilon(1e-12));
    link.perfect = true;
    CHECK(stationary_loss(link) == 0.0);
}

TEST_CASE("link: asking for a loss moves p_GB and gives that loss, from none to all") {
    // By hand, loss .02: bad share .018/.998, p_GB = .25 x share / (1 - share)
    CHECK(with_loss(broadband(), 0.02).p_gb == Approx(0.0045918367346939).epsilon(1e-12));
    CHECK(with_loss(broadband(), 0.02).p_bg == 0.25);
    CHECK(with_loss(broadband(), 1.25 / 126).p_gb == Approx(0.002).epsilon(1e-12));
    for (const double loss : {0.0, 0.001, 0.002, 0.01, 0.1, 0.5, 0.8, 0.9, 1.0}) {
        const LinkSettings link = with_loss(broadband(), loss);
        CHECK(stationary_loss(link) == Approx(loss).margin(1e-14));
        CHECK_NOTHROW(require_valid(link));
    }
    CHECK_THROWS_AS(with_loss(broadband(), -0.01), Error);
    CHECK_THROWS_AS(with_loss(broadband(), 1.01), Error);
    LinkSettings mild = broadband();
    mild.loss_bad = 0.5;
    CHECK_THROWS_AS(with_loss(mild, 0.6), Error);
}

TEST_CASE("link: sigma of the delay follows from median and 95 % quantile") {
    // SOURCE ln 5 / Phi^-1(.95) with Python's statistics.NormalDist
    CHECK(latency_sigma(broadband()) == Approx(0.9784687744021273).epsilon(1e-12));
}

TEST_CASE("link: figures out of range are named") {
    LinkSettings link = broadband();
    link.p_gb = 1.5;
    CHECK(tells([&] { require_valid(link); }, "p_gb"));
    link = broadband();
    link.latency_p95_s = 0.01;
    CHECK(tells([&] { require_valid(link); }, "latency_p95_s"));
    link = broadband();
    link.poll_max_s = 0.5;
    CHECK(tells([&] { require_valid(link); }, "poll_max_s"));
}

TEST_CASE("link: the default loses nothing, delays nothing and needs no polling") {
    CHECK(stationary_loss({}) == 0.0);
    CHECK(latency_sigma({}) == 0.0);
    CHECK_NOTHROW(require_valid({}));
}

TEST_CASE("outage: windows hold their start, not their end, and run into each other") {
    Outages o(2, 2);
    o.add(1, 0, SimTime{100}, SimTime{200});
    o.add(1, 0, SimTime{150}, SimTime{300});
    o.add(1, 0, SimTime{500}, SimTime{500});
    CHECK_FALSE(o.is_down(1, 0, SimTime{99}));
    CHECK(o.is_down(1, 0, SimTime{100}));
    CHECK(o.is_down(1, 0, SimTime{299}));
    CHECK_FALSE(o.is_down(1, 0, SimTime{300}));
    CHECK_FALSE(o.is_down(1, 0, SimTime{500}));
    CHECK(o.up_from(1, 0, SimTime{120}) == SimTime{300});
    CHECK_FALSE(o.is_down(1, 1, SimTime{150}));
    CHECK_FALSE(o.is_down(0, 0, SimTime{150}));
    o.add(0, 0, SimTime{0}, never);
    CHECK(o.up_from(0, 0, SimTime{5}) == never);
    CHECK_FALSE(Outages{}.is_down(7, 7, SimTime{1}));
}
