# SPDX-License-Identifier: Apache-2.0
"""Largest voltage difference between two answers, node by node."""

from __future__ import annotations

from pathlib import Path

import numpy as np

EXACT_PU = 1e-8  # rounding of one solve on these feeders: below it two answers count as equal


def max_dv_pu(answer: Path, reference: Path) -> tuple[float, str]:
    """max |V - V_ref| / base over samples and the reference's nodes, and the node where it is.

    Samples that either holds as NaN are left out, and nodes without a base. A node that the answer
    lacks is an error.
    """
    ours, its = np.load(answer), np.load(reference)
    place = {name: i for i, name in enumerate(ours["nodes"].tolist())}
    kept = np.flatnonzero(its["base"] > 0)
    missing = [n for n in its["nodes"][kept].tolist() if n not in place]
    if missing:
        raise ValueError(f"no voltages of {len(missing)} nodes, the first is {missing[0]}")
    order = [place[n] for n in its["nodes"][kept].tolist()]
    valid = ~np.isnan(its["v"]).any(axis=1) & ~np.isnan(ours["v"]).all(axis=1)
    error = np.abs(ours["v"][valid][:, order] - its["v"][valid][:, kept]) / its["base"][kept]
    if not error.size:
        raise ValueError("no sample to compare")
    worst = np.unravel_index(int(np.argmax(np.where(np.isnan(error), np.inf, error))), error.shape)
    return float(error[worst]), str(its["nodes"][kept][worst[1]])
