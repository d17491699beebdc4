// SPDX-License-Identifier: Apache-2.0
// The C++ examples of docs/events.md, word for word (tests/python/test_docs_events.py compares).
#include <gridflock/des/kernel.hpp>

#include <test.hpp>

#include <string>
#include <vector>

namespace des = gridflock::des;
using namespace gridflock;

namespace {
// [events]
struct Meter {
    std::int64_t reads = 0;
    std::int64_t peaks = 0;
};

void enter(des::Kernel& k, Meter& meter) {
    const des::HandlerId read =
        k.on("read", [&meter](des::Kernel&, const des::Event&) { ++meter.reads; });
    k.on("peak", [&meter](des::Kernel&, const des::Event& e) { meter.peaks += e.body.payload[0]; });
    k.every(minutes(15), read);
}
// [events]

// [process]
des::Process car(des::Kernel& k, des::Resource& charger, std::vector<std::string>& log) {
    const std::size_t first = co_await k.any_of(charger, minutes(30));
    if (first == 1) {
        log.push_back("gave up");
        co_return;
    }
    try {
        co_await k.wait(minutes(45));
        log.push_back("full");
    } catch (const des::Interrupted& e) {
        log.push_back(e.what());
    }
    charger.release();
}
// [process]
}  // namespace

TEST_CASE("docs: the example of named handlers, a task, a checkpoint and a fork") {
    // [checkpoint]
    Meter meter, other;
    des::Kernel k(to_utc(parse_civil("2024-07-15")));
    enter(k, meter);
    k.run_until(k.now() + hours(6));
    const std::vector<std::byte> bytes = des::to_bytes(k.save());

    des::Kernel again;
    again.on("read", [&other](des::Kernel&, const des::Event&) { ++other.reads; });
    again.on("peak", {});
    again.load(des::kernel_from_bytes(bytes));
    again.run_until(again.now() + hours(18));
    // [checkpoint]
    CHECK(meter.reads == 23);  // the one at 06:00 is due after the window
    CHECK(other.reads == 72);
}

TEST_CASE("docs: the example of a process") {
    // [start]
    std::vector<std::string> log;
    des::Kernel k;
    des::Resource charger(k, 1);
    const des::ProcessHandle a = k.start("car a", car(k, charger, log));
    k.start("car b", car(k, charger, log));
    k.run_until(k.now() + minutes(20));
    k.interrupt(a, "peak price");  // b plugs in
    k.run();
    // [start]
    CHECK(log == std::vector<std::string>{"peak price", "full"});
    CHECK(k.now() == SimTime{} + minutes(65));
}
