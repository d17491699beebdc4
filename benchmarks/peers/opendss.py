# SPDX-License-Identifier: Apache-2.0
"""OpenDSS by dss-python, as fast as it goes: its own yearly loop over shapes in memory, controls
off, no meters, no monitors, the terminal check of loads left out."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
from service import Stopwatch, Task, save_voltages, serve, told

from dss import ControlModes, SolveModes, dss

state: dict[str, Task] = {}


def command(text: str) -> None:
    """One command of the script language."""
    dss.Text.Command = text


def prepare(folder: str) -> dict:
    """Compile the circuit and lay the profiles into load shapes."""
    task = state["task"] = Task(folder)
    dss.AllowForms = False
    dss.AllowChangeDir = True
    compile_circuit(task.dss)
    circuit = dss.ActiveCircuit
    for i in sorted(set(task.profile_of.ravel().tolist())):
        command(f"new loadshape.bench_{i} npts={task.steps} interval={task.step_s / 3600!r}")
        circuit.LoadShapes.Name = f"bench_{i}"
        circuit.LoadShapes.Pmult = task.profiles[i]
    use_scenario(task, 0)
    forget()
    return {"name": "dss-python", "version": f"{version('dss-python')} ({engine()})"}


def engine() -> str:
    """The engine's own name and version."""
    return f"dss_capi {version('dss_python_backend')}"


def compile_circuit(dss_file: str) -> None:
    """Read the file, controls and meters off."""
    dss.ClearAll()
    command("set defaultbasefrequency=60")
    command(f'compile "{dss_file}"')
    for kind in ("energymeter", "monitor"):
        if kind in {n.split(".")[0].lower() for n in dss.ActiveCircuit.AllElementNames}:
            command(f"batchedit {kind}..* enabled=no")
    command("set controlmode=off")
    command("set maxiterations=1000")
    dss.ActiveCircuit.Settings.LoadsTerminalCheck = False


def use_scenario(task: Task, scenario: int) -> None:
    """Point every load at its profile."""
    for load, profile in zip(task.loads, task.profile_of[:, scenario], strict=True):
        command(f"load.{load}.yearly=bench_{profile}")


def forget() -> None:
    """The next solution starts from the direct one, like the first: setting the mode does that."""
    solution = dss.ActiveCircuit.Solution
    solution.Mode = SolveModes.Yearly
    solution.ControlMode = ControlModes.Off
    solution.StepSize = state["task"].step_s


def go_to(task: Task, step: int, tolerance: float) -> None:
    """Stand before a step: the next solution is of it, from the voltages that are there."""
    solution = dss.ActiveCircuit.Solution
    solution.Tolerance = tolerance
    seconds = step * task.step_s
    solution.Hour = int(seconds // 3600)
    solution.Seconds = seconds % 3600


def solve(steps: int) -> np.ndarray:
    """Solve so many steps; processor and wall seconds."""
    solution = dss.ActiveCircuit.Solution
    solution.Number = steps
    watch = Stopwatch()
    solution.Solve()
    return watch.read()


def voltages() -> np.ndarray:
    """Node voltages of the last solution, V."""
    return dss.ActiveCircuit.AllBusVolts.view(complex).copy()


def keep(path: str, v: list[np.ndarray]) -> None:
    """Write voltages with the names and bases of their nodes."""
    circuit = dss.ActiveCircuit
    base = []
    for bus in circuit.AllBusNames:
        circuit.SetActiveBus(bus)
        base += [circuit.ActiveBus.kVBase * 1e3] * circuit.ActiveBus.NumNodes
    nodes = [name.lower() for name in circuit.AllNodeNames]
    save_voltages(path, nodes, np.array(v), np.array(base))


def run(tolerance: float = 1e-4, voltages_to: str = "", blocks: int = 0) -> dict:
    """Run the blocks in order; a step before each warms it when it does not follow the last."""
    task = state["task"]
    seconds, solves, iterations, v = np.zeros(2), 0, [], []
    scenario, ended, failed = 0, 0, 0
    chosen = task.blocks[:blocks] if blocks else task.blocks
    for at, start, steps in chosen:
        if at != scenario:
            use_scenario(task, at)
            scenario, ended = at, -1
        if start != ended or start == 0:
            go_to(task, max(0, start - 1), tolerance)
            solve(1)
            go_to(task, start, tolerance)
        seconds += solve(steps)
        ended = start + steps
        solves += steps
        iterations.append(dss.ActiveCircuit.Solution.Iterations)
        failed += not dss.ActiveCircuit.Solution.Converged
        if voltages_to:
            v.append(voltages())
    if scenario != 0:
        use_scenario(task, 0)
    if voltages_to:
        keep(voltages_to, v)
    return {
        **told(seconds),
        "solves": solves,
        "iterations": float(np.mean(iterations)),
        "failed": failed,
    }


def settled(task: Task, step: int, tolerance: float) -> np.ndarray:
    """A step solved three times over from wherever the circuit stands."""
    for _ in range(3):
        go_to(task, step, tolerance)
        solve(1)
    if not dss.ActiveCircuit.Solution.Converged:
        raise RuntimeError(f"no reference at step {step}: OpenDSS does not converge")
    return voltages()


def is_same(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two solutions are one, dead nodes aside."""
    return np.allclose(a, b, rtol=1e-7, atol=1e-12 * max(np.abs(a).max(), 1.0))


def reference(voltages_to: str, tolerance: float = 1e-10) -> dict:
    """The samples at a tolerance far below any that is timed, from four sides.

    They come from the steps before, the lightest and the heaviest step, and the direct solution.
    Where these differ the equations have more than one solution (a load's law jumps at its voltage
    limits): such a sample is written as NaN.
    """
    task = state["task"]
    power = task.rated_p_w if np.isfinite(task.rated_p_w).all() else np.ones(len(task.loads))
    v, scenario, twofold = [], 0, 0
    for at, step in task.samples:
        if at != scenario:
            use_scenario(task, at)
            scenario = at
        total = power @ task.profiles[task.profile_of[:, at]]
        found = []
        before_it = range(max(0, step - 24), step)
        for path in (before_it, [int(total.argmin())], [int(total.argmax())], []):
            if not path:
                forget()
            for before in path:
                settled(task, before, tolerance)
            found.append(settled(task, step, tolerance))
        if not all(is_same(found[0], other) for other in found[1:]):
            twofold += 1
            found[0] = np.full_like(found[0], np.nan)
        v.append(found[0])
    use_scenario(task, 0)
    keep(voltages_to, v)
    return {"samples": len(v), "twofold": twofold}


def first_answer(dss_file: str, tolerance: float, voltages_to: str = "") -> dict:
    """From the file's name to the first solution."""
    dss.ClearAll()
    watch = Stopwatch()
    command("set defaultbasefrequency=60")
    command(f'compile "{dss_file}"')
    command("set controlmode=off maxiterations=1000")
    compiled = watch.read()
    dss.ActiveCircuit.Solution.Tolerance = tolerance
    dss.ActiveCircuit.Solution.Solve()
    solved = watch.read()
    if voltages_to:
        keep(voltages_to, [voltages()])
    return {
        **told(solved),
        "read_seconds": float(compiled[0]),
        "iterations": dss.ActiveCircuit.Solution.Iterations,
        "version": f"{version('dss-python')} ({engine()})",
    }


def warm(
    dss_file: str, tolerance: float, count: int, moved: float = 1.02, voltages_to: str = ""
) -> dict:
    """Solve again and again, all loads moved there and back."""
    compile_circuit(dss_file)
    solution = dss.ActiveCircuit.Solution
    solution.Tolerance = tolerance
    solution.LoadMult = 1.0
    solution.Solve()
    times, iterations = [], []
    for i in range(count):
        solution.LoadMult = moved if i % 2 == 0 else 1.0
        watch = Stopwatch()
        solution.Solve()
        times.append(watch.read())
        iterations.append(solution.Iterations)
    if voltages_to:
        keep(voltages_to, [voltages()])
    return {
        **told(np.mean(times, axis=0)),
        "version": f"{version('dss-python')} ({engine()})",
        "iterations": float(np.mean(iterations)),
    }


if __name__ == "__main__":
    serve(
        {
            "prepare": prepare,
            "run": run,
            "reference": reference,
            "first_answer": first_answer,
            "warm": warm,
        }
    )
