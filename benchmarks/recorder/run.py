# SPDX-License-Identifier: Apache-2.0
"""What recording costs: the demo and a day of 10,000 devices, without results and with. A table.

python benchmarks/recorder/run.py [--json benchmarks/recorder/results.json] [--rounds 5]
    [--page docs/recorder.md]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from machine import describe  # noqa: E402
from native import build, call  # noqa: E402

DEMO = ROOT / "scenarios" / "demo" / "demo.toml"
# 5,000 homes with PV and 5,000 batteries; small enough each that the feeder carries them.
DAY = """\
format = 1
seed = 7

[time]
start = 2024-07-15T00:00:00
zone = "America/New_York"
warmup = "0 s"
duration = "1 day"
step = "1 min"
delivery = 2024-07-15T00:00:00

[feeder]
file = "ieee123/ieee123.dss"
controls = "off"
background = { scale = 0.1, shape = "flat" }

[shapes]
flat = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]

[weather]
file = "greensboro_tmy3.csv"
turbidity = 3

[[fleet]]
name = "homes"
device = "load"
count = 5000
at = { nodes = "loads", weight = "kw" }

[fleet.profile]
model = "residential"
energy_kwh_day = 5
shape = "flat"
floor_w = 20
power_factor = 0.98

[[fleet]]
name = "roofs"
device = "pv"
behind = { homes = 1.0 }
rated_kw = 0.4
tilt_deg = 20

[[fleet]]
name = "batteries"
device = "battery"
behind = { roofs = 1.0 }
energy_kwh = 1
power_kw = 0.3
"""


def measure(rounds: int) -> dict:
    program = build("recorder_benchmark")
    report = {"machine": describe(max(os.sched_getaffinity(0))), "rounds": rounds}
    with tempfile.TemporaryDirectory(prefix="gridflock-recorder-") as folder:
        day = Path(folder) / "day.toml"
        day.write_text(DAY)
        for name, scenario in (("demo", DEMO), ("day", day)):
            told = call([program, scenario, f"{folder}/out.h5", str(rounds)])
            report[name] = json.loads(told)
    return report


def share(case: dict, clock: str) -> tuple[float, float, float]:
    """Fastest rounds without and with recording, and the share that recording takes of the run."""
    without, with_ = (min(r[clock] for r in case[k]) for k in ("without", "with"))
    return without, with_, (with_ - without) / with_


def spread(report: dict) -> float:
    """By how much the slowest round took longer than the fastest of its kind, at most."""
    walls = [
        [r["wall_s"] for r in report[c][k]] for c in ("demo", "day") for k in ("without", "with")
    ]
    return max(max(w) / min(w) for w in walls) - 1


def table(report: dict) -> str:
    lines = [
        "| run | devices | file | clock | without results, s | with, s | recording |",
        "|---|---:|---:|---|---:|---:|---:|",
    ]
    clocks = {
        "wall_s": "wall",
        "thread_s": "simulation thread",
        "process_s": "all threads",
    }
    for name in ("demo", "day"):
        case = report[name]
        for clock, text in clocks.items():
            without, with_, part = share(case, clock)
            lines.append(
                f"| {name} | {case['devices']} | {case['bytes'] / 1e6:.1f} MB | {text} | "
                f"{without:.2f} | {with_:.2f} | {part:.1%} |"
            )
    return "\n".join(lines)


def page(report: dict) -> str:
    machine = report["machine"]
    return f"""# What recording costs

Results are scaled, compressed and written by a thread of their own; the simulation only copies
what it has into a queue. `python benchmarks/recorder/run.py --page docs/recorder.md` runs the demo
and a day of 10,000 devices (5,000 homes with roofs and batteries, a step a minute, every device
each five minutes, meters each quarter of an hour) without results and with, by turns: the fastest
of {report["rounds"]} rounds each, from the first step to the closed file.

{table(report)}

Measured on {machine["processor"]}, {machine["cores"]} cores, where the slowest round took
{spread(report):.0%} longer than the fastest, since others use the machine too. The last clock
counts the work of the other thread as well. Here that thread finds a core that is idle; an ensemble
that keeps all cores busy has none left for it, and pays the whole share of the last clock.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, default=Path(__file__).with_name("results.json"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--from-json", type=Path, help="print the table of earlier results")
    parser.add_argument("--page", type=Path, help="write the page of the documentation")
    options = parser.parse_args()
    if options.from_json:
        report = json.loads(options.from_json.read_text())
    else:
        report = measure(options.rounds)
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    if options.page:
        options.page.write_text(page(report))
    print(table(report))


if __name__ == "__main__":
    main()
