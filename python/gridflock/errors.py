# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, as classes with fields. Nobody needs to match message text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Fault:
    """One fault of a description: where, what was found, the rule, and the remedy."""

    file: str
    line: int
    path: str
    found: str
    rule: str
    remedy: str
    text: str

    def __str__(self) -> str:
        return self.text


class Error(Exception):
    """Base of every exception that gridflock raises."""


class ScenarioError(Error):
    """The description is wrong. `faults` holds every fault, not only the first."""

    def __init__(self, message: str, faults: list[Fault] | None = None) -> None:
        super().__init__(message)
        self.faults: list[Fault] = list(faults or [])

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.args[0], self.faults)


class IoError(Error, OSError):
    """The outside world failed: a file is missing, a disk is full. `path` names it."""

    def __init__(self, message: str, path: str = "") -> None:
        Exception.__init__(self, message)
        self.message = message
        self.path = path

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message, self.path)


class ShapeError(Error, ValueError):
    """Arrays that do not fit each other."""


class CheckpointError(Error):
    """Bytes that are no checkpoint, or one of another run or version."""


class RunError(Error):
    """A run could not go on."""


class MissingDataError(Error, KeyError):
    """The results file does not hold what was asked for."""

    def __str__(self) -> str:
        return str(self.args[0])


class GridflockWarning(UserWarning):
    """Base of every warning."""


class IncompleteResultsWarning(GridflockWarning):
    """The results come from a run that did not complete."""


class LaneFailedWarning(GridflockWarning):
    """A variant failed on the way; its values are missing from there on."""
