// SPDX-License-Identifier: Apache-2.0
#include <gridflock/core/math.hpp>
#include <gridflock/core/random.hpp>
#include <gridflock/des/kernel.hpp>

#include <test.hpp>

#include <optional>
#include <string>
#include <vector>

using namespace gridflock;
using namespace gridflock::des;

namespace {
constexpr SimTime begin{1'721'001'600'000'000'000};

struct Log {
    Kernel& k;
    std::vector<std::string> lines;
    void operator()(const std::string& what) {
        lines.push_back(std::to_string((k.now() - begin).ns / 1'000'000'000) + " " + what);
    }
};

Process sleeper(Kernel& k, Log& log, std::string name, Duration d) {
    co_await k.wait(d);
    log(name + " once");
    co_await k.wait(d);
    log(name + " twice");
}

Process waiter(Kernel& k, Log& log, std::string name, Signal& signal) {
    co_await k.wait(signal);
    log(name);
}
}  // namespace

TEST_CASE("process: each goes on after its own delays, ties in the order of scheduling") {
    Kernel k(begin);
    Log log{k, {}};
    k.start("a", sleeper(k, log, "a", seconds(3)));
    const ProcessHandle b = k.start("b", sleeper(k, log, "b", seconds(2)));
    k.start("c", sleeper(k, log, "c", seconds(6)));
    CHECK(k.processes() == 3);
    k.run_until(begin + seconds(5));
    CHECK_FALSE(k.is_alive(b));
    k.run();
    CHECK(log.lines == std::vector<std::string>{"2 b once", "3 a once", "4 b twice", "6 c once",
                                                "6 a twice", "12 c twice"});
    CHECK(k.processes() == 0);
}

TEST_CASE("process: a signal wakes in the order of waiting, and who comes later does not wait") {
    Kernel k(begin);
    Log log{k, {}};
    Signal storm(k);
    for (const char* name : {"z", "y", "x"}) k.start(name, waiter(k, log, name, storm));
    k.call_at(begin + seconds(7), [&storm] { storm.fire(); });
    k.run();
    k.start("late", waiter(k, log, "late", storm));
    k.run();
    CHECK(log.lines == std::vector<std::string>{"7 z", "7 y", "7 x", "7 late"});
    storm.reset();
    k.start("next", waiter(k, log, "next", storm));
    k.run();
    CHECK(log.lines.size() == 4);
    CHECK(k.processes() == 1);
}

TEST_CASE("process: any_of goes on with the first and forgets the others; all_of waits for all") {
    Kernel k(begin);
    Signal signal(k);
    std::vector<std::pair<std::int64_t, std::size_t>> seen;
    const auto first = [](Kernel& kernel, Signal& s, auto& out) -> Process {
        const SimTime t = kernel.now();
        const std::size_t i = co_await kernel.any_of(minutes(5), s, seconds(90));
        out.emplace_back((kernel.now() - t).ns / 1'000'000'000, i);
    };
    const auto all = [](Kernel& kernel, Signal& s, auto& out) -> Process {
        const SimTime t = kernel.now();
        co_await kernel.all_of(seconds(30), s, seconds(10));
        out.emplace_back((kernel.now() - t).ns / 1'000'000'000, 99);
    };
    k.start("times out", first(k, signal, seen));
    k.run();
    CHECK(k.pending() == 0);
    CHECK(k.now() == begin + seconds(90));  // the 5 min timer is gone
    k.start("signalled", first(k, signal, seen));
    k.start("all", all(k, signal, seen));
    k.call_after(seconds(20), [&signal] { signal.fire(); });
    k.run();
    CHECK(seen == std::vector<std::pair<std::int64_t, std::size_t>>{{90, 2}, {20, 1}, {30, 99}});
    CHECK(k.now() == begin + seconds(120));
}

TEST_CASE("process: one waits for the end of another, however it ended") {
    Kernel k(begin);
    Log log{k, {}};
    const ProcessHandle a = k.start("a", sleeper(k, log, "a", seconds(3)));
    const auto after = [](Kernel& kernel, Log& out, ProcessHandle p) -> Process {
        co_await kernel.wait(p);
        out("after");
        co_await kernel.wait(p);  // has ended: at once
        out("again");
    };
    k.start("after", after(k, log, a));
    k.run();
    CHECK(log.lines == std::vector<std::string>{"3 a once", "6 a twice", "6 after", "6 again"});
}

TEST_CASE("process: an interrupt is thrown at the wait, takes its timer away, and can be caught") {
    Kernel k(begin);
    Log log{k, {}};
    const auto charging = [](Kernel& kernel, Log& out) -> Process {
        try {
            co_await kernel.wait(hours(8));
            out("full");
        } catch (const Interrupted& e) {
            out(std::string("stopped: ") + e.what());
        }
        co_await kernel.wait(seconds(10));
        out("unplugged");
    };
    const ProcessHandle p = k.start("charging", charging(k, log));
    k.run_until(begin + hours(1));
    CHECK(k.interrupt(p, "peak price"));
    CHECK(k.interrupt(p, "and again"));  // its wait is over: thrown at the next one
    CHECK_THROWS_AS(k.run(), Interrupted);
    CHECK(log.lines == std::vector<std::string>{"3600 stopped: peak price"});
    CHECK(k.processes() == 0);
    CHECK(k.pending() == 0);
    CHECK_FALSE(k.interrupt(p, "dead"));
}

TEST_CASE("process: what a process throws leaves the run, and the kernel goes on") {
    Kernel k(begin);
    const auto broken = [](Kernel& kernel) -> Process {
        co_await kernel.wait(seconds(1));
        throw Error("fuse blown");
    };
    int n = 0;
    k.start("broken", broken(k));
    k.call_at(begin + seconds(2), [&n] { ++n; });
    CHECK_THROWS_WITH(k.run(), "fuse blown");
    CHECK(k.processes() == 0);
    k.run();
    CHECK(n == 1);
    const auto negative = [](Kernel& kernel) -> Process { co_await kernel.wait(seconds(-1)); };
    k.start("negative", negative(k));
    CHECK_THROWS_WITH(k.run(), "a delay below zero");
}

TEST_CASE("resource: places go in order of arrival; who reneges leaves the queue") {
    Kernel k(begin);
    Log log{k, {}};
    Resource charger(k, 2);
    const auto car = [](Kernel& kernel, Log& out, Resource& r, std::string name,
                        Duration patience) -> Process {
        if (co_await kernel.any_of(r, patience) == 1) {
            out(name + " left");
            co_return;
        }
        out(name + " plugs in");
        co_await kernel.wait(minutes(10));
        r.release();
    };
    for (const auto& [name, patience] : std::vector<std::pair<std::string, Duration>>{
             {"a", hours(1)}, {"b", hours(1)}, {"c", minutes(5)}, {"d", hours(1)}})
        k.start(name, car(k, log, charger, name, patience));
    k.run_until(begin + minutes(1));
    CHECK(charger.in_use() == 2);
    CHECK(charger.queue_length() == 2);
    k.run();
    CHECK(log.lines ==
          std::vector<std::string>{"0 a plugs in", "0 b plugs in", "300 c left", "600 d plugs in"});
    CHECK(charger.in_use() == 0);
    CHECK_THROWS_AS(charger.release(), Error);
    const auto both = [](Kernel& kernel, Resource& r) -> Process {
        co_await kernel.all_of(r, seconds(1));
    };
    k.start("both", both(k, charger));
    CHECK_THROWS_AS(k.run(), Error);
}

TEST_CASE("process: while one lives the kernel is not saved or forked, and the process is named") {
    Kernel k(begin);
    Log log{k, {}};
    k.start("night charging of homes/7", sleeper(k, log, "a", seconds(3)));
    for (int stage = 0; stage < 3; ++stage) {
        try {
            k.save();
            FAIL("saved a process");
        } catch (const NotCheckpointable& e) {
            CHECK(e.name() == "night charging of homes/7");
        }
        CHECK_THROWS_AS(k.fork(), NotCheckpointable);
        k.step();
    }
    CHECK_NOTHROW(k.fork());
}

TEST_CASE("process: a kernel that goes away takes its waiting processes with it") {
    struct Probe {
        int& n;
        ~Probe() { ++n; }
    };
    int gone = 0;
    const auto hold = [](Kernel& kernel, int& n, Signal& s) -> Process {
        const Probe probe{n};
        co_await kernel.any_of(s, hours(1));
    };
    {
        std::optional<Kernel> k;
        k.emplace(begin);
        std::optional<Signal> signal;
        signal.emplace(*k);
        k->start("one", hold(*k, gone, *signal));
        k->start("two", hold(*k, gone, *signal));
        k->run_until(begin + seconds(1));
        signal.reset();
    }
    CHECK(gone == 2);
}

namespace {
/// M/M/1 with arrivals of rate 1/2 and services of rate 1, from the stationary law on.
struct Queue {
    Kernel k;
    Resource server{k, 1};
    RandomKey key{2024, 0};
    double area = 0, sojourn = 0;
    std::int64_t customers = 0, in_system = 0;
    SimTime last;
    std::vector<double> batch_sums;

    double exponential(std::uint64_t entity, std::uint64_t n, double rate) const {
        return -math::log(uniform(key, {entity}, Purpose::user, n)) / rate;
    }
    static Duration span(double s) { return {static_cast<std::int64_t>(s * 1e9)}; }
    void count(std::int64_t change) {
        area += static_cast<double>(in_system) * (k.now() - last).seconds();
        last = k.now();
        in_system += change;
    }
    static Process serve(Queue& q, std::uint64_t n) {
        const SimTime came = q.k.now();
        q.count(+1);
        co_await q.k.wait(q.server);
        co_await q.k.wait(span(q.exponential(1, n, 1.0)));
        q.server.release();
        q.count(-1);
        q.sojourn += (q.k.now() - came).seconds();
        ++q.customers;
    }
    static Process arrive(Queue& q) {
        for (std::uint64_t n = 0;; ++n) {
            co_await q.k.wait(span(q.exponential(2, n, 0.5)));
            q.k.start("customer", serve(q, n));
        }
    }
};
}  // namespace

TEST_CASE(
    "process: a queue M/M/1 built of them has the length and the sojourn of the closed form") {
    // SOURCE  Kleinrock 1975: L = rho / (1 - rho), W = 1 / (mu - lambda). Variance of the mean
    // length over a time t: 2 rho (1 + rho) / (1 - rho)^4 / (mu t), Whitt, "Planning queueing
    // simulations", Management Science 35 (1989), eq. 24.
    constexpr double rho = 0.5, span_s = 2.5e6;
    constexpr int batches = 100;
    Queue q;
    q.k.start("arrivals", Queue::arrive(q));
    std::vector<double> w;
    q.k.run_until(SimTime{} + seconds(1000));  // from empty: gone after some hundred services
    q.count(0);
    const double area_before = q.area;
    for (int b = 0; b < batches; ++b) {
        q.sojourn = 0;
        q.customers = 0;
        q.k.run_until(q.k.now() + Queue::span(span_s / batches));
        w.push_back(q.sojourn / static_cast<double>(q.customers));
    }
    q.count(0);
    const double length = (q.area - area_before) / span_s;
    const double variance = 2 * rho * (1 + rho) / ((1 - rho) * (1 - rho) * (1 - rho) * (1 - rho));
    const double se = math::sqrt(variance / span_s);
    CHECK(se < 0.0032);
    CHECK(math::abs(length - rho / (1 - rho)) < 4 * se);

    double mean = 0, square = 0;
    for (const double x : w) mean += x / batches;
    for (const double x : w) square += (x - mean) * (x - mean) / (batches - 1);
    const double se_w = math::sqrt(square / batches);  // batches of 12,500 customers
    CHECK(se_w < 0.0075);
    CHECK(math::abs(mean - 1 / (1 - rho)) < 4 * se_w);
}
