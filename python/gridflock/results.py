# SPDX-License-Identifier: Apache-2.0
"""Results: lazy views of a results file, score cards, plots and the report.

Everything is read from the file alone; the layout is described in docs/results-schema.md.
"""

from __future__ import annotations

import difflib
import os
import tempfile
import warnings
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _core
from ._hdf5 import require_hdf5, text_of
from .errors import CheckpointError, Error, IncompleteResultsWarning, IoError, MissingDataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import xarray as xr

    from .explain import Explanation
    from .plots import Plots


@dataclass(frozen=True)
class Samples:
    """One variable over a window: decoded values and the start of each interval.

    Attributes
    ----------
    values : array [time, entity] (or [time] for groups without entities)
        File units; NaN where missing.
    time : array [time]
        Nanoseconds since 1970, UTC.
    step_s : float
        Spacing of the instants, s.
    """

    values: np.ndarray
    time: np.ndarray
    step_s: float


def failure_text(world: int, variant: str, time: Any, status: str, where: str, detail: str) -> str:
    """A lane that stopped on the way, in words."""
    return f"world {world}, {variant} failed at {time}: {status}; {where}; {detail}"


class Results:
    """A results file. Groups are attributes: ``res.node.v_pu`` is a lazy xarray variable.

    Opening the file of a run that did not complete warns. Pickles as its path.
    """

    def __init__(self, path: str | os.PathLike[str], *, is_temporary: bool = False) -> None:
        self.path = Path(path)
        self._open: dict[str, xr.Dataset] = {}
        self._window: tuple[int, int] | None = None
        require_hdf5(self.path)
        self._finalizer = weakref.finalize(self, os.unlink, self.path) if is_temporary else None
        self._data = self.path
        self.attrs = self._read_attrs()
        if "segment" in self.attrs:
            self._join_segments()
        if self.status != "complete":
            warnings.warn(
                f"{self.path}: the run is {self.status}, not complete",
                IncompleteResultsWarning,
                stacklevel=2,
            )

    # The file

    def _join_segments(self) -> None:
        from ._segments import view

        self._folder = tempfile.TemporaryDirectory(prefix="gridflock-segments-")
        self._data = view(self.path, Path(self._folder.name))
        self.attrs = self._read_attrs()

    def _file(self) -> Any:
        import h5py

        try:
            return h5py.File(self._data, "r")
        except OSError as e:
            raise IoError(f"{self.path}: HDF5 cannot open it: {e}", str(self.path)) from e

    def _read_attrs(self) -> dict[str, Any]:
        with self._file() as file:
            attrs = {k: text_of(v) for k, v in file.attrs.items()}
            self._groups = [k for k, g in file.items() if "time" in g and "row" not in g]
            self._tables = [k for k, g in file.items() if "row" in g]
            first = file[self._groups[0]] if self._groups else None
            self.variants = [text_of(v) for v in first["variant"][:]] if first else []
            self.worlds = [int(w) for w in first["world"][:]] if first else []
        if attrs.get("format") != "gridflock-results":
            raise IoError(f"{self.path}: is HDF5, but no gridflock results file", str(self.path))
        absent = [k for k in ("format_version", "status", "start", "end") if k not in attrs]
        if absent:
            raise IoError(
                f"{self.path}: is damaged: its header has no {', '.join(absent)}", str(self.path)
            )
        if int(attrs["format_version"]) > _core.results_format:
            raise IoError(
                f"{self.path}: has format {attrs['format_version']}, this version reads up to "
                f"{_core.results_format}",
                str(self.path),
            )
        return attrs

    @property
    def status(self) -> str:
        """running, complete, interrupted or failed."""
        return str(self.attrs.get("status", "unknown"))

    @property
    def groups(self) -> list[str]:
        """Names of the groups of samples."""
        return list(self._groups)

    @property
    def tables(self) -> list[str]:
        """Names of the tables of events."""
        return list(self._tables)

    @property
    def failures(self) -> list[str]:
        """Lanes that stopped on the way, in words: world, variant, instant, status, where, why."""
        if "failures" not in self._tables:
            return []
        return [
            failure_text(r.world, r.variant, r.time, r.status, r.where, r.detail)
            for r in self.rows("failures").itertuples()
        ]

    def keys(self, group: str) -> list[str]:
        """Names of the datasets of a group."""
        known = [*self._groups, *self._tables]
        if group not in known:
            raise MissingDataError(f"{self.path} has no '{group}': {', '.join(known)}")
        with self._file() as file:
            return [k for k in file[group] if k not in ("time", "world", "variant")]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in ("attrs", "path"):
            raise AttributeError(name)
        if name in self._groups:
            return self.group(name)
        if name in self._tables:
            return self.rows(name)
        known = [*self._groups, *self._tables]
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
        raise AttributeError(f"{self.path} has no '{name}': {hint}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._groups, *self._tables]

    def group(self, name: str) -> xr.Dataset:
        """A group of samples as a lazy xarray dataset."""
        if name not in self._open:
            import xarray as xr

            # `phony_dims` only matters for datasets of other makers.
            self._open[name] = xr.open_dataset(self._data, group=name, engine="h5netcdf")
        return self._open[name]

    def rows(self, table: str) -> pd.DataFrame:
        """A table of events as a DataFrame; money in exact integers of a millionth."""
        import pandas as pd

        if table not in self._tables:
            raise MissingDataError(f"{self.path} has no table '{table}': {', '.join(self._tables)}")
        columns: dict[str, Any] = {}
        with self._file() as file:
            for name, dataset in file[table].items():
                if name == "row":
                    continue
                values = dataset[:]
                if dataset.dtype.kind == "O":
                    values = [text_of(v) for v in values]
                elif text_of(dataset.attrs.get("units", "")).startswith("nanoseconds since"):
                    values = pd.to_datetime(values, unit="ns", utc=True)
                columns[name] = values
        frame = pd.DataFrame(columns)
        if "variant" in frame:
            frame["variant"] = [self.variants[i] for i in frame["variant"]]
        return frame

    def samples(
        self,
        key: str,
        variant: str | None = None,
        world: int = 0,
        window: tuple[int, int] | None = None,
    ) -> Samples:
        """Decoded values of one variable ("head.p_kw") of one variant, in a window of nanoseconds.

        Raises
        ------
        MissingDataError
            When it was not recorded.
        """
        import numpy as np

        group, _, name = key.partition(".")
        v = self._variant_index(variant) if variant is not None else 0
        with self._file() as file:
            if group not in file or name not in file[group]:
                raise MissingDataError(f"{self.path}: '{key}' was not recorded")
            dataset = file[group][name]
            time = file[group]["time"][:]
            first, last = (0, len(time)) if window is None else np.searchsorted(time, window)
            raw = dataset[first:last, world, v]
            values = raw * float(dataset.attrs.get("scale_factor", 1.0))
            if "_FillValue" in dataset.attrs:
                values = np.where(raw == dataset.attrs["_FillValue"], np.nan, values)
        step = float(np.median(np.diff(time))) / 1e9 if len(time) > 1 else 0.0
        return Samples(np.asarray(values, float), time[first:last], step)

    def _variant_index(self, variant: str) -> int:
        if variant not in self.variants:
            names = ", ".join(self.variants)
            raise MissingDataError(f"{self.path} has no variant '{variant}': {names}")
        return self.variants.index(variant)

    def static(self, key: str) -> np.ndarray:
        """A static column ("node.x") or the labels of a dimension ("site.site")."""
        import numpy as np

        group, _, name = key.partition(".")
        with self._file() as file:
            if group not in file or name not in file[group]:
                raise MissingDataError(f"{self.path}: '{key}' was not recorded")
            values = file[group][name][:]
        return np.array([text_of(v) for v in values]) if values.dtype.kind == "O" else values

    def input(self, name: str) -> bytes:
        """An embedded input file, checked against its SHA-256."""
        import hashlib

        with self._file() as file:
            for dataset in file["inputs"].values():
                if text_of(dataset.attrs.get("name", "")) != name:
                    continue
                content = dataset[:].tobytes()
                if hashlib.sha256(content).hexdigest() != text_of(dataset.attrs["sha256"]):
                    raise IoError(f"{self.path}: '{name}' does not match its hash", str(self.path))
                return content
        raise MissingDataError(f"{self.path} has no embedded file '{name}'")

    def inputs(self) -> dict[str, str]:
        """Embedded files: name -> SHA-256."""
        with self._file() as file:
            datasets = file.get("inputs", {}).values()
            return {
                text_of(d.attrs["name"]): text_of(d.attrs["sha256"])
                for d in datasets
                if "sha256" in d.attrs
            }

    @property
    def scenario_text(self) -> str:
        """The scenario as it was run."""
        text = self.attrs.get("scenario")
        return str(text) if text is not None else self.input("scenario.toml").decode()

    @property
    def default_variant(self) -> str:
        """The variant that plots show unless told; "demo" if there is one, else the first."""
        return "demo" if "demo" in self.variants else self.variants[0]

    @property
    def window(self) -> tuple[int, int]:
        """The window that figures and plots count, ns.

        The delivery day when power was sold in the market, else the whole run; no longer than what
        was simulated (begin = end when nothing of it was).
        """
        from ._time import parse_ns

        if self._window is not None:
            return self._window
        sold = "awards" in self._tables and len(self.rows("awards")) > 0
        begin = parse_ns(self.attrs["report_start" if sold else "start"])
        end = parse_ns(self.attrs["end"])
        if self.status != "complete":
            end = min(end, self._simulated_until())
        return begin, max(begin, end)

    def _simulated_until(self) -> int:
        import numpy as np

        last = 0
        with self._file() as file:
            for group in self._groups:
                time = file[group]["time"][:]
                if len(time):
                    step = int(np.median(np.diff(time))) if len(time) > 1 else 0
                    last = max(last, int(time[-1]) + step)
        return last

    @property
    def window_text(self) -> str:
        """The window in wall time, and a plain line when nothing of it was simulated."""
        from ._time import wall_text

        begin, end = self.window
        zone = str(self.attrs.get("zone") or "UTC")
        text = f"{wall_text(begin, zone)} to {wall_text(end, zone)}, {zone}"
        return text if end > begin else f"{text}: nothing of this window was simulated"

    def within(self, begin: Any, end: Any) -> Results:
        """The same file seen in a window of its own: ``res.within("2024-07-16", "2024-07-17")``.

        Instants are ns since 1970, datetimes, or ISO 8601; without an offset they are wall time.
        """
        from ._time import instant_ns

        zone = str(self.attrs.get("zone") or "UTC")
        window = instant_ns(begin, zone), instant_ns(end, zone)
        if window[0] >= window[1]:
            raise Error(f"window {begin} to {end}: must begin before it ends")
        view = object.__new__(Results)
        # Holds `self`, whose temporary file would go with it.
        view.__dict__.update({**self.__dict__, "_finalizer": None, "_whole": self})
        view._window = window
        return view

    # What it says

    def kpis(
        self,
        baseline: Results | str | os.PathLike[str] | None = None,
        variant: str | None = None,
        window: tuple[Any, Any] | None = None,
    ) -> pd.DataFrame:
        """Key figures, from this file alone.

        Parameters
        ----------
        baseline
            Results, or their path, to compare with: `ratio` is value / baseline (1 = the same).
        variant
            Only this one; by default all, with a column `variant` when there are several.
        window
            Begin and end as in `within`; by default `window`.

        Returns
        -------
        DataFrame
            kpi, value, unit, ratio; ``attrs["window"]`` says what they count.
        """
        from .kpis import frame

        if variant is not None:
            self._variant_index(variant)
        if isinstance(baseline, (str, os.PathLike)):
            baseline = Results(baseline)
        if window is not None:
            baseline = baseline.within(*window) if baseline is not None else None
            return frame(self.within(*window), baseline, variant)
        return frame(self, baseline, variant)

    def table(self, window: tuple[Any, Any] | None = None) -> pd.DataFrame:
        """The score card: one row a figure, one column a variant; ``attrs["window"]``."""
        from .kpis import score_card

        return score_card(self if window is None else self.within(*window))

    def explain(self, posting: int) -> Explanation:
        """Where a posting comes from: interval, reads, award, price, commands, observations, bid
        and forecast. `posting` is its row in ``rows("postings")``."""
        from .explain import explain

        return explain(self, posting)

    def effect(self, variant: str, of: str, world: int = 0) -> pd.DataFrame:
        """What an intervention does to the money: a variant against the one that it intervenes in.

        Returns
        -------
        DataFrame
            account, kind, one column a variant, and difference: exact, in millionths; the
            differences sum to zero.
        """
        from .explain import effect

        return effect(self, variant, of, world)

    @property
    def plot(self) -> Plots:
        """Plots such as ``plot.feeder(color="v_pu")`` and ``plot.dispatch()``; they return axes."""
        from .plots import Plots

        return Plots(self)

    def report(self, out: str | os.PathLike[str], window: tuple[Any, Any] | None = None) -> Path:
        """Write the report: one self-contained HTML file."""
        from .report import write_report

        return write_report(self if window is None else self.within(*window), out)

    # The object

    def close(self) -> None:
        """Close what is open; a temporary file goes."""
        for dataset in self._open.values():
            dataset.close()
        self._open.clear()
        if self._finalizer is not None:
            self._finalizer()

    def __enter__(self) -> Results:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return Results, (str(self.path),)

    def __repr__(self) -> str:
        return f"Results({str(self.path)!r}, {self.status}, variants={self.variants})"


def open_results(path: str | os.PathLike[str]) -> Results:
    """Open a results file; the segments of one run as one."""
    return Results(path)


def require_nothing_lost(path: str | os.PathLike[str]) -> None:
    """For a run that would go on: CheckpointError when `path` holds another one, complete."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", IncompleteResultsWarning)
            with Results(path) as there:
                status = there.status
    except Error:
        return  # nothing whole
    if status == "complete":
        raise CheckpointError(
            f"{path}: holds the complete results of another run; go on with what it was run with, "
            "choose another name, or leave out resume to replace them"
        )
