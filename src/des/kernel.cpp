// SPDX-License-Identifier: Apache-2.0
#include <gridflock/des/kernel.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace gridflock::inline v0::des {

namespace {
/// How often the wall clock is looked at, in events.
constexpr std::uint64_t wall_every = 256;

constexpr bool is_odd(std::uint32_t n) {
    return n % 2 == 1;
}

class WallClock {
public:
    explicit WallClock(double limit_s)
        : has_limit_(limit_s < std::numeric_limits<double>::infinity()),
          limit_(limit_s),
          begin_(std::chrono::steady_clock::now()) {}
    bool is_over(std::uint64_t events) const {
        if (!has_limit_ || events % wall_every != 0) return false;
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_) >= limit_;
    }

private:
    bool has_limit_;
    std::chrono::duration<double> limit_;
    std::chrono::steady_clock::time_point begin_;
};

/// Sets a flag for as long as it lives.
class Raised {
public:
    explicit Raised(bool& flag) : flag_(flag) { flag_ = true; }
    Raised(const Raised&) = delete;
    Raised& operator=(const Raised&) = delete;
    ~Raised() { flag_ = false; }

private:
    bool& flag_;
};
}  // namespace

Kernel::Kernel(SimTime begin) : now_(begin) {}

Kernel::~Kernel() {
    for (ProcessSlot& s : slots_)
        if (s.frame) s.frame.destroy();
}

HandlerId Kernel::on(std::string name, Handler handler) {
    for (const Named& n : handlers_)
        if (n.name == name) throw Error(fmt::format("a handler is named '{}' already", name));
    handlers_.push_back({std::move(name), std::move(handler)});
    return {static_cast<std::uint32_t>(handlers_.size() - 1) + detail::first_handler};
}

void Kernel::require_future(SimTime t) const {
    if (t < now_)
        throw Error(fmt::format("an event at {} lies before now, {}", iso8601(t), iso8601(now_)));
}

void Kernel::require_source(std::uint32_t source) {
    if (source >= most_sources)
        throw Error(fmt::format("source {}: a source is below {}", source, most_sources));
}

void Kernel::require_idle(const char* what) const {
    if (is_running_) throw Error(fmt::format("{}: not from inside a run of the kernel", what));
}

SimTime Kernel::later(SimTime t, Duration d) {
    SimTime sum;
    if (__builtin_add_overflow(t.ns, d.ns, &sum.ns))
        throw Error("an event beyond the last instant, in the year 2262");
    return sum;
}

EventHandle Kernel::schedule(SimTime t, std::uint32_t handler, const Payload& payload,
                             Order order) {
    require_future(t);
    require_source(order.source);
    return queue_.schedule(t, order.stage, order.priority, order.source, {handler, payload});
}

EventHandle Kernel::at(SimTime t, HandlerId handler, const Payload& payload, Order order) {
    if (handler.value - detail::first_handler >= handlers_.size())
        throw Error("no handler of this kernel: register it with on()");
    return schedule(t, handler.value, payload, order);
}

TaskHandle Kernel::every(Duration period, SimTime first, HandlerId handler, const Payload& payload,
                         Order order) {
    if (period.ns <= 0) throw Error("a periodic task needs a period above zero");
    if (handler.value - detail::first_handler >= handlers_.size())
        throw Error("no handler of this kernel: register it with on()");
    require_future(first);
    require_source(order.source);
    std::uint32_t slot = static_cast<std::uint32_t>(tasks_.size());
    if (free_tasks_.empty()) {
        tasks_.emplace_back();
    } else {
        slot = free_tasks_.back();
        free_tasks_.pop_back();
    }
    SavedTask& task = tasks_[slot].saved;
    task = {task.generation + 1,
            period,
            {{}, order.stage, order.priority, order.source, 0},
            {handler.value, payload}};
    schedule_task(slot, first);
    return {slot, task.generation};
}

void Kernel::schedule_task(std::uint32_t slot, SimTime at) {
    Task& task = tasks_[slot];
    const EventKey& o = task.saved.order;
    task.next = queue_.schedule(at, o.stage, o.priority, o.source,
                                {detail::task_handler, {slot, task.saved.generation, 0, 0}});
}

bool Kernel::is_active(TaskHandle task) const {
    return task.slot < tasks_.size() && is_odd(task.generation) &&
           tasks_[task.slot].saved.generation == task.generation;
}

bool Kernel::cancel(TaskHandle task) {
    if (!is_active(task)) return false;
    Task& t = tasks_[task.slot];
    queue_.cancel(t.next);
    ++t.saved.generation;
    free_tasks_.push_back(task.slot);
    return true;
}

void Kernel::call(const Event& event) {
    handlers_[event.body.handler - detail::first_handler].handler(*this, event);
}

void Kernel::fire_task(const Event& event) {
    const auto slot = static_cast<std::uint32_t>(event.body.payload[0]);
    const SavedTask task = tasks_[slot].saved;
    schedule_task(slot, later(event.key.at, task.period));
    call({event.key, task.body});
}

void Kernel::fire(const Event& event) {
    now_ = event.key.at;
    ++fired_;
    switch (event.body.handler) {
        case detail::call_handler: {
            Trampoline trampoline = nullptr;
            std::memcpy(&trampoline, event.body.payload.data(), sizeof trampoline);
            return trampoline(*this, event.body.payload.data() + 1);
        }
        case detail::task_handler:
            return fire_task(event);
        case detail::wake_handler:
            return woken(event);
        default:
            return call(event);
    }
}

bool Kernel::step() {
    require_idle("step");
    const Raised running(is_running_);
    Event event;
    if (!queue_.pop_before(never, event)) return false;
    fire(event);
    return true;
}

Outcome Kernel::run() {
    return run_until(never, {});
}

Outcome Kernel::run_until(SimTime end) {
    return run_until(end, {});
}

Outcome Kernel::run_for(const Budget& budget) {
    return run_until(never, budget);
}

Outcome Kernel::run_until(SimTime end, const Budget& budget) {
    require_idle("run");
    if (end < now_) throw Error(fmt::format("{} lies before now, {}", iso8601(end), iso8601(now_)));
    const Raised running(is_running_);
    const WallClock wall(budget.wall_s);
    is_stopped_ = false;
    reason_.clear();
    const std::uint64_t before = fired_;
    Event event;
    while (!is_stopped_) {
        const std::uint64_t done = fired_ - before;
        if (done >= budget.events || wall.is_over(done)) return {Ended::budget, {}, done};
        if (!queue_.pop_before(end, event)) {
            if (end == never) return {Ended::empty, {}, done};
            now_ = end;
            return {Ended::time, {}, done};
        }
        fire(event);
    }
    return {Ended::stopped, reason_, fired_ - before};
}

void Kernel::stop(std::string reason) {
    is_stopped_ = true;
    reason_ = std::move(reason);
}

void Kernel::require_checkpointable() const {
    for (const ProcessSlot& s : slots_)
        if (s.frame)
            throw NotCheckpointable(
                s.name, fmt::format("the process '{}' lives: a kernel is saved or forked when its "
                                    "processes have ended",
                                    s.name));
}

SavedKernel Kernel::save() const {
    require_checkpointable();
    SavedKernel saved{now_, fired_, {}, {}, queue_.save()};
    for (const Event& e : saved.queue.events)
        if (e.body.handler == detail::call_handler) {
            const std::string name = fmt::format("the call at {}", iso8601(e.key.at));
            throw NotCheckpointable(
                name, fmt::format("{} is code, not data: what is to be saved is registered by on()",
                                  name));
        }
    for (const Named& n : handlers_) saved.handlers.push_back(n.name);
    for (const Task& t : tasks_) saved.tasks.push_back(t.saved);
    return saved;
}

namespace {
void require(bool right, const std::string& what) {
    if (!right) throw CheckpointError("not a usable kernel checkpoint: " + what);
}

/// The ids that the saved names have in this kernel.
template <class Names>
std::vector<std::uint32_t> match(const std::vector<std::string>& saved, const Names& here) {
    std::vector<std::uint32_t> ids;
    for (const std::string& name : saved) {
        const auto at =
            std::find_if(here.begin(), here.end(), [&](const auto& n) { return n.name == name; });
        require(at != here.end(), fmt::format("no handler '{}' is registered here", name));
        ids.push_back(static_cast<std::uint32_t>(at - here.begin()) + detail::first_handler);
    }
    return ids;
}

void translate(EventBody& body, const std::vector<std::uint32_t>& ids) {
    const std::uint32_t index = body.handler - detail::first_handler;
    require(index < ids.size(), "an event of an unknown handler");
    body.handler = ids[index];
}
}  // namespace

void Kernel::load(const SavedKernel& saved) {
    require_idle("load");
    require_checkpointable();
    const std::vector<std::uint32_t> ids = match(saved.handlers, handlers_);
    SavedQueue queue = saved.queue;
    std::vector<Task> tasks;
    for (const SavedTask& t : saved.tasks) {
        tasks.push_back({t, {}});
        if (!is_odd(t.generation)) continue;
        translate(tasks.back().saved.body, ids);
        require(t.order.source < most_sources, "a task of an unknown source");
    }
    std::vector<std::pair<std::size_t, std::size_t>> next;  // (event, task)
    for (std::size_t i = 0; i < queue.events.size(); ++i) {
        Event& e = queue.events[i];
        require(e.key.at >= saved.now, "an event before its clock");
        if (e.body.handler != detail::task_handler) {
            translate(e.body, ids);
            continue;
        }
        const auto slot = static_cast<std::size_t>(e.body.payload[0]);
        require(slot < tasks.size() && is_odd(tasks[slot].saved.generation) &&
                    tasks[slot].saved.generation == e.body.payload[1],
                "an event of an unknown task");
        next.emplace_back(i, slot);
    }
    const std::vector<EventHandle> handles = queue_.load(queue);
    tasks_ = std::move(tasks);
    for (const auto& [event, task] : next) tasks_[task].next = handles[event];
    free_tasks_.clear();
    for (std::uint32_t i = 0; i < tasks_.size(); ++i)
        if (!is_odd(tasks_[i].saved.generation)) free_tasks_.push_back(i);
    now_ = saved.now;
    fired_ = saved.fired;
}

std::unique_ptr<Kernel> Kernel::fork() const {
    static_cast<void>(save());  // for its checks
    auto other = std::make_unique<Kernel>(now_);
    other->fired_ = fired_;
    other->queue_ = queue_;
    other->handlers_ = handlers_;
    other->tasks_ = tasks_;
    other->free_tasks_ = free_tasks_;
    return other;
}

}  // namespace gridflock::inline v0::des
