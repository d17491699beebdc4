// SPDX-License-Identifier: Apache-2.0
#include "block.hpp"

#include <gridflock/core/math.hpp>

#include <unistd.h>

#include <algorithm>
#include <limits>

namespace gridflock::inline v0::powerflow {

namespace {

using grid::Complex;

constexpr std::int32_t sample_size = 512;  // rows of the least-squares fit

std::size_t at(std::int32_t i) {
    return static_cast<std::size_t>(i);
}

std::size_t cache_bytes() {
#if defined(_SC_LEVEL2_CACHE_SIZE)
    const long l2 = sysconf(_SC_LEVEL2_CACHE_SIZE);
    if (l2 > 0) return static_cast<std::size_t>(l2);
#endif
    return std::size_t{1} << 20;
}

}  // namespace

int width_for(const LaneNetwork& network, std::size_t lanes, int wanted) {
    if (wanted > 0) {
        for (const int w : block_widths)
            if (w >= wanted) return w;
        return 32;
    }
    if (lanes <= 1) return 1;
    const std::size_t row_bytes = 2 * 2 * sizeof(double);  // V and X of one lane
    int width = 8;
    for (const int w : {16, 32}) {
        const std::size_t block = at(network.iterated()) * row_bytes * static_cast<std::size_t>(w);
        if (block <= cache_bytes() && lanes >= static_cast<std::size_t>(w)) width = w;
    }
    return width;
}

const KernelTable* kernels(InstructionSet set, int width) {
    if (width == 1) return kernel::portable(1);
    const KernelTable* table = nullptr;
    if (set == InstructionSet::avx512 && is_available(set)) table = kernel::avx512(width);
    if (set == InstructionSet::avx2 && is_available(set)) table = kernel::avx2(width);
    return table ? table : kernel::portable(width);
}

Block::Block(const LaneNetwork& network, const Injections& injections, InstructionSet set,
             int width)
    : network_(network), injections_(injections), kernels_(kernels(set, width)), width_(width) {
    const std::size_t w = lanes(), rows = at(network.rows()) + 1;
    v_ = Aligned<double>(rows * 2 * w);
    table_ = Aligned<double>(at(injections.table_rows) * w);
    for (std::size_t l = 0; l < w; ++l) table_[l] = 1;
    magnitude_ = Aligned<double>(rows * w);
    ring_[0] = Aligned<double>((at(iterated()) + 1) * 2 * w);
    totals = Aligned<double>(4 * w);
    change2_ = Aligned<double>(w);
    sum2_ = Aligned<double>(w);
    worst2_ = Aligned<double>(w);
    least_ = Aligned<double>(w);
    most_ = Aligned<double>(w);
    frozen_ = Aligned<std::int64_t>(w);
    take_ = Aligned<std::int64_t>(w);
    status.assign(w, Status::ok);
    iterations.assign(w, 0);
    change.assign(w, 0);
    residual.assign(w, 0);
    held_.assign(w, 0);
    is_mixing_.assign(w, 0);
    is_slow_.assign(w, 0);
    is_done_.assign(w, 0);
    if (network.tail() > 0 && !network.factor().is_pivoted()) {
        const std::size_t t = at(network.tail());
        tail_l_ = Aligned<double>(t * (t - 1) / 2 * 2 * w);
        tail_d_ = Aligned<double>(t * 2 * w);
        changes_.resize(w);
        for (std::size_t l = 0; l < w; ++l) factor_tail(l, network.tail_block());
    }
    prepare_controls();
    start_base();
}

void Block::start_base() {
    for (std::int32_t r = network_.lead(); r < network_.rows(); ++r)
        for (std::size_t l = 0; l < lanes(); ++l)
            set_v(r, l, {network_.base_re()[at(r)], network_.base_im()[at(r)]});
}

void Block::start_base(std::size_t lane) {
    for (std::int32_t r = network_.lead(); r < network_.rows(); ++r)
        set_v(r, lane, {network_.base_re()[at(r)], network_.base_im()[at(r)]});
}

void Block::start_lane(std::size_t lane, std::span<const Complex> v_of_row) {
    for (std::int32_t r = 0; r < network_.rows(); ++r) set_v(r, lane, v_of_row[at(r)]);
}

Complex Block::v(std::int32_t row, std::size_t lane) const {
    const std::size_t i = at(row) * 2 * lanes() + lane;
    return {v_[i], v_[i + lanes()]};
}

void Block::set_v(std::int32_t row, std::size_t lane, Complex v) {
    const std::size_t i = at(row) * 2 * lanes() + lane;
    v_[i] = v.real();
    v_[i + lanes()] = v.imag();
}

// --- the iteration -----------------------------------------------------------------------------

/// With totals it is the end: the true currents, not those that the leading rows hand on.
void Block::inject(double* x, double* totals_out) {
    InjectArgs a = injections_.arguments(network_);
    if (totals_out) a.constant = network_.iterated_sources();
    a.table = table_.data();
    a.v = iterated_v();
    a.x = x;
    a.totals = totals_out;
    kernels_->inject(a);
    if (!injections_.linear.empty()) add_linear(x);
}

/// What is left of sources that are not symmetric.
void Block::add_linear(double* x) {
    for (const SourceBranch& s : injections_.linear)
        for (std::size_t i = 0; i < s.ports.size(); ++i) {
            const std::int32_t to = network_.row(s.ports[i]) - network_.lead();
            if (to >= iterated()) continue;
            for (std::size_t l = 0; l < lanes(); ++l) {
                Complex current{};
                for (std::size_t j = 0; j < s.ports.size(); ++j)
                    current += s.y(i, j) * (s.ideal_v[j] - v(network_.row(s.ports[j]), l));
                x[at(to) * 2 * lanes() + l] += current.real();
                x[at(to) * 2 * lanes() + lanes() + l] += current.imag();
            }
        }
}

void Block::run(std::span<const std::uint8_t> active, const BlockLimits& limits) {
    const std::size_t w = lanes();
    int running = 0;
    for (std::size_t l = 0; l < w; ++l) {
        is_done_[l] = !active[l];
        frozen_[l] = active[l] ? 0 : -1;
        take_[l] = 0;
        held_[l] = 0;
        is_mixing_[l] = is_slow_[l] = 0;
        if (!active[l]) continue;
        ++running;
        status[l] = Status::not_converged;
        iterations[l] = 0;
        for (const KernelControl& c : injections_.controls)
            table(c.q_row)[l] = -c.q_start / static_cast<double>(c.a.size());
    }
    any_mixing_ = false;
    for (int k = 0; k < limits.max_iterations && running > 0; ++k) {
        double* x = ring_[any_mixing_ ? k % 4 : 0].data();
        const bool is_short = limits.step < 1;
        inject(x, nullptr);
        SweepArgs a{};
        a.factor = network_.iterated_factor();
        a.weight2 = network_.iterated_weight2();
        a.frozen = frozen_.data();
        a.tail_l = tail_l_.data();
        a.tail_d = tail_d_.data();
        a.x = x;
        a.v = iterated_v();
        a.keep_v = any_mixing_ || is_short;
        a.change2 = change2_.data();
        a.sum2 = sum2_.data();
        if (network_.factor().is_pivoted())
            sweep_pivoted(a);
        else
            kernels_->sweep(a);
        running -= judge(limits);
        if (any_mixing_) accelerate(k);
        if (is_short) shorten(x, limits.step);
        for (std::size_t l = 0; l < w; ++l) {
            if (is_done_[l]) frozen_[l] = -1;
            is_mixing_[l] = is_slow_[l];  // from its next iterate on, whatever the others do
            if (is_mixing_[l] && !any_mixing_) begin_mixing();
        }
    }
}

/// The sweep kernel's work by the pivoted factor, lane after lane.
void Block::sweep_pivoted(const SweepArgs& a) {
    const std::size_t rows = at(network_.rows()), w = lanes();
    std::vector<double> re(rows), im(rows);
    for (std::size_t l = 0; l < w; ++l) {
        for (std::size_t r = 0; r < rows; ++r) {
            re[r] = a.x[r * 2 * w + l];
            im[r] = a.x[r * 2 * w + w + l];
        }
        network_.factor().solve(re.data(), im.data());
        a.change2[l] = a.sum2[l] = 0;
        for (std::size_t r = 0; r < rows; ++r) {
            double *x = a.x + r * 2 * w + l, *v = a.v + r * 2 * w + l;
            x[0] = re[r];
            x[w] = im[r];
            const double dr = re[r] - v[0], di = im[r] - v[w];
            const double error = (dr * dr + di * di) * a.weight2[r];
            a.change2[l] = math::max(a.change2[l], error);
            a.sum2[l] += error;
            if (a.keep_v || a.frozen[l]) continue;
            v[0] = re[r];
            v[w] = im[r];
        }
    }
}

/// Marks the lanes that this iteration ends; returns how many.
int Block::judge(const BlockLimits& limits) {
    int ended = 0;
    for (std::size_t l = 0; l < lanes(); ++l) {
        if (is_done_[l]) continue;
        const double before = change[l];
        change[l] = math::sqrt(change2_[l]);
        ++iterations[l];
        if (!(sum2_[l] < 1e60)) {
            change[l] = math::sqrt(sum2_[l]);
            status[l] = Status::not_finite;
        } else {
            const double off = injections_.controls.empty() ? 0 : control_voltages(l);
            if (change[l] <= limits.tolerance && off <= limits.tolerance) status[l] = Status::ok;
        }
        if (status[l] != Status::not_converged) {
            is_done_[l] = 1;
            take_[l] = 0;
            ++ended;
            continue;
        }
        // mixing voltages makes no sense while reactive powers move as well
        if (iterations[l] < 2 || limits.step < 1 || !injections_.controls.empty()) continue;
        if (change[l] > limits.slow * before) is_slow_[l] = 1;
        if (change[l] > 2 * before) held_[l] = 0;
    }
    return ended;
}

void Block::shorten(const double* x, double step) {
    double* v = iterated_v();
    for (std::size_t r = 0; r < 2 * at(iterated()); ++r)
        for (std::size_t l = 0; l < lanes(); ++l) {
            const std::size_t i = r * lanes() + l;
            if (is_done_[l])
                v[i] = frozen_[l] ? v[i] : x[i];
            else
                v[i] += step * (x[i] - v[i]);
        }
}

// --- acceleration ------------------------------------------------------------------------------

void Block::begin_mixing() {
    any_mixing_ = true;
    if (sample_[0].size() > 0) return;
    const std::size_t size = ring_[0].size(), w = lanes();
    for (int h = 1; h < 4; ++h) ring_[h] = Aligned<double>(size);
    const std::int32_t stride = std::max(1, iterated() / sample_size);
    for (std::int32_t r = 0; r < iterated(); r += stride) {
        sample_rows_.push_back(r);
        sample_weight_.push_back(network_.per_base()[at(r + network_.lead())]);
    }
    for (Aligned<double>& s : sample_) s = Aligned<double>(sample_rows_.size() * 2 * w);
    for (Aligned<double>& s : sample_v_) s = Aligned<double>(sample_rows_.size() * 2 * w);
    products_ = Aligned<double>(gram_products * w);
    weight_ = Aligned<double>(4 * w);
}

/// V = the mixture of a lane's last iterates, by the weights that make the residual least.
void Block::accelerate(int k) {
    const auto slot = [&](int h) { return static_cast<std::size_t>((k - h + 4) % 4); };
    SampleArgs s{};
    s.count = static_cast<std::int32_t>(sample_rows_.size());
    s.rows = sample_rows_.data();
    s.weight = sample_weight_.data();
    s.x = ring_[slot(0)].data();
    s.v = iterated_v();
    s.f = sample_[slot(0)].data();
    s.u = sample_v_[slot(0)].data();
    kernels_->sample(s);
    GramArgs g{};
    g.doubles = 2 * s.count;
    MixArgs m{};
    for (int h = 0; h < 4; ++h) {
        g.history[h] = sample_[slot(h)].data();
        g.history_u[h] = sample_v_[slot(h)].data();
        m.history[h] = ring_[slot(h)].data();
    }
    g.products = products_.data();
    kernels_->gram(g);
    for (std::size_t l = 0; l < lanes(); ++l) {
        held_[l] = is_mixing_[l] ? held_[l] + 1 : 0;
        take_[l] = !is_done_[l] && held_[l] >= 2 ? -1 : 0;
        for (std::size_t h = 0; h < 4; ++h) weight_[h * lanes() + l] = 0;
        if (take_[l]) weigh(l);
    }
    m.rows = iterated();
    m.weight = weight_.data();
    m.take = take_.data();
    m.frozen = frozen_.data();
    m.v = iterated_v();
    kernels_->mix(m);
}

/// Least squares of f on its differences to earlier residuals, by Cholesky. A column that is nearly
/// a combination of newer ones ends the fit, and so does one across which iteration expands: where
/// df dv < 0 for every combination it contracts. Acceleration solves for any fixed point near; it
/// must not hold on to one that plain iteration leaves.
void Block::weigh(std::size_t lane) {
    const auto p = [&](std::size_t n) { return products_[n * lanes() + lane]; };
    const double a[3][3] = {{p(0), p(1), p(2)}, {p(1), p(3), p(4)}, {p(2), p(4), p(5)}};
    const double b[3] = {p(6), p(7), p(8)};
    const double e[3][3] = {{p(9), p(10), p(11)}, {p(10), p(12), p(13)}, {p(11), p(13), p(14)}};
    double l[3][3] = {}, c[3][3] = {}, y[3] = {}, theta[3] = {};
    const int wanted = std::min(3, held_[lane] - 1);
    int m = 0;
    for (; m < wanted; ++m) {
        double pivot = a[m][m], contraction = -e[m][m];
        for (int j = 0; j < m; ++j) {
            double s = a[m][j], t = -e[m][j];
            for (int i = 0; i < j; ++i) s -= l[m][i] * l[j][i], t -= c[m][i] * c[j][i];
            l[m][j] = s / l[j][j];
            c[m][j] = t / c[j][j];
            pivot -= l[m][j] * l[m][j];
            contraction -= c[m][j] * c[m][j];
        }
        if (!(pivot > 1e-10 * a[m][m]) || !(contraction > 0)) break;
        l[m][m] = math::sqrt(pivot);
        c[m][m] = math::sqrt(contraction);
        y[m] = b[m];
        for (int j = 0; j < m; ++j) y[m] -= l[m][j] * y[j];
        y[m] /= l[m][m];
    }
    double newest = 1;
    for (int j = m - 1; j >= 0; --j) {
        theta[j] = y[j];
        for (int i = j + 1; i < m; ++i) theta[j] -= l[i][j] * theta[i];
        theta[j] /= l[j][j];
        newest -= theta[j];
    }
    weight_[lane] = newest;
    for (int j = 0; j < m; ++j)
        weight_[(static_cast<std::size_t>(j) + 1) * lanes() + lane] = theta[j];
}

// --- the end -----------------------------------------------------------------------------------

void Block::finish(Check check) {
    double* x = ring_[0].data();
    inject(x, totals.data());
    take_off_changes(x);
    RecoverArgs v = network_.recovery(v_.data());
    v.magnitude = magnitude_.data();
    v.least = least_.data();
    v.most = most_.data();
    kernels_->recover(v);
    ResidualArgs a = network_.residual_of(x, v_.data());
    a.magnitude = magnitude_.data();
    a.worst2 = worst2_.data();
    a.begin = network_.lead();
    kernels_->residual(a);
    for (std::size_t l = 0; l < lanes(); ++l) residual[l] = math::sqrt(worst2_[l]);
    if (network_.lead() > 0) check_recovered(a, check);
}

void Block::check_recovered(ResidualArgs a, Check check) {
    bool is_measured = false;
    for (std::size_t l = 0; l < lanes(); ++l) {
        const double bound = network_.recovery_residual(least_[l], most_[l]);
        if (check == Check::unproven && status[l] == Status::ok && bound <= well_below) {
            residual[l] = math::max(residual[l], bound);
            continue;
        }
        if (!is_measured) {
            a.begin = 0;
            a.end = network_.lead();
            kernels_->residual(a);
            is_measured = true;
        }
        const double of_lead = math::sqrt(worst2_[l]);
        if (!(of_lead <= residual[l])) residual[l] = of_lead;
    }
}

void Block::find_correction() {
    if (correction_.size() == 0) correction_ = Aligned<double>(v_.size());
    ResidualArgs a = network_.residual_of(ring_[0].data(), v_.data());
    a.magnitude = magnitude_.data();
    a.worst2 = worst2_.data();
    a.correction = correction_.data();
    kernels_->residual(a);
}

void Block::refine(std::size_t lane) {
    const std::size_t rows = at(network_.rows());
    std::vector<double> re(rows), im(rows);
    for (std::size_t r = 0; r < rows; ++r) {
        re[r] = correction_[r * 2 * lanes() + lane];
        im[r] = correction_[r * 2 * lanes() + lanes() + lane];
    }
    if (is_changed(lane))
        solve_changed(lane, re, im);
    else
        network_.factor().solve(re.data(), im.data());
    for (std::size_t r = 0; r < rows; ++r) {
        v_[r * 2 * lanes() + lane] += re[r];
        v_[r * 2 * lanes() + lanes() + lane] += im[r];
    }
}

void Block::add_statistics(StatisticsArgs a) const {
    a.rows = network_.rows();
    a.magnitude = magnitude_.data();
    a.per_base = network_.per_base().data();
    kernels_->statistics(a);
}

std::int32_t Block::worst_row(std::size_t lane) const {
    double largest = -1;
    std::int32_t worst = network_.lead();
    const Aligned<double>& x = ring_[0];
    const std::size_t w = lanes();
    for (std::int32_t r = 0; r < iterated(); ++r) {
        const std::size_t i = at(r) * 2 * w + lane, j = at(r + network_.lead()) * 2 * w + lane;
        const double re = x[i] - v_[j], im = x[i + w] - v_[j + w];
        const double error = (re * re + im * im) * network_.iterated_weight2()[r];
        if (!(error <= largest)) largest = error, worst = r + network_.lead();
    }
    return worst;
}

}  // namespace gridflock::inline v0::powerflow
