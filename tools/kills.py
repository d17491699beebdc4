#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The kill report: runs that are ended by kill -9 lose no flushed row and can be gone on with.

Every other trial runs a study that leaves a checkpoint after each step; the others write blocks by
hand and tell over a pipe what they have flushed. A trial is killed at a moment drawn uniformly over
the run, or just before or just after a system call on the results or on the checkpoint, drawn
uniformly over those of the run (ptrace; x86-64 only). Then the file must open in h5py (in
every fourth trial in xarray, too) and hold every row that a checkpoint counts, or that was told,
with the values of the straight run. The study is resumed, killed a
second time in every other trial, and its results at last must equal those of the straight run.
A kill leaves the page cache, so a folder in memory (TMPDIR=/dev/shm) shows the same and is fast.

    python tools/kills.py [-n 500] [--seed 1] [--jobs 1] [-o docs/kills.md]
"""

from __future__ import annotations

import argparse
import collections
import ctypes
import errno
import multiprocessing
import os
import random
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
from gridflock.rerun import unequal

ROWS, SITES, EVERY = 600, 300, 20  # written by hand: rows, columns, rows between two flushes
CALLS = {  # on files that are written, of x86-64: by descriptor, or by the address of a path
    1: "write", 18: "pwrite64", 20: "writev", 74: "fsync", 75: "fdatasync", 77: "ftruncate",
    285: "fallocate", 296: "pwritev",
    76: "truncate", 82: "rename", 87: "unlink",
}  # fmt: skip
SOMETIME, FLUSH, OVER = "between the two", "during a flush", "after its end"  # a kill came
BY_PATH = {76, 82, 87}
WHERE = {
    "at any time": lambda name: False,
    "at a call on the results": lambda name: name.endswith((".h5", ".resuming")),
    "at a call on the checkpoint": lambda name: ".checkpoint" in name,
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


class Ptrace:
    """The requests of ptrace(2) that are needed here."""

    TRACEME, SYSCALL, SETOPTIONS, GET_SYSCALL_INFO = 0, 24, 0x4200, 0x420E
    OPTIONS = 0x100000 | 0x8 | 0x1  # killed with the tracer, threads too, calls marked by bit 7
    ALL_THREADS = 0x40000000  # of waitpid
    CALL = signal.SIGTRAP | 0x80

    def __init__(self) -> None:
        self.call = ctypes.CDLL(None, use_errno=True).ptrace
        self.call.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        self.call.restype = ctypes.c_long
        self.info = ctypes.create_string_buffer(88)

    def __call__(self, request: int, tid: int = 0, address: int = 0, data: object = None) -> None:
        if self.call(request, tid, address, data) < 0 and ctypes.get_errno() != errno.ESRCH:
            raise OSError(ctypes.get_errno(), "ptrace")

    def entered(self, tid: int) -> tuple[int, int] | None:
        """Number and first argument of the call that a thread enters; None when it returns."""
        self(self.GET_SYSCALL_INFO, tid, 88, self.info)
        if self.info.raw[0] != 1:
            return None
        number, argument = struct.unpack_from("<QQ", self.info.raw, 24)
        return number, argument


class Traced(Child):
    """A child whose calls on files can be counted, and which can be killed at one of them."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.ptrace = Ptrace()

        def traced() -> None:
            self.ptrace(Ptrace.TRACEME)
            os.kill(os.getpid(), signal.SIGSTOP)
            work()

        super().__init__(traced)
        os.waitpid(self.pid, Ptrace.ALL_THREADS)
        self.ptrace(Ptrace.SETOPTIONS, self.pid, 0, Ptrace.OPTIONS)
        self.ptrace(Ptrace.SYSCALL, self.pid)

    def file_of(self, number: int, argument: int) -> str:
        try:
            if number not in BY_PATH:
                return os.readlink(f"/proc/{self.pid}/fd/{argument}")
            with open(f"/proc/{self.pid}/mem", "rb", buffering=0) as memory:
                memory.seek(argument)
                return memory.read(4096 - argument % 4096).split(b"\0")[0].decode()
        except OSError:
            return ""

    def run(self, visit: Callable[[str, str, bool], bool]) -> bool:
        """Goes on until `visit` (of a file, a call, whether before it) says to kill.

        False when the child came to its end by itself.
        """
        inside: dict[int, tuple[str, str]] = {}  # threads in a call on a file
        while True:
            tid, status = os.waitpid(-1, Ptrace.ALL_THREADS)
            if not os.WIFSTOPPED(status):
                if tid == self.pid:
                    self.status = status
                    return self.kill()
                continue
            pass_on = os.WSTOPSIG(status)
            if pass_on == Ptrace.CALL:
                pass_on = 0
                entered = self.ptrace.entered(tid)
                if entered is None:
                    met = inside.pop(tid, None)
                elif entered[0] in CALLS:
                    met = inside[tid] = (self.file_of(*entered), CALLS[entered[0]])
                else:
                    met = None
                if met and visit(*met, entered is not None):
                    os.kill(self.pid, signal.SIGKILL)
                    while not os.WIFSIGNALED(status) or tid != self.pid:
                        tid, status = os.waitpid(-1, Ptrace.ALL_THREADS)
                    self.status = status
                    return True
            elif pass_on in (signal.SIGTRAP, signal.SIGSTOP):
                pass_on = 0  # a thread was made
            self.ptrace(Ptrace.SYSCALL, tid, 0, pass_on)


def kill_somewhere(rng: random.Random, where: str, span: Span, work: Callable[[], None]) -> str:
    """Runs `work` in a child and kills it; tells when, as far as the calls show it."""
    if where == "at any time":
        child = Child(work)
        time.sleep(rng.uniform(0.0, span.seconds))
        return SOMETIME if child.kill() else OVER
    left = rng.randint(1, max(span.visits[where], 1))
    is_flushing = False

    def visit(file: str, call: str, is_before: bool) -> bool:
        nonlocal left, is_flushing
        if WHERE["at a call on the results"](file):
            is_flushing = call != "fdatasync" or is_before
        left -= WHERE[where](file)
        return left == 0

    if not Traced(work).run(visit):
        return OVER
    return FLUSH if is_flushing else SOMETIME


class Span:
    """How long a whole run takes, and how often it comes to or from a call on its files."""

    def __init__(self, work: Callable[[], None], work_again: Callable[[], None]) -> None:
        begin = time.monotonic()
        child = Child(work)
        while not child.is_over():
            time.sleep(0.001)
        child.kill()
        self.seconds = time.monotonic() - begin
        self.visits = dict.fromkeys(WHERE, 0)

        def visit(file: str, _: str, __: bool) -> bool:
            for where, is_it in WHERE.items():
                self.visits[where] += is_it(file)
            return False

        Traced(work_again).run(visit)


def moment(out: Path, when: str) -> str:
    """When the kill came, as the calls and the files show it."""
    if Path(f"{out}.checkpoint.part").exists():
        return "during a checkpoint"
    path = Path(f"{out}.resuming") if Path(f"{out}.resuming").exists() else out
    if when == SOMETIME and not is_born(path):
        return "before the first flush"
    return when


def is_born(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 48 and path.read_bytes()[:4] == b"\x89HDF"


def rows_of(path: Path) -> dict[str, int]:
    """Rows of each growing dataset, as far as those of its axis: it is written last of a flush."""
    rows: dict[str, int] = {}

    def look(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and item.maxshape[:1] == (None,):
            axis = item.parent["row" if "row" in item.parent else "time"]
            rows[name] = min(item.shape[0], axis.shape[0])

    with h5py.File(path, "r") as file:
        file.visititems(look)
    return rows


def require_prefix(
    path: Path, whole: Path, counted: dict[str, int], with_xarray: bool
) -> list[str]:
    """What is lost or wrong in a killed file; also opens it as users do."""
    faults = []
    with h5py.File(path, "r") as a, h5py.File(whole, "r") as b:
        for name, seen in rows_of(path).items():
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
        when = kill_somewhere(rng, where, base.study, partial(run_study, out, again > 0))
        report.met[where, moment(out, when)] += 1
        if when == OVER:
            break
        report.kills += 1
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
    when = kill_somewhere(rng, where, base.by_hand, lambda: write_by_hand(out, write))
    os.close(write)
    told = os.fdopen(read, "rb").read()
    rows = struct.unpack_from("<q", told, len(told) - 8)[0] if told else 0
    report.kills += when != OVER
    report.met[where, moment(out, when)] += 1
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
        hand, again = folder / "hand", folder / "hand/again.h5"
        self.study = Span(
            lambda: run_study(self.whole, resume=False),
            lambda: run_study(self.whole.with_name("again.h5"), resume=False),
        )
        self.by_hand = Span(
            lambda: write_by_hand(hand / "out.h5", null), lambda: write_by_hand(again, null)
        )
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
