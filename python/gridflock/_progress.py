# SPDX-License-Identifier: Apache-2.0
"""Progress of a run: a bar with the time left, a callable of the user, or silence."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

Tick = Callable[[int, int, int], None]


@contextlib.contextmanager
def reporter(progress: Any) -> Iterator[Tick | None]:
    """What the run loop calls with (begin, now, end), or None for silence."""
    if progress is None:
        progress = sys.stderr.isatty()
    if callable(progress):
        yield lambda begin, now, end: progress((now - begin) / max(end - begin, 1))
    elif progress:
        with _bar() as tick:
            yield tick
    else:
        yield None


@contextlib.contextmanager
def _bar() -> Iterator[Tick]:
    from datetime import datetime, timezone

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
        task = bar.add_task("simulating", total=None)

        def tick(begin: int, now: int, end: int) -> None:
            at = datetime.fromtimestamp(now / 1e9, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
            bar.update(task, total=end - begin, completed=now - begin, description=at)

        yield tick
