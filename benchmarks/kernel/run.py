# SPDX-License-Identifier: Apache-2.0
"""Builds and runs the kernel benchmark: ours, std::priority_queue, SimPy. Prints a table.

python benchmarks/kernel/run.py [--json benchmarks/kernel/results.json] [--core 1]

The interpreter that runs this has gridflock installed; SimPy gets an environment of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from machine import describe  # noqa: E402
from native import build, call  # noqa: E402


def simpy_python() -> Path:
    where = ROOT / "build" / "bench" / "simpy"
    python = where / "bin" / "python"
    if not python.exists():
        venv.create(where, with_pip=True)
        wanted = ROOT / "tools" / "oracles" / "simpy" / "requirements.txt"
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", wanted], check=True)
    return python


def table(results: list[dict]) -> str:
    names = list(dict.fromkeys(r["contestant"] for r in results))
    lines = ["| delays | pending | " + " | ".join(names) + " |", "|" + "---|" * (2 + len(names))]
    for kind, pending in dict.fromkeys((r["delays"], r["pending"]) for r in results):
        at = {
            r["contestant"]: r["ns"]
            for r in results
            if r["delays"] == kind and r["pending"] == pending
        }
        cells = " | ".join(f"{at[name]:.0f}" if name in at else "" for name in names)
        lines.append(f"| {kind} | {pending} | {cells} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, default=Path(__file__).with_name("results.json"))
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--from-json", type=Path, help="print the table of earlier results")
    options = parser.parse_args()
    if options.from_json:
        print(table(json.loads(options.from_json.read_text())["results"]))
        return
    here = Path(__file__).parent
    results = json.loads(call([build("kernel_benchmark")], options.core))
    script = str(here / "python_processes.py")
    for python, module in ((sys.executable, "gridflock"), (str(simpy_python()), "simpy")):
        results += json.loads(call([python, script, module], options.core))
    report = {"unit": "ns of CPU time an event", "machine": describe(options.core)}
    report["results"] = results
    options.json.write_text(json.dumps(report, indent=1) + "\n")
    print(table(results))


if __name__ == "__main__":
    main()
