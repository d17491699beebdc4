// SPDX-License-Identifier: Apache-2.0
#include "engine.hpp"

#include "newton.hpp"

#include <gridflock/core/math.hpp>

#include <algorithm>

namespace gridflock::inline v0::powerflow {

namespace {

using grid::Complex;

constexpr double wanted_residual = 1e-12;
constexpr double worst_residual = 1e-3;                       // of what passes for a solution
constexpr double tighter = 1e-4, smallest_tolerance = 1e-13;  // of the second pass
constexpr int extra_iterations = 30;
constexpr int more_patience = 4;  // of half steps against whole ones
constexpr int newton_iterations = 40, continuation_iterations = 200;

std::size_t at(std::int32_t i) {
    return static_cast<std::size_t>(i);
}

}  // namespace

Engine::Engine(std::shared_ptr<const LaneNetwork> network, Drives drives, InstructionSet set,
               int width)
    : network_(std::move(network)),
      drives_(std::move(drives)),
      injections_(*network_, drives_.loads, drives_.terminals, drives_.table_rows),
      block_(std::make_unique<Block>(*network_, injections_, set, width)),
      changes_(this->width()),
      is_singular_(this->width(), 0) {}

void Engine::change_lane(std::size_t lane, std::vector<const Change*> changes) {
    is_singular_[lane] = !block_->change_lane(lane, changes);
    changes_[lane] = std::move(changes);
}

void Engine::solve(std::span<const std::uint8_t> active, const BlockLimits& limits,
                   int max_refinements, Check check) {
    Block& b = *block_;
    std::vector<std::uint8_t> regular(active.begin(), active.end());
    for (std::size_t l = 0; l < width(); ++l) regular[l] = active[l] && !is_singular_[l];
    b.run(regular, limits);
    for (std::size_t l = 0; l < width(); ++l) {
        if (active[l] && is_singular_[l]) b.status[l] = Status::singular;
        if (regular[l] && b.status[l] != Status::ok) fall_back(l, limits);
    }
    b.finish(check);
    // Voltages near 0 stand still whatever the currents do: these lanes only seem to be solved.
    bool is_any = false;
    for (std::size_t l = 0; l < width(); ++l) {
        if (!is_unbalanced(active, l, limits)) continue;
        b.status[l] = Status::not_converged;
        fall_back(l, limits);
        is_any = true;
    }
    if (is_any) b.finish(check);
    if (max_refinements > 0) {
        tighten(active, limits, check);
        for (int k = 0; k < max_refinements && refine_lanes(active); ++k) b.finish(check);
    }
    for (std::size_t l = 0; l < width(); ++l)
        if (is_unbalanced(active, l, limits)) b.status[l] = Status::not_converged;
}

/// Called solved, though currents do not balance by far more than the tolerance explains.
bool Engine::is_unbalanced(std::span<const std::uint8_t> active, std::size_t lane,
                           const BlockLimits& limits) const {
    return active[lane] && block_->status[lane] == Status::ok &&
           !(block_->residual[lane] <= math::max(worst_residual, 10 * limits.tolerance));
}

bool Engine::is_rough(std::span<const std::uint8_t> active, std::size_t lane) const {
    return active[lane] && block_->status[lane] == Status::ok &&
           !(block_->residual[lane] <= wanted_residual);
}

/// Goes on iterating where the residual asks for it; a lane that cannot get there stays solved.
void Engine::tighten(std::span<const std::uint8_t> active, const BlockLimits& limits, Check check) {
    Block& b = *block_;
    std::vector<std::uint8_t> again(width());
    for (std::size_t l = 0; l < width(); ++l) again[l] = is_rough(active, l);
    if (std::count(again.begin(), again.end(), 0) == static_cast<std::ptrdiff_t>(width())) return;
    const std::vector<int> before = b.iterations;
    BlockLimits tight = limits;
    tight.tolerance = math::max(limits.tolerance * tighter, smallest_tolerance);
    tight.max_iterations = extra_iterations;
    b.run(again, tight);
    for (std::size_t l = 0; l < width(); ++l) {
        if (!again[l]) continue;
        b.status[l] = Status::ok;
        b.iterations[l] += before[l];
    }
    b.finish(check);
}

/// Takes the residual off where rounding left it; false when no lane needs it.
bool Engine::refine_lanes(std::span<const std::uint8_t> active) {
    bool is_any = false;
    for (std::size_t l = 0; l < width(); ++l) {
        if (!is_rough(active, l)) continue;
        if (!is_any) block_->find_correction();
        block_->refine(l);
        is_any = true;
    }
    return is_any;
}

void Engine::fall_back(std::size_t lane, const BlockLimits& limits) {
    const Status first = block_->status[lane];
    for (std::int32_t r = 0; r < drives_.table_rows; ++r)
        if (!(math::abs(block_->table(r)[lane]) < 1e300)) return;  // no solution of no number
    if (!single_)
        single_ = std::make_unique<Block>(*network_, injections_, InstructionSet::portable, 1);
    BlockLimits half = limits;
    half.step = 0.5;
    half.max_iterations *= more_patience;
    if (!single_->change_lane(0, changes_[lane])) return;
    if (try_block(*single_, lane, half)) return;
    block_->status[lane] = first;
    // the rated admittances stand on Y as it is
    if (const LaneNetwork* rated = changes_[lane].empty() ? network_->rated() : nullptr) {
        if (!rated_) {
            rated_injections_.emplace(*rated, drives_.loads, drives_.terminals, drives_.table_rows);
            rated_ =
                std::make_unique<Block>(*rated, *rated_injections_, InstructionSet::portable, 1);
        }
        if (try_block(*rated_, lane, limits) || try_block(*rated_, lane, half)) return;
    }
    if (!try_newton(lane, limits)) block_->status[lane] = first;
}

bool Engine::try_block(Block& block, std::size_t lane, const BlockLimits& limits) {
    const std::uint8_t active[1] = {1};
    for (std::int32_t r = 0; r < drives_.table_rows; ++r)
        block.table(r)[0] = block_->table(r)[lane];
    block.start_base();
    block.run(active, limits);
    block_->iterations[lane] += block.iterations[0];
    if (block.status[0] != Status::ok) return false;
    block.finish(Check::all);
    take(lane, &block == rated_.get() ? *network_->rated() : *network_, block);
    return true;
}

/// Copies a solution, by nodes: another network has another order of rows.
void Engine::take(std::size_t lane, const LaneNetwork& from, const Block& solved) {
    for (std::int32_t r = 0; r < network_->rows(); ++r)
        block_->set_v(r, lane, solved.v(from.row(network_->node_of_row(r)), 0));
    for (const KernelControl& c : injections_.controls)
        block_->table(c.q_row)[lane] = const_cast<Block&>(solved).table(c.q_row)[0];
    block_->status[lane] = Status::ok;
    block_->change[lane] = solved.change[0];
}

/// From the base solution to the load at once, else by steps.
bool Engine::try_newton(std::size_t lane, const BlockLimits& limits) {
    const NewtonCase c{*network_, injections_, block_->changes(lane)};
    std::vector<Complex> base(at(network_->rows()));
    for (std::int32_t r = 0; r < network_->rows(); ++r)
        base[at(r)] = {network_->base_re()[at(r)], network_->base_im()[at(r)]};
    std::vector<double> start(at(injections_.table_rows));
    for (std::int32_t r = 0; r < injections_.table_rows; ++r) start[at(r)] = block_->table(r)[lane];
    for (const KernelControl& k : injections_.controls)
        start[at(k.q_row)] = -k.q_start / static_cast<double>(k.a.size());
    std::vector<Complex> v = base;
    std::vector<double> table = start;
    NewtonResult n = newton(c, table, limits.tolerance, newton_iterations, v);
    block_->iterations[lane] += n.iterations;
    if (!n.is_solved) {
        v = base;
        table = start;
        n = follow_load(c, table, at(drives_.table_rows), limits.tolerance, continuation_iterations,
                        v);
        block_->iterations[lane] += n.iterations;
        if (!n.is_solved) return false;
    }
    block_->start_lane(lane, v);
    for (const KernelControl& k : injections_.controls)
        block_->table(k.q_row)[lane] = table[at(k.q_row)];
    block_->status[lane] = Status::ok;
    block_->change[lane] = n.change;
    return true;
}

Engine::Head Engine::head(std::size_t lane) const {
    Head head;
    const auto voltage = [&](NodeIdx node) {
        const std::int32_t r = network_->row(node);
        return r < network_->rows() ? block_->v(r, lane) : Complex{};
    };
    const auto add = [&](const SourceBranch& s) {
        for (std::size_t i = 0; i < s.ports.size(); ++i) {
            Complex out{};
            for (std::size_t j = 0; j < s.ports.size(); ++j)
                out += s.y(i, j) * (s.ideal_v[j] - voltage(s.ports[j]));
            const Complex power = voltage(s.ports[i]) * std::conj(out);
            head.p += power.real();
            head.q += power.imag();
        }
    };
    for (const SourceBranch& s : network_->network().sources()) add(s);
    for (const SourceBranch& s : network_->network().linear_injections())
        if (s.is_source) add(s);
    for (const FixedCurrent& f : network_->network().fixed_currents()) {
        const Complex power = voltage(f.node) * std::conj(f.current);
        head.p += power.real();
        head.q += power.imag();
    }
    return head;
}

}  // namespace gridflock::inline v0::powerflow
