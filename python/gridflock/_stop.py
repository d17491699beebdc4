# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C and SIGTERM as a wish to stop between two steps, so that a checkpoint can be left."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType


@contextlib.contextmanager
def on_signals(terminates: bool = True) -> Iterator[Callable[[], bool] | None]:
    """What says whether a stop was asked for; None where signals are somebody else's.

    The second Ctrl-C raises KeyboardInterrupt at once. `terminates`: SIGTERM asks for it too.
    """
    is_ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if not is_ours:
        yield None
        return
    asked: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if asked:
            signal.default_int_handler(number, frame)
        asked.append(number)

    before = {s: signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, note)
    if terminates and before[signal.SIGTERM] in (signal.SIG_DFL, signal.default_int_handler):
        signal.signal(signal.SIGTERM, note)
    try:
        yield lambda: bool(asked)
    finally:
        for s, handler in before.items():
            signal.signal(s, handler)


@contextlib.contextmanager
def uninterrupted() -> Iterator[Callable[[], bool] | None]:
    """As on_signals; what is inside comes to its end, and then Ctrl-C raises KeyboardInterrupt."""
    with on_signals(terminates=False) as is_stopped:
        yield is_stopped
    if is_stopped is not None and is_stopped():
        raise KeyboardInterrupt
