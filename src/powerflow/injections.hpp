// SPDX-License-Identifier: Apache-2.0
// Phases and devices as the kernels read them: sorted by law, their powers taken from a table.
//
// Table rows, [row][W]: 0 holds ones. A load that nothing drives reads its multiplier from
// `scale_row`; a driven element reads its demand from two rows of its own.
#pragma once

#include "kernel.hpp"
#include "lane_network.hpp"

#include <vector>

namespace gridflock::inline v0::powerflow {

/// What multiplies an element's p and q.
struct Drive {
    std::int32_t p_row = 0, q_row = 0;
    bool is_driven = false;  ///< the rows hold demand in W and var instead of multipliers
};

/// A generator that holds a voltage, in sorted phases.
struct KernelControl {
    std::vector<std::int32_t> a, b;  ///< rows of its phases
    std::int32_t q_row = 0;          ///< of the table: var demanded by one phase
    double v_set = 0, q_min = 0, q_max = 0, q_start = 0;  ///< of all phases, + = injected
    std::int32_t generator = 0;
};

struct Injections {
    std::vector<KernelPhase> phases;
    std::vector<KernelLaw> laws;
    std::int32_t kind_start[phase_kinds + 1] = {};
    std::vector<KernelDevice> devices;
    std::vector<LoadLaw> scalar_laws;
    std::vector<KernelControl> controls;
    std::vector<SourceBranch> linear;  ///< ports as NodeIdx, see Network::linear_injections
    std::int32_t table_rows = 0;

    /// Shape   drive_of_load: one entry a load and generator of the network; drive_of_terminal: one
    /// a
    ///         terminal, p_row and q_row hold W and var, + into the grid.
    Injections(const LaneNetwork& network, std::span<const Drive> drive_of_load,
               std::span<const Drive> drive_of_terminal, std::int32_t table_rows);

    InjectArgs arguments(const LaneNetwork& network) const;
};

}  // namespace gridflock::inline v0::powerflow
