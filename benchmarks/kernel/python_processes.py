# SPDX-License-Identifier: Apache-2.0
"""Processes that wait in a loop, in SimPy or in gridflock: ns of CPU time an event, as JSON.

python python_processes.py simpy|gridflock
"""

from __future__ import annotations

import json
import math
import random
import sys
import time


def delays(kind: str, n: int) -> list[float]:
    draw = random.Random(1)
    if kind == "random":
        return [-math.log(1.0 - draw.random()) for _ in range(n)]
    return [900.0 * draw.randint(1, 4) for _ in range(n)]


def walk_simpy(env, table, i):
    timeout, n = env.timeout, len(table)
    while True:
        yield timeout(table[i])
        i = (i + 7919) % n


def walk_gridflock(table, i):
    n = len(table)
    while True:
        yield table[i]
        i = (i + 7919) % n


def simpy_run(table: list[float], pending: int):
    import simpy

    env = simpy.Environment()
    for i in range(pending):
        env.process(walk_simpy(env, table, i % len(table)))

    def run(events: int) -> None:
        step = env.step
        for _ in range(events):
            step()

    return run


def gridflock_run(table: list[float], pending: int):
    import gridflock as gf

    kernel = gf.des.Kernel()
    for i in range(pending):
        kernel.start(walk_gridflock(table, i % len(table)))
    return lambda events: kernel.run(events=events)


def main() -> None:
    make = {"simpy": simpy_run, "gridflock": gridflock_run}[sys.argv[1]]
    results = []
    for kind in ("random", "lattice"):
        for pending in (1_000, 10_000, 100_000, 1_000_000):
            run = make(delays(kind, 65_536), pending)
            events = max(200_000, pending)
            run(2 * pending)  # every process has started and waited
            best = math.inf
            for _ in range(3 if pending < 1_000_000 else 1):
                begin = time.process_time()
                run(events)
                best = min(best, time.process_time() - begin)
            results.append(
                {
                    "contestant": sys.argv[1] + " (Python)",
                    "delays": kind,
                    "pending": pending,
                    "ns": round(best / events * 1e9, 1),
                }
            )
            del run
    print(json.dumps(results))


if __name__ == "__main__":
    main()
