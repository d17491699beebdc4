// SPDX-License-Identifier: Apache-2.0
// Sparse complex symmetric systems: order, factor, solve. Arrays of real and imaginary parts apart,
// so that the sweeps are plain loops.
#pragma once

#include <complex>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace gridflock::inline v0::powerflow {

/// One entry of a matrix; entries at the same place add up.
struct Entry {
    std::int32_t row, col;
    std::complex<double> y;
};

/// One entry of a real matrix.
struct RealEntry {
    std::int32_t row, col;
    double value;
};

/// Solves a real sparse system in place by a pivoted LU; false when it is singular.
bool solve_real(std::int32_t order, std::span<const RealEntry> entries, std::span<double> x);

/// Compressed rows, duplicates summed.
struct SparseRows {
    std::vector<std::int32_t> start, col;
    std::vector<double> re, im;
    std::int32_t order = 0;
};

SparseRows compress(std::int32_t order, std::vector<Entry> entries);

/// Minimum-degree order of a symmetric pattern: position[i] of row i.
std::vector<std::int32_t> minimum_degree(std::int32_t order, std::span<const Entry> entries);

/// Minimum degree, but rows that may lead and whose elimination does not make the rest dearer come
/// first; rows of `is_last` come last. Each part is in postorder of the elimination tree.
struct LeadingOrder {
    std::vector<std::int32_t> position;  ///< of row i
    std::int32_t lead = 0;               ///< rows in the first part
    std::int32_t tail = 0;               ///< rows in the last part
};
LeadingOrder order_with_lead(std::int32_t order, std::span<const Entry> entries,
                             std::span<const std::uint8_t> may_lead,
                             std::span<const std::uint8_t> is_last);

/// L D L' of a complex symmetric matrix in the order given, without pivoting; a pivoted LU when
/// that does not reproduce the matrix.
class Factor {
public:
    Factor();
    ~Factor();
    Factor(Factor&&) noexcept;
    Factor& operator=(Factor&&) noexcept;

    /// False when the matrix is singular both ways.
    bool build(const SparseRows& a);
    bool is_pivoted() const { return fallback_ != nullptr; }
    /// Solves in place. Allocates nothing unless pivoted.
    void solve(double* re, double* im) const;
    /// L without its unit diagonal, by columns, rows ascending; empty when pivoted.
    struct Columns {
        std::span<const std::int32_t> start, row;
        std::span<const double> re, im, d_re, d_im;  ///< d: reciprocal pivots
    };
    Columns columns() const { return {start_, row_, re_, im_, d_re_, d_im_}; }

private:
    struct Elimination;
    bool build_ldl(const SparseRows& a);
    double error_of(const SparseRows& a) const;
    void solve_ldl(double* re, double* im) const;

    std::int32_t order_ = 0;
    std::vector<std::int32_t> start_, row_;  // columns of L, without the unit diagonal
    std::vector<double> re_, im_;
    std::vector<double> d_re_, d_im_;  // reciprocal pivots
    struct Pivoted;
    std::unique_ptr<Pivoted> fallback_;
};

}  // namespace gridflock::inline v0::powerflow
