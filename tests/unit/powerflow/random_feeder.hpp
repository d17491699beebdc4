// SPDX-License-Identifier: Apache-2.0
// Feeders drawn at random: 2 to 16 buses at 7.2 kV, 277 V and split-phase 120 V; lines of one to
// four conductors (the fourth is a neutral), loops, three kinds of transformers, loads of six
// models in wye and delta, generators, capacitors and reactors. Sizes are such that the feeder can
// be solved: voltages stay between 0.7 and 1.3 of rated, where load models have one formula each.
#pragma once

#include <gridflock/core/math.hpp>
#include <gridflock/grid/circuit.hpp>

#include <algorithm>
#include <iterator>
#include <numbers>
#include <string>
#include <vector>

#include <rapidcheck.h>

namespace random_feeder {

using namespace gridflock;
using grid::Circuit;
using grid::Complex;
using grid::LoadModel;

inline int between(int low, int high) {
    return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(low, high + 1));  // full range
}
inline bool chance(int in, int of) {
    return between(1, of) <= in;
}
inline double real(double low, double high) {
    return low + (high - low) * between(0, 1'000'000) / 1e6;
}

/// What the parts hang on.
struct Spot {
    grid::BusIdx bus;
    std::vector<int> phases;
    bool has_neutral = false;  ///< node 4
    int zone = 0;              ///< one a transformer: loops stay inside
    double base_v = 0;
    double line_v = 0;       ///< between two of its phases
    double ohm = 1, kw = 1;  ///< sizes of lines and loads here

    int neutral() const { return has_neutral ? 4 : 0; }
};

class Builder {
public:
    Circuit circuit;

    /// Draws a whole feeder.
    void build() {
        circuit.frequency_hz = 60;
        add_source();
        const int branches = between(1, 14);
        for (int i = 0; i < branches; ++i) add_branch();
        const int loops = between(0, 2);
        for (int i = 0; i < loops; ++i) add_loop();
        for (const Spot& spot : spots_) populate(spot);
        if (circuit.loads.empty()) add_load(spots_.back());
    }
    const std::vector<Spot>& spots() const { return spots_; }

private:
    std::string next(const char* kind) { return kind + std::to_string(counter_++); }

    grid::BusIdx add_bus(double base_v) {
        const auto bus = circuit.add_bus(next("bus"), {});
        circuit.buses[bus.pos()].base_v = base_v;
        return bus;
    }

    void add_source() {
        Spot head{add_bus(7200), {1, 2, 3}, false, zones_++, 7200, 7200 * math::sqrt(3.0), 1, 10};
        grid::Source s;
        s.name = "source";
        s.from = {head.bus, {1, 2, 3}, {}};
        s.to = {head.bus, {0, 0, 0}, {}};
        s.z_ohm = grid::from_sequence({0.05, 0.4}, {0.1, 0.9}, 3);
        s.magnitude_v = 7200 * real(0.99, 1.04);
        s.angle_deg = real(-180, 180);
        circuit.sources.push_back(s);
        spots_.push_back(head);
    }

    void add_branch() {
        const Spot parent =
            spots_[static_cast<std::size_t>(between(0, static_cast<int>(spots_.size()) - 1))];
        const bool is_medium = parent.base_v > 1000;
        if (is_medium && chance(1, 5))
            add_centre_tap(parent);
        else if (is_medium && parent.phases.size() == 3 && chance(1, 4))
            add_transformer(parent);
        else
            add_line_to_new_bus(parent);
    }

    void add_line_to_new_bus(const Spot& parent) {
        Spot end = parent;
        if (end.phases.size() > 1 && chance(1, 3))
            end.phases.erase(end.phases.begin() +
                             between(0, static_cast<int>(end.phases.size()) - 1));
        end.bus = add_bus(parent.base_v);
        end.has_neutral = parent.zone == 0 && (parent.has_neutral || chance(1, 3));
        add_line(parent, end, end.phases, end.has_neutral);
        if (end.has_neutral) add_grounding(end);
        spots_.push_back(end);
    }

    void add_line(const Spot& from, const Spot& to, const std::vector<int>& phases,
                  bool has_neutral) {
        grid::Line line;
        line.name = next("line");
        line.from = {from.bus, phases, {}};
        line.to = {to.bus, phases, {}};
        if (has_neutral) {
            line.from.nodes.push_back(from.neutral());
            line.to.nodes.push_back(4);
        }
        const std::size_t n = line.from.nodes.size();
        line.z_ohm = line.shunt_s = grid::Matrix(n);
        const double size = from.ohm * real(0.3, 1.5);
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j <= i; ++j) {
                const Complex z = i == j ? Complex(real(0.1, 0.3), real(0.3, 0.6))
                                         : Complex(real(0.02, 0.05), real(0.1, 0.2));
                line.z_ohm(i, j) = line.z_ohm(j, i) = z * size;
                const Complex b(0, (i == j ? 2e-6 : -0.4e-6) * real(0.5, 1.5));
                line.shunt_s(i, j) = line.shunt_s(j, i) = b;
            }
        circuit.lines.push_back(line);
    }

    void add_grounding(const Spot& spot) {
        grid::Reactor r;
        r.name = next("ground");
        r.phases = 1;
        r.from = {spot.bus, {4}, {}};
        r.to = {spot.bus, {0}, {}};
        r.y_s = grid::Matrix(1);
        r.y_s(0, 0) = 1.0 / Complex(real(1, 20), 0.1);
        circuit.reactors.push_back(r);
    }

    static grid::Winding winding(const Spot& at, std::vector<int> nodes, bool is_delta,
                                 double turns_v, double rated_va) {
        grid::Winding w;
        w.at = {at.bus, std::move(nodes), {}};
        w.is_delta = is_delta;
        w.turns_v = turns_v;
        w.rated_va = rated_va;
        w.resistance_pu = real(0.003, 0.01);
        w.tap = 1 + 0.00625 * between(-8, 8);
        return w;
    }

    void add_transformer(const Spot& parent) {
        const bool is_delta = chance(1, 2);
        Spot low = parent;
        low.bus = add_bus(277);
        low.zone = zones_++;
        low.has_neutral = false;
        low.base_v = 277;
        low.line_v = 277 * math::sqrt(3.0);
        low.ohm = 0.02;
        low.kw = 3;
        grid::Transformer t;
        t.name = next("transformer");
        const double turns = is_delta ? parent.line_v : parent.base_v;
        t.windings = {winding(parent, {1, 2, 3, 0}, is_delta, turns, 500e3),
                      winding(low, {1, 2, 3, 0}, false, 277, 500e3)};
        t.reactance_pu = {real(0.02, 0.06)};
        t.no_load_loss_pu = real(0, 0.003);
        t.magnetising_pu = real(0, 0.01);
        circuit.transformers.push_back(t);
        spots_.push_back(low);
    }

    void add_centre_tap(const Spot& parent) {
        Spot low = parent;
        low.bus = add_bus(120);
        low.phases = {1, 2};
        low.zone = zones_++;
        low.has_neutral = false;
        low.base_v = 120;
        low.line_v = 240;
        low.ohm = 0.02;
        low.kw = 2;
        grid::Transformer t;
        t.name = next("centre");
        t.phases = 1;
        t.windings = {winding(parent, {parent.phases.front(), parent.neutral()}, false, 7200, 50e3),
                      winding(low, {1, 0}, false, 120, 50e3),
                      winding(low, {0, 2}, false, 120, 50e3)};
        t.reactance_pu = {0.0204, 0.0204, 0.0136};
        circuit.transformers.push_back(t);
        spots_.push_back(low);
    }

    void add_loop() {
        const int last = static_cast<int>(spots_.size()) - 1;
        const Spot a = spots_[static_cast<std::size_t>(between(0, last))];
        const Spot b = spots_[static_cast<std::size_t>(between(0, last))];
        if (a.bus == b.bus || a.zone != b.zone) return;
        std::vector<int> common;
        std::set_intersection(a.phases.begin(), a.phases.end(), b.phases.begin(), b.phases.end(),
                              std::back_inserter(common));
        if (!common.empty()) add_line(a, b, common, false);
    }

    void populate(const Spot& spot) {
        const int loads = between(0, 2);
        for (int i = 0; i < loads; ++i) add_load(spot);
        if (chance(1, 5)) add_generator(spot);
        if (chance(1, 6)) add_capacitor(spot);
        if (chance(1, 8)) add_shunt_reactor(spot);
    }

    /// Draws where a load or generator stands.
    template <class E>
    void place(E& e, const Spot& spot) {
        const int n = static_cast<int>(spot.phases.size());
        e.is_delta = n > 1 && chance(1, 3);
        e.rated_v = e.is_delta ? spot.line_v : spot.base_v;
        e.at_bus.bus = spot.bus;
        if (e.is_delta && (n < 3 || chance(1, 2))) {
            e.phases = 1;
            e.at_bus.nodes = {spot.phases[0], spot.phases[1]};
        } else if (e.is_delta) {
            e.phases = 3;
            e.at_bus.nodes = spot.phases;
        } else if (chance(1, 2)) {
            e.phases = 1;
            e.at_bus.nodes = {spot.phases[static_cast<std::size_t>(between(0, n - 1))],
                              spot.neutral()};
        } else {
            e.phases = n;
            e.at_bus.nodes = spot.phases;
            e.at_bus.nodes.push_back(spot.neutral());
        }
        e.v_min_pu = 0.7;
        e.v_max_pu = 1.3;
        e.p_w = 1e3 * spot.kw * real(0.3, 2) * e.phases;
        e.q_var = e.p_w * real(-0.2, 0.5);
    }

    void add_load(const Spot& spot) {
        const LoadModel models[] = {LoadModel::constant_power,
                                    LoadModel::constant_impedance,
                                    LoadModel::motor,
                                    LoadModel::cvr,
                                    LoadModel::constant_current,
                                    LoadModel::zip};
        grid::Load load;
        load.name = next("load");
        place(load, spot);
        load.model = models[between(0, 5)];
        load.cvr_watts = real(0.4, 1.4);
        load.cvr_vars = real(1.5, 3);
        const double z = real(0, 0.5), i = real(0, 0.5);
        load.zip = {z, i, 1 - z - i, i, z, 1 - z - i, 0};
        circuit.loads.push_back(load);
    }

    void add_generator(const Spot& spot) {
        grid::Generator g;
        g.name = next("generator");
        place(g, spot);
        circuit.generators.push_back(g);
    }

    void add_capacitor(const Spot& spot) {
        grid::Capacitor c;
        c.name = next("capacitor");
        c.phases = static_cast<int>(spot.phases.size());
        c.is_delta = c.phases == 3 && chance(1, 3);
        c.from = {spot.bus, spot.phases, {}};
        c.to = {spot.bus, std::vector<int>(spot.phases.size(), 0), {}};
        c.omega = 2 * std::numbers::pi * 60;
        const double v = c.is_delta ? spot.line_v : spot.base_v;
        c.step_farad = {real(0.5, 2) * 1e3 * spot.kw / (v * v * c.omega)};
        c.step_r_ohm = c.step_x_ohm = {0};
        c.step_on = {1};
        circuit.capacitors.push_back(c);
    }

    void add_shunt_reactor(const Spot& spot) {
        grid::Reactor r;
        r.name = next("reactor");
        r.phases = static_cast<int>(spot.phases.size());
        r.from = {spot.bus, spot.phases, {}};
        r.to = {spot.bus, std::vector<int>(spot.phases.size(), 0), {}};
        r.y_s = grid::Matrix(spot.phases.size());
        const double ohm = spot.base_v * spot.base_v / (1e3 * spot.kw * real(0.5, 2));
        for (std::size_t i = 0; i < spot.phases.size(); ++i)
            r.y_s(i, i) = 1.0 / Complex(0.01 * ohm, ohm);
        circuit.reactors.push_back(r);
    }

    std::vector<Spot> spots_;
    int zones_ = 0, counter_ = 0;
};

inline Circuit draw() {
    Builder b;
    b.build();
    return std::move(b.circuit);
}

}  // namespace random_feeder
