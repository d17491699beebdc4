// SPDX-License-Identifier: Apache-2.0
#include "newton.hpp"

#include <gridflock/core/math.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace gridflock::inline v0::powerflow {

namespace {

constexpr double first_step = 0.25, smallest_step = 1.0 / 2048;  // of the load
constexpr double rough = 1e-6;                                   // pu, on the way
constexpr int most_a_step = 12, few = 4;                         // iterations

/// A solution on the way.
struct Point {
    double load = 0;
    std::vector<grid::Complex> v;
    std::vector<double> table;
};

}  // namespace

NewtonResult follow_load(const NewtonCase& c, std::span<double> table, std::size_t scaled,
                         double tolerance, int max_iterations, std::span<grid::Complex> v) {
    NewtonResult out;
    Point before, last{0, {v.begin(), v.end()}, {table.begin(), table.end()}};
    const auto solve = [&](Point& p) {
        for (std::size_t r = 0; r < scaled; ++r) p.table[r] = p.load * table[r];
        const int most = std::min(most_a_step, max_iterations - out.iterations);
        const NewtonResult n = newton(c, p.table, p.load < 1 ? rough : tolerance, most, p.v);
        out.iterations += n.iterations;
        out.change = n.change;
        return n;
    };
    if (!solve(last).is_solved) return out;
    double step = first_step;
    while (last.load < 1 && step >= smallest_step && out.iterations < max_iterations) {
        Point next = last;
        next.load = math::min(1.0, last.load + step);
        if (!before.v.empty()) {
            const double reach = (next.load - last.load) / (last.load - before.load);
            for (std::size_t r = 0; r < next.v.size(); ++r)
                next.v[r] += reach * (last.v[r] - before.v[r]);
        }
        const NewtonResult n = solve(next);
        if (!n.is_solved) {
            step *= 0.5;
            continue;
        }
        before = std::exchange(last, std::move(next));
        if (n.iterations <= few) step *= 2;
    }
    out.is_solved = last.load == 1;
    if (!out.is_solved) return out;
    std::copy(last.v.begin(), last.v.end(), v.begin());
    std::copy(last.table.begin(), last.table.end(), table.begin());
    return out;
}

}  // namespace gridflock::inline v0::powerflow
