# SPDX-License-Identifier: Apache-2.0
"""What every contestant gets: a .dss file and how its loads move.

A load's power at a step is its rated power times a profile: ``rated[row] *
profiles[profile_of[row, scenario], step]``. That one form covers a batch of drawn powers and a year
of shapes, and each contestant turns it into its own best input outside the measured time.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Case:
    """One benchmark.

    Attributes
    ----------
    drive
        "power": every load has its own profile (arrays of powers); "scale": few profiles multiply
        the file's own powers.
    loads, rated_p_w, rated_q_var
        The rows: name of the load in the file and its demand where the profile is 1.
    profiles
        [profile, step].
    profile_of
        [row, scenario].
    blocks
        (scenario, first step, number of steps): what a peer runs in order, warm within a block. The
        last step of each is where voltages are compared. They may be a sample of the whole.
    output
        What ours keeps: "statistics" of every node, or the "magnitudes" of all steps.
    """

    name: str
    what: str
    dss: Path
    drive: str
    step_s: float
    loads: list[str]
    rated_p_w: np.ndarray
    rated_q_var: np.ndarray
    profiles: np.ndarray
    profile_of: np.ndarray
    blocks: list[tuple[int, int, int]]
    output: str = "statistics"
    peers: list[str] = field(default_factory=lambda: ["dss-python"])
    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """Number of steps."""
        return int(self.profiles.shape[1])

    @property
    def scenarios(self) -> int:
        """Number of scenarios."""
        return int(self.profile_of.shape[1])

    @property
    def solves(self) -> int:
        """Power flows of the whole case."""
        return self.steps * self.scenarios

    def write(self, folder: Path) -> Path:
        """Write `case.json` and the arrays; returns the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "profiles.npy", np.ascontiguousarray(self.profiles, dtype=float))
        np.save(folder / "profile_of.npy", self.profile_of.astype(np.int32))
        np.save(folder / "rated.npy", np.stack([self.rated_p_w, self.rated_q_var]))
        for name, array in self.arrays.items():
            np.save(folder / f"{name}.npy", array)
        text = {
            "name": self.name,
            "what": self.what,
            "dss": str(self.dss),
            "drive": self.drive,
            "step_s": self.step_s,
            "output": self.output,
            "loads": self.loads,
            "steps": self.steps,
            "scenarios": self.scenarios,
            "blocks": self.blocks,
        }
        (folder / "case.json").write_text(json.dumps(text) + "\n")
        return folder


def spread_blocks(
    steps: int, count: int, length: int, scenarios: Sequence[int] = (0,)
) -> list[tuple[int, int, int]]:
    """Blocks of `length` steps, `count` in each scenario, spread evenly; all if they fill it."""
    if count * length >= steps:
        edges = np.linspace(0, steps, count + 1).astype(int)
        pairs = [(int(a), int(b - a)) for a, b in zip(edges[:-1], edges[1:], strict=True) if b > a]
    else:
        starts = np.linspace(1, steps - length, count).astype(int)
        pairs = [(int(a), length) for a in starts]
    return [(s, start, n) for s in scenarios for start, n in pairs]


def wrap(folder: Path, master: Path, lines: Sequence[str] = ()) -> Path:
    """A script that calls a master file and then edits it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "case.dss"
    text = [f'redirect "{master}"', *lines]
    path.write_text("\n".join(text) + "\n")
    return path
