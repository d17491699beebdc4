#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The kill report: runs that are ended by kill -9 lose no flushed row and can be gone on with.

Every other trial runs a study that leaves a checkpoint after each step; the others write blocks by
hand and tell over a pipe what they have flushed. A trial is killed at a moment drawn uniformly
over the run, or within 300 us of a write to the results or to the checkpoint, which the kernel
tells (inotify). Then the file must open in h5py (in
every fourth trial in xarray, too) and hold every row that a checkpoint
counts, or that was told, with the values of the straight run. The study is resumed, killed a
second time in every other trial, and its results at last must equal those of the straight run.
A kill leaves the page cache, so a folder in memory (TMPDIR=/dev/shm) shows the same and is fast.

    python tools/kills.py [-n 500] [--seed 1] [--jobs 1] [-o docs/kills.md]
"""

from __future__ import annotations

import argparse
import collections
import ctypes
import multiprocessing
import os
import random
import select
import shutil
import signal
import struct
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import gridflock as gf
import h5py
import numpy as np
from gridflock import _core
from gridflock.diff import unequal

ROWS, SITES, EVERY = 600, 300, 20  # written by hand: rows, columns, rows between two flushes
MODIFY, MOVED_TO, CREATE = 0x2, 0x80, 0x100  # of inotify
WHERE = {
    "at any time": lambda name: False,
    "at a write to the results": lambda name: name.endswith((".h5", ".resuming")),
    "at a write to the checkpoint": lambda name: ".checkpoint" in name,
}


def study() -> gf.Scenario:
    sc = gf.examples.suburb(feeder="ieee13", homes=20, pv=0.5, battery=0.5, seed=3)
    sc.market.region = ""
    sc.time.warmup = "0 s"
    sc.time.duration = "3 h"
    sc.dispatch = gf.dispatch.PeakShaving(limit_kw=50)
    sc.record.every = "1 min"
    sc.record.hashes = True
    return sc


def run_study(out: Path, resume: bool, checkpoint_every: float | None = 0) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study().run(
            out=out, resume=resume, checkpoint_every=checkpoint_every, progress=False
        ).close()


def value(row: int) -> np.ndarray:
    return 1000.0 * (row * 7919 % 1000) + np.arange(SITES)[:, None]


def write_by_hand(out: Path, told: int) -> None:
    """Rows of one group and one table; the number of rows goes to `told` after each flush."""
    writer = _core.ResultsWriter(
        str(out),
        {"start": 0, "end": ROWS},
        ["one"],
        ["site.net"],
        {"site": {"dim": "site", "labels": [f"homes/{i}" for i in range(SITES)]}},
        {"accounts": {"account": "integer", "name": "text"}},
    )
    for row in range(ROWS):
        writer.write("site", row, {"site.net": value(row)})
        writer.append("accounts", [row, f"account {row}"])
        if row % EVERY == EVERY - 1:
            writer.flush()
            os.write(told, struct.pack("<q", row + 1))
    writer.end("complete")


class Child:
    """A forked process that does `work`."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.pid = os.fork()
        if self.pid == 0:
            code = 1
            try:
                work()
                code = 0
            finally:
                os._exit(code)
        self.status: int | None = None

    def is_over(self) -> bool:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = status if pid else None
        return self.status is not None

    def kill(self) -> bool:
        """False when it had come to its end by itself."""
        if not self.is_over():
            os.kill(self.pid, signal.SIGKILL)
            _, self.status = os.waitpid(self.pid, 0)
        assert self.status is not None
        if os.WIFSIGNALED(self.status) and os.WTERMSIG(self.status) == signal.SIGKILL:
            return True
        if self.status != 0:
            raise RuntimeError(f"a run ended with {self.status} by itself")
        return False


class Events:
    """Writes in a folder, as the kernel tells them."""

    def __init__(self, folder: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        libc.inotify_add_watch(self.fd, os.fsencode(folder), MODIFY | MOVED_TO | CREATE)

    def names(self, seconds: float) -> list[str]:
        if not select.select([self.fd], [], [], seconds)[0]:
            return []
        found, data = [], os.read(self.fd, 1 << 16)
        while data:
            size = struct.unpack_from("I", data, 12)[0]
            found.append(data[16 : 16 + size].rstrip(b"\0").decode())
            data = data[16 + size :]
        return found

    def close(self) -> None:
        os.close(self.fd)


def kill_somewhere(
    rng: random.Random, folder: Path, where: str, span: Span, work: Callable[[], None]
) -> bool:
    """Runs `work` in a child and kills it; False when it came to its end first."""
    events = Events(folder)
    try:
        child = Child(work)
        if where == "at any time":
            time.sleep(rng.uniform(0.0, span.seconds))
            return child.kill()
        left = rng.randint(1, max(span.events[where], 1))
        while left > 0 and not child.is_over():
            left -= sum(map(WHERE[where], events.names(0.05)))
        time.sleep(rng.uniform(0.0, 300e-6))
        return child.kill()
    finally:
        events.close()


class Span:
    """How long a whole run takes, and how many writes it makes."""

    def __init__(self, folder: Path, work: Callable[[], None]) -> None:
        events = Events(folder)
        begin = time.monotonic()
        child = Child(work)
        self.events = dict.fromkeys(WHERE, 0)
        while not child.is_over():
            for name in events.names(0.01):
                for where, is_it in WHERE.items():
                    self.events[where] += is_it(name)
        self.seconds = time.monotonic() - begin
        events.close()
        child.kill()


def state(out: Path) -> str:
    """What the kill met, as the files show it."""
    if Path(f"{out}.checkpoint.part").exists():
        return "a checkpoint being written"
    path = Path(f"{out}.resuming") if Path(f"{out}.resuming").exists() else out
    if not is_born(path):
        return "before the first flush"
    with open(path, "rb") as file:
        end = struct.unpack_from("<Q", file.read(48), 40)[0]
    return "a flush being written" if path.stat().st_size > end else "between two writes"


def is_born(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 48 and path.read_bytes()[:4] == b"\x89HDF"


def rows_of(path: Path) -> dict[str, int]:
    """Rows of each growing dataset."""
    rows: dict[str, int] = {}

    def look(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and item.maxshape[:1] == (None,):
            rows[name] = item.shape[0]

    with h5py.File(path, "r") as file:
        file.visititems(look)
    return rows


def require_prefix(
    path: Path, whole: Path, counted: dict[str, int], with_xarray: bool
) -> list[str]:
    """What is lost or wrong in a killed file; also opens it as users do."""
    faults = []
    with h5py.File(path, "r") as a, h5py.File(whole, "r") as b:
        for name, n in rows_of(path).items():
            axis = name.rsplit("/", 1)[0]
            axis += "/row" if "row" in a[axis] else "/time"
            seen = min(n, a[axis].shape[0])
            if seen < counted.get(name, 0):
                faults.append(f"{name}: {seen} rows of {counted[name]}")
            same = min(seen, b[name].shape[0])  # the end of an interrupted run adds rows
            if not np.array_equal(a[name][:same], b[name][:same]):
                faults.append(f"{name}: other values")
    if with_xarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with gf.open_results(path) as res:
                for group in res.groups:
                    res.group(group).load()
    return faults


class Report:
    def __init__(self) -> None:
        self.met: collections.Counter[tuple[str, str]] = collections.Counter()
        self.trials = self.kills = self.resumed = 0
        self.faults: list[str] = []

    def add(self, trial: int, where: str, faults: list[str]) -> None:
        self.faults += [f"trial {trial}, killed {where}: {f}" for f in faults]


def try_study(rng: random.Random, trial: int, base: Base, report: Report) -> None:
    folder = base.folder / f"trial{trial}"
    folder.mkdir()
    out = folder / "out.h5"
    flushed: dict[str, int] = {}
    for again in range(1 + trial // 2 % 2):
        where = rng.choice(list(WHERE))
        if not kill_somewhere(rng, folder, where, base.study, partial(run_study, out, again > 0)):
            report.met[where, "after its end"] += 1
            break
        report.kills += 1
        report.met[where, state(out)] += 1
        saved = Path(f"{out}.checkpoint")
        counted = dict(_core.checkpoint_rows(str(saved))) if saved.exists() else {}
        for name, n in flushed.items():
            counted[name] = max(n, counted.get(name, 0))
        if not is_born(out):
            report.add(trial, where, ["no file"] if counted else [])
            continue
        report.add(trial, where, require_prefix(out, base.whole, counted, trial % 4 == 0))
        flushed = rows_of(out)
    had_checkpoint = Path(f"{out}.checkpoint").exists()
    if not is_born(out) and out.exists() and had_checkpoint:
        report.add(trial, "", ["a checkpoint without results"])
    child = Child(lambda: run_study(out, resume=True, checkpoint_every=None))
    while not child.is_over():
        time.sleep(0.002)
    child.kill()
    report.resumed += had_checkpoint
    with gf.open_results(base.whole) as a, gf.open_results(out) as b:
        what = unequal(a, b)
    report.add(trial, "and resumed", [what] if what else [])
    shutil.rmtree(folder)


def try_by_hand(rng: random.Random, trial: int, base: Base, report: Report) -> None:
    folder = base.folder / f"trial{trial}"
    folder.mkdir()
    out = folder / "out.h5"
    read, write = os.pipe()
    where = rng.choice(list(WHERE)[:2])
    is_killed = kill_somewhere(rng, folder, where, base.by_hand, lambda: write_by_hand(out, write))
    os.close(write)
    told = os.fdopen(read, "rb").read()
    rows = struct.unpack_from("<q", told, len(told) - 8)[0] if told else 0
    report.kills += is_killed
    report.met[where, state(out) if is_killed else "after its end"] += 1
    if rows == 0 and not is_born(out):
        shutil.rmtree(folder)
        return
    faults = []
    with h5py.File(out, "r") as file:
        n = min(file["site/time"].shape[0], file["site/net_kw"].shape[0])
        if n < rows // 60 * 60:
            faults.append(f"site: {n} rows of {rows}")
        stored = file["site/net_kw"][:n, 0, 0, :]
        expected = np.array([value(i)[:, 0] for i in range(n)]).reshape(stored.shape)
        if not np.array_equal(stored, np.rint(expected)):
            faults.append("site/net_kw: other values")
        n = file["accounts/row"].shape[0]
        if n < rows:
            faults.append(f"accounts: {n} rows of {rows}")
        if [s.decode() for s in file["accounts/name"][:n]] != [f"account {i}" for i in range(n)]:
            faults.append("accounts/name: other values")
    report.add(trial, where, faults)
    shutil.rmtree(folder)


class Base:
    """What all trials are compared with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.whole = folder / "whole" / "out.h5"
        self.whole.parent.mkdir()
        (folder / "hand").mkdir()
        null = os.open(os.devnull, os.O_WRONLY)
        self.study = Span(self.whole.parent, lambda: run_study(self.whole, resume=False))
        self.by_hand = Span(folder / "hand", lambda: write_by_hand(folder / "hand/out.h5", null))
        os.close(null)


def trials(n: int, seed: int) -> Report:
    """Trials until `n` runs were killed."""
    rng = random.Random(seed)
    report = Report()
    with tempfile.TemporaryDirectory(prefix="gridflock-kills-") as folder:
        base = Base(Path(folder))
        while report.kills < n:
            trial = try_by_hand if report.trials % 2 else try_study
            trial(rng, report.trials, base, report)
            report.trials += 1
    return report


def text_of(report: Report, args: argparse.Namespace) -> str:
    states = sorted({s for _, s in report.met})
    lines = [
        "# The kill report",
        "",
        f"`python tools/kills.py -n {args.n} --seed {args.seed} --jobs {args.jobs}`, gridflock "
        f"{gf.__version__}.",
        "What a trial does and what must hold afterwards stands at the head of the script.",
        "",
        f"* {report.trials} trials with {report.kills} kills; {report.resumed} runs resumed from a "
        "checkpoint, the others anew.",
        f"* Flushed rows lost, files that do not open, results other than the straight run's: "
        f"{len(report.faults)}.",
        "",
        "| killed | " + " | ".join(states) + " |",
        "|---|" + "---:|" * len(states),
    ]
    for where in WHERE:
        cells = [str(report.met[where, s]) for s in states]
        lines.append(f"| {where} | " + " | ".join(cells) + " |")
    lines += ["", *(f"* {f}" for f in report.faults)]
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-n", type=int, default=500, help="trials")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="processes, seeds from --seed on")
    parser.add_argument("-o", "--out", type=Path)
    args = parser.parse_args()
    report = Report()
    with ProcessPoolExecutor(args.jobs, multiprocessing.get_context("fork")) as pool:
        parts = [(args.n * (i + 1) // args.jobs - args.n * i // args.jobs, args.seed + i) for i in
                 range(args.jobs)]  # fmt: skip
        for part in pool.map(trials, *zip(*parts, strict=True)):
            report.met += part.met
            report.trials += part.trials
            report.kills += part.kills
            report.resumed += part.resumed
            report.faults += part.faults
    text = text_of(report, args)
    print(text, end="")
    if args.out:
        args.out.write_text(text)
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
