# SPDX-License-Identifier: Apache-2.0
"""Builds and runs the message benchmark: 100,000 devices, telemetry every minute. Prints a table.

python benchmarks/messages/run.py [--json benchmarks/messages/results.json] [--core 1]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from machine import describe  # noqa: E402
from native import build, call  # noqa: E402


def measure(core: int) -> dict:
    told = json.loads(call([build("message_benchmark")], core))
    return {"unit": "ns of CPU time a message", "machine": describe(core)} | told


def table(report: dict) -> str:
    lines = [
        f"one at a time: {report['scalar_fate_ns']:.1f} ns; moving the bytes alone: "
        f"{report['memory_ns']['width_0']:.1f} ns without a payload, "
        f"{report['memory_ns']['width_7']:.1f} ns with seven numbers",
        "",
        "| instructions | random numbers alone | lanes (worlds x variants) | payload | send | "
        "receive | both |",
        "|---|---|---|---|---|---|---|",
    ]
    for s in report["sets"]:
        for r in s["runs"]:
            lines.append(
                f"| {s['set']} | {s['philox_block_ns']:.1f} | {r['worlds']} x {r['variants']} | "
                f"{r['payload']} | {r['send_ns']:.1f} | {r['receive_ns']:.1f} | "
                f"{r['send_ns'] + r['receive_ns']:.1f} |"
            )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, default=Path(__file__).with_name("results.json"))
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--from-json", type=Path, help="print the table of earlier results")
    options = parser.parse_args()
    if options.from_json:
        print(table(json.loads(options.from_json.read_text())))
        return
    report = measure(options.core)
    options.json.write_text(json.dumps(report, indent=1) + "\n")
    print(table(report))


if __name__ == "__main__":
    main()
