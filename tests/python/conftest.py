# SPDX-License-Identifier: Apache-2.0
"""Results with known values, and one short real run that several tests read."""

import gridflock as gf
import numpy as np
import pytest
from gridflock import _core

MINUTE = 60_000_000_000
START = 1_721_016_000_000_000_000  # 2024-07-15T04:00Z, midnight in New York
HOURS = 4


def fill(path, status="complete"):
    """Four hours of two variants; every value is chosen so that figures follow by hand."""
    writer = _core.ResultsWriter(
        str(path),
        {
            "start": START,
            "end": START + HOURS * 60 * MINUTE,
            "scenario": "format = 1\n",
            "seed": 7,
            "zone": "America/New_York",
        },
        ["no_vpp", "demo"],
        [
            "head.p",
            "head.losses",
            "head.v_min",
            "head.v_max",
            "head.buses_outside",
            "node.v",
            "meter.import",
            "meter.export",
            "meter.pv",
            "meter.charge",
            "meter.discharge",
            "meter.pv_available",
            "meter.stored",
        ],
        {
            "node": {
                "dim": "node",
                "labels": ["a.1", "a.2", "b.1"],
                "columns": {
                    "bus": ("1", ["a", "a", "b"]),
                    "x": ("m", [0.0, 0.0, 5.0]),
                    "y": ("m", [0.0, 0.0, 1.0]),
                },
            },
            "meter": {
                "dim": "site",
                "labels": ["homes/0", "homes/1"],
                "columns": {"enrolled": ("1", [1, 0])},
            },
        },
        {
            "accounts": {"account": "integer", "name": "text", "kind": "text"},
            "postings": {
                "world": "integer",
                "variant": "integer",
                "time": "time",
                "account": "integer",
                "amount": "money",
            },
            "runs": {
                "world": "integer",
                "variant": "integer",
                "run": "text",
                "gross": "money",
                "supplier": "money",
                "fee": "money",
                "owners": "money",
            },
        },
    )
    for i in range(HOURS * 60):
        t = START + i * MINUTE
        # demo: 1,000 kW, 1,200 in minutes 60 to 75, and one minute of 3,000 kW that the mean hides
        demo = 1.2e6 if 60 <= i < 75 else 3.0e6 if i == 100 else 1.0e6
        writer.write(
            "head",
            t,
            {
                "head.p": np.array([[2.0e6, demo]]),
                "head.losses": np.array([[3e4, 2e4]]),
                "head.v_min": np.array([[0.94, 0.96]]),
                "head.v_max": np.array([[1.0, 1.01]]),
                "head.buses_outside": np.array([[2.0, 1.0 if i < 30 else 0.0]]),
            },
        )
        if i % 5 == 0:
            writer.write("node", t, {"node.v": np.array([[1.0, 1.0], [0.99, 0.97], [0.98, 0.951]])})
        if i % 15 == 0:
            row = lambda a, b: np.array([[a, a], [b, b]], float)  # noqa: E731
            writer.write(
                "meter",
                t,
                {
                    "meter.import": row(100, 200),
                    "meter.export": row(0, 50),
                    "meter.pv": row(0, 250),
                    "meter.charge": row(0, 40),
                    "meter.discharge": row(0, 30),
                    "meter.pv_available": row(0, 250),
                    "meter.stored": row(np.nan, 1000 + 5 * i / 15),
                },
            )
    for i, name in enumerate(["market", "owner:homes/0", "owner:homes/1"]):
        writer.append("accounts", [i, name, name.split(":")[0]])
    for account, amount in ((0, -3_000_001), (1, 2_000_000), (2, 1_000_001)):
        writer.append("postings", [0, 1, START, account, amount])
    for run, gross in (("preliminary", 9_000_000), ("final", 5_000_000)):
        writer.append("runs", [0, 1, run, gross, 1_000_000, 800_000, 3_200_000])
    writer.end(status, "" if status == "complete" else "a test")
    return path


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory):
    return gf.open_results(fill(tmp_path_factory.mktemp("synthetic") / "day.h5"))


def small(**changes):
    """A suburb that runs in a moment."""
    sc = gf.examples.suburb(homes=40, pv=0.5, battery=0.25, seed=3)
    sc.market.region = ""
    sc.time.warmup = "0 s"
    sc.time.duration = "2 h"
    return sc.replace(changes)


@pytest.fixture
def scenario():
    return small()


@pytest.fixture(scope="session")
def evening(tmp_path_factory):
    """Two hours of a small suburb with and without peak shaving, in one file."""
    out = tmp_path_factory.mktemp("evening") / "evening.h5"
    sc = small()
    sc.dispatch = gf.dispatch.PeakShaving(limit_kw=500)
    return sc.run(out=out, variants={"on": {}, "off": {"dispatch": None}})
