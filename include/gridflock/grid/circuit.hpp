// SPDX-License-Identifier: Apache-2.0
// A distribution circuit as plain values: what is connected to what, in SI units.
//
// A node is (bus, small integer), never a phase: neutrals, split phase and many-conductor lines are
// ordinary. Number 0 is ground. Every element keeps the file and line that made it. Whoever reads a
// format (dss) turns its words into these numbers; whoever solves (powerflow) turns these numbers
// into admittances. Nothing here computes.
#pragma once

#include <gridflock/core/error.hpp>
#include <gridflock/core/index.hpp>
#include <gridflock/grid/matrix.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gridflock::inline v0::grid {

using BusIdx = Index<struct BusTag>;

/// One terminal of an element: the bus, and one node number a conductor.
struct Connection {
    BusIdx bus;
    std::vector<int> nodes;             ///< 0 = ground
    std::vector<std::uint8_t> is_open;  ///< empty = all closed, else 1 where a conductor is open
};

struct Bus {
    std::string name;     ///< lower case
    double base_v = 0;    ///< line to neutral, V; 0 = unknown
    double x = 0, y = 0;  ///< drawing coordinates
    bool has_coordinates = false;
    std::vector<int> nodes;  ///< in order of first mention, without ground
    Place at;                ///< the element that first named it
};

/// What every element has.
struct Element {
    std::string name;  ///< lower case, without its class
    Place at;
};

/// Pi model of n conductors: series impedance and shunt admittance of the whole length.
struct Line : Element {
    Connection from, to;
    Matrix z_ohm;         ///< n x n
    Matrix shunt_s;       ///< n x n, half of it stands at each end
    double length_m = 0;  ///< 0 where the unit is not known
    bool is_switch = false;
};

struct Winding {
    Connection at;
    bool is_delta = false;
    double turns_v = 0;   ///< rated volts across one winding
    double rated_va = 0;  ///< of the whole transformer
    double tap = 1;
    double tap_min = 0.9, tap_max = 1.1;
    int tap_steps = 32;
    double resistance_pu = 0.002;
    double neutral_r_ohm = -1;  ///< < 0: neutral not grounded inside
    double neutral_x_ohm = 0;
};

struct Transformer : Element {
    int phases = 3;
    std::vector<Winding> windings;
    std::vector<double> reactance_pu;  ///< pairs (1,2) (1,3) .. (2,3) .. on the first rating
    double no_load_loss_pu = 0;        ///< shunt conductance on winding 2
    double magnetising_pu = 0;         ///< shunt susceptance on winding 2
    double antifloat_pu = 1e-6;        ///< reactive shunt on both ends of every winding
    bool high_leads_low = false;       ///< European vector group
    double frequency_ratio = 1;        ///< solved frequency over rated frequency
    std::string bank;
};

struct Capacitor : Element {
    int phases = 3;
    bool is_delta = false;
    Connection from, to;                         ///< `to` is unused in delta
    std::vector<double> step_farad;              ///< capacitance of one phase, one entry a step
    std::vector<double> step_r_ohm, step_x_ohm;  ///< in series with each phase
    std::vector<std::uint8_t> step_on;
    Matrix farad;      ///< instead of step_farad when given as a matrix
    double omega = 0;  ///< rad/s at which reactance is meant
};

struct Reactor : Element {
    int phases = 3;
    bool is_delta = false;
    Connection from, to;
    Matrix y_s;  ///< phases x phases series admittance
};

struct Source : Element {
    int phases = 3;
    Connection from, to;
    Matrix z_ohm;            ///< phases x phases, behind the ideal voltage; any matrix that inverts
    double magnitude_v = 0;  ///< of each phase
    double angle_deg = 0;    ///< of the first phase
    int sequence = 1;        ///< 1 positive, -1 negative, 0 all alike
};

/// A current of fixed size and angle, out of `to` into `from`.
struct CurrentSource : Element {
    int phases = 3;
    Connection from, to;
    double magnitude_a = 0;  ///< of each phase
    double angle_deg = 0;    ///< of the first phase
    int sequence = 1;        ///< 1 positive, -1 negative, 0 all alike
};

/// How power follows voltage. The numbers are those of OpenDSS.
enum class LoadModel : std::uint8_t {
    constant_power = 1,
    constant_impedance = 2,
    motor = 3,  ///< constant P, quadratic Q
    cvr = 4,    ///< exponents for P and Q
    constant_current = 5,
    fixed_q = 6,  ///< constant P, Q fixed at its base
    fixed_x = 7,  ///< constant P, Q of a fixed reactance
    zip = 8,
};

/// A demand: p_w and q_var are consumption, positive for a load (the solver turns them round).
struct Load : Element {
    int phases = 3;
    bool is_delta = false;
    Connection at_bus;  ///< phases, then the neutral of a wye
    LoadModel model = LoadModel::constant_power;
    double p_w = 0, q_var = 0;  ///< nominal demand of all phases
    double base_q_var = 0;      ///< Q of models 6 and 7, which no multiplier moves
    double rated_v = 0;         ///< across one phase
    double v_min_pu = 0.95, v_max_pu = 1.05, v_low_pu = 0.5;
    double cvr_watts = 1, cvr_vars = 2;
    std::array<double, 7> zip{};
    bool is_fixed = false;  ///< load multipliers do not touch it
};

/// Injects p_w and q_var, positive into the grid: machines, and inverters of PV and storage.
struct Generator : Element {
    int phases = 3;
    bool is_delta = false;
    Connection at_bus;
    double p_w = 0, q_var = 0;
    double rated_v = 0;
    double v_min_pu = 0.9, v_max_pu = 1.1;
    LoadModel model = LoadModel::constant_power;
    double base_q_var = 0;        ///< Q of models 6 and 7
    double edge_share = 1;        ///< of the power that is left outside v_min .. v_max
    bool limits_current = false;  ///< below v_min: the current of v_min, not an impedance
    bool is_voltage_controlled = false;
    double v_set_v = 0;                    ///< mean over its phases, across one phase
    double q_min_var = 0, q_max_var = 0;   ///< of all phases, when it controls voltage
    std::string class_name = "generator";  ///< what the script calls it: also pvsystem, storage
};

struct RegulatorControl : Element {
    std::string transformer;
    int winding = 1;
    double v_set = 120, band_v = 3, pt_ratio = 60, ct_primary_a = 300, r_v = 0, x_v = 0;
};

struct CapacitorControl : Element {
    std::string capacitor, element;
};

struct Circuit {
    std::string name;
    double frequency_hz = 60;
    Place bases_at;  ///< where the voltage bases of the buses were chosen, if a file says so
    std::vector<Bus> buses;
    std::vector<Line> lines;
    std::vector<Transformer> transformers;
    std::vector<Capacitor> capacitors;
    std::vector<Reactor> reactors;
    std::vector<Source> sources;
    std::vector<CurrentSource> current_sources;
    std::vector<Load> loads;
    std::vector<Generator> generators;
    std::vector<RegulatorControl> regulator_controls;
    std::vector<CapacitorControl> capacitor_controls;

    /// The bus of that (lower case) name, or an invalid index.
    BusIdx find_bus(std::string_view bus_name) const;
    /// The bus of that name, made if there is none; `at` is remembered for a new one.
    BusIdx add_bus(const std::string& bus_name, const Place& at);
    /// Notes that an element touches these nodes of the bus.
    void note_nodes(BusIdx bus, const std::vector<int>& nodes);
    const Bus& bus(BusIdx i) const { return buses[i.pos()]; }

private:
    std::unordered_map<std::string, std::int32_t> bus_by_name_;
};

}  // namespace gridflock::inline v0::grid
