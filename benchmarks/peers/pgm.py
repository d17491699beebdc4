# SPDX-License-Identifier: Apache-2.0
"""power-grid-model on its own benchmark's grid: one batch call, no threads, columns in and out."""

from __future__ import annotations

import time
from importlib.metadata import version

import numpy as np
import power_grid_model as pgm
from service import Task, save_voltages, serve

state: dict = {}


def prepare(folder: str) -> dict:
    """Build the model and the batch of load powers."""
    task = state["task"] = Task(folder)
    upstream = task.array("upstream")
    count = len(upstream)
    base_v, *source_facts = task.array("source")
    state["base_v"] = base_v / 3**0.5
    node = pgm.initialize_array("input", "node", count + 1)
    node["id"] = np.arange(count + 1)
    node["u_rated"] = base_v
    line = pgm.initialize_array("input", "line", count)
    line["id"] = 10_000 + np.arange(count)
    line["from_node"], line["to_node"] = upstream, np.arange(1, count + 1)
    line["from_status"] = line["to_status"] = 1
    for name in ("r1", "x1", "c1", "r0", "x0", "c0"):
        line[name] = task.array(name)
    line["tan1"] = line["tan0"] = 0
    load = pgm.initialize_array("input", "asym_load", count)
    load["id"] = 20_000 + np.arange(count)
    load["node"] = np.arange(1, count + 1)
    load["status"] = 1
    load["type"] = pgm.LoadGenType.const_power
    load["p_specified"] = task.rated_p_w.reshape(count, 3)
    load["q_specified"] = task.rated_q_var.reshape(count, 3)
    source = pgm.initialize_array("input", "source", 1)
    source["id"], source["node"], source["status"] = 30_000, 0, 1
    for name, value in zip(("u_ref", "sk", "rx_ratio", "z01_ratio"), source_facts, strict=True):
        source[name] = value
    scaling = task.profiles[task.profile_of[:, 0]].T.reshape(task.steps, count, 3)
    state["update"] = {
        name: np.ascontiguousarray(load[name][None] * scaling)
        for name in ("p_specified", "q_specified")
    }
    state["model"] = pgm.PowerGridModel(
        {"node": node, "line": line, "asym_load": load, "source": source}
    )
    return {"name": "power-grid-model", "version": version("power-grid-model")}


def calculate(update: dict, method: str, tolerance: float, attributes: list[str]) -> dict:
    """One batch."""
    return state["model"].calculate_power_flow(
        symmetric=False,
        calculation_method=method,
        error_tolerance=tolerance,
        max_iterations=100,
        update_data={"asym_load": update},
        threading=-1,
        output_component_types={"node": attributes},
    )


def run(method: str = "iterative_current", tolerance: float = 1e-8, voltages_to: str = "") -> dict:
    """The whole batch; magnitudes of all nodes come back, as its own benchmark asks."""
    task = state["task"]
    begin = time.perf_counter()
    calculate(state["update"], method, tolerance, ["u_pu"])
    seconds = time.perf_counter() - begin
    if voltages_to:
        keep(voltages_to, method, tolerance)
    return {"seconds": seconds, "solves": task.steps, "failed": 0}


def keep(path: str, method: str, tolerance: float) -> None:
    """Write the voltages of the samples, which start flat like every scenario."""
    task = state["task"]
    steps = [step for _, step in task.samples]
    update = {name: np.ascontiguousarray(a[steps]) for name, a in state["update"].items()}
    node = calculate(update, method, tolerance, ["u_pu", "u_angle"])["node"]
    base = state["base_v"]
    v = node["u_pu"] * base * np.exp(1j * node["u_angle"])
    names = [f"n{n}.{phase}" for n in range(v.shape[1]) for phase in (1, 2, 3)]
    v = v.reshape(len(steps), -1)
    save_voltages(path, names, v, np.full(len(names), base))


if __name__ == "__main__":
    serve({"prepare": prepare, "run": run})
