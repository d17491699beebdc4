// SPDX-License-Identifier: Apache-2.0
// Small dense complex matrices: impedances of lines, primitive admittances of elements.
//
// Row-major, square, order rarely above 20. Inversion is Gauss-Jordan with partial pivoting; Kron
// reduction takes out a conductor whose voltage is zero (an impedance matrix) or whose current is
// zero (an admittance matrix): m_ij - m_ik m_kj / m_kk.
#pragma once

#include <complex>
#include <cstddef>
#include <vector>

namespace gridflock::inline v0::grid {

using Complex = std::complex<double>;

class Matrix {
public:
    Matrix() = default;
    explicit Matrix(std::size_t order) : cells_(order * order), order_(order) {}

    std::size_t order() const { return order_; }
    bool empty() const { return order_ == 0; }
    Complex& operator()(std::size_t row, std::size_t col) { return cells_[row * order_ + col]; }
    const Complex& operator()(std::size_t row, std::size_t col) const {
        return cells_[row * order_ + col];
    }
    /// Adds y between two conductors: +y on both diagonals, -y off them.
    void add_between(std::size_t a, std::size_t b, Complex y);
    Matrix& operator+=(const Matrix& other);
    Matrix& operator*=(Complex factor);
    bool operator==(const Matrix&) const = default;

private:
    std::vector<Complex> cells_;
    std::size_t order_ = 0;
};

/// The inverse.
/// Errors  an empty matrix when m is singular.
Matrix inverse(Matrix m);

/// m without row and column k, their effect folded into the rest.
/// Source  Kron reduction; Kersting, Distribution System Modeling and Analysis, eq. 4.78.
Matrix kron(const Matrix& m, std::size_t k);

/// Zs = (2 Z1 + Z0) / 3 on the diagonal, Zm = (Z0 - Z1) / 3 off it: a transposed element.
Matrix from_sequence(Complex one, Complex zero, std::size_t order);

/// The same with another negative-sequence impedance: not symmetric, for each phase sees the next
/// and the one before differently. Other than three phases have no such sequences: only the
/// diagonal stands.
Matrix from_sequences(Complex one, Complex two, Complex zero, std::size_t order);

}  // namespace gridflock::inline v0::grid
