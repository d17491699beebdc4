// SPDX-License-Identifier: Apache-2.0
#include <gridflock/powerflow/lane_solver.hpp>

#include "engine.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gridflock::inline v0::powerflow {

namespace {

using grid::Complex;

constexpr int refinements = 3;
constexpr std::int32_t scale_row = 1, first_terminal_row = 2;

std::size_t at(std::int32_t i) {
    return static_cast<std::size_t>(i);
}

Drives drives_of(const LaneNetwork& network) {
    Drives d;
    d.loads.assign(network.network().laws().size(), Drive{scale_row, scale_row, false});
    d.table_rows = first_terminal_row;
    for (std::size_t t = 0; t < network.terminals().size(); ++t, d.table_rows += 2)
        d.terminals.push_back({d.table_rows, d.table_rows + 1, true});
    return d;
}

}  // namespace

struct Solver::Work {
    std::vector<std::unique_ptr<Engine>> engines;  // one a width that was needed
};

Solver::Solver(Network network, std::vector<Terminal> terminals, SolverOptions options,
               std::vector<Changeable> changeable)
    : shared_(std::make_shared<LaneNetwork>(std::make_shared<const Network>(std::move(network)),
                                            std::move(terminals), std::move(changeable),
                                            Shares::usual)),
      options_(options),
      work_(std::make_unique<Work>()) {}

Solver::~Solver() = default;
Solver::Solver(Solver&&) noexcept = default;
Solver& Solver::operator=(Solver&&) noexcept = default;
Solver::Solver(const Solver& other)
    : shared_(other.shared_), options_(other.options_), work_(std::make_unique<Work>()) {}
Solver& Solver::operator=(const Solver& other) {
    return *this = Solver(other);
}

const Network& Solver::network() const {
    return shared_->network();
}

std::size_t Solver::terminals() const {
    return shared_->terminals().size();
}

void Solver::start(ColumnView<Complex> v) const {
    if (v.rows() != nodes()) require_shape(v, nodes(), v.lanes(), "v");
    for (std::size_t i = 0; i < nodes(); ++i) {
        const std::int32_t r = shared_->row_of_node()[i];
        const Complex base = r < shared_->rows()
                                 ? Complex(shared_->base_re()[at(r)], shared_->base_im()[at(r)])
                                 : Complex{};
        for (std::size_t l = 0; l < v.lanes(); ++l) v(i, l) = base;
    }
}

namespace {

/// Lanes first..first+count of the caller are lanes 0..count of the block.
struct Window {
    std::size_t first, count;
};

void load(Engine& e, const SolveInput& input, ColumnView<Complex> v, Window window) {
    Block& b = e.block();
    const std::size_t terminals = e.network().terminals().size();
    for (std::size_t l = 0; l < static_cast<std::size_t>(b.width()); ++l) {
        const std::size_t from = window.first + (l < window.count ? l : 0);
        b.table(scale_row)[l] = input.load_scale[from];
        for (std::size_t t = 0; t < terminals; ++t) {
            const std::int32_t row = first_terminal_row + 2 * static_cast<std::int32_t>(t);
            b.table(row)[l] = input.p_w(t, from);
            b.table(row + 1)[l] = input.q_var(t, from);
        }
        for (std::int32_t r = 0; r < e.network().rows(); ++r)
            b.set_v(r, l, v(e.network().node_of_row(r).pos(), from));
    }
}

void store(const Engine& e, Window window, std::span<const std::uint8_t> active,
           ColumnView<Complex> v, SolveOutput& out) {
    const Block& b = e.block();
    const LaneNetwork& net = e.network();
    for (std::size_t l = 0; l < window.count; ++l) {
        if (!active[l]) continue;
        const std::size_t to = window.first + l;
        for (std::size_t i = 0; i < v.rows(); ++i) {
            const std::int32_t r = net.row_of_node()[i];
            v(i, to) = r < net.rows() ? b.v(r, l) : Complex{};
        }
        out.status[to] = b.status[l];
        out.iterations[to] = b.iterations[l];
        out.residual[to] = b.residual[l];
        out.change_pu[to] = b.change[l];
        const Engine::Head head = e.head(l);
        out.head_p_w[to] = head.p;
        out.head_q_var[to] = head.q;
        out.load_p_w[to] = e.demand_p(l);
        out.load_q_var[to] = e.demand_q(l);
        out.losses_w[to] = head.p + e.device_p(l) - e.demand_p(l);
        out.worst_node[to] =
            b.status[l] == Status::ok ? NodeIdx{} : net.node_of_row(b.worst_row(l));
    }
}

}  // namespace

namespace {

void require_fit(std::span<const Change> changes, std::span<const Changeable> elements,
                 std::size_t lanes) {
    for (const Change& c : changes) {
        if (c.lane >= lanes || c.element >= elements.size())
            throw ShapeError(fmt::format("change of element {} in lane {}: there are {} and {}",
                                         c.element, c.lane, elements.size(), lanes));
        if (c.y.order() != elements[c.element].y.order())
            throw ShapeError(fmt::format("change of element {} has order {}, expected {}",
                                         c.element, c.y.order(), elements[c.element].y.order()));
    }
}

void put_changes(Engine& e, std::span<const Change> changes, Window window) {
    if (e.network().changeable().empty()) return;
    std::vector<std::vector<const Change*>> of_lane(static_cast<std::size_t>(e.block().width()));
    for (const Change& c : changes)
        if (c.lane >= window.first && c.lane < window.first + window.count)
            of_lane[c.lane - window.first].push_back(&c);
    for (std::size_t l = 0; l < of_lane.size(); ++l) e.change_lane(l, std::move(of_lane[l]));
}

}  // namespace

void Solver::solve(const SolveInput& input, ColumnView<Complex> v, SolveOutput& output,
                   std::span<const Change> changes) {
    const std::size_t lanes = input.mask.size();
    require_shape(v, nodes(), lanes, "v");
    require_shape(input.p_w, terminals(), lanes, "p_w");
    require_shape(input.q_var, terminals(), lanes, "q_var");
    if (input.load_scale.size() != lanes || output.status.size() != lanes)
        throw ShapeError(fmt::format("load_scale has {} lanes and output {}, expected {}",
                                     input.load_scale.size(), output.status.size(), lanes));
    require_fit(changes, shared_->changeable(), lanes);
    const int width = width_for(*shared_, lanes, options_.lanes);
    auto& engines = work_->engines;
    auto found = std::find_if(engines.begin(), engines.end(),
                              [&](const auto& e) { return e->block().width() == width; });
    if (found == engines.end()) {
        engines.push_back(
            std::make_unique<Engine>(shared_, drives_of(*shared_), options_.instructions, width));
        found = engines.end() - 1;
    }
    BlockLimits limits;
    limits.tolerance = input.tolerance;
    limits.max_iterations = input.max_iterations;
    limits.slow = options_.slow;
    std::vector<std::uint8_t> active(static_cast<std::size_t>(width));
    for (std::size_t first = 0; first < lanes; first += active.size()) {
        const Window window{first, std::min(active.size(), lanes - first)};
        bool is_needed = false;
        for (std::size_t l = 0; l < active.size(); ++l) {
            active[l] = l < window.count && input.mask[first + l];
            is_needed = is_needed || active[l];
        }
        if (!is_needed) continue;
        load(**found, input, v, window);
        put_changes(**found, changes, window);
        (*found)->solve(active, limits, options_.refine ? refinements : 0, Check::all);
        store(**found, window, active, v, output);
    }
}

Solver::Shape Solver::shape() const {
    Shape s;
    s.rows = at(shared_->rows());
    s.iterated_rows = at(shared_->iterated());
    s.factor_entries = shared_->factor().columns().row.size();
    s.iterated_entries = shared_->iterated_entries();
    s.lanes = width_for(*shared_, 64, options_.lanes);
    s.is_pivoted = shared_->factor().is_pivoted();
    return s;
}

}  // namespace gridflock::inline v0::powerflow
