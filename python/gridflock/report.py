# SPDX-License-Identifier: Apache-2.0
"""The report: one HTML file that needs nothing beside it (figures are SVG inside the page)."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._write import write_whole
from .errors import MissingDataError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .results import Results


def write_report(res: Results, out: str | os.PathLike[str]) -> Path:
    """Write the report of a results file to `out`."""
    from jinja2 import Environment, PackageLoader

    env = Environment(loader=PackageLoader("gridflock"), autoescape=True, trim_blocks=True)
    html = env.get_template("report.html").render(
        title=f"gridflock: {_feeder(res)}",
        subtitle=_subtitle(res),
        status=res.status,
        reason=res.attrs.get("status_reason", ""),
        failures=res.failures,
        card=res.table(),
        figures=_figures(res),
        statements=[s for v in res.variants if (s := _statement(res, v))],
        origin=_origin(res),
        scenario=res.scenario_text,
    )
    path = Path(out)
    write_whole(path, html)
    return path


def _feeder(res: Results) -> str:
    return str(res.attrs.get("feeder_name") or "results")


def _subtitle(res: Results) -> str:
    return f"{res.window_text}; variants: {', '.join(res.variants)}"


def _figures(res: Results) -> list[dict[str, str]]:
    plot = res.plot
    wanted: list[tuple[str, str, Callable[[Axes], Any], tuple[float, float]]] = [
        (
            "Feeder",
            "Lowest node of each bus at the instant of the lowest voltage.",
            lambda ax: plot.feeder(ax=ax),
            (7, 5.5),
        ),
        (
            "Dispatch",
            "Feeder head of each variant; the fleet and its target.",
            lambda ax: plot.dispatch(ax=ax),
            (9, 4),
        ),
        (
            "Voltages",
            "Band of all node voltages; dashed: 0.95 and 1.05 pu.",
            lambda ax: plot.voltages(ax=ax),
            (9, 3),
        ),
        (
            "Age of telemetry",
            "Over the sites, at dispatch ticks.",
            lambda ax: plot.age(ax=ax),
            (9, 3),
        ),
        (
            "Prices and awards",
            "Prices as known afterwards; bars: power sold.",
            lambda ax: plot.market(ax=ax),
            (9, 3),
        ),
    ]
    figures = []
    for title, caption, draw, size in wanted:
        try:
            figures.append({"title": title, "caption": caption, "svg": _svg(draw, size)})
        except MissingDataError:
            continue
    return figures


def _svg(draw: Callable[[Axes], Any], size: tuple[float, float]) -> str:
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "gridflock", "svg.fonttype": "none"}):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.add_subplot())
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    # Ids are unique in a figure, not in a page of several.
    prefix = f"f{abs(hash(svg)) % 10**8}-"
    svg = re.sub(r'\bid="', f'id="{prefix}', svg)
    return re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}", svg)


def _statement(res: Results, variant: str) -> dict[str, Any] | None:
    from .kpis import balances

    if "postings" not in res.tables:
        return None
    postings = res.rows("postings")
    postings = postings[postings["variant"] == variant]
    if not len(postings):
        return None
    runs = res.rows("runs")
    runs = runs[runs["variant"] == variant]
    lines = [
        {"run": r.run, **{k: _money(getattr(r, k)) for k in ("gross", "supplier", "fee", "owners")}}
        for r in runs.itertuples()
    ]
    accounts = [(str(n), f"{b:,.6f}") for n, b in balances(res, variant).items() if b != 0]
    refused = []
    if "batches" in res.tables:
        rows = res.rows("batches")
        rows = rows[(rows["variant"] == variant) & (rows["outcome"] != "accepted")]
        refused = [f"{r.site}: {r.outcome} at {r.time}" for r in rows.itertuples()]
    total = int(postings["amount"].sum())
    return {
        "variant": variant,
        "runs": lines,
        "accounts": accounts,
        "sum": _money(total),
        "batches": refused,
    }


def _money(micro: int) -> str:
    return f"{micro / 1e6:,.6f}"


def _origin(res: Results) -> list[tuple[str, str]]:
    keys = ("created", "library_version", "git_hash", "seed", "scenario_sha256", "status")
    rows = [(k.replace("_", " "), str(res.attrs.get(k, ""))) for k in keys]
    return rows + [(f"input {name}", digest) for name, digest in res.inputs().items()]
