// SPDX-License-Identifier: Apache-2.0
// Lanes with elements in other states: the last block of the factor is their own.
#include "block.hpp"

#include <gridflock/core/math.hpp>

namespace gridflock::inline v0::powerflow {

namespace {

using grid::Complex;

std::size_t at(std::int32_t i) {
    return static_cast<std::size_t>(i);
}

}  // namespace

bool Block::change_lane(std::size_t lane, std::span<const Change* const> changes) {
    if (changes_.empty()) return changes.empty();
    const bool was_plain = changes_[lane].empty();
    if (changes.empty() && was_plain) return true;
    changes_[lane].clear();
    const std::int32_t first = network_.rows() - network_.tail();
    grid::Matrix block = network_.tail_block();
    for (const Change* change : changes) {
        const Changeable& element = network_.changeable()[change->element];
        for (std::size_t i = 0; i < element.nodes.size(); ++i)
            for (std::size_t j = 0; j < element.nodes.size(); ++j) {
                const std::int32_t r = network_.row(element.nodes[i]);
                const std::int32_t c = network_.row(element.nodes[j]);
                const Complex dy = change->y(i, j) - element.y(i, j);
                if (r >= network_.rows() || c >= network_.rows() || dy == Complex{}) continue;
                block(at(r - first), at(c - first)) += dy;
                changes_[lane].push_back({r, c, dy});
            }
    }
    return factor_tail(lane, block);
}

/// L D L' of the last rows in one lane; false on a pivot that is zero or not finite.
bool Block::factor_tail(std::size_t lane, const grid::Matrix& block) {
    const std::size_t n = block.order(), w = lanes();
    grid::Matrix l = block;  // lower triangle: L D, then L
    std::vector<Complex> d(n);
    for (std::size_t j = 0; j < n; ++j) {
        d[j] = l(j, j);
        for (std::size_t k = 0; k < j; ++k) d[j] -= l(j, k) * l(j, k) * d[k];
        if (!(std::norm(d[j]) > 0)) return false;
        for (std::size_t i = j + 1; i < n; ++i) {
            for (std::size_t k = 0; k < j; ++k) l(i, j) -= l(i, k) * l(j, k) * d[k];
            l(i, j) /= d[j];
        }
    }
    for (std::size_t i = 0; i < n; ++i) {
        const Complex reciprocal = 1.0 / d[i];
        tail_d_[i * 2 * w + lane] = reciprocal.real();
        tail_d_[i * 2 * w + w + lane] = reciprocal.imag();
        for (std::size_t j = 0; j < i; ++j) {
            const std::size_t at_l = (i * (i - 1) / 2 + j) * 2 * w + lane;
            tail_l_[at_l] = l(i, j).real();
            tail_l_[at_l + w] = l(i, j).imag();
        }
    }
    return true;
}

/// Y of this lane solved for one right-hand side in place.
void Block::solve_changed(std::size_t lane, std::span<double> re, std::span<double> im) const {
    const Factor::Columns f = network_.factor().columns();
    const std::size_t n = at(network_.rows()), tail = at(network_.tail()), w = lanes();
    const auto l = [&](std::size_t i, std::size_t j) {
        const std::size_t k = (i * (i - 1) / 2 + j) * 2 * w + lane;
        return Complex(tail_l_[k], tail_l_[k + w]);
    };
    std::vector<Complex> x(n);
    for (std::size_t r = 0; r < n; ++r) x[r] = {re[r], im[r]};
    for (std::size_t c = 0; c < n - tail; ++c) {
        for (std::int32_t p = f.start[c]; p < f.start[c + 1]; ++p)
            x[at(f.row[at(p)])] -= Complex(f.re[at(p)], f.im[at(p)]) * x[c];
        x[c] *= Complex(f.d_re[c], f.d_im[c]);
    }
    const std::span<Complex> t = std::span(x).subspan(n - tail);
    for (std::size_t i = 0; i < tail; ++i)
        for (std::size_t j = 0; j < i; ++j) t[i] -= l(i, j) * t[j];
    for (std::size_t i = 0; i < tail; ++i)
        t[i] *= Complex(tail_d_[i * 2 * w + lane], tail_d_[i * 2 * w + w + lane]);
    for (std::size_t i = tail; i-- > 0;)
        for (std::size_t j = 0; j < i; ++j) t[j] -= l(i, j) * t[i];
    for (std::size_t c = n - tail; c-- > 0;)
        for (std::int32_t p = f.start[c]; p < f.start[c + 1]; ++p)
            x[c] -= Complex(f.re[at(p)], f.im[at(p)]) * x[at(f.row[at(p)])];
    for (std::size_t r = 0; r < n; ++r) re[r] = x[r].real(), im[r] = x[r].imag();
}

/// So that the residual of Y as it stands is that of the lane's own Y.
void Block::take_off_changes(double* x) {
    for (std::size_t l = 0; l < changes_.size(); ++l)
        for (const Delta& d : changes_[l]) {
            const Complex current = d.y * v(d.col, l);
            double* to = x + at(d.row - network_.lead()) * 2 * lanes() + l;
            to[0] -= current.real();
            to[lanes()] -= current.imag();
        }
}
}  // namespace gridflock::inline v0::powerflow
