# SPDX-License-Identifier: Apache-2.0
"""gridflock: one call for the whole case, one thread, every step from the base solution."""

from __future__ import annotations

from typing import Any

import gridflock as gf
import numpy as np
from service import Stopwatch, Task, save_voltages, serve, told

state: dict[str, Any] = {}


def prepare(folder: str) -> dict:
    """Read the circuit and lay out the powers or the multipliers: [step, row, scenario]."""
    task = state["task"] = Task(folder)
    watch = Stopwatch()
    circuit = state["circuit"] = gf.powerflow.read(task.dss)
    seconds = float(watch.read()[0])
    if task.drive == "power":
        drawn = np.ascontiguousarray(task.profiles.T[:, task.profile_of])
        state["input"] = {  # + is into the grid
            "p": -drawn * task.rated_p_w[:, None],
            "q": -drawn * task.rated_q_var[:, None],
        }
        state["names"] = {"elements": [f"load.{name}" for name in task.loads]}
    else:
        of = dict(zip(task.loads, task.profile_of[:, 0].tolist(), strict=True))
        state["input"] = {"scale": np.ascontiguousarray(task.profiles.T)[:, :, None]}
        state["names"] = {"groups": [of[name.removeprefix("load.")] for name in circuit.loads]}
    version = f"{gf.__version__} ({gf.git_hash[:12]})"
    return {"name": "gridflock", "version": version, "read_seconds": seconds}


def batch(arrays: dict[str, np.ndarray], tolerance: float, output: str, **more: Any) -> Any:
    """One call."""
    return gf.powerflow.batch(
        state["circuit"],
        **arrays,
        **state["names"],
        dt=state["task"].step_s,
        tolerance=tolerance,
        output=output,
        threads=1,
        **more,
    )


def run(tolerance: float = 1e-8, **more: Any) -> dict:
    """The whole case."""
    task = state["task"]
    watch = Stopwatch()
    result = batch(state["input"], tolerance, task.output, **more)
    times = watch.read()
    return {**told(times), "solves": task.steps * task.scenarios, **facts(result)}


def facts(result: Any) -> dict:
    """What the solver says of a batch."""
    return {
        "iterations": float(np.mean(result["iterations"].values)),
        "residual": float(np.nanmax(result["residual"].values)),
        "failed": int(np.count_nonzero(result["status"].values)),
        "lanes": result.attrs["lanes"],
        "instructions": result.attrs["instructions"],
    }


def sample(tolerance: float, voltages_to: str, **more: Any) -> dict:
    """The sampled steps alone: what a step gives depends on nothing but its own powers."""
    task = state["task"]
    at = [(step, min(scenario, task.scenarios - 1)) for scenario, step in task.samples]
    arrays = {
        name: np.stack([array[step, :, scenario] for step, scenario in at])[:, :, None]
        for name, array in state["input"].items()
    }
    result = batch(arrays, tolerance, "voltages", **more)
    keep(voltages_to, state["circuit"], result["v"].values[:, :, 0])
    return facts(result)


def keep(path: str, circuit: Any, v: np.ndarray) -> None:
    """Write voltages [sample, node]."""
    save_voltages(path, list(circuit.nodes), v, np.asarray(circuit.node_base_v))


def first_answer(dss_file: str, tolerance: float, voltages_to: str = "") -> dict:
    """From the file's name to the voltages of the first solution."""
    watch = Stopwatch()
    circuit = gf.powerflow.read(dss_file)
    read = watch.read()
    result = gf.powerflow.batch(circuit, tolerance=tolerance, output="voltages")
    solved = watch.read()
    if voltages_to:
        keep(voltages_to, circuit, result["v"].values[0, :, :].T)
    return {**told(solved), "read_seconds": float(read[0]), **facts(result)}


def warm(
    dss_file: str, tolerance: float, count: int, moved: float = 1.02, voltages_to: str = ""
) -> dict:
    """Solve again and again, all loads moved there and back, each from the solution before."""
    circuit = gf.powerflow.read(dss_file)
    scale = np.where(np.arange(count) % 2 == 0, moved, 1.0)
    kept = "voltages" if voltages_to else "statistics"
    settings = {"tolerance": tolerance, "start": "previous", "output": kept}
    gf.powerflow.batch(circuit, scale=scale[1:2], **settings)
    watch = Stopwatch()
    result = gf.powerflow.batch(circuit, scale=scale, **settings)
    times = watch.read() / count
    if voltages_to:
        keep(voltages_to, circuit, result["v"].values[-1, :, :].T)
    return {**told(times), **facts(result)}


if __name__ == "__main__":
    serve(
        {
            "prepare": prepare,
            "run": run,
            "sample": sample,
            "first_answer": first_answer,
            "warm": warm,
        }
    )
