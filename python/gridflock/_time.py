# SPDX-License-Identifier: Apache-2.0
"""Instants: ns since 1970 UTC, as the file has them; wall time is a view."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

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
