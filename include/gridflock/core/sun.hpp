// SPDX-License-Identifier: Apache-2.0
// Where the sun is, and what a clear sky gives.
//
//   position          NOAA's low-precision form of Meeus: mean longitude and anomaly, equation of
//                     centre, declination, equation of time, hour angle; refraction by Bennett's
//                     form as SPA uses it, above -0.83 degrees
//   extraterrestrial  Spencer 1971, solar constant 1366.1 W/m2
//   relative_airmass  Kasten and Young 1989
//   ineichen          Ineichen and Perez, Solar Energy 73:151 and 73:307 (2002), no enhancement
//
// Source    the papers named; forms and limits as in pvlib-python 0.11 (BSD-3).
// Accuracy  position within 0.01 degree of NREL's SPA, the rest 1e-9 relative against pvlib
//           (tests/validation/golden/pv_chain.csv).
#pragma once

#include <gridflock/core/math.hpp>
#include <gridflock/core/time.hpp>

namespace gridflock::inline v0::sun {

/// A place on the Earth. Unit  degrees (north and east positive), m above the sea.
struct Location {
    double latitude_deg = 0;
    double longitude_deg = 0;
    double altitude_m = 0;
};

/// Unit  degrees. Azimuth from north, clockwise. `zenith_deg` is geometric, the apparent one
/// refracted.
struct Position {
    double zenith_deg = 90;
    double apparent_zenith_deg = 90;
    double azimuth_deg = 180;
};

/// Unit  W/m2: global horizontal, direct normal, diffuse horizontal.
struct Irradiance {
    double ghi = 0;
    double dni = 0;
    double dhi = 0;
};

/// All that a photovoltaic kernel needs of one instant; one per lane and step.
struct Sky {
    Position position;
    double extraterrestrial_w_m2 = 1366.1;
    double airmass_relative = 0;  ///< 0 at night
    Irradiance clear;
};

/// Unit  pressure Pa, temperature degC (for refraction only). Accuracy: 0.01 degree against SPA.
Position position(SimTime t, const Location& where, double pressure_pa, double temperature_c);

/// Normal irradiance above the atmosphere, W/m2. `day_of_year` 1..366.
double extraterrestrial(int day_of_year);

/// Relative air mass for an apparent zenith in degrees; 0 below the horizon (zenith > 90).
double relative_airmass(double apparent_zenith_deg);

/// Standard pressure at an altitude. Unit  m, Pa.
double pressure_at(double altitude_m);

/// What Ineichen's clear sky depends on.
struct ClearSkyInput {
    double apparent_zenith_deg = 0;
    double airmass_absolute = 1;
    double turbidity = 3;  ///< Linke
    double altitude_m = 0;
    double extraterrestrial_w_m2 = 1364;
};

/// Clear-sky irradiance, exactly zero when the sun is down.
Irradiance ineichen(const ClearSkyInput& in);

/// The weather that bends light and thins air.
struct Air {
    double pressure_pa = 101325;
    double temperature_c = 12;
    double turbidity = 3;
};

/// Position, extraterrestrial, air mass and clear sky of one instant (day of the year in UTC).
Sky sky(SimTime t, const Location& where, const Air& air);

}  // namespace gridflock::inline v0::sun
