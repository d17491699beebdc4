// SPDX-License-Identifier: Apache-2.0
// A photovoltaic system behind an inverter, by the PVWatts chain.
//
//   GHI = kappa x clear-sky GHI -> Erbs (diffuse share) -> Hay-Davies on the tilted plane + ground
//   beam x ASHRAE incidence modifier; cell temperature by Faiman or SAPM, of the plane's light
//   Pdc = G/1000 Pdc0 (1 + gamma (Tc - 25)) (1 - losses),  Pdc0 = rated x DC/AC ratio
//   Pac = clamp(eta Pdc, 0, rated),  eta = eta_nom/0.9637 (-0.0162 x - 0.0059/x + 0.9858),
//   x = Pdc eta_nom / rated
//
// The apparent (refracted) zenith is used throughout, so the parts of the light add up. Q = 0.
// Source  Erbs et al. 1982; Hay and Davies 1980; IEC 61853 (Faiman 2008); King et al. 2004 (SAPM);
//         Dobos, NREL/TP-6A20-62641 (PVWatts v5); forms and defaults as in pvlib-python 0.11
//         (BSD-3).
// Accuracy 1e-9 relative against pvlib (tests/validation/golden/pv_chain.csv).
#pragma once

#include <gridflock/core/column.hpp>
#include <gridflock/core/lanes.hpp>
#include <gridflock/core/sun.hpp>

#include <cstdint>
#include <limits>
#include <span>

namespace gridflock::inline v0::device {

enum class CellModel : std::uint8_t { faiman, sapm };

struct PvParams {
    double rated_ac_w = 6000;
    double dc_ac_ratio = 1.2;
    double inverter_efficiency = 0.96;
    double losses = 0.1407566068826447;  ///< 1 - product of PVWatts' ten default losses
    double gamma_per_k = -0.0047;
    double tilt_deg = 20;
    double azimuth_deg = 180;  ///< from north, clockwise
    double albedo = 0.25;
    double incidence_b = 0.05;  ///< ASHRAE; 0 switches the modifier off
    CellModel cell = CellModel::faiman;
    double faiman_u0 = 25.0;  ///< W/(m2 K)
    double faiman_u1 = 6.84;  ///< W s/(m3 K)
    double sapm_a = -2.98;    ///< close-mount glass/glass
    double sapm_b = -0.0471;
    double sapm_delta_k = 1;
};

/// The sky of one instant with the air at the panel.
struct PvSky {
    sun::Sky sky;
    double temperature_c = 15;
    double wind_m_s = 1;
};

struct PvOutput {
    double p_w = 0;            ///< injected, >= 0
    double p_available_w = 0;  ///< without the limit
};

/// Erbs' split of global horizontal light. Unit  W/m2, degrees.
sun::Irradiance decompose(double ghi, double zenith_deg, double extraterrestrial_w_m2);

/// Light on a tilted plane, W/m2.
struct PlaneLight {
    double beam = 0;
    double diffuse = 0;    ///< sky and ground
    double cos_angle = 0;  ///< of incidence, not clipped
};
PlaneLight transpose(const PvParams& params, const sun::Irradiance& light, const sun::Sky& sky);

/// Share of the beam that passes the glass.
double incidence_modifier(double cos_angle, double b);
double cell_temperature(const PvParams& params, double plane_w_m2, double temperature_c,
                        double wind_m_s);
double dc_power(const PvParams& params, double effective_w_m2, double cell_c);
double ac_power(const PvParams& params, double dc_w);

/// One system at one instant. `kappa` is the clear-sky index; `limit_w` a curtailment (>= 0).
PvOutput step(const PvParams& params, const PvSky& sky, double kappa,
              double limit_w = std::numeric_limits<double>::infinity());

struct PvPower {
    ColumnView<double> p_w;
    ColumnView<double> p_available_w;
};

/// Every system of a fleet at clock.now.
/// Shape   params, site_of: [pv]; sky: [lane]; kappa: [site, lane]; limit_w: [pv, lane] or empty
/// (no
///         limit); power: [pv, lane].
/// Changes power of the lanes that take part. Allocates nothing.
/// Errors  ShapeError.
void advance(std::span<const PvParams> params, std::span<const std::int32_t> site_of,
             std::span<const PvSky> sky, ColumnView<const double> kappa,
             ColumnView<const double> limit_w, const PvPower& power, const LaneClock& clock);

}  // namespace gridflock::inline v0::device
