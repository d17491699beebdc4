#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The determinism matrix: one hash of all State, however a study is run.

For each scenario, every cell of (threads x block width x stopped and resumed) runs the same worlds
and variants, and the recorded hashes of all rooms, ticks and lanes are hashed into one number.
One column of equal numbers is what is promised. Writes a table in Markdown; exit code 1 when a
number differs.

    python tools/determinism.py [-o docs/determinism.md] [--quick]
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import gridflock as gf
from gridflock._data import data_file


def scenarios(quick: bool) -> dict[str, tuple[gf.Scenario, int]]:
    """Name -> (scenario, worlds)."""
    suburb = gf.examples.suburb(feeder="ieee13", homes=40, pv=0.5, battery=0.5, seed=3)
    suburb.market.region = ""
    suburb.time.warmup = "0 s"
    suburb.time.duration = "2 h" if quick else "1 day"
    suburb = suburb.replace(variants={"on": {}, "off": {"dispatch": None}})
    found = {"suburb, ieee13, 40 homes": (suburb, 4)}
    if not quick:
        found["demo, ieee123, 300 homes"] = (gf.load_scenario(data_file("demo/demo.toml")), 2)
    return found


def digest(path: Path) -> str:
    """Of the hashes of every room, tick and lane, in the order of lanes and time."""
    with gf.open_results(path) as res:
        rows = res.rows("hashes").sort_values(["world", "variant", "time"], kind="stable")
        numbers = rows.drop(columns=["world", "variant", "time"]).to_numpy("int64")
    return hashlib.sha256(numbers.tobytes()).hexdigest()[:16]


def plain(sc: gf.Scenario, worlds: int, out: Path, threads: int, width: int) -> None:
    gf.Ensemble(sc, worlds).run(out=out, threads=threads, width=width).close()


def stopped(sc: gf.Scenario, worlds: int, out: Path) -> None:
    """One block of all lanes as a process, stopped twice and gone on with."""
    study = out.with_suffix(".toml")
    sc.replace(worlds=worlds).save(study)
    command = [sys.executable, "-m", "gridflock.cli", "run", str(study), "-o", str(out), "--quiet"]
    for _ in range(2):
        process = subprocess.Popen([*command, "--resume"])
        time.sleep(2)
        process.terminate()
        process.wait()
    subprocess.run([*command, "--resume"], check=True)


def rows(quick: bool, folder: Path) -> list[tuple[str, ...]]:
    table: list[tuple[str, ...]] = []
    for name, (sc, worlds) in scenarios(quick).items():
        sc.record.hashes = True
        lanes = worlds * max(1, len(sc.variants))
        for threads, width in ((1, 1), (1, 4), (2, 1), (2, 4), (2, lanes)):
            out = folder / f"{len(table)}.h5"
            plain(sc, worlds, out, threads, width)
            table.append((name, str(threads), str(width), "no", digest(out)))
        out = folder / f"{len(table)}.h5"
        stopped(sc, worlds, out)
        table.append((name, "1", "all", "stopped twice", digest(out)))
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-o", "--out", default="")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = rows(options.quick, Path(folder))
    head = ("scenario", "threads", "lanes a block", "resumed", "hash of all State")
    lines = ["| " + " | ".join(r) + " |" for r in (head, ("---",) * len(head), *table)]
    hashes: dict[str, set[str]] = {}
    for row in table:
        hashes.setdefault(row[0], set()).add(row[-1])
    equal = all(len(h) == 1 for h in hashes.values())
    text = "\n".join(lines) + "\n"
    print(text + ("all equal" if equal else "NOT EQUAL"))
    if options.out:
        made = f"Made by `tools/determinism.py` with gridflock {gf.__version__}.\n"
        Path(options.out).write_text(f"# Determinism\n\n{made}\n{text}")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
