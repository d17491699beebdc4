// SPDX-License-Identifier: Apache-2.0
#include <gridflock/device/pv.hpp>

namespace gridflock::inline v0::device {
namespace {

double cos_deg(double x) {
    return math::cos(x * math::radians);
}
double sin_deg(double x) {
    return math::sin(x * math::radians);
}

// Erbs' diffuse share of the clearness index.
double diffuse_share(double kt) {
    if (kt <= 0.22) return 1.0 - 0.09 * kt;
    if (kt > 0.8) return 0.165;
    return 0.9511 + kt * (-0.1604 + kt * (4.388 + kt * (-16.638 + kt * 12.336)));
}

}  // namespace

sun::Irradiance decompose(double ghi, double zenith_deg, double extraterrestrial_w_m2) {
    const double cos_z = cos_deg(zenith_deg);
    const double kt =
        math::clamp(ghi / (extraterrestrial_w_m2 * math::max(cos_z, 0.065)), 0.0, 1.0);
    const double dhi = diffuse_share(kt) * ghi;
    const double dni = (ghi - dhi) / cos_z;
    if (zenith_deg > 87.0 || dni < 0.0) return {ghi, 0.0, ghi};
    return {ghi, dni, dhi};
}

PlaneLight transpose(const PvParams& params, const sun::Irradiance& light, const sun::Sky& sky) {
    const double zenith = sky.position.apparent_zenith_deg;
    const double cos_z = cos_deg(zenith), cos_tilt = cos_deg(params.tilt_deg);
    const double cos_angle =
        cos_tilt * cos_z + sin_deg(params.tilt_deg) * sin_deg(zenith) *
                               cos_deg(sky.position.azimuth_deg - params.azimuth_deg);
    const double lit = math::max(cos_angle, 0.0);
    const double anisotropy = light.dni / sky.extraterrestrial_w_m2;
    const double ratio = lit / math::max(cos_z, 0.01745);
    const double dome = 0.5 * (1.0 + cos_tilt);
    const double from_sky = light.dhi * (anisotropy * ratio + (1.0 - anisotropy) * dome);
    const double from_ground = light.ghi * params.albedo * 0.5 * (1.0 - cos_tilt);
    return {light.dni * lit, math::max(from_sky, 0.0) + from_ground, cos_angle};
}

double incidence_modifier(double cos_angle, double b) {
    if (!(cos_angle > 0.0)) return 0.0;
    return math::max(1.0 - b * (1.0 / cos_angle - 1.0), 0.0);
}

double cell_temperature(const PvParams& params, double plane_w_m2, double temperature_c,
                        double wind_m_s) {
    if (params.cell == CellModel::faiman)
        return temperature_c + plane_w_m2 / (params.faiman_u0 + params.faiman_u1 * wind_m_s);
    const double module =
        temperature_c + plane_w_m2 * math::exp(params.sapm_a + params.sapm_b * wind_m_s);
    return module + plane_w_m2 / 1000.0 * params.sapm_delta_k;
}

double dc_power(const PvParams& params, double effective_w_m2, double cell_c) {
    return effective_w_m2 * 0.001 * (params.rated_ac_w * params.dc_ac_ratio) *
           (1.0 + params.gamma_per_k * (cell_c - 25.0)) * (1.0 - params.losses);
}

double ac_power(const PvParams& params, double dc_w) {
    const double full_dc = params.rated_ac_w / params.inverter_efficiency;
    const double x = dc_w / full_dc;
    // eta x Pdc multiplied out, so that darkness needs no special case
    const double ac =
        params.inverter_efficiency / 0.9637 * full_dc * ((-0.0162 * x + 0.9858) * x - 0.0059);
    return math::clamp(ac, 0.0, params.rated_ac_w);
}

PvOutput step(const PvParams& params, const PvSky& sky, double kappa, double limit_w) {
    const sun::Irradiance light =
        decompose(kappa * sky.sky.clear.ghi, sky.sky.position.apparent_zenith_deg,
                  sky.sky.extraterrestrial_w_m2);
    const PlaneLight plane = transpose(params, light, sky.sky);
    const double cell =
        cell_temperature(params, plane.beam + plane.diffuse, sky.temperature_c, sky.wind_m_s);
    const double effective =
        plane.beam * incidence_modifier(plane.cos_angle, params.incidence_b) + plane.diffuse;
    PvOutput out;
    out.p_available_w = ac_power(params, dc_power(params, effective, cell));
    out.p_w = math::min(out.p_available_w, math::max(limit_w, 0.0));
    return out;
}

void advance(std::span<const PvParams> params, std::span<const std::int32_t> site_of,
             std::span<const PvSky> sky, ColumnView<const double> kappa,
             ColumnView<const double> limit_w, const PvPower& power, const LaneClock& clock) {
    const std::size_t n = params.size(), lanes = clock.lanes();
    if (site_of.size() != n || sky.size() != lanes)
        throw ShapeError("pv: site_of must be [pv] and sky [lane]");
    require_shape(kappa, kappa.rows(), lanes, "pv: kappa");
    require_shape(power.p_w, n, lanes, "pv: p_w");
    require_shape(power.p_available_w, n, lanes, "pv: p_available_w");
    const bool limited = limit_w.data() != nullptr;
    if (limited) require_shape(limit_w, n, lanes, "pv: limit_w");
    drive(n, clock, [&](std::size_t u, std::size_t l) {
        const auto site = static_cast<std::size_t>(site_of[u]);
        const double limit = limited ? limit_w(u, l) : std::numeric_limits<double>::infinity();
        const PvOutput out = step(params[u], sky[l], kappa(site, l), limit);
        power.p_w(u, l) = out.p_w;
        power.p_available_w(u, l) = out.p_available_w;
    });
}

}  // namespace gridflock::inline v0::device
