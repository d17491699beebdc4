// SPDX-License-Identifier: Apache-2.0
// What all lanes of a topology share: row order, factor, the part of it that iterates.
//
// Rows 0..lead carry no injection: with Y = L D L' their part of the forward sweep is constant, so
// the iteration works on the rows from `lead` on, with the constant c = I_source2 - L21 z1, and the
// last backward sweep recovers the leading rows from z1 and the solution.
#pragma once

#include "kernel.hpp"
#include "sparse.hpp"

#include <gridflock/powerflow/changeable.hpp>
#include <gridflock/powerflow/network.hpp>
#include <gridflock/powerflow/solver.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace gridflock::inline v0::powerflow {

/// How loads are parted between Y and the compensation currents.
enum class Shares { usual, rated };

/// A phase of a load in rows (the row past the last = ground).
struct SharedPhase {
    std::int32_t a, b, law, load;
    double share_g, share_b;
};

class LaneNetwork {
public:
    /// Errors  ScenarioError when the network has no live node or cannot be factored.
    LaneNetwork(std::shared_ptr<const Network> network, std::vector<Terminal> terminals,
                std::vector<Changeable> changeable, Shares shares);

    const Network& network() const { return *network_; }
    std::span<const Terminal> terminals() const { return terminals_; }
    std::int32_t rows() const { return rows_; }
    std::int32_t lead() const { return lead_; }
    std::int32_t iterated() const { return rows_ - lead_; }
    /// Rows at the end whose block of the factor each lane has for itself.
    std::int32_t tail() const { return tail_; }
    std::span<const Changeable> changeable() const { return changeable_; }
    /// The block before its elimination, elements as they stand: tail x tail.
    const grid::Matrix& tail_block() const { return tail_block_; }
    /// The row of a node; rows() for ground and dead nodes.
    std::int32_t row(NodeIdx node) const { return node.valid() ? row_of_node_[node.pos()] : rows_; }
    std::span<const std::int32_t> row_of_node() const { return row_of_node_; }
    NodeIdx node_of_row(std::int32_t r) const { return node_of_row_[static_cast<std::size_t>(r)]; }
    std::span<const SharedPhase> phases() const { return phases_; }
    const SparseRows& y() const { return y_; }
    const Factor& factor() const { return factor_; }
    std::span<const double> per_base() const { return per_base_; }
    std::span<const double> base_re() const { return base_re_; }
    std::span<const double> base_im() const { return base_im_; }
    std::span<const double> source_re() const { return source_re_; }
    std::span<const double> source_im() const { return source_im_; }

    KernelFactor iterated_factor() const;
    const double* iterated_constant() const { return constant_.data(); }
    /// The sources' own currents in the iterated rows, re and im in turn.
    const double* iterated_sources() const { return source_pairs_.data() + 2 * lead_; }
    const double* iterated_weight2() const { return weight2_.data() + lead_; }
    RecoverArgs recovery(double* v) const;
    /// At most the componentwise residual of every recovered row, by the rounding of their
    /// elimination and recovery, where all |V| lie within least .. most of base voltage.
    double recovery_residual(double least, double most) const {
        return (recovery_error_ * most + recovery_source_error_) / least;
    }
    ResidualArgs residual_of(const double* x, const double* v) const;
    std::size_t iterated_entries() const { return row_col_.size(); }

    /// The same network with the loads' rated admittances in Y, or null when that is singular.
    /// Built when first asked for.
    const LaneNetwork* rated() const;

private:
    void number_rows();
    void collect_phases();
    std::vector<Entry> entries() const;
    std::vector<std::uint8_t> idle_rows() const;
    void order_rows();
    void find_sources();
    void find_bases();
    void part_factor();
    void part_constant();
    void part_tail();
    void bound_recovery();
    std::vector<std::uint8_t> tail_rows() const;

    std::shared_ptr<const Network> network_;
    std::vector<Terminal> terminals_;
    Shares shares_;
    std::vector<std::int32_t> row_of_node_;
    std::vector<NodeIdx> node_of_row_;
    std::vector<Changeable> changeable_;
    grid::Matrix tail_block_;
    std::vector<std::int32_t> row_split_;
    std::int32_t rows_ = 0, lead_ = 0, tail_ = 0;
    std::vector<SharedPhase> phases_;
    SparseRows y_;
    Factor factor_;
    std::vector<double> per_base_, weight2_, base_re_, base_im_, source_re_, source_im_;
    std::vector<double> y_pairs_, y_size_, source_pairs_;                  // for the residual
    std::vector<std::int32_t> row_start_, row_col_, col_start_, col_row_;  // rows from lead on
    std::vector<double> row_l_, col_l_, d_, constant_;
    std::vector<std::int32_t> lead_start_, lead_row_;
    std::vector<double> lead_l_, lead_constant_;
    double recovery_error_ = 0, recovery_source_error_ = 0;
    mutable std::once_flag rated_once_;
    mutable std::unique_ptr<LaneNetwork> rated_;
};

}  // namespace gridflock::inline v0::powerflow
