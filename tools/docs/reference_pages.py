# SPDX-License-Identifier: Apache-2.0
"""Pages that are lists of what the code knows: keys of a scenario, of market rules, variables and
key figures. Written anew for each build, so they cannot be out of date."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gridflock import _core
from gridflock.kpis import CATALOGUE

SCENARIO = """\
# Scenario files

A scenario is a TOML file. Every key is listed here, from the field tables of the library: the same
tables read the file, check it, make the JSON Schema (`gridflock.scenario_schema()`) and the attributes of
{py:class}`gridflock.Scenario`, where `sc.comms.loss = 0.02` sets the key `loss` of `[comms]`.

* Keys that a file does not name keep their default. Unknown keys are refused, with the nearest known one.
* Units are in the name of a key (`power_kw`). Durations are text with a unit: `"90 s"`, `"15 min"`, `"2 h"`,
  `"5 days"`; whole days are days of the calendar, of 23 or 25 hours where clocks change.
* A **law** is a number, or what each unit of a fleet draws its own from:
  `{ dist = "uniform", low, high }`, `{ dist = "normal", mean, sd }`, `{ dist = "lognormal", mean, cv }` or
  `{ values = [..], p = [..] }`; `min` and `max` clip what is drawn.
* A **clock time** is a wall time of the delivery day D or a day before it: `"22:15"`, `"D-1 09:30"`.
* Instants such as `2024-07-15T18:20:00` are wall time in `time.zone`.
* From the shell, `--set comms.loss=0.1` overrides a key; a variant overrides keys in a table of its own.

`gridflock validate FILE` tells every fault at once. See [errors](errors.md).

"""

MARKET = """\
# Market rules

`[market] region = "demo"` in a scenario names a file of rules in `scenarios/markets`; `[market] file` gives
one of your own. Every number in it is a **figure**: a table of its value, unit and source,

```toml
supplier_price = { value = 60, unit = "USD/MWh", source = "where it was read", status = "ours" }
```

whose `status` is `verified` (read in the source), `secondary` (read in a work that cites it), `memory` or `ours`
(a value of design). `[settlement] strict = true` refuses figures that are not verified. A unit that is not
the one listed is a fault. What is done with the figures: [how money flows](../settlement.md).

"""

VARIABLES = """\
# Variables and key figures

## Variables

What a run can record. `[record] variables` takes the names of the first column; of the groups `node`, `device` and
`site` only what is named there is kept, the others always. Inside the library a variable has the name without its
unit (`head.p`) and SI units. How they lie in a file: [results schema](../results-schema.md).

"""

KPIS = """\
## Key figures

`Results.kpis()`, `gridflock table` and the report compute these from the results file alone, over the window that
`Results.window` says. With a baseline, `ratio` is value / baseline. A figure that the file cannot give is NaN.

"""


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;").strip()


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell(c) for c in row) + " |" for row in rows]
    return "\n".join(lines) + "\n\n"


def kind(f: dict[str, Any]) -> str:
    """Type, unit and what is allowed, in few words."""
    if f["choices"]:
        return ", ".join(f"`{c}`" for c in f["choices"])
    text = "law" if f["type"] == "dist" else f["type"]
    if f["unit"]:
        text += f", {f['unit']}"
    if f["range"]:
        text += f", {f['range']}"
    return text


def default(f: dict[str, Any]) -> str:
    if f["required"]:
        return "required"
    text = f["default"]
    return f"`{text}`" if text and len(text) <= 60 else text[:57] + "..." if text else ""


def sections(fields: list[dict[str, Any]], top: str) -> str:
    """One heading and table for each table of the file, in the order of the field tables."""
    parent_of = {f["path"]: f for f in fields if f["is_section"]}
    keys: dict[str, list[dict[str, Any]]] = {"": []}
    for path in parent_of:
        keys[path] = []
    for f in fields:
        parent, _, name = f["path"].rpartition(".")
        keys[parent].append({**f, "name": name.removesuffix("[]")})
    out = []
    for path, own in keys.items():
        is_list = path.endswith("[]")
        plain = path.replace("[]", "")
        brackets = f"[[{plain}]]" if is_list else f"[{plain}]"
        out.append(
            f"## {top}\n\n" if not path else f"## `{brackets}`\n\n{parent_of[path]['doc']}\n\n"
        )
        out.append(table(("key", "value", "default", "meaning"), map(row, own)))
    return "".join(out)


def row(f: dict[str, Any]) -> tuple[str, str, str, str]:
    if f["is_section"]:
        value = "list of tables" if f["path"].endswith("[]") else "table"
        return f"`{f['name']}`", value, "", f"{f['doc']} See below."
    doc = f"{f['doc']} Only of `{f['only']}` fleets." if f.get("only") else f["doc"]
    return f"`{f['name']}`", kind(f), default(f), doc


def market_sections(fields: list[dict[str, Any]]) -> str:
    """The same for market rules, where the keys of a figure are told once."""
    of_figure = {"value", "unit", "source", "retrieved", "valid_from", "valid_to", "status"}
    figures = {f["path"].rpartition(".")[0] for f in fields if f["path"].endswith(".retrieved")}
    kept, told = [], []
    for f in fields:
        parent, _, name = f["path"].rpartition(".")
        if parent in figures and name in of_figure:
            if len(told) < len(of_figure):
                told.append({**f, "name": name})
            continue
        if f["path"] in figures:
            f = {**f, "is_section": False, "type": "figure"}
        kept.append(f)
    text = sections(kept, "Top level")
    return text + "## A figure\n\n" + table(("key", "value", "default", "meaning"), map(row, told))


def variables() -> str:
    rows = [
        (f"`{v['key']}`", v["unit"] if v["unit"] != "1" else "", f"{v['resolution']:g}", v["doc"])
        for v in _core.variables()
    ]
    return table(("variable", "unit", "resolution", "meaning"), rows)


def key_figures() -> str:
    rows = [
        (f"`{k.name}`", k.label, k.unit if k.unit != "1" else "", k.better, k.formula)
        for k in CATALOGUE
    ]
    return table(("name", "figure", "unit", "better", "formula"), rows)


def pages() -> dict[str, str]:
    return {
        "scenario.md": SCENARIO + sections(_core.fields(), "Top level"),
        "market-rules.md": MARKET + market_sections(_core.market_fields()),
        "variables.md": VARIABLES + variables() + KPIS + key_figures(),
    }


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
