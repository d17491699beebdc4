// SPDX-License-Identifier: Apache-2.0
#include <gridflock/powerflow/batch.hpp>

#include "engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>

namespace gridflock::inline v0::powerflow {

namespace {

using grid::Complex;

constexpr std::size_t steps_of_a_unit = 512;  // where lanes are steps

std::size_t at(std::int32_t i) {
    return static_cast<std::size_t>(i);
}

template <class T>
void require_view(const StepView<T>& v, std::size_t steps, std::size_t rows, std::size_t scenarios,
                  const char* name) {
    if (!v.data || (v.steps == steps && v.rows == rows && v.scenarios == scenarios)) return;
    throw ShapeError(fmt::format("{} is [{}, {}, {}], expected [{}, {}, {}]", name, v.steps, v.rows,
                                 v.scenarios, steps, rows, scenarios));
}

/// Everything that the workers share and do not change.
struct Job {
    const Solver& solver;
    const BatchInput& in;
    const BatchOptions& options;
    const LaneNetwork& network;
    std::size_t loads = 0, elements = 0, groups = 1;
    std::vector<NodeIdx> nodes;
    Drives drives;
    std::int32_t first_driven = 0;
    bool lanes_are_scenarios = true;
    int width = 1;
    std::size_t units = 0;

    Job(const Solver& s, const BatchInput& i, const BatchOptions& o);
    void check() const;
    void make_drives();
    bool is_terminal(std::size_t element) const { return element >= loads; }
    std::size_t scenario_blocks() const {
        return (in.scenarios + static_cast<std::size_t>(width) - 1) /
               static_cast<std::size_t>(width);
    }
    std::size_t step_units() const { return (in.steps + steps_of_a_unit - 1) / steps_of_a_unit; }
    void fill_table(Block& b, std::size_t lane, std::size_t step, std::size_t scenario) const;
};

Job::Job(const Solver& s, const BatchInput& i, const BatchOptions& o)
    : solver(s), in(i), options(o), network(*s.lane_network()) {
    loads = network.network().laws().size();  // one a load or generator
    elements = loads + network.terminals().size();
    if (in.scale.data) groups = in.scale.rows;
    nodes.assign(options.nodes.begin(), options.nodes.end());
    if (nodes.empty())
        for (std::size_t n = 0; n < network.network().nodes(); ++n) nodes.push_back(NodeIdx(n));
    check();
    make_drives();
    const int wanted = s.options().lanes;
    lanes_are_scenarios = options.start == Start::previous || in.scenarios >= 8 || in.steps == 1;
    width = width_for(network, lanes_are_scenarios ? in.scenarios : in.steps, wanted);
    units = lanes_are_scenarios ? scenario_blocks() : in.scenarios * step_units();
}

void Job::check() const {
    const std::size_t driven = in.elements.size();
    require_view(in.p_w, in.steps, driven, in.scenarios, "p_w");
    require_view(in.q_var, in.steps, driven, in.scenarios, "q_var");
    require_view(in.scale, in.steps, groups, in.scenarios, "scale");
    require_view(options.v, in.steps, nodes.size(), in.scenarios, "v");
    require_view(options.v_pu, in.steps, nodes.size(), in.scenarios, "v_pu");
    if (driven > 0 && (!in.p_w.data || !in.q_var.data))
        throw ShapeError("elements are given, but p_w or q_var is not");
    if (driven == 0 && (in.p_w.data || in.q_var.data))
        throw ShapeError("p_w or q_var is given, but no elements that it drives");
    std::vector<std::uint8_t> seen(elements, 0);
    for (const std::int32_t e : in.elements) {
        if (e < 0 || at(e) >= elements)
            throw ShapeError(fmt::format("element {} is none of 0..{}", e, elements - 1));
        if (seen[at(e)]++) throw ShapeError(fmt::format("element {} is driven twice", e));
    }
    if (!in.group_of_load.empty() && in.group_of_load.size() > loads)
        throw ShapeError(fmt::format("group_of_load has {} entries, expected at most {}",
                                     in.group_of_load.size(), loads));
    for (const std::int32_t g : in.group_of_load)
        if (g < 0 || at(g) >= groups)
            throw ShapeError(fmt::format("group {} is none of 0..{}", g, groups - 1));
}

void Job::make_drives() {
    drives.loads.resize(loads);
    drives.terminals.resize(elements - loads);
    for (std::size_t l = 0; l < loads; ++l) {
        const std::int32_t group = l < in.group_of_load.size() ? in.group_of_load[l] : 0;
        const std::int32_t row = in.scale.data ? 1 + group : 0;
        drives.loads[l] = {row, row, false};
    }
    const std::int32_t zero_row = 1 + static_cast<std::int32_t>(groups);
    for (Drive& d : drives.terminals) d = {zero_row, zero_row, true};
    first_driven = zero_row + 1;
    for (std::size_t n = 0; n < in.elements.size(); ++n) {
        const std::int32_t row = first_driven + 2 * static_cast<std::int32_t>(n);
        const std::size_t e = at(in.elements[n]);
        (is_terminal(e) ? drives.terminals[e - loads] : drives.loads[e]) = {row, row + 1, true};
    }
    drives.table_rows = first_driven + 2 * static_cast<std::int32_t>(in.elements.size());
}

void Job::fill_table(Block& b, std::size_t lane, std::size_t step, std::size_t scenario) const {
    if (in.scale.data)
        for (std::size_t g = 0; g < groups; ++g)
            b.table(1 + static_cast<std::int32_t>(g))[lane] = in.scale(step, g, scenario);
    for (std::size_t n = 0; n < in.elements.size(); ++n) {
        const double sign = is_terminal(at(in.elements[n])) ? 1.0 : -1.0;
        const std::int32_t row = first_driven + 2 * static_cast<std::int32_t>(n);
        b.table(row)[lane] = sign * in.p_w(step, n, scenario);
        b.table(row + 1)[lane] = sign * in.q_var(step, n, scenario);
    }
}

/// Sums of one unit, [row][W].
struct Sums {
    Aligned<double> min, max, sum, below, above;
    Aligned<std::int64_t> live;

    Sums(std::size_t rows, std::size_t lanes)
        : min(rows * lanes),
          max(rows * lanes),
          sum(rows * lanes),
          below(rows * lanes),
          above(rows * lanes),
          live(lanes) {}
    void clear() {
        for (std::size_t i = 0; i < min.size(); ++i) {
            min[i] = std::numeric_limits<double>::infinity();
            max[i] = -std::numeric_limits<double>::infinity();
            sum[i] = below[i] = above[i] = 0;
        }
    }
    StatisticsArgs arguments(double low, double high) {
        StatisticsArgs a{};
        a.live = live.data();
        a.low = low;
        a.high = high;
        a.min = min.data();
        a.max = max.data();
        a.sum = sum.data();
        a.below = below.data();
        a.above = above.data();
        return a;
    }
};

/// What the workers write together.
struct Board {
    BatchOutput& out;
    std::mutex mutex{};
    std::atomic<std::size_t> next{0}, solved{0};
    std::atomic<bool> is_stopped{false};
    std::exception_ptr failure{};
};

class Worker {
public:
    Worker(const Job& job, Board& board, bool is_caller)
        : job_(job),
          board_(board),
          is_caller_(is_caller),
          engine_(job.solver.lane_network(), job.drives, job.solver.options().instructions,
                  job.width),
          sums_(at(job.network.rows()) * job.options.with_statistics, lanes()),
          active_(lanes()) {
        limits_.tolerance = job.options.tolerance;
        limits_.max_iterations = job.options.max_iterations;
        limits_.slow = job.solver.options().slow;
        for (std::size_t l = 0; l < lanes(); ++l) block().table(job.first_driven - 1)[l] = 0;
    }

    void work() {
        for (;;) {
            const std::size_t unit = board_.next++;
            if (unit >= job_.units || board_.is_stopped) return;
            sums_.clear();
            if (job_.lanes_are_scenarios)
                run_scenarios(unit * lanes());
            else
                run_steps(unit / job_.step_units(), unit % job_.step_units() * steps_of_a_unit);
        }
    }

private:
    std::size_t lanes() const { return static_cast<std::size_t>(job_.width); }
    Block& block() { return engine_.block(); }

    void run_scenarios(std::size_t first) {
        const std::size_t count = std::min(lanes(), job_.in.scenarios - first);
        block().start_base();
        for (std::size_t step = 0; step < job_.in.steps && !board_.is_stopped; ++step) {
            solve(count, [&](std::size_t l) { return std::pair(step, first + l); });
        }
        add_sums(count, [&](std::size_t l) { return first + l; });
    }

    void run_steps(std::size_t scenario, std::size_t first) {
        const std::size_t end = std::min(first + steps_of_a_unit, job_.in.steps);
        for (std::size_t step = first; step < end && !board_.is_stopped; step += lanes())
            solve(std::min(lanes(), end - step),
                  [&](std::size_t l) { return std::pair(step + l, scenario); });
        add_sums(lanes(), [&](std::size_t) { return scenario; });
    }

    template <class Where>
    void solve(std::size_t count, Where&& where) {
        for (std::size_t l = 0; l < lanes(); ++l) {
            active_[l] = l < count;
            const auto [step, scenario] = where(l < count ? l : 0);
            job_.fill_table(block(), l, step, scenario);
            if (job_.options.start == Start::previous && block().status[l] != Status::ok)
                block().start_base(l);
        }
        if (job_.options.start == Start::base) block().start_base();
        engine_.solve(active_, limits_, job_.options.refine ? 3 : 0, Check::unproven);
        for (std::size_t l = 0; l < lanes(); ++l)
            sums_.live[l] = active_[l] && block().status[l] == Status::ok ? -1 : 0;
        if (job_.options.with_statistics)
            block().add_statistics(sums_.arguments(job_.options.low_pu, job_.options.high_pu));
        for (std::size_t l = 0; l < count; ++l) {
            const auto [step, scenario] = where(l);
            write_solve(l, step * job_.in.scenarios + scenario);
        }
        write_voltages(count, where);
        board_.solved += count;
        if (is_caller_ && job_.options.progress && !job_.options.progress(board_.solved))
            board_.is_stopped = true;
    }

    void write_solve(std::size_t lane, std::size_t cell) {
        BatchOutput& out = board_.out;
        const Engine::Head head = engine_.head(lane);
        out.status[cell] = block().status[lane];
        out.iterations[cell] = block().iterations[lane];
        out.residual[cell] = block().residual[lane];
        out.head_p_w[cell] = head.p;
        out.head_q_var[cell] = head.q;
        out.losses_w[cell] = head.p + engine_.device_p(lane) - engine_.demand_p(lane);
    }

    template <class Where>
    void write_voltages(std::size_t count, Where&& where) {
        const BatchOptions& o = job_.options;
        if (!o.v.data && !o.v_pu.data) return;
        const double* magnitudes = block().magnitudes();
        for (std::size_t n = 0; n < job_.nodes.size(); ++n) {
            const std::int32_t r = job_.network.row(job_.nodes[n]);
            const bool is_live = r < job_.network.rows();
            const double per = is_live ? job_.network.per_base()[at(r)] : 0;
            for (std::size_t l = 0; l < count; ++l) {
                const auto [step, scenario] = where(l);
                if (o.v.data) o.v(step, n, scenario) = is_live ? block().v(r, l) : Complex{};
                if (o.v_pu.data)
                    o.v_pu(step, n, scenario) = is_live ? magnitudes[at(r) * lanes() + l] * per : 0;
            }
        }
    }

    template <class Scenario>
    void add_sums(std::size_t count, Scenario&& scenario) {
        if (!job_.options.with_statistics) return;
        BatchOutput& out = board_.out;
        const double minutes = job_.in.step_s / 60;
        const std::lock_guard lock(board_.mutex);
        for (std::size_t n = 0; n < job_.nodes.size(); ++n) {
            const std::int32_t r = job_.network.row(job_.nodes[n]);
            if (r >= job_.network.rows()) continue;
            for (std::size_t l = 0; l < count; ++l) {
                const std::size_t from = at(r) * lanes() + l;
                const std::size_t to = n * job_.in.scenarios + scenario(l);
                out.min_pu[to] = std::min(out.min_pu[to], sums_.min[from]);
                out.max_pu[to] = std::max(out.max_pu[to], sums_.max[from]);
                out.mean_pu[to] += sums_.sum[from];
                out.minutes_low[to] += sums_.below[from] * minutes;
                out.minutes_high[to] += sums_.above[from] * minutes;
            }
        }
    }

    const Job& job_;
    Board& board_;
    bool is_caller_;
    Engine engine_;
    Sums sums_;
    std::vector<std::uint8_t> active_;
    BlockLimits limits_;
};

void prepare(const Job& job, BatchOutput& out) {
    const std::size_t cells = job.in.steps * job.in.scenarios;
    out.status.assign(cells, Status::not_converged);
    out.iterations.assign(cells, 0);
    for (auto* values : {&out.residual, &out.head_p_w, &out.head_q_var, &out.losses_w})
        values->assign(cells, 0);
    if (!job.options.with_statistics) return;
    const std::size_t size = job.nodes.size() * job.in.scenarios;
    out.min_pu.assign(size, std::numeric_limits<double>::infinity());
    out.max_pu.assign(size, -std::numeric_limits<double>::infinity());
    for (auto* values : {&out.mean_pu, &out.minutes_low, &out.minutes_high})
        values->assign(size, 0);
}

/// Means, energies, peaks: in the order of steps.
void conclude(const Job& job, BatchOutput& out) {
    const std::size_t scenarios = job.in.scenarios;
    const double hours = job.in.step_s / 3600;
    std::vector<double> count(scenarios, 0);
    out.energy_wh.assign(scenarios, 0);
    out.losses_wh.assign(scenarios, 0);
    out.peak_w.assign(scenarios, -std::numeric_limits<double>::infinity());
    for (std::size_t cell = 0; cell < out.status.size(); ++cell) {
        const std::size_t s = cell % scenarios;
        if (out.status[cell] != Status::ok) continue;
        count[s] += 1;
        out.energy_wh[s] += out.head_p_w[cell] * hours;
        out.losses_wh[s] += out.losses_w[cell] * hours;
        out.peak_w[s] = std::max(out.peak_w[s], out.head_p_w[cell]);
    }
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    for (std::size_t i = 0; i < out.mean_pu.size(); ++i) {
        const bool is_dead = job.network.row(job.nodes[i / scenarios]) >= job.network.rows();
        const double n = is_dead ? 0 : count[i % scenarios];
        out.mean_pu[i] = n > 0 ? out.mean_pu[i] / n : none;
        if (!(n > 0)) out.min_pu[i] = out.max_pu[i] = none;
    }
    for (std::size_t s = 0; s < scenarios; ++s)
        if (!(count[s] > 0)) out.peak_w[s] = none;
}

}  // namespace

BatchOutput solve_batch(const Solver& solver, const BatchInput& input,
                        const BatchOptions& options) {
    const Job job(solver, input, options);
    BatchOutput out;
    prepare(job, out);
    Board board{out};
    const auto work = [&](bool is_caller) {
        try {
            Worker(job, board, is_caller).work();
        } catch (...) {
            const std::lock_guard lock(board.mutex);
            if (!board.failure) board.failure = std::current_exception();
            board.is_stopped = true;
        }
    };
    std::vector<std::thread> threads;
    const std::size_t wanted = static_cast<std::size_t>(std::max(1, options.threads));
    for (std::size_t t = 1; t < std::min(wanted, job.units); ++t) threads.emplace_back(work, false);
    work(true);
    for (std::thread& t : threads) t.join();
    if (board.failure) std::rethrow_exception(board.failure);
    out.solves = board.solved;
    out.is_stopped = board.is_stopped;
    conclude(job, out);
    return out;
}

}  // namespace gridflock::inline v0::powerflow
