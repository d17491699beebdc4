// SPDX-License-Identifier: Apache-2.0
// The shared events of a block: cadences, gates, scripted attacks.
#include <gridflock/sim/simulation.hpp>

#include "sim/handlers.hpp"
#include "sim/recording.hpp"

namespace gridflock::inline v0::sim {

namespace {

/// The market anchors the batches of an hour this long after it.
constexpr Duration anchor_after = minutes(5);

void add(des::EventQueue& q, SimTime at, des::Stage stage, std::int16_t priority, Handler h,
         std::int64_t payload = 0) {
    q.schedule(at, stage, priority, static_cast<std::uint32_t>(h),
               {static_cast<std::uint32_t>(h), {payload, 0, 0, 0}});
}

}  // namespace

void Simulation::schedule_all() {
    const Plan& p = *plan_;
    des::EventQueue& q = state_.queue;
    for (std::size_t i = 0; i < p.switching.size(); ++i)
        add(q, p.switching[i].at, des::Stage::events, -1, Handler::switching,
            static_cast<std::int64_t>(i));
    if (p.members.empty()) return;
    const SimTime begin = p.when.begin;
    add(q, begin, des::Stage::events, 0, Handler::telemetry);
    add(q, begin + hours(1), des::Stage::events, 1, Handler::batches);
    for (std::size_t i = 0; i < p.script.size(); ++i)
        if (p.script[i].kind != ScriptedBatch::Kind::late)
            add(q, p.script[i].at, des::Stage::events, 2, Handler::script,
                static_cast<std::int64_t>(i));
    const SimTime first = p.when.at(p.base.forecast.first_issue);
    add(q, first > begin ? first : begin, des::Stage::decide, 0, Handler::forecast);
    add(q, begin, des::Stage::decide, 1, Handler::dispatch);
    add(q, begin + hours(1) + anchor_after, des::Stage::clear, 0, Handler::anchor);
    if (!p.desk.trades()) return;
    const auto at = [&](market::WallTime t) {
        return market::instant(t, p.when.zone, p.when.delivery);
    };
    add(q, at(p.desk.product.bid_gate), des::Stage::clear, 1, Handler::bid);
    add(q, at(p.desk.product.result), des::Stage::clear, 2, Handler::award);
    add(q, p.when.at(p.base.settlement.preliminary), des::Stage::clear, 3, Handler::preliminary);
    add(q, p.when.at(p.base.settlement.final_run), des::Stage::clear, 4, Handler::final_run);
}

void Simulation::run_events(des::Stage last) {
    while (true) {
        const des::EventKey next = state_.queue.next_key();
        if (next.at > state_.now || (next.at == state_.now && next.stage > last)) return;
        handle(state_.queue.pop());
    }
}

void Simulation::handle(const des::Event& e) {
    const Plan& p = *plan_;
    const auto again = [&](Duration period) {
        state_.queue.schedule(e.key.at + period, e.key.stage, e.key.priority, e.key.source, e.body);
    };
    const auto each_trader = [&](auto&& f) {
        for (std::size_t l = 0; l < p.width(); ++l) {
            if (!p.trades[l] || !state_.alive[l]) continue;
            touch_desk(l);
            try {
                f(l);
            } catch (const Error& error) {  // one lane's desk does not end the others
                fail(l, Status::limit, "the trading desk", error.what());
            }
        }
    };
    switch (static_cast<Handler>(e.body.handler)) {
        case Handler::telemetry:
            send_telemetry();
            return again(p.base.comms.telemetry);
        case Handler::batches:
            send_batches(e.key.at - hours(1));
            return again(hours(1));
        case Handler::script:
            return send_scripted(p.script[static_cast<std::size_t>(e.body.payload[0])]);
        case Handler::forecast:
            for (std::size_t l = 0; l < p.width(); ++l) {
                if (!p.vpp_active[l] || !state_.alive[l]) continue;
                touch_desk(l);
                vpp::issue_forecast(state_.desks[l], p.desk, e.key.at);
                recording_->forecast(*this, l);
            }
            return again(p.base.forecast.every);
        case Handler::dispatch:
            dispatch();
            return again(p.base.dispatch.every);
        case Handler::anchor:
            anchor();
            return again(hours(1));
        case Handler::bid:
            return each_trader([&](std::size_t l) {
                vpp::place_bid(state_.desks[l], p.desk, e.key.at);
                recording_->placed(*this, e.key.at, l);
            });
        case Handler::award:
            return each_trader([&](std::size_t l) {
                vpp::clear_bid(state_.desks[l], p.desk);
                recording_->awarded(*this, l);
            });
        case Handler::preliminary:
        case Handler::final_run:
            return each_trader([&](std::size_t l) {
                const bool is_final = static_cast<Handler>(e.body.handler) == Handler::final_run;
                vpp::run_settlement(state_.desks[l], p.desk,
                                    is_final ? settle::Run::final : settle::Run::preliminary,
                                    e.key.at);
                recording_->settled(*this, l);
                state_.posted[l] = state_.desks[l].ledger.postings().size();
            });
        case Handler::switching:
            refresh_topology();
            return recording_->switched(p.switching[static_cast<std::size_t>(e.body.payload[0])]);
        case Handler::count_:
            return;
    }
}

}  // namespace gridflock::inline v0::sim
