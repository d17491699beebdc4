// SPDX-License-Identifier: Apache-2.0
#include <gridflock/powerflow/primitives.hpp>

#include <gridflock/core/math.hpp>

namespace gridflock::inline v0::powerflow {

namespace {

using grid::Complex;
using grid::Connection;
using grid::Matrix;

constexpr double open_conductance_s = 1e-12;    // keeps a conductor that was opened from floating
constexpr double series_line_shunt_s = 4.2e-8;  // 5 kvar at 345 kV, where shunts are left out
constexpr double series_antifloat_pu = 1e-9;
constexpr double solid_ground_s = 1e6;  // a neutral of 0 ohm

Matrix inverse_or_fault(const Matrix& z, const grid::Element& element, const char* what) {
    Matrix y = grid::inverse(z);
    if (!y.empty() || z.empty()) return y;
    throw ScenarioError({{element.at, std::string(what) + " of '" + element.name + "'",
                          "must not be singular", "give it an impedance above zero"}});
}

void add_ports(Primitive& p, const Connection& c, std::size_t conductors) {
    for (std::size_t i = 0; i < conductors; ++i)
        p.ports.push_back({c.bus, i < c.nodes.size() ? c.nodes[i] : 0});
}

/// Takes an open conductor out: its current is zero.
void open_conductor(Matrix& y, std::size_t k, std::vector<std::uint8_t>& is_out) {
    is_out[k] = 1;
    const Complex pivot = y(k, k) == Complex{} ? Complex(open_conductance_s) : y(k, k);
    for (std::size_t i = 0; i < y.order(); ++i) {
        if (is_out[i]) continue;
        for (std::size_t j = 0; j < y.order(); ++j)
            if (!is_out[j]) y(i, j) -= y(i, k) * y(k, j) / pivot;
    }
    for (std::size_t i = 0; i < y.order(); ++i) y(i, k) = y(k, i) = 0;
    y(k, k) = open_conductance_s;
}

void open_conductors(Matrix& y, const std::vector<const Connection*>& terminals,
                     std::size_t conductors) {
    std::vector<std::uint8_t> is_out(y.order(), 0);
    bool any = false;
    for (std::size_t t = 0; t < terminals.size(); ++t)
        for (std::size_t c = 0; c < terminals[t]->is_open.size() && c < conductors; ++c)
            if (terminals[t]->is_open[c]) {
                open_conductor(y, t * conductors + c, is_out);
                any = true;
            }
    for (std::size_t i = 0; any && i < y.order(); ++i)
        if (!is_out[i]) y(i, i) += open_conductance_s;
}

/// [ y -y; -y y ] over two terminals of n conductors.
Matrix two_terminal(const Matrix& y) {
    const std::size_t n = y.order();
    Matrix out(2 * n);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) {
            out(i, j) = out(i + n, j + n) = y(i, j);
            out(i, j + n) = out(i + n, j) = -y(i, j);
        }
    return out;
}

std::size_t delta_conductors(int phases) {
    return static_cast<std::size_t>(phases < 3 ? phases + 1 : phases);
}

/// y between each conductor and the next, one a phase, closing the ring where there is one.
Matrix ring(Complex y, int phases) {
    const std::size_t n = delta_conductors(phases);
    Matrix out(n);
    for (std::size_t i = 0; i < static_cast<std::size_t>(phases); ++i)
        out.add_between(i, (i + 1) % n, y);
    return out;
}

// --- transformer -------------------------------------------------------------------------------

/// The wye-delta rule: in the ANSI group the high side leads by 30 degrees.
int delta_direction(const grid::Transformer& t) {
    const grid::Winding& a = t.windings[0];
    const grid::Winding& b = t.windings[1];
    if (a.is_delta == b.is_delta) return 1;
    const bool is_three = t.phases == 2 || t.phases == 3;
    const auto line_v = [&](const grid::Winding& w) {
        return !w.is_delta && is_three ? w.turns_v * math::sqrt(3.0) : w.turns_v;
    };
    const grid::Winding& high = line_v(a) >= line_v(b) * (1 - 1e-9) ? a : b;
    return high.is_delta == t.high_leads_low ? 1 : -1;
}

std::size_t next_phase(const grid::Transformer& t, int phase, int direction) {
    int next = phase + direction;
    if (t.phases > 2) {
        if (next >= t.phases) next = 0;
        if (next < 0) next = t.phases - 1;
    } else if (next < 0) {
        next = 2;
    }
    return static_cast<std::size_t>(next);
}

/// Admittances between the windings on one volt, one phase.
Matrix one_volt_series(const grid::Transformer& t, double ohm_base) {
    const std::size_t n = t.windings.size();
    Matrix z(n - 1);
    const auto resistance = [&](std::size_t w) { return t.windings[w].resistance_pu; };
    const double ratio = t.frequency_ratio;
    for (std::size_t i = 0; i + 1 < n; ++i)
        z(i, i) = Complex(resistance(0) + resistance(i + 1), ratio * t.reactance_pu[i]) * ohm_base;
    std::size_t k = n - 1;
    for (std::size_t i = 0; i + 1 < n; ++i)
        for (std::size_t j = i + 1; j + 1 < n; ++j, ++k) {
            const Complex between(resistance(i + 1) + resistance(j + 1), ratio * t.reactance_pu[k]);
            z(i, j) = z(j, i) = 0.5 * (z(i, i) + z(j, j) - between * ohm_base);
        }
    const Matrix y = inverse_or_fault(z, t, "short-circuit impedance");
    Matrix out(n);
    for (std::size_t i = 0; i + 1 < n; ++i)
        for (std::size_t j = 0; j + 1 < n; ++j) {
            out(0, 0) += y(i, j);
            out(0, j + 1) -= y(i, j);
            out(i + 1, 0) -= y(i, j);
            out(i + 1, j + 1) += y(i, j);
        }
    return out;
}

/// Both conductors of every winding: 2w is the beginning, 2w + 1 the end.
Matrix winding_terminals(const grid::Transformer& t, Parts parts) {
    const std::size_t n = t.windings.size();
    const double phase_va = t.windings[0].rated_va / t.phases;
    const double ohm_base = 1.0 / phase_va;
    Matrix one_volt = one_volt_series(t, ohm_base);
    if (parts == Parts::all)
        one_volt(1, 1) +=
            Complex(t.no_load_loss_pu, -t.magnetising_pu / t.frequency_ratio) / ohm_base;
    std::vector<double> turns(n);
    for (std::size_t w = 0; w < n; ++w) {
        const double tap = t.windings[w].tap == 0 ? 1e-4 : t.windings[w].tap;
        turns[w] = 1.0 / (t.windings[w].turns_v * tap);
    }
    Matrix y(2 * n);
    for (std::size_t a = 0; a < n; ++a)
        for (std::size_t b = 0; b < n; ++b) {
            const Complex v = one_volt(a, b) * turns[a] * turns[b];
            y(2 * a, 2 * b) += v;
            y(2 * a + 1, 2 * b + 1) += v;
            y(2 * a, 2 * b + 1) -= v;
            y(2 * a + 1, 2 * b) -= v;
        }
    return y;
}

Complex antifloat(const grid::Transformer& t, const grid::Winding& w) {
    const double phase_va = t.windings[0].rated_va / t.phases;
    return {0, -0.5 * t.antifloat_pu * phase_va / (w.turns_v * w.turns_v)};
}

void add_neutrals(Matrix& y, const grid::Transformer& t, std::size_t conductors) {
    for (std::size_t w = 0; w < t.windings.size(); ++w) {
        const grid::Winding& winding = t.windings[w];
        if (winding.is_delta) continue;
        const std::size_t neutral = (w + 1) * conductors - 1;
        if (winding.neutral_r_ohm < 0)
            y(neutral, neutral) += antifloat(t, winding);
        else if (winding.neutral_r_ohm == 0 && winding.neutral_x_ohm == 0)
            y(neutral, neutral) += solid_ground_s;
        else
            y(neutral, neutral) +=
                1.0 / Complex(winding.neutral_r_ohm, winding.neutral_x_ohm * t.frequency_ratio);
    }
}

/// Conductor of the beginning and of the end of each winding, for one phase.
std::vector<std::size_t> places(const grid::Transformer& t, int phase, std::size_t conductors) {
    const int direction = delta_direction(t);
    std::vector<std::size_t> out;
    for (std::size_t w = 0; w < t.windings.size(); ++w) {
        const std::size_t first = w * conductors;
        out.push_back(first + static_cast<std::size_t>(phase));
        if (t.phases == 1 || !t.windings[w].is_delta)
            out.push_back(first + conductors - 1);
        else
            out.push_back(first + next_phase(t, phase, direction));
    }
    return out;
}

}  // namespace

Primitive primitive(const grid::Line& line, Parts parts) {
    const std::size_t n = line.z_ohm.order();
    Primitive p;
    p.y = two_terminal(inverse_or_fault(line.z_ohm, line, "series impedance"));
    for (std::size_t i = 0; i < n; ++i) {
        if (parts == Parts::series) {
            p.y(i, i) += Complex(0, series_line_shunt_s);
            p.y(i + n, i + n) += Complex(0, series_line_shunt_s);
            continue;
        }
        for (std::size_t j = 0; j < line.shunt_s.order() && j < n; ++j) {
            p.y(i, j) += 0.5 * line.shunt_s(i, j);
            p.y(i + n, j + n) += 0.5 * line.shunt_s(i, j);
        }
    }
    open_conductors(p.y, {&line.from, &line.to}, n);
    add_ports(p, line.from, n);
    add_ports(p, line.to, n);
    return p;
}

Primitive primitive(const grid::Transformer& transformer, Parts parts) {
    grid::Transformer t = transformer;
    // what held a winding may be among the shunts that are left out
    if (parts == Parts::series && t.antifloat_pu == 0) t.antifloat_pu = series_antifloat_pu;
    const std::size_t conductors = static_cast<std::size_t>(t.phases) + 1;
    const std::size_t n = t.windings.size();
    const Matrix ends = winding_terminals(t, parts);
    Primitive p;
    p.y = Matrix(n * conductors);
    for (int phase = 0; phase < t.phases; ++phase) {
        const std::vector<std::size_t> at = places(t, phase, conductors);
        for (std::size_t i = 0; i < 2 * n; ++i) {
            for (std::size_t j = 0; j < 2 * n; ++j) p.y(at[i], at[j]) += ends(i, j);
            if (t.antifloat_pu != 0) p.y(at[i], at[i]) += antifloat(t, t.windings[i / 2]);
        }
    }
    add_neutrals(p.y, t, conductors);
    std::vector<const Connection*> terminals;
    for (const grid::Winding& w : t.windings) {
        terminals.push_back(&w.at);
        add_ports(p, w.at, conductors);
    }
    open_conductors(p.y, terminals, conductors);
    return p;
}

namespace {

/// One step of a capacitor bank over its conductors.
Matrix capacitor_step(const grid::Capacitor& c, std::size_t step) {
    const Complex z(c.step_r_ohm[step], c.step_x_ohm[step]);
    const bool has_series = z != Complex{};
    if (!c.farad.empty()) {
        Matrix y = c.farad;
        y *= Complex(0, c.omega);
        y = two_terminal(y);
        return y;
    }
    Complex y(0, c.omega * c.step_farad[step]);
    if (!c.is_delta) {
        if (has_series) y = 1.0 / (z + 1.0 / y);
        Matrix phases(static_cast<std::size_t>(c.phases));
        for (std::size_t i = 0; i < phases.order(); ++i) phases(i, i) = y;
        return two_terminal(phases);
    }
    Matrix delta = ring(y, c.phases);
    if (!has_series) return delta;
    const auto phases = static_cast<std::size_t>(c.phases);
    for (std::size_t i = 0; i < phases; ++i) delta(i, i) *= 1.000001;  // so that it inverts
    delta = inverse_or_fault(delta, c, "capacitance");
    for (std::size_t i = 0; i < phases; ++i) delta(i, i) += z;
    return inverse_or_fault(delta, c, "filter impedance");
}

bool is_shunt(const Connection& from, const Connection& to, bool is_delta) {
    return is_delta || from.bus == to.bus;
}

}  // namespace

Primitive primitive(const grid::Capacitor& c, Parts parts) {
    const std::size_t conductors =
        c.is_delta ? delta_conductors(c.phases) : static_cast<std::size_t>(c.phases);
    Primitive p;
    p.y = Matrix(c.is_delta ? conductors : 2 * conductors);
    const bool is_left_out = parts == Parts::series && is_shunt(c.from, c.to, c.is_delta);
    for (std::size_t s = 0; s < c.step_on.size() && !is_left_out; ++s)
        if (c.step_on[s]) p.y += capacitor_step(c, s);
    add_ports(p, c.from, conductors);
    std::vector<const Connection*> terminals{&c.from};
    if (!c.is_delta) {
        add_ports(p, c.to, conductors);
        terminals.push_back(&c.to);
    }
    open_conductors(p.y, terminals, conductors);
    return p;
}

Primitive primitive(const grid::Reactor& r, Parts parts) {
    const bool is_left_out =
        parts == Parts::series && r.phases != 1 && is_shunt(r.from, r.to, r.is_delta);
    Primitive p;
    const std::size_t conductors =
        r.is_delta ? delta_conductors(r.phases) : static_cast<std::size_t>(r.phases);
    if (r.is_delta)
        p.y = ring(r.y_s(0, 0), r.phases);
    else
        p.y = two_terminal(r.y_s);
    if (is_left_out) p.y = Matrix(p.y.order());
    add_ports(p, r.from, conductors);
    std::vector<const Connection*> terminals{&r.from};
    if (!r.is_delta) {
        add_ports(p, r.to, conductors);
        terminals.push_back(&r.to);
    }
    open_conductors(p.y, terminals, conductors);
    return p;
}

Primitive primitive(const grid::Source& source) {
    Primitive p;
    p.y = two_terminal(inverse_or_fault(source.z_ohm, source, "impedance"));
    add_ports(p, source.from, source.z_ohm.order());
    add_ports(p, source.to, source.z_ohm.order());
    return p;
}

std::vector<grid::Complex> source_voltages(const grid::Source& source) {
    std::vector<Complex> v;
    for (int i = 0; i < source.phases; ++i) {
        const double step = -source.sequence * i * 360.0 / source.phases;
        const double angle = (source.angle_deg + step) * math::radians;
        v.emplace_back(source.magnitude_v * math::cos(angle),
                       source.magnitude_v * math::sin(angle));
    }
    return v;
}

std::vector<grid::Complex> source_currents(const grid::CurrentSource& source) {
    const double between = source.phases == 1  ? 0.0
                           : source.phases < 4 ? 120.0
                                               : 360.0 / source.phases;
    std::vector<Complex> currents;
    for (int i = 0; i < source.phases; ++i) {
        const double angle = (source.angle_deg - source.sequence * i * between) * math::radians;
        currents.emplace_back(source.magnitude_a * math::cos(angle),
                              source.magnitude_a * math::sin(angle));
    }
    return currents;
}

}  // namespace gridflock::inline v0::powerflow
