// SPDX-License-Identifier: Apache-2.0
// Generators that hold a voltage, for the reference solver: their Q is fitted (reactive_fit.hpp)
// at every iteration, with the sensitivity of the linear network.
#pragma once

#include "reactive_fit.hpp"
#include "sparse.hpp"

#include <gridflock/powerflow/network.hpp>

#include <span>
#include <vector>

namespace gridflock::inline v0::powerflow {

/// Node voltages and currents in solver rows; the last row is ground.
struct RowState {
    const double* v_re;
    const double* v_im;
    double* i_re;
    double* i_im;
};

class ReferenceControl {
public:
    struct Ends {
        std::size_t a, b;  // rows
    };
    struct Generator {
        std::vector<Ends> phases;
        double p_w = 0;                                                     // of one phase
        double q_start_var = 0, q_min_var = 0, q_max_var = 0, v_set_v = 0;  // Q of all phases
    };

    /// Fits J at the voltages `base`.
    void build(std::vector<Generator> generators, const Factor& factor,
               std::span<const double> base_re, std::span<const double> base_im);
    std::size_t size() const { return generators_.size(); }
    std::vector<double> start() const;
    /// Moves q towards the voltages wanted; returns the largest error left at a free generator, as
    /// a share of the voltage wanted.
    double step(const RowState& s, std::span<double> q) const;
    /// Adds the currents of P and q; returns the power of all generators.
    grid::Complex inject(const RowState& s, std::span<const double> q) const;

private:
    double mean_voltage(const Generator& g, const RowState& s) const;
    std::vector<Generator> generators_;
    ReactiveFit fit_;
};

}  // namespace gridflock::inline v0::powerflow
