// SPDX-License-Identifier: Apache-2.0
// Impedances of wires over earth.
//
//   z_ii = r_i + j w mu0/2pi ln(1 / gmr_i) + z_earth(i, i)
//   z_ij =       j w mu0/2pi ln(1 / d_ij)  + z_earth(i, j)
//   P_ij = ln(image distance / distance) / (2 pi e0),  C = P^-1
// A cable adds its neutral as one more conductor, which is then taken out by Kron reduction.
#include "conductors.hpp"

#include <gridflock/core/math.hpp>

namespace gridflock::inline v0::dss {

namespace {

using grid::Complex;
using grid::Matrix;

constexpr double mu0 = 4e-7 * math::pi;    // H/m
constexpr double e0 = 8.854e-12;           // F/m
constexpr double tape_copper = 2.3718e-8;  // ohm m

Complex complex_sqrt(Complex z) {
    const double size = math::sqrt(z.real() * z.real() + z.imag() * z.imag());
    const double re = math::sqrt(0.5 * (size + z.real()));
    const double im = math::sqrt(math::max(0.0, 0.5 * (size - z.real())));
    return {re, z.imag() < 0 ? -im : im};
}

Complex complex_log(Complex z) {
    return {0.5 * math::log(z.real() * z.real() + z.imag() * z.imag()),
            math::atan2(z.imag(), z.real())};
}

/// I0(a) / I1(a), modified Bessel functions by their power series.
Complex bessel_ratio(Complex a) {
    const Complex quarter = 0.25 * a * a;
    Complex term0 = 1, i0 = 1, term1 = 0.5 * a, i1 = term1;
    for (int k = 1; k < 500; ++k) {
        term0 *= quarter / static_cast<double>(k * k);
        term1 *= quarter / static_cast<double>(k * (k + 1));
        i0 += term0;
        i1 += term1;
        if (std::norm(term0) < 1e-20 && std::norm(term1) < 1e-20) break;
    }
    return i0 / i1;
}

/// Resistance of a round wire with skin effect (Deri) or as given.
double resistance(const Section& s, const Section::Conductor& c) {
    if (s.earth_model[0] != 'd') return c.r_ac;
    const double size = math::sqrt(s.frequency_hz * mu0 / c.r_dc);
    const Complex alpha(size, size);
    const Complex ratio = size * math::sqrt(2.0) > 35 ? Complex(1) : bessel_ratio(alpha);
    const Complex z = Complex(1, 1) * ratio * (0.5 * math::sqrt(c.r_dc * s.frequency_hz * mu0));
    return z.real();
}

/// Carson's series to the fourth order, in the notation of Tleis.
Complex full_carson(const Section& s, double hi, double hj, double dx, bool is_self) {
    const double b1 = 1 / (3 * math::sqrt(2.0)), b2 = 1.0 / 16, b3 = b1 / 15, b4 = b2 / 24;
    const double d2 = b2 * math::pi / 4, d4 = b4 * math::pi / 4;
    const double c2 = 1.3659315, c4 = c2 + 0.25 + 1.0 / 6;
    const double d = is_self ? 2 * hi : math::sqrt((hi + hj) * (hi + hj) + dx * dx);
    const double t = is_self ? 0 : math::acos((hi + hj) / d);
    const double m = 2.8099e-3 * d * math::sqrt(s.frequency_hz / s.rho);
    const double m2 = m * m;
    const double re = math::pi / 8 - b1 * m * math::cos(t) +
                      b2 * m2 * ((c2 - math::log(m)) * math::cos(2 * t) + t * math::sin(2 * t)) +
                      b3 * m2 * m * math::cos(3 * t) - d4 * m2 * m2 * math::cos(4 * t);
    const double im =
        0.5 * math::log(1.85138 / m) + b1 * m * math::cos(t) - d2 * m2 * math::cos(2 * t) +
        b3 * m2 * m * math::cos(3 * t) -
        b4 * m2 * m2 * ((c4 - math::log(m)) * math::cos(4 * t) + t * math::sin(4 * t)) +
        0.5 * math::log(d);
    return Complex(re, im) * (2 * math::pi * s.frequency_hz * mu0 / math::pi);
}

Complex earth(const Section& s, std::size_t i, std::size_t j) {
    const double omega = 2 * math::pi * s.frequency_hz;
    const double hi = math::abs(s.conductors[i].h), hj = math::abs(s.conductors[j].h);
    const double dx = s.conductors[i].x - s.conductors[j].x;
    if (s.earth_model[0] == 'f') return full_carson(s, hi, hj, dx, i == j);
    if (s.earth_model[0] == 'c')
        return {omega * mu0 / 8, omega * mu0 / (2 * math::pi) *
                                     math::log(658.5 * math::sqrt(s.rho / s.frequency_hz))};
    const Complex depth = 1.0 / complex_sqrt({0, omega * mu0 / s.rho});
    const Complex per(0, omega * mu0 / (2 * math::pi));
    if (i == j) return per * complex_log(2.0 * (hi + depth));
    const Complex h = (hi + hj) + 2.0 * depth;
    return per * complex_log(complex_sqrt(h * h + dx * dx));
}

double distance(const Section& s, std::size_t i, std::size_t j, double sign = -1) {
    const auto &a = s.conductors[i], &b = s.conductors[j];
    const double dx = a.x - b.x, dy = a.h + sign * b.h;
    return math::sqrt(dx * dx + dy * dy);
}

struct Neutral {
    double r, gmr, radius;  ///< of the ring
    int strands;            ///< 0 for a tape
};

double length_unit(double m) {
    return m == 0 ? 1 : m;
}

Neutral neutral_of(const WireObject& cable) {
    const double m = length_unit(cable.radius_m);
    if (cable.kind == WireKind::tape) {
        const double d = cable.shield_diameter * m, t = cable.tape_thickness * m;
        const double radius = 0.5 * (d - t);
        const double r =
            0.3183 * tape_copper / (d * t * math::sqrt(50.0 / (100.0 - cable.tape_lap)));
        return {r, radius, radius, 0};
    }
    const double radius = 0.5 * m * (cable.diameter - cable.strand_diameter);
    const double k = cable.strands;
    const double gmr = cable.strand_gmr * length_unit(cable.gmr_m);
    const double ring = math::pow(gmr * k * math::pow(radius, k - 1), 1 / k);
    return {cable.strand_r / length_unit(cable.resistance_m) / k, ring, radius, cable.strands};
}

/// From the neutral of cable i to conductor j.
double neutral_distance(const Section& s, const Neutral& n, std::size_t i, std::size_t j) {
    if (i == j) return n.radius;
    const double d = distance(s, i, j);
    if (n.strands == 0) return d;
    const double k = n.strands;
    return math::pow(math::pow(d, k) - math::pow(n.radius, k), 1 / k);
}

Matrix series(const Section& s) {
    const std::size_t n = s.conductors.size();
    const Complex per(0, s.frequency_hz * mu0);
    std::vector<std::size_t> cables;
    for (std::size_t i = 0; i < s.phases && i < n; ++i)
        if (s.conductors[i].cable) cables.push_back(i);
    Matrix z(n + cables.size());
    for (std::size_t i = 0; i < n; ++i) {
        const auto& c = s.conductors[i];
        z(i, i) = resistance(s, c) + per * math::log(1 / c.gmr) + earth(s, i, i);
        for (std::size_t j = 0; j < i; ++j)
            z(i, j) = z(j, i) = per * math::log(1 / distance(s, i, j)) + earth(s, i, j);
    }
    for (std::size_t a = 0; a < cables.size(); ++a) {
        const std::size_t i = cables[a], row = n + a;
        const Neutral neutral = neutral_of(*s.conductors[i].cable);
        z(row, row) = neutral.r + per * math::log(1 / neutral.gmr) + earth(s, i, i);
        for (std::size_t b = 0; b < a; ++b) {
            const std::size_t j = cables[b];
            z(row, n + b) = z(n + b, row) = per * math::log(1 / distance(s, i, j)) + earth(s, i, j);
        }
        for (std::size_t j = 0; j < n; ++j)
            z(row, j) = z(j, row) =
                per * math::log(1 / neutral_distance(s, neutral, i, j)) + earth(s, i, j);
    }
    while (z.order() > n) z = grid::kron(z, z.order() - 1);
    return z;
}

Matrix shunt(const Section& s) {
    const std::size_t n = s.conductors.size();
    const double omega = 2 * math::pi * s.frequency_hz;
    Matrix y(n);
    bool has_cable = false;
    for (std::size_t i = 0; i < s.phases && i < n; ++i) {
        const WireObject* cable = s.conductors[i].cable;
        if (!cable) continue;
        has_cable = true;
        const double outer = 0.5 * cable->insulation_diameter, inner = outer - cable->insulation;
        y(i, i) =
            Complex(0, 2 * math::pi * e0 * cable->permittivity * omega / math::log(outer / inner));
    }
    if (has_cable) return y;
    Matrix p(n);
    const double scale = -1 / (2 * math::pi * e0 * omega);
    for (std::size_t i = 0; i < n; ++i) {
        const auto& c = s.conductors[i];
        const double radius = c.capacitance_radius < 0 ? c.radius : c.capacitance_radius;
        p(i, i) = Complex(0, scale * math::log(2 * c.h / radius));
        for (std::size_t j = 0; j < i; ++j)
            p(i, j) = p(j, i) =
                Complex(0, scale * math::log(distance(s, i, j, 1) / distance(s, i, j)));
    }
    return grid::inverse(p);
}

}  // namespace

SectionMatrices section_matrices(const Section& s) {
    SectionMatrices out{series(s), shunt(s)};
    if (!s.reduces || s.phases == 0 || s.phases >= out.z.order()) return out;
    while (out.z.order() > s.phases) out.z = grid::kron(out.z, out.z.order() - 1);
    Matrix kept(s.phases);  // the neutrals are at zero volts: their rows fall away
    for (std::size_t i = 0; i < s.phases; ++i)
        for (std::size_t j = 0; j < s.phases; ++j) kept(i, j) = out.shunt(i, j);
    out.shunt = kept;
    return out;
}

}  // namespace gridflock::inline v0::dss
