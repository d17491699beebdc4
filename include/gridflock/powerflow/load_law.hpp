// SPDX-License-Identifier: Apache-2.0
// How the current of one phase of a load follows its voltage.
//
// With u = |V| / V_rated, every model is  I = (g kp(u) + j b kq(u)) V,  g = P / V_rated^2,
// b = -Q / V_rated^2:
//
//   model                  v_min < u <= v_max            u > v_max       v_low < u <= v_min
//   constant power         1 / u^2                       1 / v_max^2     line from (v_low, 1) to
//   the constant current       1 / u                         1 / v_max       model's current at
//   v_min constant impedance     1                             1               1 motor kp 1/u^2, kq
//   1                1 / v_max^2     as constant power cvr                    u^(a-2), u^(b-2) 1 /
//   v_max^2     as constant power fixed q, fixed x       Q fixed at its base as power / as
//   reactance zip                    Z + I k_I + P k_P, then a sigmoid around the cut-off voltage
// At or below v_low all are impedances.
// Source  behaviour of the load element of OpenDSS (Load model documentation); 1e-12 against its
// own formulae, which the tests take from solved circuits.
#pragma once

#include <gridflock/core/math.hpp>
#include <gridflock/grid/circuit.hpp>

namespace gridflock::inline v0::powerflow {

/// Parameters of one phase.
struct LoadLaw {
    grid::LoadModel model = grid::LoadModel::constant_power;
    double g = 0, b = 0;  ///< admittance at rated voltage, S
    double fixed_b = 0;   ///< of models 6 and 7
    double rated_v = 1;
    double v_min = 0.95, v_max = 1.05, v_low = 0.5;
    double cvr_watts = 1, cvr_vars = 2;
    std::array<double, 7> zip{};
    bool is_fixed = false;        ///< the load multiplier does not touch it
    double edge_share = 1;        ///< of the admittance outside v_min .. v_max
    bool limits_current = false;  ///< below v_min: the current at v_min
};

/// Admittance seen at the present voltage.
struct Admittance {
    double g = 0, b = 0;
};

namespace detail {

struct Factors {
    double p = 1, i = 1;  // of the constant power and the constant current share
};

inline Factors shares(const LoadLaw& law, double u) {
    if (u <= law.v_min && law.limits_current) return {1.0 / (law.v_min * u), 1.0};
    if (u <= law.v_min) {
        const double span = law.v_min - law.v_low;
        const double slope_p = (1.0 / law.v_min - law.v_low) / span;
        const double slope_i = (1.0 - law.v_low) / span;
        return {(law.v_low + slope_p * (u - law.v_low)) / u,
                (law.v_low + slope_i * (u - law.v_low)) / u};
    }
    if (u > law.v_max) return {1.0 / (law.v_max * law.v_max), 1.0 / law.v_max};
    return {1.0 / (u * u), 1.0 / u};
}

inline Admittance zip_admittance(const LoadLaw& law, double u, const Factors& f) {
    const auto& z = law.zip;
    Admittance y{law.g * (z[0] + z[1] * f.i + z[2] * f.p),
                 law.b * (z[3] + z[4] * f.i + z[5] * f.p)};
    const double x = 500.0 * (u - z[6]);
    if (z[6] > 0 && x < 20) {
        const double e = math::exp(2 * x);
        const double alive = 0.5 * (1 + (e - 1) / (e + 1));
        y.g *= alive;
        y.b *= alive;
    }
    return y;
}

inline Admittance cvr_admittance(const LoadLaw& law, double u) {
    const double kp = law.cvr_watts == 1.0 ? 1.0 / u : math::pow(u, law.cvr_watts) / (u * u);
    const double kq = law.cvr_vars == 2.0   ? 1.0
                      : law.cvr_vars == 3.0 ? u
                                            : math::pow(u, law.cvr_vars) / (u * u);
    return {law.g * kp, law.b * kq};
}

}  // namespace detail

/// The admittance of one phase at |V| = u V_rated and load multiplier `scale`.
/// Unit    S. Errors none: u = 0 gives the rated admittance.
inline Admittance admittance(const LoadLaw& law, double u, double scale) {
    using grid::LoadModel;
    const double s = law.is_fixed ? 1.0 : scale;
    if (law.model == LoadModel::constant_impedance || u <= law.v_low) return {s * law.g, s * law.b};
    const detail::Factors f = detail::shares(law, u);
    const bool is_inside = u > law.v_min && u <= law.v_max;
    Admittance y{law.g * f.p, law.b * f.p};
    switch (law.model) {
        case LoadModel::constant_current:
            y = {law.g * f.i, law.b * f.i};
            break;
        case LoadModel::motor:
            if (is_inside) y.b = law.b;
            break;
        case LoadModel::cvr:
            if (is_inside) y = detail::cvr_admittance(law, u);
            break;
        case LoadModel::zip:
            y = detail::zip_admittance(law, u, f);
            break;
        case LoadModel::fixed_q:
        case LoadModel::fixed_x: {
            const double edge = u <= law.v_min ? 1.0 / (law.v_min * law.v_min) : f.p;
            const bool is_power = is_inside && law.model == LoadModel::fixed_q;
            const double share = is_inside ? 1.0 : law.edge_share;
            const double outside = law.model == LoadModel::fixed_q ? share : 1.0;
            return {s * share * law.g * edge, law.fixed_b * (is_power ? f.p : outside)};
        }
        default:
            break;
    }
    const double share = is_inside ? s : s * law.edge_share;
    return {share * y.g, share * y.b};
}

/// The part of a law that belongs in the admittance matrix: all of the impedance, half of the
/// current share, none of the power (nominal power admittance would double the contraction factor
/// of the iteration).
inline Admittance linear_share(const LoadLaw& law) {
    using grid::LoadModel;
    switch (law.model) {
        case LoadModel::constant_impedance:
            return {law.g, law.b};
        case LoadModel::constant_current:
            return {0.5 * law.g, 0.5 * law.b};
        case LoadModel::motor:
            return {0, law.b};
        case LoadModel::cvr:
            return {0.5 * law.g, law.cvr_vars == 2.0 ? law.b : 0.5 * law.b};
        case LoadModel::fixed_x:
            return {0, law.fixed_b};
        case LoadModel::zip:
            return {law.g * (law.zip[0] + 0.5 * law.zip[1]),
                    law.b * (law.zip[3] + 0.5 * law.zip[4])};
        default:
            return {};
    }
}

}  // namespace gridflock::inline v0::powerflow
