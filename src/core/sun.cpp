// SPDX-License-Identifier: Apache-2.0
#include <gridflock/core/sun.hpp>

namespace gridflock::inline v0::sun {
namespace {

using math::radians;

double wrap(double x, double period) {
    return x - period * math::floor(x / period);
}
double sin_deg(double x) {
    return math::sin(x * radians);
}
double cos_deg(double x) {
    return math::cos(x * radians);
}

struct Orbit {
    double declination;  // rad
    double equation_of_time_min;
};

// T in Julian centuries from J2000.
Orbit orbit(double T) {
    const double L0 = wrap(280.46646 + T * (36000.76983 + 0.0003032 * T), 360.0);
    const double M = wrap(357.52911 + T * (35999.05029 - 0.0001537 * T), 360.0);
    const double e = 0.016708634 - T * (0.000042037 + 0.0000001267 * T);
    const double C = sin_deg(M) * (1.914602 - T * (0.004817 + 0.000014 * T)) +
                     sin_deg(2 * M) * (0.019993 - 0.000101 * T) + sin_deg(3 * M) * 0.000289;
    const double omega = 125.04 - 1934.136 * T;
    const double lambda = L0 + C - 0.00569 - 0.00478 * sin_deg(omega);
    const double seconds = 21.448 - T * (46.815 + T * (0.00059 - T * 0.001813));
    const double tilt = 23.0 + (26.0 + seconds / 60.0) / 60.0 + 0.00256 * cos_deg(omega);
    const double half = math::tan(0.5 * tilt * radians);
    const double y = half * half;
    const double sm = sin_deg(M);
    const double eot = y * sin_deg(2 * L0) - 2 * e * sm + 4 * e * y * sm * cos_deg(2 * L0) -
                       0.5 * y * y * sin_deg(4 * L0) - 1.25 * e * e * sin_deg(2 * M);
    return {math::asin(sin_deg(tilt) * sin_deg(lambda)), 4.0 * eot * math::degrees};
}

double refraction_deg(double elevation_deg, double pressure_pa, double temperature_c) {
    if (!(elevation_deg > -0.83)) return 0.0;
    const double angle = elevation_deg + 10.3 / (elevation_deg + 5.11);
    return (pressure_pa / 101000.0) * (283.0 / (273.0 + temperature_c)) * 1.02 /
           (60.0 * math::tan(angle * radians));
}

}  // namespace

Position position(SimTime t, const Location& where, double pressure_pa, double temperature_c) {
    const SimTime midnight = floor_to(t, days(1));
    const double minutes_utc = (t - midnight).seconds() / 60.0;
    const std::int64_t day = midnight.ns / days(1).ns;
    const double days_from_j2000 =
        static_cast<double>(day) + 2440587.5 - 2451545.0 + minutes_utc / 1440.0;
    const Orbit o = orbit(days_from_j2000 / 36525.0);
    const double solar_min =
        wrap(minutes_utc + o.equation_of_time_min + 4.0 * where.longitude_deg, 1440.0);
    const double hour_angle = (0.25 * solar_min - 180.0) * radians;
    const double sp = sin_deg(where.latitude_deg), cp = cos_deg(where.latitude_deg);
    const double sd = math::sin(o.declination), cd = math::cos(o.declination);
    const double ch = math::cos(hour_angle);
    const double cos_z = math::clamp(sp * sd + cp * cd * ch, -1.0, 1.0);
    Position p;
    p.zenith_deg = math::acos(cos_z) * math::degrees;
    p.azimuth_deg =
        180.0 + math::atan2(math::sin(hour_angle), ch * sp - (sd / cd) * cp) * math::degrees;
    const double bend = refraction_deg(90.0 - p.zenith_deg, pressure_pa, temperature_c);
    p.apparent_zenith_deg = p.zenith_deg - bend;
    return p;
}

double extraterrestrial(int day_of_year) {
    const double B = 2.0 * math::pi * (day_of_year - 1) / 365.0;
    return 1366.1 * (1.00011 + 0.034221 * math::cos(B) + 0.00128 * math::sin(B) +
                     0.000719 * math::cos(2 * B) + 0.000077 * math::sin(2 * B));
}

double relative_airmass(double apparent_zenith_deg) {
    if (!(apparent_zenith_deg <= 90.0)) return 0.0;
    return 1.0 / (cos_deg(apparent_zenith_deg) +
                  0.50572 * math::pow(96.07995 - apparent_zenith_deg, -1.6364));
}

double pressure_at(double altitude_m) {
    return 101325.0 * math::pow(1.0 - 2.25577e-5 * altitude_m, 5.25588);
}

Irradiance ineichen(const ClearSkyInput& in) {
    const double cos_z = cos_deg(in.apparent_zenith_deg);
    if (!(cos_z > 0.0) || !(in.apparent_zenith_deg < 90.0)) return {};
    const double h = in.altitude_m, tl = in.turbidity, I0 = in.extraterrestrial_w_m2;
    const double fh1 = math::exp(-h / 8000.0), fh2 = math::exp(-h / 1250.0);
    const double cg1 = 5.09e-5 * h + 0.868, cg2 = 3.92e-5 * h + 0.0387;
    const double am = in.airmass_absolute;
    Irradiance out;
    out.ghi = cg1 * I0 * cos_z * math::max(math::exp(-cg2 * am * (fh1 + fh2 * (tl - 1.0))), 0.0);
    const double b = 0.664 + 0.163 / fh1;
    const double beam = math::max(b * math::exp(-0.09 * am * (tl - 1.0)), 0.0) * I0;
    const double share = (1.0 - (0.1 - 0.2 * math::exp(-tl)) / (0.1 + 0.882 / fh1)) / cos_z;
    out.dni = math::min(beam, out.ghi * math::clamp(share, 0.0, 1e20));
    out.dhi = out.ghi - out.dni * cos_z;
    return out;
}

Sky sky(SimTime t, const Location& where, const Air& air) {
    Sky s;
    s.position = position(t, where, air.pressure_pa, air.temperature_c);
    s.extraterrestrial_w_m2 = extraterrestrial(day_of_year(utc_civil(t)));
    s.airmass_relative = relative_airmass(s.position.apparent_zenith_deg);
    s.clear = ineichen({.apparent_zenith_deg = s.position.apparent_zenith_deg,
                        .airmass_absolute = s.airmass_relative * air.pressure_pa / 101325.0,
                        .turbidity = air.turbidity,
                        .altitude_m = where.altitude_m,
                        .extraterrestrial_w_m2 = s.extraterrestrial_w_m2});
    return s;
}

}  // namespace gridflock::inline v0::sun
