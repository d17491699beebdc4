// SPDX-License-Identifier: Apache-2.0
#include <gridflock/powerflow/solver.hpp>

#include "reference_control.hpp"
#include "sparse.hpp"

#include <gridflock/core/math.hpp>

#include <fmt/format.h>

#include <limits>
#include <mutex>

namespace gridflock::inline v0::powerflow {

namespace {

using grid::Complex;

constexpr double wanted_residual = 1e-12;
constexpr int max_refinements = 3;
constexpr double device_floor_pu = 0.5;  // below it a device is an impedance

/// A load phase in solver rows; row n is ground.
struct Phase {
    std::int32_t a, b, law;   // law < 0: a generator that holds a voltage
    double share_g, share_b;  // stands in Y
};

/// The unsymmetric part of a source in solver rows.
struct Skew {
    std::vector<std::int32_t> ports;
    const SourceBranch* branch;
};

struct Device {
    std::int32_t a, b;
    double floor_v2;  // |V|^2 below which it is an impedance
};

}  // namespace

/// One way of parting the loads between Y and the compensation currents.
struct ReferenceSolver::System {
    std::vector<Phase> phases;
    SparseRows y;
    Factor factor;
};

struct ReferenceSolver::Shared {
    Network network;
    std::vector<std::int32_t> row_of_node;  // n for dead nodes
    std::vector<NodeIdx> node_of_row;
    System usual;          // linear shares in Y
    mutable System rated;  // rated admittances in Y: slower, holds what floats
    mutable std::once_flag rated_is_built;
    mutable bool is_rated_regular = false;
    std::vector<Device> devices;
    std::vector<Skew> skews;
    ReferenceControl control;                  // generators that hold a voltage
    std::vector<double> source_re, source_im;  // Norton currents, [row]
    std::vector<double> base_re, base_im;      // linear solution, [row]
    std::vector<double> per_base;              // 1 / base voltage, [row]
    std::int32_t rows = 0;

    explicit Shared(Network n) : network(std::move(n)) {}
    std::int32_t row(NodeIdx node) const { return node.valid() ? row_of_node[node.pos()] : rows; }
    std::size_t row_count() const { return static_cast<std::size_t>(rows); }
    void number_rows();
    void factor_network();
    void add_devices(const std::vector<Terminal>& terminals);
    void add_controls();
    std::vector<Phase> phases(bool is_rated) const;
    std::vector<Entry> entries(const std::vector<Phase>& phases) const;
    /// Built when a lane first needs it.
    const System* rated_system() const;
};

struct ReferenceSolver::Workspace {
    std::vector<double> v_re, v_im, i_re, i_im;  // one row more than there are: ground
    std::vector<Complex> node_v;
    std::vector<double> control_q;

    explicit Workspace(const Shared& s)
        : v_re(s.row_count() + 1),
          v_im(v_re.size()),
          i_re(v_re.size()),
          i_im(v_re.size()),
          node_v(s.network.nodes()) {}
};

SolveOutput::SolveOutput(std::size_t lanes)
    : status(lanes, Status::ok),
      iterations(lanes),
      residual(lanes),
      change_pu(lanes),
      head_p_w(lanes),
      head_q_var(lanes),
      load_p_w(lanes),
      load_q_var(lanes),
      losses_w(lanes),
      worst_node(lanes) {}

// --- building ----------------------------------------------------------------------------------

void ReferenceSolver::Shared::number_rows() {
    row_of_node.assign(network.nodes(), -1);
    rows = 0;
    for (std::size_t i = 0; i < network.nodes(); ++i)
        if (network.node(NodeIdx(i)).is_live) row_of_node[i] = rows++;
    for (std::int32_t& r : row_of_node)
        if (r < 0) r = rows;
    if (rows == 0)
        throw ScenarioError({{{},
                              "the circuit",
                              "must have a source with a live node",
                              "add a circuit or vsource element"}});
}

std::vector<Entry> ReferenceSolver::Shared::entries(const std::vector<Phase>& phases) const {
    std::vector<Entry> out;
    const auto add = [&](std::int32_t r, std::int32_t c, Complex y) {
        if (r < rows && c < rows) out.push_back({r, c, y});
    };
    for (const Stamp& s : network.stamps()) add(row(s.row), row(s.col), s.y);
    for (const SourceBranch& s : network.sources())
        for (std::size_t i = 0; i < s.ports.size(); ++i)
            for (std::size_t j = 0; j < s.ports.size(); ++j)
                add(row(s.ports[i]), row(s.ports[j]), s.y(i, j));
    for (const Phase& p : phases) {
        const Complex y(p.share_g, p.share_b);
        if (y == Complex{}) continue;
        add(p.a, p.a, y);
        add(p.b, p.b, y);
        add(p.a, p.b, -y);
        add(p.b, p.a, -y);
    }
    return out;
}

std::vector<Phase> ReferenceSolver::Shared::phases(bool is_rated) const {
    std::vector<Phase> out;
    std::vector<std::uint8_t> is_controlled(network.laws().size(), 0);
    for (const VoltageControl& c : network.voltage_controls())
        is_controlled[static_cast<std::size_t>(c.law)] = 1;
    for (const LoadPhase& l : network.load_phases()) {
        if (is_controlled[static_cast<std::size_t>(l.law)]) continue;
        Phase p{row(l.a), row(l.b), l.law, 0, 0};
        if (p.a == p.b) continue;  // dead
        const LoadLaw& law = network.laws()[static_cast<std::size_t>(l.law)];
        // nothing but loads may hold a neutral
        const Admittance share =
            is_rated || l.has_neutral ? Admittance{law.g, law.b} : linear_share(law);
        p.share_g = share.g;
        p.share_b = share.b;
        out.push_back(p);
    }
    return out;
}

void ReferenceSolver::Shared::factor_network() {
    const std::vector<std::int32_t> position = minimum_degree(rows, entries(phases(false)));
    for (std::int32_t& r : row_of_node)
        if (r < rows) r = position[static_cast<std::size_t>(r)];
    node_of_row.resize(static_cast<std::size_t>(rows));
    for (std::size_t i = 0; i < row_of_node.size(); ++i)
        if (row_of_node[i] < rows)
            node_of_row[static_cast<std::size_t>(row_of_node[i])] = NodeIdx(i);
    usual.phases = phases(false);
    usual.y = compress(rows, entries(usual.phases));
    if (!usual.factor.build(usual.y))
        throw ScenarioError({{{},
                              "the network",
                              "must have a path to ground or a source everywhere",
                              "look for a winding or section that nothing holds to ground"}});
}

const ReferenceSolver::System* ReferenceSolver::Shared::rated_system() const {
    std::call_once(rated_is_built, [this] {
        rated.phases = phases(true);
        rated.y = compress(rows, entries(rated.phases));
        is_rated_regular = rated.factor.build(rated.y);
    });
    return is_rated_regular ? &rated : nullptr;
}

void ReferenceSolver::Shared::add_devices(const std::vector<Terminal>& terminals) {
    const std::size_t n = static_cast<std::size_t>(rows) + 1;
    source_re.assign(n, 0);
    source_im.assign(n, 0);
    for (const SourceBranch& s : network.sources())
        for (std::size_t i = 0; i < s.ports.size(); ++i) {
            Complex current{};
            for (std::size_t j = 0; j < s.ports.size(); ++j) current += s.y(i, j) * s.ideal_v[j];
            source_re[static_cast<std::size_t>(row(s.ports[i]))] += current.real();
            source_im[static_cast<std::size_t>(row(s.ports[i]))] += current.imag();
        }
    for (const FixedCurrent& f : network.fixed_currents()) {
        source_re[static_cast<std::size_t>(row(f.node))] += f.current.real();
        source_im[static_cast<std::size_t>(row(f.node))] += f.current.imag();
    }
    for (const SourceBranch& s : network.linear_injections()) {
        Skew skew{{}, &s};
        for (const NodeIdx port : s.ports) skew.ports.push_back(row(port));
        skews.push_back(std::move(skew));
    }
    source_re.back() = source_im.back() = 0;
    base_re = source_re;
    base_im = source_im;
    usual.factor.solve(base_re.data(), base_im.data());
    per_base.assign(n, 1);
    for (std::size_t r = 0; r + 1 < n; ++r) {
        const double known = network.node(node_of_row[r]).base_v;
        const double linear = math::sqrt(base_re[r] * base_re[r] + base_im[r] * base_im[r]);
        const double base = known > 0 ? known : linear;
        per_base[r] = base > 0 ? 1.0 / base : 1.0;
    }
    for (const Terminal& t : terminals) {
        const std::int32_t a = row(t.a), b = row(t.b);
        const double re =
            base_re[static_cast<std::size_t>(a)] - base_re[static_cast<std::size_t>(b)];
        const double im =
            base_im[static_cast<std::size_t>(a)] - base_im[static_cast<std::size_t>(b)];
        devices.push_back({a, b, device_floor_pu * device_floor_pu * (re * re + im * im)});
    }
}

void ReferenceSolver::Shared::add_controls() {
    std::vector<ReferenceControl::Generator> generators;
    for (const VoltageControl& c : network.voltage_controls()) {
        ReferenceControl::Generator g;
        const LoadLaw& law = network.laws()[static_cast<std::size_t>(c.law)];
        for (std::int32_t k = c.first_phase; k < c.first_phase + c.phases; ++k) {
            const LoadPhase& l = network.load_phases()[static_cast<std::size_t>(k)];
            if (row(l.a) != row(l.b))
                g.phases.push_back(
                    {static_cast<std::size_t>(row(l.a)), static_cast<std::size_t>(row(l.b))});
        }
        g.p_w = -law.g * law.rated_v * law.rated_v;
        g.q_start_var = law.b * law.rated_v * law.rated_v * c.phases;
        g.q_min_var = c.q_min_var;
        g.q_max_var = c.q_max_var;
        g.v_set_v = c.v_set_v;
        if (!g.phases.empty()) generators.push_back(std::move(g));
    }
    control.build(std::move(generators), usual.factor, base_re, base_im);
}

ReferenceSolver::ReferenceSolver(Network network, const std::vector<Terminal>& terminals) {
    auto shared = std::make_shared<Shared>(std::move(network));
    shared->number_rows();
    shared->factor_network();
    shared->add_devices(terminals);
    shared->add_controls();
    work_ = std::make_unique<Workspace>(*shared);
    shared_ = std::move(shared);
}

ReferenceSolver::~ReferenceSolver() = default;
ReferenceSolver::ReferenceSolver(ReferenceSolver&&) noexcept = default;
ReferenceSolver& ReferenceSolver::operator=(ReferenceSolver&&) noexcept = default;
ReferenceSolver::ReferenceSolver(const ReferenceSolver& other)
    : shared_(other.shared_), work_(std::make_unique<Workspace>(*other.work_)) {}
ReferenceSolver& ReferenceSolver::operator=(const ReferenceSolver& other) {
    return *this = ReferenceSolver(other);
}

const Network& ReferenceSolver::network() const {
    return shared_->network;
}

// --- solving -----------------------------------------------------------------------------------

namespace {

std::size_t at(std::int32_t i) {
    return static_cast<std::size_t>(i);
}

struct Power {
    double p = 0, q = 0;
};

/// The voltages and currents of one lane.
struct LaneState {
    const double* v_re;
    const double* v_im;
    double* i_re;
    double* i_im;

    void inject(std::int32_t a, std::int32_t b, double re, double im) const {
        i_re[a] += re;
        i_im[a] += im;
        i_re[b] -= re;
        i_im[b] -= im;
    }
};

/// Adds what the loads draw beyond their share in Y; returns their demand.
Power add_loads(std::span<const Phase> phases, std::span<const LoadLaw> laws, double scale,
                const LaneState& s) {
    Power demand;
    for (const Phase& p : phases) {
        const double re = s.v_re[p.a] - s.v_re[p.b], im = s.v_im[p.a] - s.v_im[p.b];
        const double v2 = re * re + im * im;
        const LoadLaw& law = laws[at(p.law)];
        const Admittance y = admittance(law, math::sqrt(v2) / law.rated_v, scale);
        const double g = p.share_g - y.g, b = p.share_b - y.b;
        s.inject(p.a, p.b, g * re - b * im, g * im + b * re);
        demand.p += y.g * v2;
        demand.q -= y.b * v2;
    }
    return demand;
}

/// Adds the devices' currents conj(S / V); returns what they inject.
Power add_devices(std::span<const Device> devices, const SolveInput& input, std::size_t lane,
                  const LaneState& s) {
    Power injected;
    for (std::size_t d = 0; d < devices.size(); ++d) {
        const Device& device = devices[d];
        const double re = s.v_re[device.a] - s.v_re[device.b];
        const double im = s.v_im[device.a] - s.v_im[device.b];
        const double v2 = re * re + im * im;
        const double p = input.p_w(d, lane), q = input.q_var(d, lane);
        if ((p == 0 && q == 0) || device.a == device.b) continue;
        const double scale = 1.0 / math::max(v2, device.floor_v2);
        s.inject(device.a, device.b, (p * re + q * im) * scale, (p * im - q * re) * scale);
        injected.p += p * v2 * scale;
        injected.q += q * v2 * scale;
    }
    return injected;
}

/// Adds y (E - V) of what is not symmetric in sources.
void add_skews(std::span<const Skew> skews, const LaneState& s) {
    for (const Skew& skew : skews) {
        const std::size_t n = skew.ports.size();
        for (std::size_t i = 0; i < n; ++i) {
            Complex current{};
            for (std::size_t j = 0; j < n; ++j) {
                const Complex v(s.v_re[skew.ports[j]], s.v_im[skew.ports[j]]);
                current += skew.branch->y(i, j) * (skew.branch->ideal_v[j] - v);
            }
            s.i_re[skew.ports[i]] += current.real();
            s.i_im[skew.ports[i]] += current.imag();
        }
    }
}

/// Largest componentwise |Y V - I| / (|Y| |V| + |I|).
double residual_of(const SparseRows& y, const double* v_re, const double* v_im, const double* i_re,
                   const double* i_im) {
    double worst = 0;
    for (std::int32_t r = 0; r < y.order; ++r) {
        double re = -i_re[r], im = -i_im[r];
        double size = math::sqrt(re * re + im * im);
        for (std::int32_t k = y.start[at(r)]; k < y.start[at(r) + 1]; ++k) {
            const double yr = y.re[at(k)], yi = y.im[at(k)];
            const double xr = v_re[y.col[at(k)]], xi = v_im[y.col[at(k)]];
            const double tr = yr * xr - yi * xi, ti = yr * xi + yi * xr;
            re += tr;
            im += ti;
            size += math::sqrt(tr * tr + ti * ti);
        }
        const double error = math::sqrt(re * re + im * im);
        if (size > 0 && !(error <= worst * size)) worst = error / size;
    }
    return worst;
}

/// What the sources push into the network at their first terminals.
Power head_power(const Network& network, std::span<const Complex> v) {
    Power head;
    const auto at_node = [&](NodeIdx i) { return i.valid() ? v[i.pos()] : Complex{}; };
    const auto add = [&](const SourceBranch& s) {
        for (std::size_t i = 0; i < s.ports.size(); ++i) {
            Complex out{};
            for (std::size_t j = 0; j < s.ports.size(); ++j)
                out += s.y(i, j) * (s.ideal_v[j] - at_node(s.ports[j]));
            const Complex power = at_node(s.ports[i]) * std::conj(out);
            head.p += power.real();
            head.q += power.imag();
        }
    };
    for (const SourceBranch& s : network.sources()) add(s);
    for (const SourceBranch& s : network.linear_injections())
        if (s.is_source) add(s);
    for (const FixedCurrent& f : network.fixed_currents()) {
        const Complex power = at_node(f.node) * std::conj(f.current);
        head.p += power.real();
        head.q += power.imag();
    }
    return head;
}

}  // namespace

void ReferenceSolver::start(ColumnView<std::complex<double>> v) const {
    if (v.rows() != nodes()) require_shape(v, nodes(), v.lanes(), "v");
    for (std::size_t i = 0; i < nodes(); ++i) {
        const std::int32_t r = shared_->row_of_node[i];
        const Complex base = r < shared_->rows
                                 ? Complex(shared_->base_re[at(r)], shared_->base_im[at(r)])
                                 : Complex{};
        for (std::size_t l = 0; l < v.lanes(); ++l) v(i, l) = base;
    }
}

void ReferenceSolver::solve(const SolveInput& input, ColumnView<std::complex<double>> v,
                            SolveOutput& output) {
    const std::size_t lanes = input.mask.size();
    require_shape(v, nodes(), lanes, "v");
    require_shape(input.p_w, shared_->devices.size(), lanes, "p_w");
    require_shape(input.q_var, shared_->devices.size(), lanes, "q_var");
    if (input.load_scale.size() != lanes || output.status.size() != lanes)
        throw ShapeError(fmt::format("load_scale has {} lanes and output {}, expected {}",
                                     input.load_scale.size(), output.status.size(), lanes));
    for (std::size_t l = 0; l < lanes; ++l)
        if (input.mask[l]) solve_lane(input, l, v, output);
}

/// One iteration: new voltages from the currents in place.
ReferenceSolver::Step ReferenceSolver::advance(const System& system) {
    const Shared& s = *shared_;
    Workspace& w = *work_;
    system.factor.solve(w.i_re.data(), w.i_im.data());
    double largest = -1;
    Step step;
    for (std::int32_t r = 0; r < s.rows; ++r) {
        const double re = w.i_re[at(r)] - w.v_re[at(r)], im = w.i_im[at(r)] - w.v_im[at(r)];
        const double error = (re * re + im * im) * s.per_base[at(r)] * s.per_base[at(r)];
        if (!(error <= largest)) largest = error, step.worst = r;
        w.v_re[at(r)] = w.i_re[at(r)];
        w.v_im[at(r)] = w.i_im[at(r)];
    }
    step.change = math::sqrt(largest);
    return step;
}

double ReferenceSolver::residual(const System& system) const {
    const Workspace& w = *work_;
    return residual_of(system.y, w.v_re.data(), w.v_im.data(), w.i_re.data(), w.i_im.data());
}

void ReferenceSolver::refine(const System& system) {
    Workspace& w = *work_;
    const SparseRows& y = system.y;
    for (std::int32_t r = 0; r < y.order; ++r)
        for (std::int32_t k = y.start[at(r)]; k < y.start[at(r) + 1]; ++k) {
            const double yr = y.re[at(k)], yi = y.im[at(k)];
            const double xr = w.v_re[at(y.col[at(k)])], xi = w.v_im[at(y.col[at(k)])];
            w.i_re[at(r)] -= yr * xr - yi * xi;
            w.i_im[at(r)] -= yr * xi + yi * xr;
        }
    system.factor.solve(w.i_re.data(), w.i_im.data());
    for (std::int32_t r = 0; r < y.order; ++r) {
        w.v_re[at(r)] += w.i_re[at(r)];
        w.v_im[at(r)] += w.i_im[at(r)];
    }
}

void ReferenceSolver::solve_lane(const SolveInput& input, std::size_t lane,
                                 ColumnView<std::complex<double>> v, SolveOutput& output) {
    output.iterations[lane] = 0;
    double device_p = iterate(shared_->usual, input, lane, v, output);
    if (output.status[lane] != Status::ok)
        if (const System* rated = shared_->rated_system())
            device_p = iterate(*rated, input, lane, v, output);
    finish_lane(lane, device_p, v, output);
}

double ReferenceSolver::iterate(const System& system, const SolveInput& input, std::size_t lane,
                                ColumnView<std::complex<double>> v, SolveOutput& output) {
    const Shared& s = *shared_;
    Workspace& w = *work_;
    for (std::int32_t r = 0; r < s.rows; ++r) {
        const Complex start = v(s.node_of_row[at(r)].pos(), lane);
        w.v_re[at(r)] = start.real();
        w.v_im[at(r)] = start.imag();
    }
    const LaneState state{w.v_re.data(), w.v_im.data(), w.i_re.data(), w.i_im.data()};
    w.control_q = s.control.start();
    Power demand, injected;
    const auto currents = [&] {
        w.i_re = s.source_re;
        w.i_im = s.source_im;
        demand = add_loads(system.phases, s.network.laws(), input.load_scale[lane], state);
        injected = add_devices(s.devices, input, lane, state);
        add_skews(s.skews, state);
        if (s.control.size() == 0) return;
        const Complex held = s.control.inject(
            {w.v_re.data(), w.v_im.data(), w.i_re.data(), w.i_im.data()}, w.control_q);
        injected.p += held.real();
        injected.q += held.imag();
    };
    Status status = Status::not_converged;
    Step step;
    for (int k = 0; k < input.max_iterations && status == Status::not_converged; ++k) {
        const double error = s.control.step(
            {w.v_re.data(), w.v_im.data(), w.i_re.data(), w.i_im.data()}, w.control_q);
        currents();
        step = advance(system);
        ++output.iterations[lane];
        if (step.change <= input.tolerance && error <= 10 * input.tolerance) status = Status::ok;
        if (!(step.change < 1e30)) status = Status::not_finite;
    }
    currents();
    output.residual[lane] = residual(system);
    for (int k = 0; k < max_refinements && status == Status::ok; ++k) {
        if (output.residual[lane] <= wanted_residual) break;
        refine(system);
        currents();
        output.residual[lane] = residual(system);
    }
    output.status[lane] = status;
    output.change_pu[lane] = step.change;
    output.worst_node[lane] = s.node_of_row[at(step.worst)];
    output.load_p_w[lane] = demand.p;
    output.load_q_var[lane] = demand.q;
    return injected.p;
}

void ReferenceSolver::finish_lane(std::size_t lane, double device_p_w,
                                  ColumnView<std::complex<double>> v, SolveOutput& output) {
    const Shared& s = *shared_;
    Workspace& w = *work_;
    for (std::size_t i = 0; i < nodes(); ++i) {
        const std::size_t r = at(s.row_of_node[i]);
        v(i, lane) = w.node_v[i] = {w.v_re[r], w.v_im[r]};  // the row of dead nodes holds 0
    }
    const Power head = head_power(s.network, w.node_v);
    output.head_p_w[lane] = head.p;
    output.head_q_var[lane] = head.q;
    output.losses_w[lane] = head.p + device_p_w - output.load_p_w[lane];
}

double ReferenceSolver::forward_error_pu(ColumnView<const std::complex<double>> v,
                                         std::size_t lane) const {
    const Shared& s = *shared_;
    const SparseRows& y = s.usual.y;
    std::vector<double> bound(s.row_count(), 0.0);
    for (std::int32_t c = 0; c < s.rows; ++c) {
        double size = 0;  // of what is summed in row c
        for (std::int32_t k = y.start[at(c)]; k < y.start[at(c) + 1]; ++k)
            size += math::sqrt((y.re[at(k)] * y.re[at(k)] + y.im[at(k)] * y.im[at(k)]) *
                               std::norm(v(s.node_of_row[at(y.col[at(k)])].pos(), lane)));
        if (size == 0) continue;
        std::vector<double> re(s.row_count() + 1, 0.0), im(re);
        re[at(c)] = 2 * std::numeric_limits<double>::epsilon() * size;
        s.usual.factor.solve(re.data(), im.data());
        for (std::size_t r = 0; r < s.row_count(); ++r)
            bound[r] += math::sqrt(re[r] * re[r] + im[r] * im[r]);
    }
    double worst = 0;
    for (std::size_t r = 0; r < s.row_count(); ++r)
        worst = math::max(worst, bound[r] * s.per_base[r]);
    return worst;
}

std::string explain(const Network& network, const SolveOutput& output, std::size_t lane) {
    if (output.status[lane] == Status::ok) return "";
    const Node& node = network.node(output.worst_node[lane]);
    const char* cause = output.status[lane] == Status::not_finite
                            ? "a power or a start voltage that is not a number"
                            : "more load than the feeder can carry, or too few iterations";
    return fmt::format("bus {} node {}: change {:.3g} pu after {} iterations ({}); likely {}",
                       node.bus, node.number, output.change_pu[lane], output.iterations[lane],
                       to_text(output.status[lane]), cause);
}

}  // namespace gridflock::inline v0::powerflow
