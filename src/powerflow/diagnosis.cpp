// SPDX-License-Identifier: Apache-2.0
#include <gridflock/powerflow/diagnosis.hpp>

#include "survey.hpp"

#include <gridflock/powerflow/lane_solver.hpp>

#include <gridflock/core/math.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace gridflock::inline v0::powerflow {

namespace {

using grid::Complex;

double size(Complex z) {
    return math::sqrt(std::norm(z));
}

bool is_finite(Complex z) {
    return size(z) < 1e30;
}

Complex at(std::span<const Complex> v, NodeIdx n) {
    return n.valid() ? v[n.pos()] : Complex{};
}

/// Currents that enter the nodes less those that leave them. Shape [node].
class Balance {
public:
    Balance(const Network& network, std::span<const Complex> v)
        : network_(network), v_(v), i_(network.nodes()) {}

    void add_elements() {
        for (const Stamp& s : network_.stamps()) i_[s.row.pos()] -= s.y * v_[s.col.pos()];
        for (const SourceBranch& s : network_.sources()) add_source(s);
        for (const SourceBranch& s : network_.linear_injections()) add_source(s);
        for (const FixedCurrent& f : network_.fixed_currents()) i_[f.node.pos()] += f.current;
    }
    void add_loads(double scale) {
        for (const LoadPhase& p : network_.load_phases()) {
            const LoadLaw& law = network_.laws()[static_cast<std::size_t>(p.law)];
            const Complex u = at(v_, p.a) - at(v_, p.b);
            const Admittance y = admittance(law, size(u) / law.rated_v, scale);
            add(p.a, p.b, -Complex(y.g, y.b) * u);
        }
    }
    void add_devices(const SolveCase& what) {
        for (std::size_t d = 0; d < what.terminals.size(); ++d) {
            const Terminal& t = what.terminals[d];
            const Complex u = at(v_, t.a) - at(v_, t.b);
            if (u != Complex{}) add(t.a, t.b, std::conj(Complex(what.p_w[d], what.q_var[d]) / u));
        }
    }
    Complex power(NodeIdx n) const { return v_[n.pos()] * std::conj(i_[n.pos()]); }

private:
    void add(NodeIdx a, NodeIdx b, Complex current) {
        if (a.valid()) i_[a.pos()] += current;
        if (b.valid()) i_[b.pos()] -= current;
    }
    void add_source(const SourceBranch& s) {
        for (std::size_t i = 0; i < s.ports.size(); ++i) {
            if (!s.ports[i].valid()) continue;
            for (std::size_t j = 0; j < s.ports.size(); ++j)
                i_[s.ports[i].pos()] += s.y(i, j) * (s.ideal_v[j] - at(v_, s.ports[j]));
        }
    }
    const Network& network_;
    std::span<const Complex> v_;
    std::vector<Complex> i_;
};

// --- trying out --------------------------------------------------------------------------------

constexpr int trial_iterations = 400;

/// Solutions with a share of all loads and devices, each from the last that was found.
class Trials {
public:
    Trials(const SolveCase& what, const Solver& like)
        : what_(what), solver_(like), found_(like.nodes(), 1) {
        solver_.start(found_.view());
    }
    bool solves(double share) {
        Column<Complex> v = found_;
        Column<double> p(what_.p_w.size(), 1), q(what_.p_w.size(), 1);
        for (std::size_t d = 0; d < what_.p_w.size(); ++d) {
            p(d, 0) = share * what_.p_w[d];
            q(d, 0) = share * what_.q_var[d];
        }
        const std::vector<double> scale{share * what_.load_scale};
        const std::vector<std::uint8_t> mask{1};
        SolveOutput out(1);
        const int iterations = std::max(what_.max_iterations, trial_iterations);
        solver_.solve({scale, p.view(), q.view(), mask, what_.tolerance, iterations}, v.view(),
                      out);
        if (out.status[0] != Status::ok) return false;
        found_ = v;
        return true;
    }

private:
    const SolveCase& what_;
    Solver solver_;
    Column<Complex> found_;
};

/// Largest share that solves, to one part in 128; -1 when not even the unloaded circuit does.
double largest_share(const SolveCase& what, const Solver& like) {
    Trials trials(what, like);
    if (!trials.solves(0)) return -1;
    double low = 0, high = 1;
    for (int k = 0; k < 7; ++k) {
        const double middle = 0.5 * (low + high);
        (trials.solves(middle) ? low : high) = middle;
    }
    return low;
}

double load_va(const grid::Load& load) {
    return size({load.p_w, load.q_var});
}

/// The load that dwarfs all others, if there is one; else an invalid position.
std::size_t outstanding_load(const grid::Circuit& c) {
    std::size_t best = c.loads.size();
    double sum = 0, second = 0;
    for (std::size_t i = 0; i < c.loads.size(); ++i) {
        const double va = load_va(c.loads[i]);
        sum += va;
        if (best == c.loads.size() || va > load_va(c.loads[best])) {
            if (best < c.loads.size()) second = load_va(c.loads[best]);
            best = i;
        } else {
            second = math::max(second, va);
        }
    }
    const bool is_outstanding = c.loads.size() > 1 && best < c.loads.size() &&
                                load_va(c.loads[best]) > 0.3 * sum &&
                                load_va(c.loads[best]) > 3 * second;
    return is_outstanding ? best : c.loads.size();
}

/// A fault at the load without which the case solves.
void add_outstanding(const SolveCase& what, std::vector<Fault>& causes) {
    const std::size_t i = outstanding_load(what.circuit);
    if (i >= what.circuit.loads.size()) return;
    const std::string path = "load." + what.circuit.loads[i].name + ".kw";
    if (std::any_of(causes.begin(), causes.end(),
                    [&](const Fault& f) { return f.at.path == path; }))
        return;
    grid::Circuit without = what.circuit;
    without.loads[i].p_w = without.loads[i].q_var = without.loads[i].base_q_var = 0;
    SolveCase less{without,    what.load_scale, what.terminals,     what.p_w,
                   what.q_var, what.tolerance,  what.max_iterations};
    const Solver solver(Network(without), {what.terminals.begin(), what.terminals.end()});
    if (!Trials(less, solver).solves(1)) return;
    const grid::Load& load = what.circuit.loads[i];
    double sum = 0;
    for (const grid::Load& l : what.circuit.loads) sum += load_va(l);
    causes.push_back({{load.at.file, load.at.line, path},
                      fmt::format("{:.6g}", load.p_w / 1e3),
                      fmt::format("is {:.0f} % of all demand; without it the circuit solves",
                                  100 * load_va(load) / sum),
                      "check the decimal point and the unit: kw is kW, not W"});
}

// --- telling -----------------------------------------------------------------------------------

/// Faults of elements on the way from the bus to the source come first, the nearest before all.
void sort_by_path(const grid::Circuit& circuit, grid::BusIdx bus, std::vector<Fault>& faults) {
    std::vector<std::string> path;
    for (const grid::Branch& b : grid::feeding_path(circuit, bus))
        path.push_back(grid::full_name(circuit, b.element) + ".");
    const auto place = [&](const Fault& f) {
        const auto at = std::find_if(path.begin(), path.end(), [&](const std::string& name) {
            return f.at.path.compare(0, name.size(), name) == 0;
        });
        return at - path.begin();
    };
    std::stable_sort(faults.begin(), faults.end(),
                     [&](const Fault& a, const Fault& b) { return place(a) < place(b); });
}

std::string where_text(const Network& network, const Mismatch& m, double v_pu) {
    if (!m.node.valid()) return "no voltage is finite";
    const Node& node = network.node(m.node);
    const char* kind = node.number <= 3 ? "phase" : "node";
    std::string s = fmt::format("bus {} {} {}: {:.4g} kW and {:.4g} kvar do not balance", node.bus,
                                kind, node.number, m.p_w / 1e3, m.q_var / 1e3);
    return v_pu == v_pu ? s + fmt::format(" at {:.3g} pu", v_pu) : s;
}

std::string failure_text(const Network& network, const Diagnosis& d, const SolveOutput& output,
                         std::size_t lane) {
    std::string s = where_text(network, d.worst, d.v_pu);
    s += fmt::format(" after {} iterations ({}, last change {:.3g} pu)", output.iterations[lane],
                     to_text(output.status[lane]), output.change_pu[lane]);
    if (d.solvable_share < 0)
        s += "; not even without load does it solve: look at sources, generators and impedances";
    else if (d.solvable_share >= 0.99)
        s += "; with a little less load it solves: allow more iterations";
    else if (d.solvable_share > 0)
        s += fmt::format("; with {:.0f} % of the load it solves", 100 * d.solvable_share);
    else
        s += "; with no share of the load that was tried it solves";
    for (const Fault& f : d.causes) s += "\n  likely: " + f.text();
    if (d.causes.empty() && d.solvable_share >= 0 && d.solvable_share < 0.99)
        s += "\n  likely: more load than the feeder can carry; nothing else looks wrong";
    return s;
}

}  // namespace

std::vector<Fault> diagnose_wiring(const grid::Circuit& circuit) {
    const Survey survey(circuit, Survey::Voltages::none);
    std::vector<Fault> faults;
    check_phases(survey, faults);
    check_ground(survey, faults);
    check_impedances(survey, faults);
    return faults;
}

std::vector<Fault> diagnose(const grid::Circuit& circuit) {
    const Survey survey(circuit, Survey::Voltages::without_load);
    std::vector<Fault> faults;
    check_phases(survey, faults);
    check_ground(survey, faults);
    check_impedances(survey, faults);
    const std::size_t before = faults.size();
    check_voltages(survey, faults);
    if (faults.size() == before) check_capacity(survey, faults);  // it goes by the volts there
    return faults;
}

Mismatch largest_mismatch(const SolveCase& what, const Network& network,
                          std::span<const Complex> v) {
    Balance balance(network, v);
    balance.add_elements();
    balance.add_loads(what.load_scale);
    balance.add_devices(what);
    Mismatch worst;
    double largest = -1;
    for (std::size_t i = 0; i < network.nodes(); ++i) {
        if (!network.node(NodeIdx(i)).is_live) continue;
        const Complex power = balance.power(NodeIdx(i));
        if (!is_finite(power) || size(power) <= largest) continue;
        largest = size(power);
        worst = {NodeIdx(i), power.real(), power.imag()};
    }
    return worst;
}

Diagnosis diagnose_failure(const SolveCase& what, std::span<const Complex> v,
                           const SolveOutput& output, std::size_t lane) {
    const Solver solver(Network(what.circuit), {what.terminals.begin(), what.terminals.end()});
    const Network& network = solver.network();
    Diagnosis d;
    d.worst = largest_mismatch(what, network, v);
    d.v_pu = std::numeric_limits<double>::quiet_NaN();
    d.causes = diagnose(what.circuit);
    d.solvable_share = largest_share(what, solver);
    add_outstanding(what, d.causes);
    if (d.worst.node.valid()) {
        const Node& node = network.node(d.worst.node);
        if (node.base_v > 0) d.v_pu = size(v[d.worst.node.pos()]) / node.base_v;
        sort_by_path(what.circuit, node.bus_index, d.causes);
    }
    d.text = failure_text(network, d, output, lane);
    return d;
}

namespace {

constexpr double far_low = 0.62;  // beyond it even a load that is served is rated wrongly

/// Loads outside of a band of their rated voltage.
struct Strange {
    std::int32_t load = -1;  ///< the farthest
    double u = 1;            ///< of its rated voltage
    int count = 0;
    double missing_w = 0;
};

Strange strange_loads(const SolveCase& what, const Network& network, std::span<const Complex> v,
                      double low) {
    Strange out;
    const auto distance = [](double u) { return u < 1 ? 1 / math::max(u, 1e-6) : u; };
    for (const LoadPhase& p : network.load_phases()) {
        if (static_cast<std::size_t>(p.load) >= what.circuit.loads.size()) continue;
        const LoadLaw& law = network.laws()[static_cast<std::size_t>(p.law)];
        if ((law.g == 0 && law.b == 0) || (p.a.valid() && !network.node(p.a).is_live)) continue;
        const Complex drop = at(v, p.a) - at(v, p.b);
        const double u = size(drop) / law.rated_v;
        if (u >= low && u <= 1 / low) continue;
        const double wanted = law.g * law.rated_v * law.rated_v * what.load_scale;
        const double drawn = admittance(law, u, what.load_scale).g * std::norm(drop);
        const bool is_served = math::abs(drawn - wanted) < 0.01 * math::abs(wanted);
        if (is_served && u >= far_low && u <= 1 / far_low) continue;
        ++out.count;
        out.missing_w += wanted - drawn;
        if (out.load >= 0 && distance(u) <= distance(out.u)) continue;
        out.load = p.load;
        out.u = u;
    }
    return out;
}

/// A bus whose voltage is far from its base.
bool has_strange_base(const Network& network, std::span<const Complex> v, double low) {
    for (std::size_t i = 0; i < network.nodes(); ++i) {
        const Node& node = network.node(NodeIdx(i));
        if (!node.is_live || !(node.base_v > 0) || node.number > 3) continue;
        const double pu = size(v[i]) / node.base_v;
        if (pu < low || pu > 1 / low) return true;
    }
    return false;
}

Fault strange_fault(const SolveCase& what, const Strange& strange, double low) {
    const grid::Load& load = what.circuit.loads[static_cast<std::size_t>(strange.load)];
    const std::size_t big = outstanding_load(what.circuit);
    std::string remedy = strange.u < 1 ? "less load, or a feeder that can carry it"
                                       : "check the taps and the generation nearby";
    if (strange.u < 1 && big < what.circuit.loads.size()) {
        const grid::Load& suspect = what.circuit.loads[big];
        remedy = fmt::format("check load.{} ({}), {:.6g} kW", suspect.name,
                             Place{suspect.at.file, suspect.at.line, ""}.text(), suspect.p_w / 1e3);
    }
    return {
        {load.at.file, load.at.line, "load." + load.name},
        fmt::format("{:.0f} % of its rated voltage", 100 * strange.u),
        fmt::format("{} phase{} of loads outside {:.0f} to {:.0f} % of their rating draw as "
                    "impedances: {:.4g} kW too {}",
                    strange.count, strange.count == 1 ? "" : "s", 100 * low, 100 / low,
                    math::abs(strange.missing_w) / 1e3, strange.missing_w > 0 ? "little" : "much"),
        remedy};
}

}  // namespace

std::vector<Fault> diagnose_solution(const SolveCase& what, const Network& network,
                                     std::span<const Complex> v, double low) {
    const Strange strange = strange_loads(what, network, v, low);
    if (strange.load < 0)
        return has_strange_base(network, v, low) ? diagnose(what.circuit)
                                                 : diagnose_wiring(what.circuit);
    std::vector<Fault> faults = diagnose(what.circuit);
    const grid::Load& load = what.circuit.loads[static_cast<std::size_t>(strange.load)];
    sort_by_path(what.circuit, load.at_bus.bus, faults);
    if (faults.empty()) faults.push_back(strange_fault(what, strange, low));
    return faults;
}

}  // namespace gridflock::inline v0::powerflow
