// SPDX-License-Identifier: Apache-2.0
#include "lane_network.hpp"

#include <gridflock/core/math.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace gridflock::inline v0::powerflow {

namespace {

using grid::Complex;

constexpr std::int32_t most_tail_rows = 256;

std::size_t at(std::int32_t i) {
    return static_cast<std::size_t>(i);
}

}  // namespace

LaneNetwork::LaneNetwork(std::shared_ptr<const Network> network, std::vector<Terminal> terminals,
                         std::vector<Changeable> changeable, Shares shares)
    : network_(std::move(network)),
      terminals_(std::move(terminals)),
      shares_(shares),
      changeable_(std::move(changeable)) {
    number_rows();
    collect_phases();
    order_rows();
    collect_phases();  // in the final rows
    y_ = compress(rows_, entries());
    if (!factor_.build(y_))
        throw ScenarioError({{{},
                              "the network",
                              "must have a path to ground or a source everywhere",
                              "look for a winding or section that nothing holds to ground"}});
    if (factor_.is_pivoted()) lead_ = 0;  // no parts of a factor to leave out
    find_sources();
    find_bases();
    part_factor();
    part_constant();
    part_tail();
    bound_recovery();
}

void LaneNetwork::number_rows() {
    row_of_node_.assign(network().nodes(), -1);
    for (std::size_t i = 0; i < network().nodes(); ++i)
        if (network().node(NodeIdx(i)).is_live) row_of_node_[i] = rows_++;
    for (std::int32_t& r : row_of_node_)
        if (r < 0) r = rows_;
    if (rows_ == 0)
        throw ScenarioError({{{},
                              "the circuit",
                              "must have a source with a live node",
                              "add a circuit or vsource element"}});
}

void LaneNetwork::collect_phases() {
    phases_.clear();
    for (const LoadPhase& l : network().load_phases()) {
        SharedPhase p{row(l.a), row(l.b), l.law, l.load, 0, 0};
        if (p.a == p.b) continue;  // dead
        const LoadLaw& law = network().laws()[at(l.law)];
        // nothing but loads may hold a neutral
        const bool is_whole = shares_ == Shares::rated || l.has_neutral;
        const Admittance share = is_whole ? Admittance{law.g, law.b} : linear_share(law);
        p.share_g = share.g;
        p.share_b = share.b;
        if (p.a == rows_) std::swap(p.a, p.b);  // kernels want ground second
        phases_.push_back(p);
    }
}

std::vector<Entry> LaneNetwork::entries() const {
    std::vector<Entry> out;
    const auto add = [&](std::int32_t r, std::int32_t c, Complex y) {
        if (r < rows_ && c < rows_) out.push_back({r, c, y});
    };
    for (const Stamp& s : network().stamps()) add(row(s.row), row(s.col), s.y);
    for (const SourceBranch& s : network().sources())
        for (std::size_t i = 0; i < s.ports.size(); ++i)
            for (std::size_t j = 0; j < s.ports.size(); ++j)
                add(row(s.ports[i]), row(s.ports[j]), s.y(i, j));
    for (const SharedPhase& p : phases_) {
        const Complex y(p.share_g, p.share_b);
        if (y == Complex{}) continue;
        add(p.a, p.a, y);
        add(p.b, p.b, y);
        add(p.a, p.b, -y);
        add(p.b, p.a, -y);
    }
    return out;
}

/// 0 for rows where something injects.
std::vector<std::uint8_t> LaneNetwork::idle_rows() const {
    std::vector<std::uint8_t> out(at(rows_), 1);
    const auto note = [&](std::int32_t r) {
        if (r < rows_) out[at(r)] = 0;
    };
    for (const SharedPhase& p : phases_) note(p.a), note(p.b);
    for (const Terminal& t : terminals_) note(row(t.a)), note(row(t.b));
    for (const SourceBranch& s : network().linear_injections())
        for (const NodeIdx port : s.ports) note(row(port));
    return out;
}

void LaneNetwork::order_rows() {
    const LeadingOrder order = order_with_lead(rows_, entries(), idle_rows(), tail_rows());
    lead_ = order.lead;
    tail_ = order.tail;
    if (tail_ > most_tail_rows)
        throw ScenarioError({{{},
                              fmt::format("{} nodes of changeable elements", tail_),
                              fmt::format("may be {} at most", most_tail_rows),
                              "declare only what a control or the scenario really changes"}});
    for (std::int32_t& r : row_of_node_)
        if (r < rows_) r = order.position[at(r)];
    node_of_row_.resize(at(rows_));
    for (std::size_t i = 0; i < row_of_node_.size(); ++i)
        if (row_of_node_[i] < rows_) node_of_row_[at(row_of_node_[i])] = NodeIdx(i);
}

void LaneNetwork::find_sources() {
    const std::size_t n = at(rows_) + 1;
    source_re_.assign(n, 0);
    source_im_.assign(n, 0);
    for (const FixedCurrent& f : network().fixed_currents()) {
        source_re_[at(row(f.node))] += f.current.real();
        source_im_[at(row(f.node))] += f.current.imag();
    }
    for (const SourceBranch& s : network().sources())
        for (std::size_t i = 0; i < s.ports.size(); ++i) {
            Complex current{};
            for (std::size_t j = 0; j < s.ports.size(); ++j) current += s.y(i, j) * s.ideal_v[j];
            source_re_[at(row(s.ports[i]))] += current.real();
            source_im_[at(row(s.ports[i]))] += current.imag();
        }
    source_re_.back() = source_im_.back() = 0;
    source_pairs_.resize(2 * at(rows_));
    for (std::size_t r = 0; r < at(rows_); ++r) {
        source_pairs_[2 * r] = source_re_[r];
        source_pairs_[2 * r + 1] = source_im_[r];
    }
    y_pairs_.resize(2 * y_.col.size());
    y_size_.resize(y_.col.size());
    for (std::size_t k = 0; k < y_.col.size(); ++k) {
        y_pairs_[2 * k] = y_.re[k];
        y_pairs_[2 * k + 1] = y_.im[k];
        y_size_[k] = math::sqrt(y_.re[k] * y_.re[k] + y_.im[k] * y_.im[k]);
    }
}

void LaneNetwork::find_bases() {
    base_re_ = source_re_;
    base_im_ = source_im_;
    factor_.solve(base_re_.data(), base_im_.data());
    per_base_.assign(at(rows_), 1);
    weight2_.assign(at(rows_), 1);
    for (std::size_t r = 0; r < at(rows_); ++r) {
        const double known = network().node(node_of_row_[r]).base_v;
        const double linear = math::sqrt(base_re_[r] * base_re_[r] + base_im_[r] * base_im_[r]);
        const double base = known > 0 ? known : linear;
        per_base_[r] = base > 0 ? 1.0 / base : 1.0;
        weight2_[r] = per_base_[r] * per_base_[r];
    }
}

/// Columns of L from `lead` on, by columns and by rows, and the leading columns apart.
void LaneNetwork::part_factor() {
    if (factor_.is_pivoted()) return;
    const Factor::Columns l = factor_.columns();
    const std::int32_t n = iterated();
    col_start_.assign(1, 0);
    row_start_.assign(at(n) + 1, 0);
    lead_start_.assign(1, 0);
    for (std::int32_t c = 0; c < rows_; ++c) {
        const bool is_lead = c < lead_;
        for (std::int32_t p = l.start[at(c)]; p < l.start[at(c) + 1]; ++p) {
            auto& rows = is_lead ? lead_row_ : col_row_;
            auto& values = is_lead ? lead_l_ : col_l_;
            rows.push_back(is_lead ? l.row[at(p)] : l.row[at(p)] - lead_);
            values.push_back(l.re[at(p)]);
            values.push_back(l.im[at(p)]);
            if (!is_lead) ++row_start_[at(l.row[at(p)] - lead_) + 1];
        }
        auto& start = is_lead ? lead_start_ : col_start_;
        start.push_back(static_cast<std::int32_t>((is_lead ? lead_row_ : col_row_).size()));
        if (is_lead) continue;
        d_.push_back(l.d_re[at(c)]);
        d_.push_back(l.d_im[at(c)]);
    }
    std::partial_sum(row_start_.begin(), row_start_.end(), row_start_.begin());
    row_col_.resize(col_row_.size());
    row_l_.resize(col_l_.size());
    std::vector<std::int32_t> fill(row_start_.begin(), row_start_.end() - 1);
    for (std::int32_t c = 0; c < n; ++c)
        for (std::int32_t p = col_start_[at(c)]; p < col_start_[at(c) + 1]; ++p) {
            const std::size_t e = at(fill[at(col_row_[at(p)])]++);
            row_col_[e] = c;
            row_l_[2 * e] = col_l_[2 * at(p)];
            row_l_[2 * e + 1] = col_l_[2 * at(p) + 1];
        }
}

/// The forward sweep of the sources' currents through the leading columns.
void LaneNetwork::part_constant() {
    const Factor::Columns l = factor_.columns();
    std::vector<double> re(source_re_), im(source_im_);
    lead_constant_.resize(2 * at(lead_));
    for (std::int32_t c = 0; c < lead_; ++c) {
        const double xr = re[at(c)], xi = im[at(c)];
        for (std::int32_t p = l.start[at(c)]; p < l.start[at(c) + 1]; ++p) {
            const std::size_t r = at(l.row[at(p)]);
            re[r] -= l.re[at(p)] * xr - l.im[at(p)] * xi;
            im[r] -= l.re[at(p)] * xi + l.im[at(p)] * xr;
        }
        lead_constant_[2 * at(c)] = l.d_re[at(c)] * xr - l.d_im[at(c)] * xi;
        lead_constant_[2 * at(c) + 1] = l.d_re[at(c)] * xi + l.d_im[at(c)] * xr;
    }
    constant_.resize(2 * at(iterated()));
    for (std::int32_t r = lead_; r < rows_; ++r) {
        constant_[2 * at(r - lead_)] = re[at(r)];
        constant_[2 * at(r - lead_) + 1] = im[at(r)];
    }
}

/// For a leading row r, with B the base voltages and c the constants of the recovery,
///
///   |Y V - I|_r  <=  g  sum_j |L_rj| |D_j| ((|L'| |V|)_j + |c_j|)
///
/// g = roundings of the longest sums times epsilon, twice their first-order bound.
/// Source  N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., theorems 8.5 and
/// 9.3 (a complex product rounds by at most sqrt(5) u, lemma 3.5 in the form of Brent et al. 2007).
void LaneNetwork::bound_recovery() {
    constexpr double few = 32;  // products, reciprocals, the last sum
    std::vector<double> of_voltage(at(lead_), 0), of_source(at(lead_), 0);
    std::vector<std::int32_t> row_length(at(lead_), 0);
    std::int32_t longest = 0;
    const Factor::Columns l = factor_.columns();
    const auto size = [](double re, double im) { return math::sqrt(re * re + im * im); };
    for (std::int32_t c = 0; c < lead_; ++c) {
        const std::int32_t begin = lead_start_[at(c)], end = lead_start_[at(c) + 1];
        const auto entry = [&](std::int32_t e) {
            return size(lead_l_[2 * at(e)], lead_l_[2 * at(e) + 1]);
        };
        longest = std::max(longest, end - begin);
        double reach = 1.0 / per_base_[at(c)];
        for (std::int32_t e = begin; e < end; ++e)
            reach += entry(e) / per_base_[at(lead_row_[at(e)])];
        const double pivot = 1.0 / size(l.d_re[at(c)], l.d_im[at(c)]);
        const double constant = size(lead_constant_[2 * at(c)], lead_constant_[2 * at(c) + 1]);
        of_voltage[at(c)] += pivot * reach;
        of_source[at(c)] += pivot * constant;
        for (std::int32_t e = begin; e < end && lead_row_[at(e)] < lead_; ++e) {
            const std::size_t r = at(lead_row_[at(e)]);
            of_voltage[r] += entry(e) * pivot * reach;
            of_source[r] += entry(e) * pivot * constant;
            ++row_length[r];
        }
    }
    for (std::int32_t r = 0; r < lead_; ++r) {
        double whole = 0;
        for (std::int32_t k = y_.start[at(r)]; k < y_.start[at(r) + 1]; ++k)
            whole += y_size_[at(k)] / per_base_[at(y_.col[at(k)])];
        const double roundings = few + longest + row_length[at(r)];
        const double share = roundings * std::numeric_limits<double>::epsilon() / whole;
        recovery_error_ = math::max(recovery_error_, share * of_voltage[at(r)]);
        recovery_source_error_ = math::max(recovery_source_error_, share * of_source[at(r)]);
    }
}

std::vector<std::uint8_t> LaneNetwork::tail_rows() const {
    std::vector<std::uint8_t> out(at(rows_) + 1, 0);
    for (const Changeable& c : changeable_)
        for (const NodeIdx node : c.nodes) out[at(row(node))] = 1;
    return out;
}

/// L D L' of the last rows alone: what is left of Y when all others are eliminated.
void LaneNetwork::part_tail() {
    if (tail_ == 0 || factor_.is_pivoted()) return;
    const std::size_t n = at(tail_), first = at(iterated() - tail_);
    grid::Matrix l(n);
    for (std::size_t t = 0; t < n; ++t) {
        l(t, t) = 1;
        const std::int32_t* begin = row_col_.data() + row_start_[first + t];
        const std::int32_t* end = row_col_.data() + row_start_[first + t + 1];
        const std::int32_t* split = std::lower_bound(begin, end, static_cast<std::int32_t>(first));
        row_split_.push_back(static_cast<std::int32_t>(split - row_col_.data()));
        for (; split < end; ++split) {
            const std::size_t e = static_cast<std::size_t>(split - row_col_.data());
            l(t, at(*split) - first) = {row_l_[2 * e], row_l_[2 * e + 1]};
        }
    }
    tail_block_ = grid::Matrix(n);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            for (std::size_t k = 0; k <= std::min(i, j); ++k)
                tail_block_(i, j) +=
                    l(i, k) * l(j, k) / Complex(d_[2 * (first + k)], d_[2 * (first + k) + 1]);
}

KernelFactor LaneNetwork::iterated_factor() const {
    return {iterated(),      row_start_.data(), row_col_.data(), row_l_.data(), col_start_.data(),
            col_row_.data(), col_l_.data(),     d_.data(),       tail_,         row_split_.data()};
}

RecoverArgs LaneNetwork::recovery(double* v) const {
    RecoverArgs a{};
    a.lead = lead_;
    a.rows = rows_;
    a.col_start = lead_start_.data();
    a.col_row = lead_row_.data();
    a.col_l = lead_l_.data();
    a.constant = lead_constant_.data();
    a.v = v;
    a.per_base = per_base_.data();
    return a;
}

ResidualArgs LaneNetwork::residual_of(const double* x, const double* v) const {
    ResidualArgs a{};
    a.end = rows_;
    a.start = y_.start.data();
    a.col = y_.col.data();
    a.y = y_pairs_.data();
    a.size = y_size_.data();
    a.constant = source_pairs_.data();
    a.lead = lead_;
    a.x = x;
    a.v = v;
    return a;
}

const LaneNetwork* LaneNetwork::rated() const {
    std::call_once(rated_once_, [this] {
        try {
            rated_ = std::make_unique<LaneNetwork>(network_, terminals_, std::vector<Changeable>{},
                                                   Shares::rated);
        } catch (const ScenarioError&) {
            rated_.reset();
        }
    });
    return rated_.get();
}

}  // namespace gridflock::inline v0::powerflow
