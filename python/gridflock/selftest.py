# SPDX-License-Identifier: Apache-2.0
"""What an installation must be able to do, tried in a few seconds: ``gridflock selftest``."""

from __future__ import annotations

import csv
import importlib.metadata
import platform
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import _core, dispatch, examples, powerflow
from ._data import cmake_dir, data_file, golden_file
from .ensemble import Ensemble
from .errors import IoError
from .rerun import unequal
from .scenario import Scenario


@dataclass(frozen=True)
class Outcome:
    """One check: what it found when `is_ok`, else what is wrong."""

    name: str
    is_ok: bool
    text: str
    seconds: float


class Failed(Exception):
    """A check that ran and found something wrong."""


def run(report: Callable[[Outcome], None]) -> list[Outcome]:
    """Carry out all checks in a temporary folder; `report` is told each outcome as it comes."""
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="gridflock-selftest-") as folder:
        for name, check in CHECKS.items():
            started = time.perf_counter()
            try:
                text, is_ok = check(Path(folder)), True
            except Exception as e:  # whatever is wrong is what this program is there to tell
                text, is_ok = f"{type(e).__name__}: {e}", False
            outcomes.append(Outcome(name, is_ok, text, time.perf_counter() - started))
            report(outcomes[-1])
    return outcomes


def machine() -> str:
    """One line about where this runs, for a report of a failure."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    cpu = next((s.partition(":")[2].strip() for s in lines if s.startswith("model name")), "")
    python = f"Python {platform.python_version()}"
    return f"gridflock {_core.version} ({_core.git_hash}), {python}, {platform.platform()}, {cpu}"


def _versions(folder: Path) -> str:
    installed = importlib.metadata.version("gridflock")
    if installed != _core.version:
        raise Failed(f"the package is {installed}, its compiled part {_core.version}")
    import h5py

    found = [f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "h5py", "xarray")]
    return f"gridflock {installed}, {', '.join(found)}, HDF5 of h5py {h5py.version.hdf5_version}"


def _time_zones(folder: Path) -> str:
    sc = _study()
    return f"{sc.time.zone} is known" if not sc.validate() else _fail(str(sc.validate()[0]))


def _instruction_sets(folder: Path) -> str:
    circuit = powerflow.read(str(data_file("feeders", "ieee13", "IEEE13Nodeckt.dss")))
    scale = np.linspace(0.3, 1.1, 24).reshape(3, 8)
    names = _core.instruction_sets()
    first = b""
    for name in names:
        solved = powerflow.batch(circuit, scale=scale, output="voltages", instructions=name)
        bits = solved["v"].values.tobytes()
        first = first or bits
        if bits != first:
            raise Failed(f"{name} and {names[0]} give other bits")
    return f"{', '.join(names)}: equal bits"


def _random_numbers(folder: Path) -> str:
    key, counter = [0x0123456789ABCDEF, 42], [7, 1, 2, 3]
    want = np.random.Philox(key=np.array(key, "u8"), counter=np.array(counter, "u8")).random_raw(4)
    counter[0] += 1  # NumPy steps its counter first
    got = _core.philox4x64(counter, key)
    return "those of NumPy's Philox" if list(want) == got else _fail(f"{got} are not {list(want)}")


def _power_flow(folder: Path) -> str:
    result = powerflow.solve(str(data_file("feeders", "ieee123", "ieee123.dss")))
    if not result.converged:
        raise Failed(f"not solved: {result.failure}")
    out = folder / "voltages.csv"
    result.write_csv(out)
    got, want = _voltages(out), _voltages(golden_file("ieee123.csv"))
    if got.keys() != want.keys():
        raise Failed("the nodes are not those of OpenDSS")
    worst = max(abs(got[node] - v) for node, v in want.items())
    text = f"ieee123 within {worst:.1e} pu of OpenDSS"
    return text if worst < 1e-6 else _fail(f"{text}, 1e-6 is the bar")


def _voltages(path: Path) -> dict[tuple[str, str], float]:
    with path.open(newline="", encoding="utf-8") as file:
        return {(r["bus"].lower(), r["node"]): float(r["v_pu"]) for r in csv.DictReader(file)}


def _results_file(folder: Path) -> str:
    import h5py

    path, minute = folder / "written.h5", 60_000_000_000
    header = {"start": 0, "end": 30 * minute, "scenario": "format = 1\n", "seed": 1, "zone": "UTC"}
    writer = _core.ResultsWriter(str(path), header, ["base"], ["head.p"])
    power_kw = np.arange(30) - 7.5
    for i, p in enumerate(power_kw):
        writer.write("head", i * minute, {"head.p": np.array([[1e3 * p]])})
    writer.end()
    with h5py.File(path, "r") as file:
        stored = file["head"]["p_kw"]
        found = stored[:].reshape(-1) * stored.attrs.get("scale_factor", 1.0)
    if found.shape != power_kw.shape or not np.allclose(found, power_kw, rtol=0, atol=1e-9):
        raise Failed(f"h5py reads {found[:3]} kW where {power_kw[:3]} was written")
    return "written here, read by h5py"


def _study() -> Scenario:
    sc = examples.suburb(feeder="ieee13", homes=20, pv=0.5, battery=0.5, seed=1)
    sc.dispatch = dispatch.PeakShaving(limit_kw=50)
    sc.time.warmup, sc.time.duration = "0 s", "1 h"
    sc.record.hashes = True
    return sc


def _ensemble(folder: Path) -> str:
    ensemble = Ensemble(_study(), 2, {"on": {}, "off": {"dispatch": None}})
    one = ensemble.run(out=folder / "one.h5", threads=1, width=1, progress=False)
    two = ensemble.run(out=folder / "two.h5", threads=2, width=4, progress=False)
    with one, two:
        what, hashes = unequal(one, two), len(one.rows("hashes"))
    if what or not hashes:
        raise Failed(f"one thread and two differ: {what}" if what else "no hashes were recorded")
    return f"one and two threads: {hashes} equal hashes"


def _resume(folder: Path) -> str:
    sc, out = _study(), folder / "resumed.h5"
    asked: list[float] = []

    def stop(share: float) -> None:
        if not asked:
            asked.append(share)
            signal.raise_signal(signal.SIGINT)

    straight = sc.run(out=folder / "straight.h5", progress=False)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored here
    try:
        sc.run(out=out, progress=stop).close()
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGINT, before)
    if not Path(f"{out}.checkpoint").exists():
        raise Failed("Ctrl-C left no checkpoint")
    resumed = sc.run(out=out, resume=True, progress=False)
    with straight, resumed:
        what = unequal(straight, resumed)
    return f"stopped at {asked[0]:.0%} and resumed: equal" if not what else _fail(what)


def _library(folder: Path) -> str:
    try:
        return f"CMake files in {cmake_dir()}"
    except IoError:
        return "not beside this package (a build of the source tree)"


def _fail(text: str) -> str:
    raise Failed(text)


CHECKS: dict[str, Callable[[Path], str]] = {
    "versions": _versions,
    "time zones": _time_zones,
    "instruction sets": _instruction_sets,
    "random numbers": _random_numbers,
    "power flow": _power_flow,
    "results file": _results_file,
    "ensemble": _ensemble,
    "resume": _resume,
    "C++ library": _library,
}
