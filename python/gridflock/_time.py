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
    """ns of an int, a datetime, a datetime64 (UTC) or ISO 8601; wall time without an offset."""
    if isinstance(value, int):
        return value
    if type(value).__name__ == "datetime64":
        return int(value.astype("datetime64[ns]").astype("int64"))
    try:
        whole = (
            value
            if isinstance(value, datetime)
            else datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        )
    except ValueError as e:
        raise Error(f"instant '{value}': write it as 2024-07-15T17:00") from e
    if whole.tzinfo is None:
        whole = whole.replace(tzinfo=ZoneInfo(zone))
    return int(whole.timestamp()) * 1_000_000_000
