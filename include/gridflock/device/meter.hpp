// SPDX-License-Identifier: Apache-2.0
// A site's meter: five registers of energy, read as integer watt-hours at interval ends.
//
//   energy of a step  round(power x dt) to whole microjoules, load, PV and battery each by itself
//   net               their integer sum: > 0 is export, < 0 import
//   watt-hours        floor(microjoules / 3.6e9), of the cumulative register
//
// The remainder below a watt-hour stays in the register, so the intervals of any span add up to the
// register's advance, and import - export + PV + discharge - charge = load to the microjoule.
// Rounding moves a register by at most 0.5 uJ a step (1.5 for the net ones). A step that crosses an
// interval's end is split there: the first part is rounded by itself, the second is the rest.
#pragma once

#include <gridflock/core/column.hpp>
#include <gridflock/core/lanes.hpp>
#include <gridflock/core/status.hpp>

#include <array>
#include <cstdint>
#include <vector>

namespace gridflock::inline v0::device {

enum class Register : std::uint8_t { import_energy, export_energy, pv, charge, discharge };
inline constexpr std::size_t register_count = 5;
inline constexpr std::int64_t microjoules_per_wh = 3'600'000'000;

template <class T>
using Registers = std::array<T, register_count>;

constexpr std::size_t pos(Register r) {
    return static_cast<std::size_t>(r);
}

struct MeterParams {
    Duration interval = minutes(15);  ///< counted from the epoch
};

/// What a checkpoint keeps: cumulative microjoules, and the watt-hours at the last interval's end.
struct MeterState {
    Registers<Column<std::int64_t>> energy_uj;   // each [site][lane]
    Registers<Column<std::int64_t>> latched_wh;  // each [site][lane]

    MeterState() = default;
    MeterState(std::size_t sites, std::size_t lanes);
    std::int64_t cumulative_wh(Register r, std::size_t site, std::size_t lane) const {
        return energy_uj[pos(r)](site, lane) / microjoules_per_wh;
    }
    bool operator==(const MeterState&) const = default;
};

/// Mean powers of the step, each [site, lane], injection positive.
struct MeterInput {
    ColumnView<const double> load_w;     ///< <= 0
    ColumnView<const double> pv_w;       ///< >= 0
    ColumnView<const double> battery_w;  ///< discharge +
};

/// What the latch shows after a step. Of a lane that did not take part, nothing changes.
struct MeterReads {
    Registers<Column<std::int64_t>> interval_wh;    ///< of the interval just closed
    Registers<Column<std::int64_t>> cumulative_wh;  ///< at its end
    std::vector<std::uint8_t> closed;               ///< [lane], 1 = an interval ended in this step
    std::vector<std::int64_t> start_ns;             ///< [lane], its start
    std::vector<Status> status;                     ///< [lane]

    MeterReads() = default;
    MeterReads(std::size_t sites, std::size_t lanes);
};

/// Energies of one site over a step or a part of it.
struct MeterEnergy {
    std::int64_t load_uj = 0, pv_uj = 0, battery_uj = 0;
};

/// Whole microjoules of a power over a time. |p dt| must be below 2^51 uJ (625 kWh).
std::int64_t energy_uj(double p_w, double dt);

/// The five registers' advance.
Registers<std::int64_t> register_advance(const MeterEnergy& energy);

/// Meters the step [now, now + dt) of every site; latches where an interval ends in (now, now +
/// dt]. Shape   input: [site, lane]; state, reads: [site][lane]. Changes state and reads of the
/// lanes that take part. Allocates nothing. A site whose power is not
///         finite, or a step longer than the interval, sets the lane's status and is not metered.
/// Errors  ShapeError; Error if the interval is not positive.
void advance(const MeterParams& params, MeterState& state, const MeterInput& input,
             MeterReads& reads, const LaneClock& clock);

}  // namespace gridflock::inline v0::device
