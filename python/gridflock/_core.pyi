# SPDX-License-Identifier: Apache-2.0
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .errors import Fault

version: str
git_hash: str
results_format: int

class Scenario:
    file: str
    base_dir: str
    text: str
    warnings: list[Fault]
    def __init__(self) -> None: ...
    @staticmethod
    def load(
        path: str,
        overrides: Sequence[tuple[str, str]] = ...,
        data_dirs: Sequence[str] = ...,
        open_inputs: bool = True,
    ) -> Scenario: ...
    @staticmethod
    def read(text: str) -> Scenario: ...
    @staticmethod
    def parse(
        text: str,
        base_dir: str = ".",
        overrides: Sequence[tuple[str, str]] = ...,
        data_dirs: Sequence[str] = ...,
        open_inputs: bool = True,
        name: str = "",
    ) -> Scenario: ...
    def get(self, path: str) -> Any: ...
    def set(self, path: str, value: Any) -> None: ...
    def copy(self) -> Scenario: ...
    def to_toml(self) -> str: ...
    def validate(self) -> list[Fault]: ...
    def open_inputs(self, data_dirs: Sequence[str]) -> None: ...
    def apply_variant(self, name: str) -> Scenario: ...
    def clear_parameters(self) -> None: ...
    def clear_variants(self) -> None: ...

class ResultsWriter:
    def __init__(
        self,
        path: str,
        header: Mapping[str, Any],
        variants: Sequence[str],
        variables: Sequence[str],
        entities: Mapping[str, Any] = ...,
        tables: Mapping[str, Mapping[str, str]] = ...,
    ) -> None: ...
    def write(self, group: str, time_ns: int, values: Mapping[str, np.ndarray]) -> None: ...
    def append(self, table: str, row: Sequence[int | float | str]) -> None: ...
    def flush(self) -> None: ...
    def end(self, status: str = "complete", reason: str = "") -> None: ...

def instruction_sets() -> list[str]: ...
def fields() -> list[dict[str, Any]]: ...
def market_fields() -> list[dict[str, Any]]: ...
def scenario_schema() -> str: ...
def data_directories() -> list[str]: ...
def variables() -> list[dict[str, Any]]: ...
def strategies() -> list[str]: ...

class Circuit:
    name: str
    frequency_hz: float
    buses: list[str]
    nodes: list[str]
    node_base_v: list[float]
    elements: list[str]
    load_count: int
    nominal_va: np.ndarray
    warnings: list[Fault]
    readings: list[tuple[str, str, str, str, int]]
    files: list[str]
    def forward_error_pu(self) -> float: ...
    def find_elements(self, names: Sequence[str]) -> Elements: ...
    def find_nodes(self, names: Sequence[str]) -> list[int]: ...

class Elements:
    count: int
    index: list[int]
    terminals: list[tuple[int, int]]

class BatchSettings:
    step_s: float
    tolerance: float
    low_pu: float
    high_pu: float
    max_iterations: int
    threads: int
    lanes: int
    starts_from_previous: bool
    refine: bool
    with_statistics: bool
    instructions: str

class BatchArrays:
    p: np.ndarray | None
    q: np.ndarray | None
    scale: np.ndarray | None
    v: np.ndarray | None
    v_pu: np.ndarray | None
    steps: int
    scenarios: int
    groups: int

def batch(
    circuit: Circuit,
    arrays: BatchArrays,
    elements: Elements,
    group_of_load: Sequence[int],
    nodes: Sequence[int],
    settings: BatchSettings,
    progress: Callable[[int, int, int], None] | None = None,
) -> dict[str, Any]: ...
def read_circuit(file: str, controls: str = "off", taps: str = "") -> Circuit: ...
def powerflow_of(
    circuit: Circuit, tolerance: float = 1e-10, max_iterations: int = 100
) -> dict[str, Any]: ...
def parse_duration_s(text: str) -> float: ...
def powerflow(
    file: str,
    tolerance: float = 1e-10,
    max_iterations: int = 100,
    controls: str = "off",
    taps: str = "",
) -> dict[str, Any]: ...
def run(
    scenario: Scenario,
    path: str,
    strategies: Mapping[str, tuple[Sequence[str], Callable[[dict[str, float]], Any]]] = ...,
    variants: Sequence[str] = ...,
    progress: Callable[[int, int, int], None] | None = None,
    attributes: Sequence[tuple[str, str]] = ...,
    inputs: Sequence[tuple[str, str]] = ...,
    is_changed: bool = True,
    is_stopped: Callable[[], bool] | None = None,
    is_resumed: bool = False,
    checkpoint_every: float | None = None,
    is_one_file: bool = False,
) -> tuple[str | None, bool, str]: ...

class Simulation:
    has_ended: bool
    begin_ns: int
    start_ns: int
    now_ns: int
    end_ns: int
    step_ns: int
    lanes: list[tuple[int, int]]
    variants: list[str]
    failures: list[tuple[int, int, int, str, str, str]]
    @staticmethod
    def begin(
        scenario: Scenario,
        strategies: Mapping[str, tuple[Sequence[str], Callable[[dict[str, float]], Any]]],
        variants: Sequence[str],
        path: str,
        attributes: Sequence[tuple[str, str]],
        inputs: Sequence[tuple[str, str]],
        is_changed: bool,
    ) -> Simulation: ...
    @staticmethod
    def restore(
        scenario: Scenario,
        strategies: Mapping[str, tuple[Sequence[str], Callable[[dict[str, float]], Any]]],
        variants: Sequence[str],
        saved: bytes,
    ) -> Simulation: ...
    def fork(self) -> Simulation: ...
    def checkpoint(self) -> bytes: ...
    def advance(
        self,
        until_ns: int,
        progress: Callable[[int, int, int], None] | None = None,
        is_stopped: Callable[[], bool] | None = None,
    ) -> bool: ...
    def close(self) -> None: ...
    def read(self, variable: str) -> np.ndarray: ...
    def labels(self, group: str) -> list[str]: ...
    def hash(self, lane: int, room: str = "") -> int: ...

def run_digest(
    scenario: Scenario,
    strategies: Mapping[str, tuple[Sequence[str], Callable[[dict[str, float]], Any]]] = ...,
    variants: Sequence[str] = ...,
    attributes: Sequence[tuple[str, str]] = ...,
    inputs: Sequence[tuple[str, str]] = ...,
    is_changed: bool = True,
) -> str: ...
def is_complete(path: str, run_digest: str) -> bool: ...
def parse_segment_limit(text: str) -> tuple[int, int]: ...
def checkpoint_rows(path: str) -> list[tuple[str, int]]: ...
def run_parts(
    scenario: Scenario,
    folder: str,
    strategies: Mapping[str, tuple[Sequence[str], Callable[[dict[str, float]], Any]]],
    worlds: tuple[int, int],
    width: int,
    threads: int,
    is_resumed: bool,
    progress: Callable[[int, int, int], None] | None = None,
    attributes: Sequence[tuple[str, str]] = ...,
    inputs: Sequence[tuple[str, str]] = ...,
) -> tuple[list[str], int, list[str]]: ...
def philox4x64(counter: Sequence[int], key: Sequence[int]) -> list[int]: ...
def stable_id(path: str) -> int: ...

class des:
    class Event:
        pending: bool
        def cancel(self) -> bool: ...

    class Task:
        active: bool
        def cancel(self) -> bool: ...

    class Signal:
        fired: bool
        value: Any
        def fire(self, value: Any = None) -> None: ...
        def reset(self) -> None: ...

    class Resource:
        capacity: int
        in_use: int
        queue_length: int
        def release(self) -> None: ...

    class Process:
        name: str
        value: Any
        is_alive: bool
        def interrupt(self, reason: str = "") -> bool: ...

    class Group: ...

    @staticmethod
    def any_of(*items: Any) -> des.Group: ...
    @staticmethod
    def all_of(*items: Any) -> des.Group: ...

    class Kernel:
        now: float
        now_ns: int
        pending: int
        fired: int
        processes: int
        def __init__(self, start: str = "1970-01-01") -> None: ...
        def on(self, name: str, function: Callable[..., Any]) -> None: ...
        def at(
            self, when: Any, name: str, *args: int, priority: int = 0, source: int = 0
        ) -> des.Event: ...
        def after(
            self, delay: Any, name: str, *args: int, priority: int = 0, source: int = 0
        ) -> des.Event: ...
        def call_at(self, when: Any, function: Callable[..., Any], *args: Any) -> des.Event: ...
        def call_after(self, delay: Any, function: Callable[..., Any], *args: Any) -> des.Event: ...
        def every(
            self,
            period: Any,
            name: str,
            *args: int,
            first: Any = None,
            priority: int = 0,
            source: int = 0,
        ) -> des.Task: ...
        def start(
            self, generator: Any, name: str = "", priority: int = 0, source: int = 0
        ) -> des.Process: ...
        def signal(self) -> des.Signal: ...
        def resource(self, capacity: int = 1) -> des.Resource: ...
        def step(self) -> bool: ...
        def run(
            self, until: Any = None, events: int | None = None, wall_s: float = ...
        ) -> dict[str, Any]: ...
        def stop(self, reason: str = "") -> None: ...
        def save(self) -> bytes: ...
        def load(self, bytes: bytes) -> None: ...
        def fork(self) -> des.Kernel: ...
