// SPDX-License-Identifier: Apache-2.0
#include <gridflock/grid/matrix.hpp>

#include <gridflock/core/math.hpp>

#include <utility>

namespace gridflock::inline v0::grid {

namespace {

double size_of(Complex z) {
    return math::abs(z.real()) + math::abs(z.imag());
}

std::size_t pivot_row(const Matrix& m, std::size_t col) {
    std::size_t best = col;
    for (std::size_t r = col + 1; r < m.order(); ++r)
        if (size_of(m(r, col)) > size_of(m(best, col))) best = r;
    return best;
}

void swap_rows(Matrix& m, std::size_t a, std::size_t b) {
    for (std::size_t c = 0; c < m.order(); ++c) std::swap(m(a, c), m(b, c));
}

}  // namespace

void Matrix::add_between(std::size_t a, std::size_t b, Complex y) {
    (*this)(a, a) += y;
    (*this)(b, b) += y;
    (*this)(a, b) -= y;
    (*this)(b, a) -= y;
}

Matrix& Matrix::operator+=(const Matrix& other) {
    for (std::size_t i = 0; i < cells_.size(); ++i) cells_[i] += other.cells_[i];
    return *this;
}

Matrix& Matrix::operator*=(Complex factor) {
    for (Complex& c : cells_) c *= factor;
    return *this;
}

Matrix inverse(Matrix m) {
    const std::size_t n = m.order();
    Matrix result(n);
    for (std::size_t i = 0; i < n; ++i) result(i, i) = 1.0;
    for (std::size_t col = 0; col < n; ++col) {
        const std::size_t p = pivot_row(m, col);
        if (!(size_of(m(p, col)) > 0)) return {};
        swap_rows(m, p, col);
        swap_rows(result, p, col);
        const Complex scale = 1.0 / m(col, col);
        for (std::size_t c = 0; c < n; ++c) {
            m(col, c) *= scale;
            result(col, c) *= scale;
        }
        for (std::size_t r = 0; r < n; ++r) {
            const Complex factor = m(r, col);
            if (r == col || factor == Complex{}) continue;
            for (std::size_t c = 0; c < n; ++c) {
                m(r, c) -= factor * m(col, c);
                result(r, c) -= factor * result(col, c);
            }
        }
    }
    return result;
}

Matrix kron(const Matrix& m, std::size_t k) {
    const std::size_t n = m.order();
    Matrix out(n - 1);
    for (std::size_t i = 0, r = 0; i < n; ++i) {
        if (i == k) continue;
        for (std::size_t j = 0, c = 0; j < n; ++j) {
            if (j == k) continue;
            out(r, c++) = m(i, j) - m(i, k) * m(k, j) / m(k, k);
        }
        ++r;
    }
    return out;
}

Matrix from_sequence(Complex one, Complex zero, std::size_t order) {
    Matrix m(order);
    const Complex self = (2.0 * one + zero) / 3.0;
    const Complex mutual = (zero - one) / 3.0;
    for (std::size_t i = 0; i < order; ++i)
        for (std::size_t j = 0; j < order; ++j) m(i, j) = i == j ? self : mutual;
    return m;
}

Matrix from_sequences(Complex one, Complex two, Complex zero, std::size_t order) {
    if (one == two) return from_sequence(one, zero, order);
    const Complex a(-0.5, 0.5 * math::sqrt(3.0)), a2 = std::conj(a);
    Matrix m(order);
    for (std::size_t i = 0; i < order; ++i) {
        m(i, i) = (zero + one + two) / 3.0;
        if (order != 3) continue;
        m((i + 1) % 3, i) = (zero + a2 * one + a * two) / 3.0;
        m((i + 2) % 3, i) = (zero + a * one + a2 * two) / 3.0;
    }
    return m;
}

}  // namespace gridflock::inline v0::grid
