# SPDX-License-Identifier: Apache-2.0
"""power-grid-model: one batch call, no threads, columns in and out."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np
import power_grid_model as pgm
from service import Stopwatch, Task, save_voltages, serve, told

state: dict[str, Any] = {}
FIRST = {"line": 100_000, "asym_load": 200_000, "source": 300_000, "transformer": 400_000}


def elements(kind: str, count: int) -> np.ndarray:
    """So many elements with their ids."""
    out = pgm.initialize_array("input", kind, count)
    out["id"] = FIRST.get(kind, 0) + np.arange(count)
    return out


def network(task: Task) -> dict[str, np.ndarray]:
    """Nodes, lines, source and transformer."""
    node = elements("node", len(task.array("node_u_rated")))
    node["u_rated"] = task.array("node_u_rated")
    line = elements("line", len(task.array("line_from")))
    line["from_node"], line["to_node"] = task.array("line_from"), task.array("line_to")
    line["from_status"] = line["to_status"] = 1
    for name in ("r1", "x1", "c1", "r0", "x0", "c0"):
        line[name] = task.array(name)
    line["tan1"] = line["tan0"] = 0
    source = elements("source", 1)
    source["node"], source["status"] = 0, 1
    names = ("u_ref", "sk", "rx_ratio", "z01_ratio")
    for name, value in zip(names, task.array("source"), strict=True):
        source[name] = value
    out = {"node": node, "line": line, "source": source}
    if (task.folder / "transformer.npy").exists():
        out["transformer"] = transformer(task.array("transformer"))
    return out


def transformer(facts: np.ndarray) -> np.ndarray:
    """Delta, grounded wye, between the first two nodes."""
    t = elements("transformer", 1)
    t["from_node"], t["to_node"], t["from_status"], t["to_status"] = 0, 1, 1, 1
    for name, value in zip(("u1", "u2", "sn", "uk", "pk", "i0", "p0", "clock"), facts, strict=True):
        t[name] = value
    t["winding_from"], t["winding_to"] = pgm.WindingType.delta, pgm.WindingType.wye_n
    t["tap_side"], t["tap_pos"], t["tap_min"], t["tap_max"] = 0, 0, 0, 0
    t["tap_nom"], t["tap_size"] = 0, 0.0
    return t


def prepare(folder: str) -> dict:
    """Build the model and the batch of load powers."""
    task = state["task"] = Task(folder)
    data = network(task)
    row_node, row_phase = task.array("row_node"), task.array("row_phase")
    nodes, load_of = np.unique(row_node, return_inverse=True)
    load = elements("asym_load", len(nodes))
    load["node"], load["status"], load["type"] = nodes, 1, pgm.LoadGenType.const_power
    load["p_specified"] = load["q_specified"] = 0
    scenario = task.blocks[0][0]
    drawn = task.profiles[task.profile_of[:, scenario]].T  # [step, row]
    state["update"] = {}
    for name, rated in (("p_specified", task.rated_p_w), ("q_specified", task.rated_q_var)):
        load[name][load_of, row_phase] = rated
        values = np.zeros((task.steps, len(nodes), 3))
        values[:, load_of, row_phase] = drawn * rated
        state["update"][name] = values
    state["model"] = pgm.PowerGridModel({**data, "asym_load": load})
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
    """All steps of the first scenario; magnitudes of all nodes come back, as it is mostly used."""
    task = state["task"]
    watch = Stopwatch()
    calculate(state["update"], method, tolerance, ["u_pu"])
    times = watch.read()
    if voltages_to:
        keep(voltages_to, method, tolerance)
    return {**told(times), "solves": task.steps, "failed": 0}


def keep(path: str, method: str, tolerance: float) -> None:
    """Write the voltages of its samples, which start flat like every scenario; others are NaN."""
    task = state["task"]
    at = [i for i, (s, _) in enumerate(task.samples) if s == task.blocks[0][0]]
    steps = [task.samples[i][1] for i in at]
    update = {name: np.ascontiguousarray(a[steps]) for name, a in state["update"].items()}
    node = calculate(update, method, tolerance, ["u_pu", "u_angle"])["node"]
    base = np.repeat(task.array("node_u_rated") / 3**0.5, 3)
    names = [f"{n}.{phase}" for n in task.array("node_name") for phase in (1, 2, 3)]
    v = np.full((len(task.samples), len(names)), np.nan + 0j)
    v[at] = (node["u_pu"] * np.exp(1j * node["u_angle"])).reshape(len(at), -1) * base
    save_voltages(path, names, v, base)


if __name__ == "__main__":
    serve({"prepare": prepare, "run": run})
