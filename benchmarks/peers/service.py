# SPDX-License-Identifier: Apache-2.0
"""How a contestant is asked: one JSON object a line on standard input, one answer a line.

A contestant runs in an environment of its own, pinned to one core, and lives through the whole
benchmark so that its runs can be interleaved with those of the others. It needs NumPy and this
file.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


class Stopwatch:
    """Processor time of this process, which is what one thread would take of an idle core however
    many others share it now; and the wall's."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def read(self) -> np.ndarray:
        """(processor, wall) seconds since it was made."""
        return np.array([time.process_time() - self.cpu, time.perf_counter() - self.wall])


def told(times: np.ndarray) -> dict[str, float]:
    """The two fields of an answer."""
    return {"seconds": float(times[0]), "wall_seconds": float(times[1])}


class Task:
    """A case as it was written to a folder."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        facts = json.loads((self.folder / "case.json").read_text())
        self.name: str = facts["name"]
        self.dss: str = facts["dss"]
        self.drive: str = facts["drive"]
        self.step_s: float = facts["step_s"]
        self.output: str = facts["output"]
        self.loads: list[str] = facts["loads"]
        self.steps: int = facts["steps"]
        self.scenarios: int = facts["scenarios"]
        self.blocks: list[tuple[int, int, int]] = [tuple(b) for b in facts["blocks"]]
        self.profiles = np.load(self.folder / "profiles.npy")
        self.profile_of = np.load(self.folder / "profile_of.npy")
        self.rated_p_w, self.rated_q_var = np.load(self.folder / "rated.npy")

    def array(self, name: str) -> np.ndarray:
        """One of the arrays that only this case has."""
        return np.load(self.folder / f"{name}.npy")

    @property
    def samples(self) -> list[tuple[int, int]]:
        """(scenario, step) where voltages are compared: the last step of each block."""
        return [(s, start + n - 1) for s, start, n in self.blocks]


def save_voltages(path: str, nodes: list[str], v: np.ndarray, base: np.ndarray) -> None:
    """Write complex voltages [sample, node] in V and the base of each node."""
    np.savez(path, nodes=np.array(nodes), v=v, base=base)


def serve(answers: dict[str, Callable[..., dict[str, Any]]]) -> None:
    """Answer requests `{"do": NAME, ...}` until the input ends. Whatever prints goes to stderr."""
    reply = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        core = request.pop("core", None)
        if core is not None:
            os.sched_setaffinity(0, {core})
        try:
            answer = answers[request.pop("do")](**request)
        except Exception as error:  # the other side decides what a failure means
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=reply, flush=True)
