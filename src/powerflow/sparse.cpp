// SPDX-License-Identifier: Apache-2.0
// Source  T. A. Davis, Direct Methods for Sparse Linear Systems, SIAM 2006: elimination tree and
// up-looking factorisation (ch. 4), here for complex symmetric (not Hermitian) matrices.
#include "sparse.hpp"

#include <gridflock/core/math.hpp>

#include <Eigen/OrderingMethods>
#include <Eigen/Sparse>
#include <Eigen/SparseLU>

#include <algorithm>
#include <numeric>

namespace gridflock::inline v0::powerflow {

namespace {

using Complex = std::complex<double>;
using EigenMatrix = Eigen::SparseMatrix<Complex, Eigen::ColMajor, std::int32_t>;

// Switches of micro-ohms cost digits whatever the pivoting; the solver refines what a factor gives.
constexpr double accepted = 1e-8;   // of the factor without pivoting
constexpr double tolerated = 1e-5;  // of the pivoted one

std::size_t at(std::int32_t i) {
    return static_cast<std::size_t>(i);
}

double magnitude(double re, double im) {
    return math::sqrt(re * re + im * im);
}

}  // namespace

SparseRows compress(std::int32_t order, std::vector<Entry> entries) {
    std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        return a.row != b.row ? a.row < b.row : a.col < b.col;
    });
    SparseRows out;
    out.order = order;
    out.start.assign(at(order) + 1, 0);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const bool is_same =
            i > 0 && entries[i].row == entries[i - 1].row && entries[i].col == entries[i - 1].col;
        if (is_same) {
            out.re.back() += entries[i].y.real();
            out.im.back() += entries[i].y.imag();
            continue;
        }
        out.col.push_back(entries[i].col);
        out.re.push_back(entries[i].y.real());
        out.im.push_back(entries[i].y.imag());
        ++out.start[at(entries[i].row) + 1];
    }
    std::partial_sum(out.start.begin(), out.start.end(), out.start.begin());
    return out;
}

std::vector<std::int32_t> minimum_degree(std::int32_t order, std::span<const Entry> entries) {
    std::vector<Eigen::Triplet<double, std::int32_t>> pattern;
    pattern.reserve(entries.size() + at(order));
    for (const Entry& e : entries) pattern.emplace_back(e.row, e.col, 1.0);
    for (std::int32_t i = 0; i < order; ++i) pattern.emplace_back(i, i, 1.0);
    Eigen::SparseMatrix<double, Eigen::ColMajor, std::int32_t> m(order, order);
    m.setFromTriplets(pattern.begin(), pattern.end());
    Eigen::PermutationMatrix<Eigen::Dynamic, Eigen::Dynamic, std::int32_t> permutation;
    Eigen::AMDOrdering<std::int32_t> ordering;
    ordering(m.selfadjointView<Eigen::Upper>(), permutation);
    std::vector<std::int32_t> position(at(order));
    for (std::int32_t i = 0; i < order; ++i) position[at(permutation.indices()[i])] = i;
    return position;
}

bool solve_real(std::int32_t order, std::span<const RealEntry> entries, std::span<double> x) {
    using Real = Eigen::SparseMatrix<double, Eigen::ColMajor, std::int32_t>;
    std::vector<Eigen::Triplet<double, std::int32_t>> triplets;
    triplets.reserve(entries.size());
    for (const RealEntry& e : entries) triplets.emplace_back(e.row, e.col, e.value);
    Real m(order, order);
    m.setFromTriplets(triplets.begin(), triplets.end());
    Eigen::SparseLU<Real, Eigen::COLAMDOrdering<std::int32_t>> lu;
    lu.compute(m);
    if (lu.info() != Eigen::Success) return false;
    Eigen::Map<Eigen::VectorXd> b(x.data(), order);
    const Eigen::VectorXd solution = lu.solve(b);
    b = solution;
    return lu.info() == Eigen::Success;
}

struct Factor::Pivoted {
    Eigen::SparseLU<EigenMatrix, Eigen::COLAMDOrdering<std::int32_t>> lu;
};

Factor::Factor() = default;
Factor::~Factor() = default;
Factor::Factor(Factor&&) noexcept = default;
Factor& Factor::operator=(Factor&&) noexcept = default;

bool Factor::build(const SparseRows& a) {
    order_ = a.order;
    fallback_.reset();
    if (build_ldl(a) && error_of(a) <= accepted) return true;
    std::vector<Eigen::Triplet<Complex, std::int32_t>> triplets;
    for (std::int32_t r = 0; r < a.order; ++r)
        for (std::int32_t k = a.start[at(r)]; k < a.start[at(r) + 1]; ++k)
            triplets.emplace_back(r, a.col[at(k)], Complex(a.re[at(k)], a.im[at(k)]));
    EigenMatrix m(a.order, a.order);
    m.setFromTriplets(triplets.begin(), triplets.end());
    fallback_ = std::make_unique<Pivoted>();
    fallback_->lu.compute(m);
    return fallback_->lu.info() == Eigen::Success && error_of(a) <= tolerated;
}

namespace {

/// Elimination tree and number of entries in each column of L, from the lower rows of a.
struct Tree {
    std::vector<std::int32_t> parent, count;
};

Tree elimination_tree(const SparseRows& a) {
    Tree t{std::vector<std::int32_t>(at(a.order), -1), std::vector<std::int32_t>(at(a.order), 0)};
    std::vector<std::int32_t> seen(at(a.order), -1);
    for (std::int32_t k = 0; k < a.order; ++k) {
        seen[at(k)] = k;
        for (std::int32_t p = a.start[at(k)]; p < a.start[at(k) + 1]; ++p)
            for (std::int32_t i = a.col[at(p)]; i < k && seen[at(i)] != k; i = t.parent[at(i)]) {
                if (t.parent[at(i)] < 0) t.parent[at(i)] = k;
                ++t.count[at(i)];
                seen[at(i)] = k;
            }
    }
    return t;
}

}  // namespace

struct Factor::Elimination {
    const SparseRows& a;
    Tree tree;
    std::vector<std::int32_t> filled, seen, stack, path;
    std::vector<Complex> y, pivot;

    explicit Elimination(const SparseRows& matrix)
        : a(matrix),
          tree(elimination_tree(matrix)),
          filled(at(a.order), 0),
          seen(at(a.order), -1),
          stack(at(a.order)),
          path(at(a.order)),
          y(at(a.order)),
          pivot(at(a.order)) {}

    /// Scatters row k into y; returns where in `stack` the columns it reaches begin, and its
    /// diagonal.
    std::pair<std::int32_t, Complex> reach(std::int32_t k) {
        std::int32_t top = a.order;
        seen[at(k)] = k;
        Complex diagonal{};
        for (std::int32_t p = a.start[at(k)]; p < a.start[at(k) + 1]; ++p) {
            std::int32_t i = a.col[at(p)];
            const Complex v(a.re[at(p)], a.im[at(p)]);
            if (i == k) diagonal += v;
            if (i >= k) continue;
            y[at(i)] += v;
            std::int32_t length = 0;
            for (; seen[at(i)] != k; i = tree.parent[at(i)]) {
                path[at(length++)] = i;
                seen[at(i)] = k;
            }
            while (length > 0) stack[at(--top)] = path[at(--length)];
        }
        return {top, diagonal};
    }
};

bool Factor::build_ldl(const SparseRows& a) {
    const std::size_t n = at(a.order);
    Elimination e(a);
    start_.assign(n + 1, 0);
    std::partial_sum(e.tree.count.begin(), e.tree.count.end(), start_.begin() + 1);
    row_.assign(at(start_[n]), 0);
    re_.assign(row_.size(), 0);
    im_.assign(row_.size(), 0);
    d_re_.assign(n, 0);
    d_im_.assign(n, 0);
    for (std::int32_t k = 0; k < a.order; ++k) {
        auto [top, d] = e.reach(k);
        for (; top < a.order; ++top) {
            const std::int32_t i = e.stack[at(top)];
            const Complex yi = e.y[at(i)];
            e.y[at(i)] = 0;
            const std::int32_t end = start_[at(i)] + e.filled[at(i)]++;
            for (std::int32_t p = start_[at(i)]; p < end; ++p)
                e.y[at(row_[at(p)])] -= Complex(re_[at(p)], im_[at(p)]) * yi;
            const Complex l = yi / e.pivot[at(i)];
            d -= l * yi;
            row_[at(end)] = k;
            re_[at(end)] = l.real();
            im_[at(end)] = l.imag();
        }
        if (!(magnitude(d.real(), d.imag()) > 0)) return false;
        e.pivot[at(k)] = d;
        const Complex reciprocal = 1.0 / d;
        d_re_[at(k)] = reciprocal.real();
        d_im_[at(k)] = reciprocal.imag();
    }
    return true;
}

void Factor::solve_ldl(double* re, double* im) const {
    const std::int32_t n = order_;
    for (std::int32_t j = 0; j < n; ++j) {
        const double xr = re[j], xi = im[j];
        for (std::int32_t p = start_[at(j)]; p < start_[at(j) + 1]; ++p) {
            const std::int32_t r = row_[at(p)];
            re[r] -= re_[at(p)] * xr - im_[at(p)] * xi;
            im[r] -= re_[at(p)] * xi + im_[at(p)] * xr;
        }
        re[j] = d_re_[at(j)] * xr - d_im_[at(j)] * xi;
        im[j] = d_re_[at(j)] * xi + d_im_[at(j)] * xr;
    }
    for (std::int32_t j = n - 1; j >= 0; --j) {
        double xr = re[j], xi = im[j];
        for (std::int32_t p = start_[at(j)]; p < start_[at(j) + 1]; ++p) {
            const std::int32_t r = row_[at(p)];
            xr -= re_[at(p)] * re[r] - im_[at(p)] * im[r];
            xi -= re_[at(p)] * im[r] + im_[at(p)] * re[r];
        }
        re[j] = xr;
        im[j] = xi;
    }
}

void Factor::solve(double* re, double* im) const {
    if (!fallback_) return solve_ldl(re, im);
    Eigen::VectorXcd b(order_);
    for (std::int32_t i = 0; i < order_; ++i) b[i] = Complex(re[i], im[i]);
    const Eigen::VectorXcd x = fallback_->lu.solve(b);
    for (std::int32_t i = 0; i < order_; ++i) {
        re[i] = x[i].real();
        im[i] = x[i].imag();
    }
}

/// Solves for a vector of ones: the largest componentwise residual.
double Factor::error_of(const SparseRows& a) const {
    std::vector<double> re(at(order_), 1.0), im(at(order_), 0.0);
    solve(re.data(), im.data());
    double worst = 0;
    for (std::int32_t r = 0; r < order_; ++r) {
        double sr = -1, si = 0, size = 1;
        for (std::int32_t p = a.start[at(r)]; p < a.start[at(r) + 1]; ++p) {
            const double xr = re[at(a.col[at(p)])], xi = im[at(a.col[at(p)])];
            sr += a.re[at(p)] * xr - a.im[at(p)] * xi;
            si += a.re[at(p)] * xi + a.im[at(p)] * xr;
            size += magnitude(a.re[at(p)], a.im[at(p)]) * magnitude(xr, xi);
        }
        const double error = magnitude(sr, si) / size;
        if (!(error <= worst)) worst = error;
    }
    return worst;
}

}  // namespace gridflock::inline v0::powerflow
