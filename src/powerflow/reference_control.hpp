// SPDX-License-Identifier: Apache-2.0
// Generators that hold a voltage, for the reference solver.
//
//   dQ = J^-1 (V_set - mean |V|),   J(g, h) = d mean |V_g| / d Q_h of the linear network
//
// each iteration, all generators at once, within limits: at the upper one the voltage may lie below
// what is wanted, at the lower one above. Which stand at a limit is found by principal pivots of
// the least index, one generator at a time (all at once would set two that pull against each other
// to opposite limits). Source  K. G. Murty, "Note on a Bard-type scheme for solving the
// complementarity problem", Opsearch 11, 1974: finite where J is a P-matrix.
#pragma once

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
    enum class Place { free, lower, upper };
    struct Fit;
    void fit(std::span<const double> error, std::span<const double> q, Fit& f) const;
    bool repair(std::span<const double> q, Fit& f) const;
    double mean_voltage(const Generator& g, const RowState& s) const;
    std::vector<Generator> generators_;
    std::vector<double> sensitivity_;  // [g][h], V per var
};

}  // namespace gridflock::inline v0::powerflow
