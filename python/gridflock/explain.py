# SPDX-License-Identifier: Apache-2.0
"""Where a posting comes from, and what an intervention changes, from a results file alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ._time import wall_text
from .errors import Error, MissingDataError

if TYPE_CHECKING:
    import pandas as pd

    from .results import Results

_NANO = 1_000_000_000


@dataclass(frozen=True)
class Explanation:
    """Provenance of one posting.

    Attributes
    ----------
    lines : list of str
        The reasons in words.
    keys : dict
        interval, reads, award, price and the like, as the settlement noted them; several of one
        name are parted by ", ".
    evidence : dict of DataFrame
        Rows of the file behind it: settlement, bid and its basis, prices, forecast, commands,
        observations.
    """

    lines: list[str]
    keys: dict[str, str]
    evidence: dict[str, Any] = field(repr=False)

    def __str__(self) -> str:
        return "\n".join(self.lines)


def explain(res: Results, posting: int) -> Explanation:
    """See `Results.explain`."""
    postings = res.rows("postings")
    if isinstance(posting, bool) or not hasattr(posting, "__index__"):
        raise Error(f"posting is {posting!r}, it must be a row of the table postings: a number")
    if not 0 <= posting < len(postings):
        raise MissingDataError(f"{res.path}: no posting {posting} among {len(postings)}")
    row = postings.iloc[posting]
    keys: dict[str, str] = {}
    for pair in str(row["provenance"]).split("; "):
        key, sign, value = pair.partition("=")
        if sign:
            keys[key] = f"{keys[key]}, {value}" if key in keys else value
    lane = (int(row["world"]), str(row["variant"]))
    account = res.rows("accounts").set_index("account")["name"][row["account"]]
    zone = str(res.attrs.get("zone") or "UTC")
    lines = [
        f"{_dollars(row['amount'])} to {account} ({row['kind']}), "
        f"posted {wall_text(_ns(row['time']), zone)} by the {row['run'] or 'no'} run"
    ]
    lines += _corrected(postings.iloc[:posting], row)
    lines += [f"{key}: {value}" for key, value in keys.items()]
    window = _window(res, row)
    evidence = _evidence(res, row, lane, window)
    lines += _words(evidence, window, zone)
    return Explanation(lines, keys, evidence)


def _corrected(before: pd.DataFrame, row: Any) -> list[str]:
    """A later settlement run posts what it changes: what the runs before it had posted."""
    same = before
    for key in ("world", "variant", "account", "kind", "site"):
        same = same[same[key] == row[key]]
    interval = row["interval"]
    same = same[same["interval"].isna() if interval != interval else same["interval"] == interval]
    same = same[same["run"] != row["run"]]
    if not len(same):
        return []
    posted = int(same["amount"].sum())
    return [
        f"it corrects the {' and '.join(dict.fromkeys(same['run']))} run, which posted "
        f"{_dollars(posted)}: {_dollars(posted + int(row['amount']))} in all"
    ]


def _dollars(micro: Any) -> str:
    micro = int(micro)
    sign = "-" if micro < 0 else ""
    return f"{sign}{abs(micro) // 1_000_000}.{abs(micro) % 1_000_000:06d} $"


def _ns(time: Any) -> int:
    return int(time.value) if hasattr(time, "value") else int(time)


def _window(res: Results, row: Any) -> tuple[int, int]:
    """The interval of a posting, or all that the run settled, ns."""
    import pandas as pd

    settled = res.rows("settlement")
    step = 900 * _NANO
    starts = sorted({_ns(t) for t in settled["interval"]})
    if len(starts) > 1:
        step = min(b - a for a, b in zip(starts, starts[1:], strict=False))
    if not pd.isna(row["interval"]):
        return _ns(row["interval"]), _ns(row["interval"]) + step
    return (starts[0], starts[-1] + step) if starts else res.window


def _evidence(
    res: Results, row: Any, lane: tuple[int, str], window: tuple[int, int]
) -> dict[str, pd.DataFrame]:
    import pandas as pd

    begin, end = (pd.Timestamp(t, tz="UTC") for t in window)

    def of_lane(table: str) -> pd.DataFrame:
        rows = res.rows(table)
        return rows[(rows["world"] == lane[0]) & (rows["variant"] == lane[1])]

    settled = of_lane("settlement")
    inside = (settled["interval"] >= begin) & (settled["interval"] < end)
    awards = of_lane("awards")
    in_hour = (awards["hour"] < end) & (awards["hour"] + pd.Timedelta(hours=1) > begin)
    prices = res.rows("prices")
    priced = (prices["time"] >= begin) & (prices["time"] < end)
    forecasts = of_lane("forecasts")
    issued = forecasts[forecasts["valid_time"].between(begin, end, inclusive="left")]
    last = issued[issued["issue_time"] <= begin]
    found = {
        "settlement": settled[inside & (settled["run"] == row["run"])],
        "bid": awards[in_hour],
        "basis": of_lane("bids"),
        "prices": prices[priced],
        "forecast": last[last["issue_time"] == last["issue_time"].max()],
    }
    found["commands"] = _fleet(res, lane, window)
    found["observations"] = _observations(res, lane, window, str(row["site"]))
    return found


def _fleet(res: Results, lane: tuple[int, str], window: tuple[int, int]) -> pd.DataFrame:
    import pandas as pd

    columns = {}
    for key in ("target_kw", "award_kw", "estimate_kw", "p_kw"):
        s = res.samples(f"fleet.{key}", lane[1], lane[0], window)
        columns[key] = s.values
        columns["time"] = pd.to_datetime(s.time, unit="ns", utc=True)
    return pd.DataFrame(columns).set_index("time")


def _observations(
    res: Results, lane: tuple[int, str], window: tuple[int, int], site: str
) -> pd.DataFrame:
    """Age of what was known of the posting's site; of all sites the oldest."""
    import numpy as np
    import pandas as pd

    age = res.samples("telemetry.age_s", lane[1], lane[0], window)
    power = res.samples("telemetry.p_kw", lane[1], lane[0], window)
    sites = list(res.static("telemetry.site"))
    time = pd.to_datetime(age.time, unit="ns", utc=True)
    if site in sites:
        at = sites.index(site)
        values = {"site": site, "age_s": age.values[:, at], "p_kw": power.values[:, at]}
    else:
        worst = np.argmax(np.nan_to_num(age.values, nan=np.inf), axis=1)
        rows = np.arange(len(worst))
        values = {
            "site": np.array(sites)[worst],
            "age_s": age.values[rows, worst],
            "p_kw": power.values[rows, worst],
        }
    return pd.DataFrame(values, index=time)


def _words(evidence: dict[str, Any], window: tuple[int, int], zone: str) -> list[str]:
    lines = []
    for s in evidence["settlement"].itertuples():
        lines.append(
            f"{wall_text(_ns(s.interval), zone)}: baseline {s.baseline_wh} Wh - metered "
            f"{s.metered_wh} Wh = delivered {s.delivered_wh} Wh against {s.award_wh} Wh awarded"
        )
    for b in evidence["bid"].itertuples():
        lines.append(
            f"bid: {b.offered_w} W offered at {b.ask_usd_mwh:.2f} $/MWh, {b.awarded_w} W awarded "
            f"at {b.price_usd_mwh:.2f} $/MWh"
        )
    for b in evidence["basis"].itertuples():
        lines.append(
            f"bid placed {wall_text(_ns(b.time), zone)} on the reads received by then: "
            f"{b.evenings} evenings with {b.mean_wh / 1e3:.1f} kWh to spare on average, "
            f"{b.least_wh / 1e3:.1f} kWh at least, {b.deliverable_wh / 1e3:.1f} kWh taken as sure"
        )
    forecast = evidence["forecast"]
    if len(forecast):
        issued = wall_text(_ns(forecast["issue_time"].iloc[0]), zone)
        lines.append(
            f"forecast issued {issued}: demand {forecast['load_w'].mean() / 1e3:.1f} kW, "
            f"PV {forecast['pv_w'].mean() / 1e3:.1f} kW"
        )
    commands = evidence["commands"]
    if len(commands):
        lines.append(
            f"commands: {commands['target_kw'].count()} dispatches asked for "
            f"{commands['target_kw'].mean():.1f} kW, {commands['p_kw'].mean():.1f} kW were given"
        )
    seen = evidence["observations"]
    if len(seen):
        oldest = seen.loc[seen["age_s"].idxmax()] if seen["age_s"].notna().any() else None
        if oldest is not None:
            lines.append(f"observations: oldest {oldest['age_s']:.0f} s, of {oldest['site']}")
    return lines


def effect(res: Results, variant: str, of: str, world: int = 0) -> pd.DataFrame:
    """See `Results.effect`."""
    if variant == of:
        raise Error(f"variant {variant!r} against itself: name the one it intervenes in")
    if world not in res.worlds:
        raise MissingDataError(f"{res.path} has no world {world}: {len(res.worlds)} worlds")
    postings = res.rows("postings")
    names = res.rows("accounts").set_index("account")["name"]

    def sums(name: str) -> Any:
        res._variant_index(name)
        mine = postings[(postings["variant"] == name) & (postings["world"] == world)]
        return mine.groupby(["account", "kind"])["amount"].sum()

    frame = sums(variant).to_frame(variant).join(sums(of).to_frame(of), how="outer")
    frame = frame.fillna(0).astype("int64")
    frame["difference"] = frame[variant] - frame[of]
    frame = frame.reset_index()
    frame["account"] = names.loc[frame["account"]].to_numpy()
    return frame[frame["difference"] != 0].reset_index(drop=True)
