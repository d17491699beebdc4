// SPDX-License-Identifier: Apache-2.0
// One block of lanes on its way to a solution: the arrays, the iteration, what is read off at the
// end.
#pragma once

#include "injections.hpp"
#include "reactive_fit.hpp"

#include <gridflock/core/instruction_set.hpp>
#include <gridflock/core/status.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace gridflock::inline v0::powerflow {

/// Numbers on a cache line's border.
template <class T>
class Aligned {
public:
    Aligned() = default;
    explicit Aligned(std::size_t size, T value = T{})
        : store_(size + line / sizeof(T), value), size_(size) {
        void* p = store_.data();
        std::size_t space = store_.size() * sizeof(T);
        std::align(line, size * sizeof(T), p, space);
        offset_ = static_cast<std::size_t>(static_cast<T*>(p) - store_.data());
    }
    Aligned(const Aligned&) = delete;  // a copy would lie elsewhere
    Aligned& operator=(const Aligned&) = delete;
    Aligned(Aligned&&) noexcept = default;
    Aligned& operator=(Aligned&&) noexcept = default;

    T* data() { return store_.data() + offset_; }
    const T* data() const { return store_.data() + offset_; }
    T& operator[](std::size_t i) { return data()[i]; }
    T operator[](std::size_t i) const { return data()[i]; }
    std::size_t size() const { return size_; }

private:
    static constexpr std::size_t line = 64;
    std::vector<T> store_;
    std::size_t offset_ = 0, size_ = 0;
};

/// What a changed element adds to Y in one lane.
struct Delta {
    std::int32_t row, col;  // of the network
    grid::Complex y;
};

/// Widths there are kernels for.
inline constexpr int block_widths[] = {1, 8, 16, 32};

/// The width for a network: as wide as two blocks of iterated rows fit a second-level cache, and no
/// wider than the lanes there are.
int width_for(const LaneNetwork& network, std::size_t lanes, int wanted);

const KernelTable* kernels(InstructionSet set, int width);

struct BlockLimits {
    double tolerance = 1e-8;
    int max_iterations = 100;
    double slow = 0.3;  ///< see SolverOptions
    double step = 1.0;  ///< below 1 every step is shortened
};

/// The residual of which rows is measured: of all, or not of those recovered at the end in lanes
/// where rounding is proven to leave them less than `well_below`; their bound stands in for it.
enum class Check : std::uint8_t { all, unproven };
inline constexpr double well_below = 1e-12;

class Block {
public:
    Block(const LaneNetwork& network, const Injections& injections, InstructionSet set, int width);

    int width() const { return width_; }
    /// Row r of the table: one number a lane.
    double* table(std::int32_t r) { return table_.data() + static_cast<std::size_t>(r) * lanes(); }
    void start_base();
    void start_base(std::size_t lane);
    void start_lane(std::size_t lane, std::span<const std::complex<double>> v_of_row);
    grid::Complex v(std::int32_t row, std::size_t lane) const;
    void set_v(std::int32_t row, std::size_t lane, grid::Complex v);

    /// Puts changeable elements of one lane into other states; the rest stands as in the network.
    /// False when the lane's block is singular.
    bool change_lane(std::size_t lane, std::span<const Change* const> changes);
    bool is_changed(std::size_t lane) const { return !changes_.empty() && !changes_[lane].empty(); }
    std::span<const Delta> changes(std::size_t lane) const {
        return is_changed(lane) ? std::span<const Delta>(changes_[lane]) : std::span<const Delta>();
    }

    /// Iterates the lanes of `active`; others keep their voltages.
    void run(std::span<const std::uint8_t> active, const BlockLimits& limits);
    /// Totals, all rows, magnitudes, residual of the voltages in place.
    void finish(Check check);
    /// Keeps I - Y V of all rows for `refine`. After finish.
    void find_correction();
    /// V += Y^-1 (I - Y V) in one lane.
    void refine(std::size_t lane);

    // of each lane, after run
    std::vector<Status> status;
    std::vector<int> iterations;
    std::vector<double> change;
    // after finish
    std::vector<double> residual;
    Aligned<double> totals;  ///< [4][W] demand p, q; devices' p, q
    const double* magnitudes() const { return magnitude_.data(); }  ///< [row][W]
    const double* voltages() const { return v_.data(); }            ///< [row][re W, im W]
    /// Adds the magnitudes of the live lanes; the caller sets live, limits and sums.
    void add_statistics(StatisticsArgs a) const;
    std::int32_t worst_row(std::size_t lane) const;  ///< of the last step; for failed lanes

private:
    std::size_t lanes() const { return static_cast<std::size_t>(width_); }
    double* iterated_v() {
        return v_.data() + static_cast<std::size_t>(network_.lead()) * 2 * lanes();
    }
    std::int32_t iterated() const { return network_.iterated(); }
    void inject(double* x, double* totals_out);
    void check_recovered(ResidualArgs a, Check check);
    void add_linear(double* x);
    void sweep_pivoted(const SweepArgs& a);
    bool factor_tail(std::size_t lane, const grid::Matrix& block);
    void solve_changed(std::size_t lane, std::span<double> re, std::span<double> im) const;
    void take_off_changes(double* x);
    void prepare_controls();
    double control_voltages(std::size_t lane);
    int judge(const BlockLimits& limits);
    void begin_mixing();
    void accelerate(int k);
    void weigh(std::size_t lane);
    void shorten(const double* x, double step);

    const LaneNetwork& network_;
    const Injections& injections_;
    const KernelTable* kernels_;
    int width_;
    Aligned<double> v_, table_, magnitude_, correction_, tail_l_, tail_d_;
    std::vector<std::vector<Delta>> changes_;  // [lane]
    Aligned<double> ring_[4];                  // iterates; ring_[0] is X while nothing accelerates
    Aligned<double> sample_[4], sample_v_[4], products_, weight_, change2_, sum2_, worst2_, least_,
        most_;
    std::vector<std::int32_t> sample_rows_;
    std::vector<double> sample_weight_;
    Aligned<std::int64_t> frozen_, take_;
    std::vector<int> held_;  // [W] iterates a lane has in the ring
    std::vector<std::uint8_t> is_mixing_, is_slow_, is_done_;
    ReactiveFit control_fit_;
    std::vector<double> control_error_, control_q_;
    bool any_mixing_ = false;
};

}  // namespace gridflock::inline v0::powerflow
