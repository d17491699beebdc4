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

def fields() -> list[dict[str, Any]]: ...
def scenario_schema() -> str: ...
def data_directories() -> list[str]: ...
def variables() -> list[dict[str, Any]]: ...
def strategies() -> list[str]: ...
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
) -> str | None: ...
