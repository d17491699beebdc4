# SPDX-License-Identifier: Apache-2.0
"""gridflock simulates virtual power plants.

>>> import gridflock as gf
>>> sc = gf.examples.suburb(feeder="ieee123", homes=300, pv=0.4, battery=0.2, seed=1)
>>> sc.dispatch = gf.dispatch.PeakShaving(limit_kw=2800)
>>> res = sc.run("1 day", step="1 min", out="day.h5")

Importing the package loads neither xarray, pandas nor matplotlib; they come when first needed.
"""

from . import des, dispatch, errors, examples, powerflow
from ._core import git_hash
from ._core import version as __version__
from ._merge import merge
from .dispatch import Strategy
from .ensemble import Ensemble
from .errors import (
    CheckpointError,
    Error,
    Fault,
    GridflockWarning,
    IncompleteResultsWarning,
    IoError,
    LaneFailedWarning,
    MissingDataError,
    RunError,
    ScenarioError,
    ShapeError,
)
from .results import Results, open_results
from .scenario import Scenario, load_scenario, scenario_schema
from .simulation import Simulation

__all__ = [
    "CheckpointError",
    "Ensemble",
    "Error",
    "Fault",
    "GridflockWarning",
    "IncompleteResultsWarning",
    "IoError",
    "LaneFailedWarning",
    "MissingDataError",
    "Results",
    "RunError",
    "Scenario",
    "ScenarioError",
    "ShapeError",
    "Simulation",
    "Strategy",
    "__version__",
    "des",
    "dispatch",
    "errors",
    "examples",
    "git_hash",
    "load_scenario",
    "merge",
    "open_results",
    "powerflow",
    "scenario_schema",
]
