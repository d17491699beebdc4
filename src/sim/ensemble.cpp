// SPDX-License-Identifier: Apache-2.0
#include <gridflock/sim/ensemble.hpp>

#include "sim/compile_vpp.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <tuple>

namespace gridflock::inline v0::sim {

std::shared_ptr<const Plan> block_of(const Plan& plan, std::span<const Lane> lanes) {
    if (lanes.empty()) throw Error("a block needs at least one lane");
    auto block = std::make_shared<Plan>(plan);
    block->lanes.assign(lanes.begin(), lanes.end());
    block->keys.clear();
    for (const Lane& lane : lanes) {
        if (std::find(plan.lanes.begin(), plan.lanes.end(), lane) == plan.lanes.end())
            throw Error("a block has a lane that its plan has not");
        block->keys.push_back({plan.base.seed, static_cast<std::uint64_t>(lane.world)});
    }
    block->strategies.clear();
    block->script.clear();
    std::vector<Fault> faults;
    lay_out_strategies(*block, faults);
    lay_out_messages(*block, faults);
    if (!faults.empty()) throw ScenarioError(std::move(faults));
    block->digest = plan_digest(*block);
    return block;
}

namespace {

/// A block's sink behind the lock that all sinks of an ensemble share.
class LockedSink final : public record::Sink {
public:
    LockedSink(std::mutex& mutex, std::unique_ptr<record::Sink> sink)
        : mutex_(mutex), sink_(std::move(sink)) {}
    ~LockedSink() override {
        const std::scoped_lock lock(mutex_);
        sink_.reset();
    }
    std::vector<std::string> wanted() const override { return sink_->wanted(); }
    void begin(const record::Layout& layout) override {
        const std::scoped_lock lock(mutex_);
        sink_->begin(layout);
    }
    void write(const record::Sample& sample) override {
        const std::scoped_lock lock(mutex_);
        sink_->write(sample);
    }
    void append(std::string_view table, const std::vector<record::Cell>& row) override {
        const std::scoped_lock lock(mutex_);
        sink_->append(table, row);
    }
    void flush() override {
        const std::scoped_lock lock(mutex_);
        sink_->flush();
    }
    void end(record::RunStatus status, std::string_view reason) override {
        const std::scoped_lock lock(mutex_);
        sink_->end(status, reason);
    }

private:
    std::mutex& mutex_;
    std::unique_ptr<record::Sink> sink_;
};

/// What the threads of one run share.
struct Work {
    Work(const Plan& p, std::vector<std::vector<Lane>> b, const Ensemble::MakeSink& m,
         const Ensemble::Done& d)
        : plan(p), blocks(std::move(b)), make_sink(m), done(d) {}

    const Plan& plan;
    std::vector<std::vector<Lane>> blocks;
    const Ensemble::MakeSink& make_sink;
    const Ensemble::Done& done;

    std::atomic<std::size_t> next{0};
    std::atomic<std::int64_t> steps{0};
    std::atomic<bool> stop{false};
    std::mutex sinks;  // also guards what follows
    std::condition_variable changed;
    std::size_t running = 0;
    std::exception_ptr error;
    std::vector<LaneFailure> failures;

    void run_block(const std::vector<Lane>& lanes);
    void run_blocks();
};

void Work::run_block(const std::vector<Lane>& lanes) {
    Simulation sim(block_of(plan, lanes));
    std::unique_ptr<LockedSink> sink;
    if (make_sink) {
        std::unique_ptr<record::Sink> own;
        {
            const std::scoped_lock lock(sinks);
            own = make_sink(sim.plan());
        }
        if (own) sink = std::make_unique<LockedSink>(sinks, std::move(own));
        if (sink) sim.attach(*sink);
    }
    try {
        while (!sim.done() && !stop) {
            sim.step();
            ++steps;
        }
    } catch (const std::exception& e) {
        sim.finish(record::RunStatus::failed, e.what());
        throw;
    }
    if (!sim.done()) return sim.finish(record::RunStatus::interrupted, "stopped by the user");
    sink.reset();
    const std::scoped_lock lock(sinks);
    failures.insert(failures.end(), sim.state().failures.begin(), sim.state().failures.end());
    if (done) done(sim);
}

void Work::run_blocks() {
    try {
        for (std::size_t i = next++; i < blocks.size() && !stop; i = next++) run_block(blocks[i]);
    } catch (...) {
        const std::scoped_lock lock(sinks);
        if (!error) error = std::current_exception();
        stop = true;
    }
    const std::scoped_lock lock(sinks);
    --running;
    changed.notify_all();
}

}  // namespace

Ensemble::Ensemble(std::shared_ptr<const Plan> plan)
    : plan_(std::move(plan)), lanes_(plan_->lanes) {}

std::vector<std::vector<Lane>> Ensemble::blocks(std::size_t width) const {
    std::vector<std::vector<Lane>> all;
    for (std::size_t i = 0; i < lanes_.size(); i += width)
        all.emplace_back(
            lanes_.begin() + static_cast<std::ptrdiff_t>(i),
            lanes_.begin() + static_cast<std::ptrdiff_t>(std::min(i + width, lanes_.size())));
    return all;
}

std::vector<LaneFailure> Ensemble::run(const EnsembleOptions& options, const MakeSink& make_sink,
                                       const Done& done, const GoOn& go_on) {
    if (options.threads < 1) throw Error("an ensemble needs at least one thread");
    if (options.width < 1) throw Error("a block is at least one lane wide");
    Work work(*plan_, blocks(options.width), make_sink, done);
    const auto count = std::min(static_cast<std::size_t>(options.threads),
                                std::max<std::size_t>(work.blocks.size(), 1));
    const auto all =
        static_cast<double>((plan_->when.end - plan_->when.warmup_begin) / plan_->step) *
        static_cast<double>(std::max<std::size_t>(work.blocks.size(), 1));
    work.running = count;
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < count; ++t) threads.emplace_back([&work] { work.run_blocks(); });
    std::exception_ptr from_caller;
    for (bool is_over = false; !is_over;) {
        {
            std::unique_lock lock(work.sinks);
            is_over = work.changed.wait_for(lock, std::chrono::milliseconds(50),
                                            [&] { return work.running == 0; });
        }
        if (!go_on || work.stop) continue;
        try {
            if (!go_on(math::min(1.0, static_cast<double>(work.steps) / all))) work.stop = true;
        } catch (...) {
            from_caller = std::current_exception();
            work.stop = true;
        }
    }
    for (std::thread& t : threads) t.join();
    if (from_caller) std::rethrow_exception(from_caller);
    if (work.error) std::rethrow_exception(work.error);
    std::stable_sort(work.failures.begin(), work.failures.end(),
                     [](const LaneFailure& a, const LaneFailure& b) {
                         return std::tie(a.world, a.variant) < std::tie(b.world, b.variant);
                     });
    return work.failures;
}

}  // namespace gridflock::inline v0::sim
