// SPDX-License-Identifier: Apache-2.0
// What the lane kernels work on: plain pointers, so that a kernel file needs nothing of the
// library.
//
// A row of a block is [re W][im W]. Row `rows` (one past the last) is ground: zero in V, a bin in
// X.
#pragma once

#include <cstdint>

namespace gridflock::inline v0::powerflow {

/// One phase whose demand goes through a load law.
struct KernelPhase {
    std::int32_t a, b;    ///< rows; ground = the row past the last
    std::int32_t ip, iq;  ///< rows of the table that multiply p and q
    double p, q;          ///< demand at rated voltage, W
    double low2, high2;   ///< |V|^2 of the inner form; above it an impedance, below it the
                          ///< scalar form
};

/// What a phase needs beyond that when it is not plain constant power.
struct KernelLaw {
    double share_g, share_b;  ///< stands in Y
    double rated;             ///< V
    double watts, vars;       ///< exponents of the CVR law
    double line_a, line_b;    ///< below the inner form y / demand = a / |V| + b
    double floor2;            ///< |V|^2 below which only the scalar form holds
    std::int32_t law;         ///< for the scalar form
};

enum class PhaseKind : std::int32_t { power, current, impedance, cvr, other };
inline constexpr int phase_kinds = 5;

/// The scalar form of any law, for voltages outside its inner form: admittances of W lanes.
using ScalarLaw = void (*)(const void* laws, std::int32_t law, int lanes, const double* v2,
                           const double* p, const double* q, double* y_g, double* y_b);

/// A device: constant power, an impedance below its floor.
struct KernelDevice {
    std::int32_t a, b, ip, iq;
    double p, q;  ///< multiply the table, + = into the grid
    double floor2;
};

/// A lower triangular factor by rows (for the forward sweep) and by columns (backward).
struct KernelFactor {
    std::int32_t rows;
    const std::int32_t *row_start, *row_col;
    const double* row_l;  ///< re, im in turn
    const std::int32_t *col_start, *col_row;
    const double* col_l;
    const double* d;                ///< reciprocal pivots, re and im in turn
    std::int32_t tail;              ///< last rows, whose block of L each lane has for itself
    const std::int32_t* row_split;  ///< [tail] where entries of a row reach the tail's columns
};

struct InjectArgs {
    std::int32_t rows;
    const double* constant;  ///< [row] re, im in turn
    const double* table;     ///< [table row][W]
    const KernelPhase* phases;
    const KernelLaw* laws;                     ///< [phase], of the kinds after `power`
    std::int32_t kind_start[phase_kinds + 1];  ///< phases are sorted by kind
    const KernelDevice* devices;
    std::int32_t device_count;
    ScalarLaw scalar;
    const void* law_table;
    const double* v;
    double* x;
    double* totals;  ///< [4][W] demand p, q, devices' p, q; null = not wanted
};

struct SweepArgs {
    KernelFactor factor;
    const double* tail_l;        ///< lower triangle by rows, without the diagonal: [re W][im W]
    const double* tail_d;        ///< [tail] reciprocal pivots, [re W][im W]
    const double* weight2;       ///< [row] 1 / base^2
    const std::int64_t* frozen;  ///< [W] -1 = keep the voltages
    double* x;                   ///< in: currents, out: voltages
    double* v;                   ///< in: voltages before; out: new ones unless keep_v
    bool keep_v;
    double* change2;  ///< [W] largest squared change, pu^2
    double* sum2;     ///< [W] their sum: not finite when any is not
};

/// V of the leading rows that do not iterate, from the columns of L and a constant; |V| of all.
struct RecoverArgs {
    std::int32_t lead, rows;  ///< first `lead` of `rows` are recovered, backwards
    const std::int32_t *col_start, *col_row;
    const double* col_l;
    const double* constant;  ///< [lead] re, im in turn
    double* v;               ///< [rows]
    const double* per_base;  ///< [rows]
    double* magnitude;       ///< [rows][W] |V|, filled
    double *least, *most;    ///< [W] of |V| per base
};

struct ResidualArgs {
    std::int32_t begin, end;  ///< rows that are measured
    const std::int32_t *start, *col;
    const double* y;          ///< re, im in turn
    const double* size;       ///< |y|
    const double* constant;   ///< [row] re, im in turn: currents of sources
    std::int32_t lead;        ///< rows before it have no injection
    const double* x;          ///< [rows - lead] all currents of the rows that have one
    const double* v;          ///< [rows]
    const double* magnitude;  ///< [rows][W] |V|
    double* worst2;           ///< [W] largest squared componentwise residual
    double* correction;       ///< [rows] I - Y V; null = not wanted
};

struct StatisticsArgs {
    std::int32_t rows;
    const double* magnitude;   ///< [row][W]
    const double* per_base;    ///< [row]
    const std::int64_t* live;  ///< [W] 0 = leave this lane out
    double low, high;
    double *min, *max, *sum;  ///< [row][W]
    double *below, *above;    ///< [row][W] counts
};

struct MixArgs {
    std::int32_t rows;
    const double* history[4];  ///< newest first
    const double* weight;      ///< [4][W]
    const std::int64_t* take;  ///< [W] -1 = take the mixture
    const std::int64_t* frozen;
    double* v;  ///< mixture, or the newest where not taken, or as it is where frozen
};

/// Products of the differences of the newest of four vectors to the three before it: d of residuals
/// f, e of the voltages u they belong to.
struct GramArgs {
    std::int32_t doubles;      ///< of one vector and lane
    const double* history[4];  ///< f, [doubles][W], newest first
    const double* history_u[4];
    /// [15][W]: d1d1 d1d2 d1d3 d2d2 d2d3 d3d3 d1f d2f d3f, then the symmetric part of d e times
    /// two, d1e1+d1e1 d1e2+d2e1 d1e3+d3e1 d2e2+d2e2 d2e3+d3e2 d3e3+d3e3
    double* products;
};
inline constexpr int gram_products = 15;

/// The scaled residual of the fixed point on some rows.
struct SampleArgs {
    std::int32_t count;
    const std::int32_t* rows;
    const double* weight;  ///< [count]
    const double *x, *v;
    double *f, *u;  ///< [count][2][W] (x - v) and v, times weight
};

/// One width of one instruction set.
struct KernelTable {
    void (*inject)(const InjectArgs&);
    void (*sweep)(const SweepArgs&);
    void (*recover)(const RecoverArgs&);
    void (*residual)(const ResidualArgs&);
    void (*statistics)(const StatisticsArgs&);
    void (*mix)(const MixArgs&);
    void (*gram)(const GramArgs&);
    void (*sample)(const SampleArgs&);
};

namespace kernel {
/// Width 1, 8, 16 or 32; null for another.
const KernelTable* portable(int lanes);
const KernelTable* avx2(int lanes);
const KernelTable* avx512(int lanes);
}  // namespace kernel

}  // namespace gridflock::inline v0::powerflow
