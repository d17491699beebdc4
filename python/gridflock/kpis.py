# SPDX-License-Identifier: Apache-2.0
"""Key figures from the results file alone: a catalogue with formula, unit and better direction.

Every figure counts the window of the results (`Results.window`). One that the file cannot give,
because nothing of it was recorded or nothing of it happened, is NaN.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ._time import HOUR, at_clock, parse_ns
from .errors import GridflockWarning, MissingDataError

if TYPE_CHECKING:
    import pandas as pd

    from .results import Results

_DOLLAR = 1e-6
_QUARTER_NS = 900_000_000_000


@dataclass(frozen=True)
class Kpi:
    """One figure: `better` is "lower", "higher" or "" where neither is better."""

    name: str
    label: str
    unit: str
    better: str
    formula: str
    compute: Callable[[Results, str], float]
    digits: int = 1


CATALOGUE: list[Kpi] = []


def _kpi(
    name: str, label: str, unit: str, better: str, formula: str, digits: int = 1
) -> Callable[[Callable[[Results, str], float]], Callable[[Results, str], float]]:
    def add(f: Callable[[Results, str], float]) -> Callable[[Results, str], float]:
        CATALOGUE.append(Kpi(name, label, unit, better, formula, f, digits))
        return f

    return add


# Feeder


@_kpi("peak", "peak at the feeder head", "kW", "lower", "largest 15-min mean of head.p_kw")
def _peak(res: Results, variant: str) -> float:
    s = res.samples("head.p_kw", variant, window=res.window)
    quarter = s.time // _QUARTER_NS
    if not len(quarter):
        return math.nan
    starts = np.flatnonzero(np.r_[True, np.diff(quarter) > 0])
    sums = np.add.reduceat(np.nan_to_num(s.values), starts)
    counts = np.add.reduceat(np.isfinite(s.values).astype(float), starts)
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.nanmax(sums / counts))


@_kpi("energy", "energy into the feeder", "kWh", "", "integral of head.p_kw", 0)
def _energy(res: Results, variant: str) -> float:
    s = res.samples("head.p_kw", variant, window=res.window)
    return _sum(s.values) * s.step_s / 3600


@_kpi("losses", "losses of the feeder", "kWh", "lower", "integral of head.losses_kw", 0)
def _losses(res: Results, variant: str) -> float:
    s = res.samples("head.losses_kw", variant, window=res.window)
    return _sum(s.values) * s.step_s / 3600


@_kpi(
    "violation",
    "bus-minutes outside 0.95-1.05 pu",
    "min",
    "lower",
    "minutes, summed over the buses, with any node of the bus outside",
    0,
)
def _violation(res: Results, variant: str) -> float:
    s = res.samples("head.buses_outside", variant, window=res.window)
    return _sum(s.values) * s.step_s / 60


@_kpi("v_min", "lowest voltage", "1", "higher", "smallest head.v_min_pu", 4)
def _v_min(res: Results, variant: str) -> float:
    return _finite(np.nanmin, res.samples("head.v_min_pu", variant, window=res.window).values)


@_kpi("v_max", "highest voltage", "1", "lower", "largest head.v_max_pu", 4)
def _v_max(res: Results, variant: str) -> float:
    return _finite(np.nanmax, res.samples("head.v_max_pu", variant, window=res.window).values)


# Fleet


@_kpi(
    "renewable_use",
    "renewable use",
    "1",
    "higher",
    "1 - sum of meter.export_wh / sum of meter.pv_available_wh",
    4,
)
def _renewable_use(res: Results, variant: str) -> float:
    available = _meter(res, variant, "pv_available").sum()
    return float(1 - _meter(res, variant, "export").sum() / available) if available else math.nan


@_kpi(
    "battery_losses",
    "battery losses",
    "kWh",
    "lower",
    "charge - discharge - change of stored energy; without a warm-up from the second interval on",
)
def _battery_losses(res: Results, variant: str) -> float:
    begin, end = res.window
    # Stored energy stands at the end of an interval: one more interval before those of the flow.
    stored = res.samples("meter.stored_wh", variant, window=(begin - _QUARTER_NS, end))
    if len(stored.values) < 2:
        return math.nan
    window = (int(stored.time[1]), end)
    flow = sum(
        sign * np.nansum(res.samples(key, variant, window=window).values)
        for sign, key in ((1, "meter.charge_wh"), (-1, "meter.discharge_wh"))
    )
    return float(flow - np.nansum(stored.values[-1] - stored.values[0])) / 1000


# Messages


@_kpi("age_p50", "age of telemetry, median", "s", "lower", "median of telemetry.age_s")
def _age_p50(res: Results, variant: str) -> float:
    return _age(res, variant, 50)


@_kpi("age_p95", "age of telemetry, 95 %", "s", "lower", "95th percentile of telemetry.age_s")
def _age_p95(res: Results, variant: str) -> float:
    return _age(res, variant, 95)


def _age(res: Results, variant: str, q: float) -> float:
    ages = res.samples("telemetry.age_s", variant, window=res.window).values
    ages = ages[np.isfinite(ages)]
    return float(np.percentile(ages, q)) if len(ages) else math.nan


@_kpi("messages", "messages sent on the reported day", "1", "", "all directions", 0)
def _sent(res: Results, variant: str) -> float:
    return _messages(res, variant, "sent")


@_kpi("messages_lost", "messages lost on the reported day", "1", "lower", "all directions", 0)
def _lost(res: Results, variant: str) -> float:
    return _messages(res, variant, "lost")


@_kpi(
    "messages_late",
    "messages late on the reported day",
    "1",
    "lower",
    "arrived after the next tick",
    0,
)
def _late(res: Results, variant: str) -> float:
    return _messages(res, variant, "late")


def _messages(res: Results, variant: str, column: str) -> float:
    rows = _rows(res, "messages", variant)
    return float(rows[column].sum()) if len(rows) else math.nan


# Forecast and baseline


@_kpi(
    "forecast_error",
    "forecast error",
    "1",
    "lower",
    "mean |forecast - actual| / mean |actual| of the net demand in the product hours, first issue",
    3,
)
def _forecast_error(res: Results, variant: str) -> float:
    rows = _rows(res, "forecasts", variant)
    if not len(rows):
        return math.nan
    begin, end = evening(res)
    rows = rows[rows["issue_time"] == rows["issue_time"].min()]
    time = rows["valid_time"].astype("int64").to_numpy()
    inside = (time >= begin) & (time < end)
    forecast = (rows["load_w"] - rows["pv_w"]).to_numpy()[inside]
    actual, actual_time = net_without_batteries(res, variant, (begin, end))
    both, at, row = np.intersect1d(actual_time, time[inside], return_indices=True)
    if not len(both):
        return math.nan
    return float(np.mean(np.abs(forecast[row] - actual[at])) / np.mean(np.abs(actual[at])))


@_kpi(
    "baseline_bias",
    "bias of the baseline",
    "kWh",
    "",
    "baseline - metered energy without VPP, in the product hours",
)
def _baseline_bias(res: Results, variant: str) -> float:
    gap, _ = _bias(res, variant)
    return float(gap.sum()) / 1000 if len(gap) else math.nan


@_kpi(
    "baseline_bias_value",
    "bias of the baseline, in money",
    "USD",
    "",
    "the same, each interval times its real-time price",
    2,
)
def _baseline_bias_value(res: Results, variant: str) -> float:
    gap, time = _bias(res, variant)
    price = real_time_price(res, time)
    return float((gap * price).sum() / 1e6) if len(gap) else math.nan


def _bias(res: Results, variant: str) -> tuple[np.ndarray, np.ndarray]:
    """Baseline less metered energy without VPP, Wh per interval, and the intervals."""
    rows = _rows(res, "baseline", variant)
    if not len(rows) or "no_vpp" not in res.variants:
        return np.empty(0), np.empty(0, np.int64)
    window = evening(res)
    time = rows["interval"].astype("int64").to_numpy()
    inside = (time >= window[0]) & (time < window[1])
    baseline, time = rows["baseline_wh"].to_numpy()[inside], time[inside]
    enrolled = res.static("meter.enrolled").astype(bool)
    metered = res.samples("meter.import_wh", "no_vpp", window=window)
    export = res.samples("meter.export_wh", "no_vpp", window=window).values
    net = (metered.values - export)[:, enrolled].sum(axis=1)
    both, a, b = np.intersect1d(time, metered.time, return_indices=True)
    return baseline[a] - net[b], both


# Market and money


@_kpi("awarded", "energy sold", "kWh", "higher", "sum of awarded_w x 1 h", 0)
def _awarded(res: Results, variant: str) -> float:
    rows = _rows(res, "awards", variant)
    return float(rows["awarded_w"].sum()) / 1000 if len(rows) else math.nan


@_kpi("delivered", "energy delivered", "kWh", "higher", "baseline - metered, final run")
def _delivered(res: Results, variant: str) -> float:
    rows = _final(res, "settlement", variant)
    return float(rows["delivered_wh"].sum()) / 1000 if len(rows) else math.nan


@_kpi("gross", "gross revenue", "USD", "higher", "final run", 2)
def _gross(res: Results, variant: str) -> float:
    return _run(res, variant, "gross")


@_kpi("supplier", "paid to the supplier", "USD", "", "final run", 2)
def _supplier(res: Results, variant: str) -> float:
    return _run(res, variant, "supplier")


@_kpi("fee", "fee of the aggregator", "USD", "", "final run", 2)
def _fee(res: Results, variant: str) -> float:
    return _run(res, variant, "fee")


@_kpi("outage_cost", "cost of the outage", "USD", "lower", "gross of mended - gross", 2)
def _outage_cost(res: Results, variant: str) -> float:
    if "mended" not in res.variants or variant != "demo":
        return math.nan
    return _run(res, "mended", "gross") - _run(res, variant, "gross")


@_kpi("owners_min", "an owner gets, least", "USD", "higher", "balances of owner accounts", 2)
def _owners_min(res: Results, variant: str) -> float:
    return _finite(np.min, owners(res, variant))


@_kpi("owners_median", "an owner gets, median", "USD", "higher", "balances of owner accounts", 2)
def _owners_median(res: Results, variant: str) -> float:
    return _finite(np.median, owners(res, variant))


@_kpi("owners_max", "an owner gets, most", "USD", "higher", "balances of owner accounts", 2)
def _owners_max(res: Results, variant: str) -> float:
    return _finite(np.max, owners(res, variant))


@_kpi("postings_sum", "sum of all postings", "USD", "", "exactly zero", 6)
def _postings_sum(res: Results, variant: str) -> float:
    rows = _rows(res, "postings", variant)
    return int(rows["amount"].sum()) * _DOLLAR if len(rows) else math.nan


# What several figures share


def evening(res: Results) -> tuple[int, int]:
    """The product hours, ns: those of the awards table, else 17 to 21 of the delivery day."""
    if "awards" in res.tables:
        rows = res.rows("awards")
        if len(rows):
            hours = rows["hour"].astype("int64")
            return int(hours.min()), int(hours.max()) + HOUR
    day, zone = parse_ns(res.attrs["report_start"]), str(res.attrs.get("zone", "UTC"))
    return at_clock(day, zone, 17), at_clock(day, zone, 21)


def net_without_batteries(
    res: Results, variant: str, window: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Demand less PV of the enrolled sites from their registers: mean W per interval, intervals."""
    enrolled = res.static("meter.enrolled").astype(bool)

    def of(name: str) -> np.ndarray:
        return (
            res.samples(f"meter.{name}_wh", variant, window=window).values[:, enrolled].sum(axis=1)
        )

    net = of("import") - of("export") + of("discharge") - of("charge")
    imported = res.samples("meter.import_wh", variant, window=window)
    return net * 3600 / imported.step_s, imported.time


def real_time_price(res: Results, time: np.ndarray) -> np.ndarray:
    """Real-time price at each instant, USD/MWh; NaN without one."""
    rows = res.rows("prices")
    rows = rows[rows["market"] == "rt"].sort_values("time")
    starts = rows["time"].astype("int64").to_numpy()
    if not len(starts):
        return np.full(len(time), np.nan)
    at = np.searchsorted(starts, time, side="right") - 1
    end = starts[at] + rows["duration_s"].to_numpy()[at] * 1_000_000_000
    return np.where((at >= 0) & (time < end), rows["price_usd_mwh"].to_numpy()[at], np.nan)


def balances(res: Results, variant: str) -> pd.Series:
    """Balance of every account, USD, by name."""
    accounts = res.rows("accounts").set_index("account")["name"]
    rows = _rows(res, "postings", variant)
    sums = rows.groupby("account")["amount"].sum().reindex(accounts.index, fill_value=0)
    return (sums * _DOLLAR).rename(accounts)


def owners(res: Results, variant: str) -> np.ndarray:
    """What each owner got, USD; empty when the variant traded nothing."""
    if not len(_rows(res, "postings", variant)):
        return np.empty(0)
    b = balances(res, variant)
    return b[b.index.str.startswith("owner:")].to_numpy()


def _meter(res: Results, variant: str, name: str) -> np.ndarray:
    return np.nan_to_num(res.samples(f"meter.{name}_wh", variant, window=res.window).values)


def _rows(res: Results, table: str, variant: str) -> pd.DataFrame:
    rows = res.rows(table)
    return rows[rows["variant"] == variant]


def _final(res: Results, table: str, variant: str) -> pd.DataFrame:
    rows = _rows(res, table, variant)
    final = rows[rows["run"] == "final"]
    return final if len(final) else rows


def _run(res: Results, variant: str, column: str) -> float:
    rows = _final(res, "runs", variant)
    return int(rows[column].iloc[-1]) * _DOLLAR if len(rows) else math.nan


def _sum(values: np.ndarray) -> float:
    return _finite(np.sum, values)


def _finite(f: Callable[[np.ndarray], float], values: np.ndarray) -> float:
    values = values[np.isfinite(values)]
    return float(f(values)) if len(values) else math.nan


def _safe(kpi: Kpi, res: Results, variant: str) -> float:
    try:
        return kpi.compute(res, variant)
    except MissingDataError:
        return math.nan


def compute(res: Results, variant: str) -> dict[str, float]:
    """Every figure of one variant, by name."""
    return {k.name: _safe(k, res, variant) for k in CATALOGUE}


def frame(res: Results, baseline: Results | None, variant: str | None) -> pd.DataFrame:
    """The figures as rows; see `Results.kpis`."""
    import pandas as pd

    names = [variant] if variant is not None else res.variants
    against = None
    if baseline is not None:
        against = compute(baseline, baseline.default_variant)
        if baseline.window != res.window:
            warnings.warn(
                f"the baseline counts another window: {baseline.window_text}, not "
                f"{res.window_text}; give window=(begin, end)",
                GridflockWarning,
                stacklevel=3,
            )
    rows = []
    for name in names:
        for kpi in CATALOGUE:
            value = _safe(kpi, res, name)
            base = math.nan if against is None else against[kpi.name]
            ratio = value / base if base and math.isfinite(base) else math.nan
            row = {"kpi": kpi.name, "value": value, "unit": kpi.unit, "ratio": ratio}
            rows.append(row if len(names) == 1 else {"variant": name, **row})
    table = pd.DataFrame(rows)
    table.attrs["window"] = res.window_text
    return table


def score_card(res: Results) -> pd.DataFrame:
    """One row a figure (label, unit), one column a variant, as text ready to print."""
    import pandas as pd

    columns = {v: [_format(k, _safe(k, res, v)) for k in CATALOGUE] for v in res.variants}
    index = pd.Index([_label(k) for k in CATALOGUE], name="figure")
    card = pd.DataFrame(columns, index=index)
    card.loc["bound"] = ["no bound"] * len(res.variants)
    card.attrs["window"] = res.window_text
    return card


def _label(kpi: Kpi) -> str:
    return kpi.label if kpi.unit == "1" else f"{kpi.label} [{kpi.unit}]"


def _format(kpi: Kpi, value: float) -> str:
    return "-" if not math.isfinite(value) else f"{value:,.{kpi.digits}f}"
