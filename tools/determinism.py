#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The determinism matrix: one hash of all State, however a study is run.

For each scenario, every cell of (instruction set x threads x block width), and runs that are
stopped and gone on with, carries out the same worlds and variants in a process of its own. The
recorded hashes of all rooms, ticks and lanes are hashed into one number: a column of equal numbers
is what is promised. Writes a table in Markdown; exit code 1 when a number differs.

    python tools/determinism.py [-o docs/determinism.md] [--quick]
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import gridflock as gf
from gridflock._data import data_file

SETS = ("portable", "avx2", "avx512")
RUN = [sys.executable, "-m", "gridflock.cli", "run"]


def scenarios(quick: bool) -> dict[str, tuple[gf.Scenario, int]]:
    """Name -> (scenario, worlds)."""
    suburb = gf.examples.suburb(feeder="ieee13", homes=40, pv=0.5, battery=0.5, seed=3)
    suburb.market.region = ""
    suburb.dispatch = gf.dispatch.PeakShaving(limit_kw=2550)
    suburb.time.warmup = "0 s"
    suburb.time.duration = "2 h" if quick else "1 day"
    suburb = suburb.replace(variants={"on": {}, "off": {"dispatch": None}})
    length = "two hours" if quick else "one day"
    found = {f"suburb: IEEE 13, 40 homes, {length}, 4 worlds x 2 variants": (suburb, 4)}
    if not quick:
        demo = gf.load_scenario(data_file("demo/demo.toml"))
        found["demo: IEEE 123, 300 homes, 7 days, 2 worlds x 4 variants"] = (demo, 2)
    return found


def available() -> list[str]:
    """The instruction sets of this machine, by a power flow with each."""
    ask = (
        "import gridflock as gf; from gridflock._data import data_file as f;"
        "c = gf.powerflow.read(f('feeders/ieee13/IEEE13Nodeckt.dss'));"
        "gf.powerflow.batch(c, scale=[[1.0]])"
    )
    return [s for s in SETS if _process([sys.executable, "-c", ask], s).wait() == 0]


def _process(command: list[str], instructions: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {"GRIDFLOCK_INSTRUCTIONS": instructions}
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet)


def digest(path: Path) -> str:
    """Of the hashes of every room, tick and lane, in the order of lanes and time."""
    with gf.open_results(path) as res:
        rows = res.rows("hashes").sort_values(["world", "variant", "time"], kind="stable")
        numbers = rows.drop(columns=["world", "variant", "time"]).to_numpy("int64")
    if not len(numbers):
        raise RuntimeError(f"{path}: no hashes")
    return hashlib.sha256(numbers.tobytes()).hexdigest()[:16]


def run(command: list[str], instructions: str = "") -> float:
    """Runs to the end; seconds."""
    begin = time.monotonic()
    if (code := _process(command, instructions).wait()) != 0:
        raise RuntimeError(f"exit code {code}: {' '.join(command)}")
    return time.monotonic() - begin


def stop(command: list[str], out: Path, after: float, instructions: str) -> float:
    """Runs for about so many seconds and stops; how many it was until a checkpoint was left."""
    checkpoint = Path(f"{out}.checkpoint")

    def written() -> int:
        return checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0

    before = written()
    early, late = 0.0, 0.0
    for _ in range(30):
        process = _process(command, instructions)
        time.sleep(after)
        process.send_signal(signal.SIGTERM)
        has_ended = process.wait() == 0
        if written() not in (0, before):
            return after
        if has_ended:
            late, before = after, 0
            out.unlink(missing_ok=True)  # or it would be found complete
        else:
            early = after
        after = (early + late) / 2 if late > early else 1.5 * early
    raise RuntimeError(f"{checkpoint}: nothing was left")


def rows(quick: bool, folder: Path) -> list[tuple[str, ...]]:
    table: list[tuple[str, ...]] = []
    sets = available()
    for name, (sc, worlds) in scenarios(quick).items():
        sc.record.hashes = True
        lanes = worlds * max(1, len(sc.variants))
        study = folder / f"{len(table)}.toml"
        sc.save(study)

        def add(instructions: str, threads: int, width: int, how: str, out: Path) -> None:
            cells = (name, instructions, str(threads), str(width), how, digest(out))  # noqa: B023
            print(" | ".join(cells), flush=True)
            table.append(cells)

        for instructions in sets:
            for threads, width in ((1, 1), (1, 3), (2, 1), (2, 4), (1, lanes)):
                out = folder / f"{len(table)}.h5"
                wide = ["--worlds", str(worlds), "--threads", str(threads), "--width", str(width)]
                run([*RUN, str(study), "-o", str(out), "--quiet", *wide], instructions)
                add(instructions, threads, width, "no", out)
        # one block of all lanes, straight and stopped on the way
        sc.replace(worlds=worlds).save(study)
        for instructions in sets:
            out = folder / f"{len(table)}.h5"
            whole = run([*RUN, str(study), "-o", str(out), "--quiet"], instructions)
            add(instructions, 1, lanes, "no", out)
            out = folder / f"{len(table)}.h5"
            command = [*RUN, str(study), "-o", str(out), "--quiet", "--resume"]
            first = stop(command, out, whole / 2, instructions)
            stop(command, out, first / 2, instructions)
            run(command, instructions)
            add(instructions, 1, lanes, "stopped twice", out)
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-o", "--out", default="")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = rows(options.quick, Path(folder))
    hashes: dict[str, set[str]] = {}
    text = ""
    for name in dict.fromkeys(row[0] for row in table):
        mine = [row[1:] for row in table if row[0] == name]
        head = ("instructions", "threads", "lanes a block", "resumed", "hash of all State")
        lines = ["| " + " | ".join(r) + " |" for r in (head, ("---",) * len(head), *mine)]
        text += f"\n## {name[0].upper()}{name[1:]}\n\n" + "\n".join(lines) + "\n"
        hashes[name] = {row[-1] for row in mine}
    equal = all(len(h) == 1 for h in hashes.values())
    print("all equal" if equal else "NOT EQUAL")
    if options.out:
        Path(options.out).write_text(PAGE.format(version=gf.__version__) + text)
    return 0 if equal else 1


PAGE = """# Determinism

State is the same bit for bit for any number of threads, lanes a block, neighbours and instruction
set, and after a run was stopped and resumed. Each row below is a run in a process of its own; its
hash is that of the recorded 64-bit hashes of every room, tick, world and variant
(`[record] hashes = true`). The environment variable `GRIDFLOCK_INSTRUCTIONS` chose the instruction
set. Made by `tools/determinism.py` with gridflock {version}.
"""


if __name__ == "__main__":
    sys.exit(main())
