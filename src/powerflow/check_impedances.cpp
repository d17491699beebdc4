// SPDX-License-Identifier: Apache-2.0
// Impedances that cannot be meant: none at all, negative, or so large that the load behind them
// cannot be carried. Over an impedance z at V volts no more than V^2 / (2 |z| (1 + cos d)) gets
// through (d: angle of z less that of the load); twice the least of it is taken as the limit.
#include "survey.hpp"

#include <gridflock/core/math.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace gridflock::inline v0::powerflow {

namespace {

using grid::Complex;
using grid::ElementKind;
using grid::ElementRef;

constexpr double least_ohm = 1e-11;  // of a whole line: below it digits of Y are lost

double size(Complex z) {
    return math::sqrt(std::norm(z));
}

/// Apparent power of the loads behind each bus, VA. Shape [bus].
struct Behind {
    std::vector<double> va;
    std::vector<std::int32_t> largest;  ///< the largest load behind, -1 = none

    explicit Behind(const Survey& s) : va(s.circuit.buses.size(), 0.0), largest(va.size(), -1) {
        for (std::size_t i = 0; i < s.circuit.loads.size(); ++i)
            add(s, s.circuit.loads[i].at_bus.bus, static_cast<std::int32_t>(i));
        for (std::size_t k = s.topology.order.size(); k-- > 0;) {
            const grid::Branch& b = s.topology.order[k];
            va[b.from.pos()] += va[b.to.pos()];
            if (largest[b.to.pos()] >= 0) offer(s, b.from, largest[b.to.pos()]);
        }
    }
    static double of(const grid::Load& load) { return size({load.p_w, load.q_var}); }

private:
    void add(const Survey& s, grid::BusIdx bus, std::int32_t load) {
        va[bus.pos()] += of(s.circuit.loads[static_cast<std::size_t>(load)]);
        offer(s, bus, load);
    }
    void offer(const Survey& s, grid::BusIdx bus, std::int32_t load) {
        std::int32_t& best = largest[bus.pos()];
        const auto power = [&](std::int32_t i) {
            return of(s.circuit.loads[static_cast<std::size_t>(i)]);
        };
        if (best < 0 || power(load) > power(best)) best = load;
    }
};

/// What a branch can carry at most, VA; 0 = no limit that we know.
struct Limit {
    double va = 0, ohm = 0;
};

Limit limit_of(const Survey& s, const grid::Branch& b) {
    if (b.element.kind == ElementKind::transformer) {
        const grid::Transformer& t = s.circuit.transformers[b.element.pos()];
        if (t.windings.size() < 2 || t.reactance_pu.empty()) return {};
        const Complex z(t.windings[0].resistance_pu + t.windings[1].resistance_pu,
                        t.reactance_pu[0]);
        if (size(z) == 0) return {};
        return {t.windings[0].rated_va / (2 * size(z)) * 3 / t.phases, 0};  // a bank may have three
    }
    if (b.element.kind != ElementKind::line) return {};
    const grid::Line& line = s.circuit.lines[b.element.pos()];
    const std::size_t n = line.z_ohm.order();
    if (n == 0) return {};
    Complex own{}, mutual{};
    for (std::size_t i = 0; i < n; ++i) {
        own += line.z_ohm(i, i) / static_cast<double>(n);
        for (std::size_t j = 0; j < i; ++j)
            mutual += line.z_ohm(i, j) * 2.0 / static_cast<double>(n * (n - 1));
    }
    const double ohm = size(n > 1 ? own - mutual : own);
    double v = 0;
    for (std::size_t k = 0; k < line.from.nodes.size(); ++k)
        v = math::max(v, size(s.v(b.from, line.from.nodes[k])));
    const double phases = static_cast<double>(std::min<std::size_t>(n, 3));
    return ohm > 0 && v > 0 ? Limit{phases * v * v / (2 * ohm), ohm} : Limit{};
}

std::string length_text(double metres) {
    if (metres <= 0) return "";
    return metres < 1e4 ? fmt::format("{:.4g} m", metres) : fmt::format("{:.4g} km", metres / 1e3);
}

void tell(const Survey& s, const grid::Branch& b, const Limit& limit, double va,
          const grid::Load& largest, ElementRef largest_ref, std::vector<Fault>& faults) {
    const std::string demand = fmt::format("{:.4g} kVA", va / 1e3);
    const std::string most = fmt::format("{:.3g} kVA", limit.va / 1e3);
    const bool is_one_load = va - Behind::of(largest) < 0.5 * limit.va;
    if (is_one_load && Behind::of(largest) > 2e6) {
        faults.push_back({s.place(largest_ref, "kw"), fmt::format("{:.6g}", largest.p_w / 1e3),
                          fmt::format("is more than {} can carry, {} at most",
                                      s.name_and_place(b.element), most),
                          "check the decimal point and the unit: kw is kW, not W"});
        return;
    }
    if (b.element.kind == ElementKind::transformer) {
        const grid::Transformer& t = s.circuit.transformers[b.element.pos()];
        faults.push_back({s.place(b.element, "kva"),
                          fmt::format("{:.4g}", t.windings[0].rated_va / 1e3),
                          fmt::format("with its impedance it can carry {} at most, and {} of load "
                                      "stand behind it",
                                      most, demand),
                          "check kva and xhl: kva is of all phases, xhl is in percent"});
        return;
    }
    const grid::Line& line = s.circuit.lines[b.element.pos()];
    faults.push_back(
        {s.place(b.element, "length"), length_text(line.length_m),
         fmt::format("its {:.4g} ohm can carry {} at most, and {} of load stand behind it",
                     limit.ohm, most, demand),
         "check length and units against those of the line code"});
}

void check_line(const Survey& s, std::size_t i, std::vector<Fault>& faults) {
    const grid::Line& line = s.circuit.lines[i];
    const ElementRef ref = ref_of(ElementKind::line, i);
    for (std::size_t k = 0; k < line.z_ohm.order(); ++k) {
        const Complex z = line.z_ohm(k, k);
        if (size(z) < least_ohm) {
            faults.push_back({s.place(ref, "length"), fmt::format("{:.2g} ohm in all", size(z)),
                              "is next to no impedance: the solution loses its digits",
                              "give r1 and x1 of a real length, or switch=yes for a switch"});
            return;
        }
        if (z.real() < 0) {
            faults.push_back({s.place(ref, "r1"), fmt::format("{:.3g} ohm", z.real()),
                              "is a negative resistance", "check r1, rmatrix and length"});
            return;
        }
    }
}

}  // namespace

void check_impedances(const Survey& s, std::vector<Fault>& faults) {
    for (std::size_t i = 0; i < s.circuit.lines.size(); ++i) check_line(s, i, faults);
}

void check_capacity(const Survey& s, std::vector<Fault>& faults) {
    if (!s.topology.is_radial || !s.has_voltages) return;  // round a loop load has several ways
    const Behind behind(s);
    const grid::Branch* worst = nullptr;
    double worst_ratio = 1;
    for (const grid::Branch& b : s.topology.order) {
        const Limit limit = limit_of(s, b);
        if (!(limit.va > 0) || behind.va[b.to.pos()] <= worst_ratio * limit.va) continue;
        worst_ratio = behind.va[b.to.pos()] / limit.va;
        worst = &b;
    }
    if (!worst) return;
    const std::int32_t largest = behind.largest[worst->to.pos()];
    const ElementRef ref{ElementKind::load, largest};
    tell(s, *worst, limit_of(s, *worst), behind.va[worst->to.pos()], s.circuit.loads[ref.pos()],
         ref, faults);
}

}  // namespace gridflock::inline v0::powerflow
