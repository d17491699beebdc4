# SPDX-License-Identifier: Apache-2.0
"""Instants: ns since 1970 UTC, as the file has them; wall time is a view."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from .errors import Error

HOUR = 3_600_000_000_000


def parse_ns(text: str) -> int:
    """ISO 8601 with "Z" to ns."""
    whole = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int(whole.timestamp()) * 1_000_000_000


def at_clock(day_ns: int, zone: str, hour: int) -> int:
    """The instant of an hour of the wall day that starts at `day_ns`."""
    local = datetime.fromtimestamp(day_ns / 1e9, ZoneInfo(zone))
    day = datetime(local.year, local.month, local.day, tzinfo=ZoneInfo(zone))
    wall = (day + timedelta(hours=hour)).astimezone(timezone.utc)
    return int(wall.timestamp()) * 1_000_000_000


def wall_text(ns: int, zone: str) -> str:
    """Wall time to the minute."""
    return f"{datetime.fromtimestamp(ns / 1e9, ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def instant_ns(value: Any, zone: str) -> int:
    """ns of an int, a datetime, a datetime64 (UTC) or ISO 8601; wall time without an offset.

    Raises Error: none of these, no time at all, or outside of the years 1678 to 2261.
    """
    import numpy as np

    if isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_)):
        return _in_range(int(value), value)
    if isinstance(value, np.datetime64):
        if np.isnat(value):
            raise Error(f"instant '{value}': is no time")
        whole, _ = np.datetime_data(value.dtype)
        seconds = int(value.astype("datetime64[s]").astype("int64"))
        if whole in ("Y", "M", "W", "D", "h", "m", "s"):
            return _in_range(seconds * 1_000_000_000, value)
        _in_range(seconds * 1_000_000_000, value)
        return int(value.astype("datetime64[ns]").astype("int64"))
    try:
        text = str(value).replace("Z", "+00:00")
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(zone))
        since = moment - datetime(1970, 1, 1, tzinfo=timezone.utc)
    except (ValueError, OverflowError) as e:
        raise Error(f"instant '{value}': write it as 2024-07-15T17:00") from e
    return _in_range(since // timedelta(microseconds=1) * 1000, value)


def _in_range(ns: int, told: Any) -> int:
    if not -(2**63) < ns < 2**63:
        raise Error(f"instant '{told}': is outside of the years 1678 to 2261")
    return ns
