# SPDX-License-Identifier: Apache-2.0
"""Plots of results. Every method returns its axes; matplotlib is loaded when the first is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from .errors import MissingDataError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .results import Results


class Plots:
    """What ``res.plot`` offers."""

    def __init__(self, results: Results) -> None:
        self._res = results

    def _axes(self, ax: Axes | None, size: tuple[float, float]) -> Axes:
        if ax is not None:
            return ax
        from matplotlib.figure import Figure

        try:
            import matplotlib.pyplot as plt
        except ImportError:  # no display library: a figure of its own
            return Figure(figsize=size, layout="constrained").add_subplot()
        return plt.subplots(figsize=size, layout="constrained")[1]

    def _time(self, time: np.ndarray) -> np.ndarray:
        return time.astype("datetime64[ns]").astype("datetime64[ms]")

    def _clock(self, ax: Axes) -> None:
        import matplotlib.dates as mdates

        zone = ZoneInfo(str(self._res.attrs.get("zone") or "UTC"))
        begin, end = self._res.window
        hours = (end - begin) / 3.6e12
        if hours <= 48:
            every = 3 if hours > 12 else 1
            ax.xaxis.set_major_locator(mdates.HourLocator(byhour=range(0, 24, every), tz=zone))
        ax.xaxis.set_major_formatter(
            mdates.DateFormatter("%H:%M" if hours <= 48 else "%d %b", tz=zone)
        )
        ax.set_xlabel(f"wall time, {zone.key}")
        ax.grid(alpha=0.3)

    def feeder(
        self,
        color: str = "v_pu",
        *,
        variant: str | None = None,
        time: int | str | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Map of the feeder, its buses coloured by a node variable.

        Parameters
        ----------
        color
            A variable of the group `node`; the lowest node of a bus gives its colour.
        time
            Instant (ns or ISO 8601); by default the one with the lowest value in the window.
        """
        res = self._res
        variant = variant or res.default_variant
        s = res.samples(f"node.{color}", variant, window=res.window)
        if not len(s.time):
            raise MissingDataError(f"{res.path}: no node.{color} in the window")
        values = np.where(s.values > 0, s.values, np.nan)
        if time is None:
            flat = np.where(np.isnan(values), np.inf, values)
            row = int(flat.min(axis=1).argmin())
        else:
            ns = time if isinstance(time, int) else int(np.datetime64(time, "ns").astype(int))
            row = int(np.clip(np.searchsorted(s.time, ns, "right") - 1, 0, len(s.time) - 1))
        bus, x, y = (res.static(f"node.{c}") for c in ("bus", "x", "y"))
        names, first, inverse = np.unique(bus, return_index=True, return_inverse=True)
        lowest = np.full(len(names), np.inf)
        np.minimum.at(lowest, inverse, np.where(np.isnan(values[row]), np.inf, values[row]))
        drawn = np.isfinite(lowest) & np.isfinite(x[first])
        if not drawn.any():
            raise MissingDataError(f"{res.path}: the feeder gives no coordinates of its buses")
        ax = self._axes(ax, (7, 6))
        self._lines(ax)
        dots = ax.scatter(
            x[first][drawn], y[first][drawn], c=lowest[drawn], cmap="viridis", s=22, zorder=3
        )
        label = "voltage [pu]" if color == "v_pu" else color
        ax.figure.colorbar(dots, ax=ax, label=label, shrink=0.8)
        zone = ZoneInfo(str(res.attrs.get("zone") or "UTC"))
        from datetime import datetime

        at = datetime.fromtimestamp(s.time[row] / 1e9, zone).strftime("%Y-%m-%d %H:%M")
        ax.set_title(f"{variant}, {at}")
        ax.set_aspect("equal")
        ax.set_xticks([])
        ax.set_yticks([])
        return ax

    def _lines(self, ax: Axes) -> None:
        if "lines" not in self._res.tables:
            return
        from matplotlib.collections import LineCollection

        rows = self._res.rows("lines")
        segments = rows[["x1", "y1", "x2", "y2"]].to_numpy().reshape(-1, 2, 2)
        widths = 0.6 + 0.5 * rows["phases"].to_numpy()
        ax.add_collection(LineCollection(segments, colors="0.7", linewidths=widths, zorder=1))

    def dispatch(self, *, variants: list[str] | None = None, ax: Axes | None = None) -> Axes:
        """Power at the feeder head of each variant, and of the fleet with its target."""
        res = self._res
        ax = self._axes(ax, (8, 4))
        names = variants or res.variants
        for i, variant in enumerate(names):
            s = res.samples("head.p_kw", variant, window=res.window)
            ax.plot(self._time(s.time), s.values, lw=1, color=f"C{i}", label=f"head, {variant}")
        ax.set_ylabel("feeder head [kW]")
        self._clock(ax)
        if "fleet" in res.groups:
            other = ax.twinx()
            shown = res.default_variant if res.default_variant in names else names[0]
            for name, style in (("p_kw", "-"), ("target_kw", ":"), ("award_kw", "--")):
                try:
                    s = res.samples(f"fleet.{name}", shown, window=res.window)
                except MissingDataError:
                    continue
                if np.isfinite(s.values).any():
                    label = {"p_kw": "fleet", "target_kw": "target", "award_kw": "award"}[name]
                    other.step(
                        self._time(s.time),
                        s.values,
                        style,
                        where="post",
                        lw=1,
                        color="0.3",
                        label=f"{label}, {shown}",
                    )
            other.set_ylabel("fleet [kW], + into the grid")
            handles = [*ax.get_lines(), *other.get_lines()]
            ax.legend(handles=handles, fontsize="small", ncols=2, loc="upper left")
        else:
            ax.legend(fontsize="small")
        return ax

    def voltages(self, *, variant: str | None = None, ax: Axes | None = None) -> Axes:
        """Band of all node voltages over time, with the limits."""
        res = self._res
        variant = variant or res.default_variant
        low = res.samples("head.v_min_pu", variant, window=res.window)
        high = res.samples("head.v_max_pu", variant, window=res.window)
        ax = self._axes(ax, (8, 3))
        ax.fill_between(self._time(low.time), low.values, high.values, alpha=0.4, lw=0)
        for limit in (0.95, 1.05):
            ax.axhline(limit, color="C3", lw=0.8, ls="--")
        ax.set_ylabel("node voltages [pu]")
        ax.set_title(variant)
        self._clock(ax)
        return ax

    def age(self, *, variants: list[str] | None = None, ax: Axes | None = None) -> Axes:
        """Age of the telemetry at dispatch ticks: median and 95th percentile over the sites."""
        res = self._res
        ax = self._axes(ax, (8, 3))
        for i, variant in enumerate(variants or res.variants):
            s = res.samples("telemetry.age_s", variant, window=res.window)
            seen = np.isfinite(s.values).any(axis=1) if s.values.size else np.zeros(0, bool)
            if not seen.any():
                continue
            low, high = np.nanpercentile(s.values[seen], [50, 95], axis=1)
            time = self._time(s.time[seen])
            ax.plot(time, low, lw=1, color=f"C{i}", label=f"{variant}, median")
            ax.plot(time, high, lw=1, color=f"C{i}", ls="--", label=f"{variant}, 95 %")
        ax.set_ylabel("age of telemetry [s]")
        if ax.get_lines():
            ax.legend(fontsize="small", ncols=2)
        self._clock(ax)
        return ax

    def market(self, *, variant: str | None = None, ax: Axes | None = None) -> Axes:
        """Prices of the delivery day and the power sold."""
        res = self._res
        variant = variant or res.default_variant
        ax = self._axes(ax, (8, 3))
        prices = res.rows("prices")
        for market, label in (("da", "day-ahead"), ("rt", "real time")):
            rows = prices[prices["market"] == market].sort_values("time")
            if not len(rows):
                continue
            start = rows["time"].astype("int64").to_numpy()
            end = start[-1] + int(rows["duration_s"].iloc[-1]) * 1_000_000_000
            value = rows["price_usd_mwh"].to_numpy()
            ax.step(
                self._time(np.r_[start, end]), np.r_[value, value[-1]], where="post", label=label
            )
        ax.set_ylabel("price [USD/MWh]")
        awards = res.rows("awards")
        awards = awards[awards["variant"] == variant]
        if len(awards):
            other = ax.twinx()
            hour = np.timedelta64(1, "h")
            other.bar(
                self._time(awards["hour"].astype("int64").to_numpy()),
                awards["awarded_w"].to_numpy() / 1000,
                width=hour,
                align="edge",
                alpha=0.3,
                color="C2",
            )
            other.set_ylabel(f"sold by {variant} [kW]")
        if ax.get_lines():
            ax.legend(fontsize="small")
        self._clock(ax)
        return ax
