# SPDX-License-Identifier: Apache-2.0
"""Makes tests/validation/golden/pv_chain.csv: two days at Greensboro through pvlib's functions.

Usage: python make_golden.py TMY3.CSV[.gz] OUT.csv      (packages: requirements.txt beside this file)

A summer and a winter day (UTC), every ten minutes. Temperature, wind and pressure are the rows of the
TMY3 file (723170TYA, standard time UTC-5) held over their hour; the clear-sky index runs through
0.05..1.35 by a fixed pattern, so that every branch of Erbs is met. The system: 6 kW AC, DC/AC 1.2,
tilt 20, azimuth 195, PVWatts' default losses; odd rows use SAPM, even rows Faiman.
"""

import sys

import numpy as np
import pandas as pd
import pvlib

LATITUDE, LONGITUDE, ALTITUDE, TURBIDITY = 36.1, -79.95, 273.0, 3.0
TILT, AZIMUTH, ALBEDO = 20.0, 195.0, 0.25
AC, RATIO, ETA, GAMMA = 6000.0, 1.2, 0.96, -0.0047
SAPM = {"a": -2.98, "b": -0.0471, "deltaT": 1}


def weather(path: str, times: pd.DatetimeIndex) -> pd.DataFrame:
    table = pd.read_csv(path, skiprows=1)
    local = times - pd.Timedelta(hours=5)
    rows = (
        local.day_of_year - 1 - (local.is_leap_year & (local.day_of_year > 59))
    ) * 24 + local.hour
    picked = table.iloc[rows]
    return pd.DataFrame(
        {
            "temperature_c": picked["Dry-bulb (C)"].to_numpy(float),
            "wind_m_s": picked["Wspd (m/s)"].to_numpy(float),
            "pressure_pa": picked["Pressure (mbar)"].to_numpy(float) * 100.0,
        },
        index=times,
    )


def main(source: str, target: str) -> None:
    times = pd.DatetimeIndex([]).tz_localize("UTC")
    for day in ("2024-07-15", "2024-01-15"):
        times = times.append(pd.date_range(day, periods=144, freq="10min", tz="UTC"))
    air = weather(source, times)
    n = np.arange(len(times))
    kappa = 0.05 + 1.30 * ((n * 37) % 100) / 99.0

    spa = pd.concat(
        pvlib.solarposition.spa_python(
            times[i : i + 1],
            LATITUDE,
            LONGITUDE,
            ALTITUDE,
            pressure=air.pressure_pa.iloc[i],
            temperature=air.temperature_c.iloc[i],
        )
        for i in n
    )
    zenith, azimuth = spa.apparent_zenith, spa.azimuth
    extra = pvlib.irradiance.get_extra_radiation(times, method="spencer", solar_constant=1366.1)
    relative = pvlib.atmosphere.get_relative_airmass(zenith, model="kastenyoung1989")
    absolute = pvlib.atmosphere.get_absolute_airmass(relative, air.pressure_pa)
    clear = pvlib.clearsky.ineichen(zenith, absolute, TURBIDITY, ALTITUDE, extra)

    ghi = kappa * clear["ghi"]
    split = pvlib.irradiance.erbs(ghi, zenith, times)
    dni, dhi = split["dni"], split["dhi"]
    aoi = pvlib.irradiance.aoi(TILT, AZIMUTH, zenith, azimuth)
    beam = pvlib.irradiance.beam_component(TILT, AZIMUTH, zenith, azimuth, dni)
    sky = pvlib.irradiance.haydavies(TILT, AZIMUTH, dhi, dni, extra, zenith, azimuth)
    ground = pvlib.irradiance.get_ground_diffuse(TILT, ghi, ALBEDO)
    plane = beam + sky + ground
    effective = beam * pvlib.iam.ashrae(aoi, b=0.05) + sky + ground
    faiman = pvlib.temperature.faiman(plane, air.temperature_c, air.wind_m_s)
    sapm = pvlib.temperature.sapm_cell(plane, air.temperature_c, air.wind_m_s, **SAPM)
    cell = np.where(n % 2 == 0, faiman, sapm)
    losses = 1.0 - pvlib.pvsystem.pvwatts_losses() / 100.0
    dc = pvlib.pvsystem.pvwatts_dc(effective, cell, AC * RATIO, GAMMA) * losses
    ac = pvlib.inverter.pvwatts(dc, AC / ETA, ETA)

    out = air.assign(
        kappa=kappa,
        apparent_zenith_deg=zenith,
        zenith_deg=spa.zenith,
        azimuth_deg=azimuth,
        extra_w_m2=extra,
        clear_ghi=clear["ghi"],
        clear_dni=clear["dni"],
        clear_dhi=clear["dhi"],
        dni=dni,
        dhi=dhi,
        plane=plane,
        effective=effective,
        cell_c=cell,
        dc_w=dc,
        ac_w=ac,
    )
    out.insert(0, "time_s", [int(t.timestamp()) for t in times])
    out.to_csv(target, index=False, float_format="%.17g", lineterminator="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
