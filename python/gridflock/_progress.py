# SPDX-License-Identifier: Apache-2.0
"""Progress of a run: a bar with the time left, a callable of the user, or silence."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

Tick = Callable[[int, int, int], None]


@contextlib.contextmanager
def reporter(progress: Any, label: str = "") -> Iterator[Tick | None]:
    """What the run loop calls with (begin, now, end), or None for silence.

    The bar shows `label`, or without one the instant `now`.
    """
    if progress is None:
        progress = sys.stderr.isatty()
    if callable(progress):
        yield lambda begin, now, end: progress((now - begin) / max(end - begin, 1))
    elif progress:
        with _bar(label) as tick:
            yield tick
    else:
        yield None


def _instant(now: int) -> str:
    from datetime import datetime, timezone

    return datetime.fromtimestamp(now / 1e9, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


@contextlib.contextmanager
def _bar(label: str) -> Iterator[Tick]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label or "simulating", total=None)

        def tick(begin: int, now: int, end: int) -> None:
            bar.update(
                task, total=end - begin, completed=now - begin, description=label or _instant(now)
            )

        yield tick
