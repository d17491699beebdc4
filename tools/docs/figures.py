# SPDX-License-Identifier: Apache-2.0
"""The drawings of the documentation, as SVG; that of the rooms comes from the table of the tests."""

from __future__ import annotations

import ast
import re
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INK, LINE, FILL, STRONG, SOFT = "#1b2430", "#5b6b7f", "#eaf0f7", "#2f6db5", "#f7d9a8"


class Drawing:
    """Boxes, arrows and words on a white sheet."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self.size = width, height
        self.title = title
        self.parts: list[str] = []

    def box(self, x: float, y: float, w: float, h: float, text: str = "", fill: str = FILL,
            small: bool = False) -> None:  # fmt: skip
        self.parts.append(
            f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="5" fill="{fill}" stroke="{LINE}"/>'
        )
        lines = text.split("\n")
        step = 14 if small else 17
        top = y + h / 2 - step * (len(lines) - 1) / 2 + (4 if small else 5)
        for i, line in enumerate(lines):
            self.word(x + w / 2, top + i * step, line, "middle", small, bold=not small and i == 0)

    def word(self, x: float, y: float, text: str, anchor: str = "start", small: bool = False,
             bold: bool = False, colour: str = INK) -> None:  # fmt: skip
        size, weight = (12, "normal") if small else (14, "bold" if bold else "normal")
        self.parts.append(
            f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="{size}" '
            f'font-weight="{weight}" fill="{colour}">{escape(text)}</text>'
        )

    def arrow(self, x1: float, y1: float, x2: float, y2: float, colour: str = LINE) -> None:
        name = "s" if colour == STRONG else "a"
        self.parts.append(
            f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}" stroke-width="2" '
            f'marker-end="url(#{name})"/>'
        )

    def path(self, d: str, colour: str = LINE) -> None:
        self.parts.append(
            f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="2" marker-end="url(#a)"/>'
        )

    def text(self) -> str:
        w, h = self.size
        heads = "".join(
            f'<marker id="{n}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            f'orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="{c}"/></marker>'
            for n, c in (("a", LINE), ("s", STRONG))
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" '
            f'role="img" font-family="Helvetica, Arial, DejaVu Sans, sans-serif">\n'
            f"<title>{escape(self.title)}</title><defs>{heads}</defs>\n"
            f'<rect width="{w}" height="{h}" rx="8" fill="#ffffff"/>\n' + "\n".join(self.parts)
            + "\n</svg>\n"
        )  # fmt: skip


def rooms() -> Drawing:
    """The rooms that exist, by level, from the table that the architecture test enforces."""
    text = (ROOT / "tests" / "architecture" / "test_rooms.py").read_text(encoding="utf-8")
    table = ast.literal_eval(re.search(r"^LEVEL = (\{.*?^\})", text, re.DOTALL | re.MULTILINE)[1])
    here = {p.parent.name for p in (ROOT / "include" / "gridflock").glob("*/README.md")}
    levels: dict[int, list[str]] = {}
    for room, level in table.items():
        if room in here:
            levels.setdefault(level, []).append(room)
    top = max(levels) + 2
    d = Drawing(760, 62 * (top + 1) + 20, "Rooms by level; a room may include lower levels only")
    rows = [*((str(k), v) for k, v in sorted(levels.items())),
            (str(top - 1), ["gridflock.hpp"]), (str(top), ["python/, command line"])]  # fmt: skip
    for i, (level, names) in enumerate(rows):
        y = 62 * (len(rows) - 1 - i) + 15
        d.word(16, y + 26, f"level {level}", small=True, colour=LINE)
        w = min(220, (670 - 10 * (len(names) - 1)) / len(names))
        left = 80 + (670 - (w + 10) * len(names) + 10) / 2
        for k, name in enumerate(names):
            d.box(left + k * (w + 10), y, w, 42, name, SOFT if int(level) >= top - 1 else FILL)
    return d


def one_step() -> Drawing:
    d = Drawing(760, 640, "One step of a simulation")
    stages = [
        ("events", "telemetry of the last step is sent; scripted switching and attacks"),
        ("observe", "people, sky and clouds at t; messages that have arrived by t"),
        ("decide", "forecasts; the strategy sees what was received, never the truth"),
        ("clear", "bids, awards, settlement runs, anchors, at their gates"),
        ("act", "commands take effect; loads, PV, batteries over [t, t + dt)"),
        ("gather", "devices summed onto their terminals, in a fixed order"),
        ("solve", "three-phase power flow, each lane on its own"),
        ("meter", "integer registers; reads at interval ends, signed"),
        ("record", "columns to the sinks, under the time t"),
    ]
    for i, (name, what) in enumerate(stages):
        y = 20 + i * 67
        decided = name in ("decide", "clear")
        d.box(30, y, 130, 44, name.upper(), SOFT if decided else FILL)
        d.word(180, y + 27, what)
        if i + 1 < len(stages):
            d.arrow(95, y + 44, 95, y + 66)
    d.word(740, 625, "orange: what the aggregator does", "end", small=True, colour=LINE)
    return d


def lanes() -> Drawing:
    d = Drawing(760, 330, "Lanes: worlds times variants, columns of rows and lanes")
    d.word(20, 30, "lanes = worlds x variants", bold=True)
    variants = ["on", "off", "mended"]
    for v, name in enumerate(variants):
        d.word(135 + v * 90, 60, name, "middle", small=True)
    for world in range(4):
        d.word(20, 92 + world * 48, f"world {world}", small=True)
        for v in range(3):
            d.box(95 + v * 90, 70 + world * 48, 80, 36, f"lane {3 * world + v}", small=True)
    d.word(20, 285, "A row shares weather, people, failures", small=True)
    d.word(20, 302, "and the fate of every message.", small=True)
    d.word(420, 30, "one column of State, one block of 8", bold=True)
    for row in range(5):
        d.word(420, 92 + row * 34, f"battery {row}" if row < 4 else "...", small=True)
        for lane in range(8):
            masked = lane == 5
            d.box(500 + lane * 29, 75 + row * 34, 26, 26, "", "#d9d9d9" if masked else FILL)
    for lane in range(8):
        d.word(513 + lane * 29, 66, str(lane), "middle", small=True)
    d.word(420, 268, "Lanes are innermost: one instruction works on", small=True)
    d.word(420, 285, "several. Grey: a lane that failed is masked;", small=True)
    d.word(420, 302, "its neighbours go on with the same bits.", small=True)
    return d


def signs() -> Drawing:
    d = Drawing(760, 300, "Signs: injection into the grid is positive")
    d.box(20, 105, 120, 60, "source\nof the feeder")
    d.box(270, 105, 150, 60, "feeder\nlines, transformers")
    d.box(550, 105, 110, 60, "meter\nof a site")
    d.arrow(142, 135, 266, 135, STRONG)
    d.word(204, 125, "head.p_kw > 0", "middle", small=True, colour=STRONG)
    d.arrow(548, 135, 424, 135, STRONG)
    d.word(486, 125, "site.net_kw > 0", "middle", small=True, colour=STRONG)
    for x, name, note in (
        (470, "load", "p < 0"),
        (560, "PV", "p > 0"),
        (650, "battery", "discharges: p > 0"),
    ):
        d.box(x, 220, 80, 34, name)
        d.word(x + 40, 275, note, "middle", small=True, colour=STRONG)
        d.arrow(x + 40, 218, 605 + (x - 560) / 5, 169, STRONG)
    d.word(
        20,
        40,
        "Arrows show the direction that counts as positive: devices and sites into the grid,",
    )
    d.word(
        20,
        60,
        "the head into the feeder. A load takes, so its p is negative; its demand is positive.",
    )
    return d


def message() -> Drawing:
    d = Drawing(760, 250, "A command and the telemetry that it is decided on")
    for y, name in ((60, "site"), (190, "aggregator")):
        d.word(20, y + 5, name, bold=True)
        d.path(f"M110,{y} L740,{y}")
    d.word(735, 222, "time", "end", small=True)
    d.arrow(140, 60, 215, 186)
    d.word(128, 50, "telemetry, measured_at", small=True)
    d.word(222, 180, "received_at", small=True)
    d.arrow(300, 60, 350, 128)
    d.word(346, 146, "x  lost", small=True, colour="#b03030")
    d.box(380, 173, 70, 34, "decide", SOFT)
    d.arrow(452, 186, 545, 64)
    d.word(430, 240, "age = now - measured_at", "middle", small=True)
    d.word(524, 112, "command,", small=True)
    d.word(524, 128, "fetched at a poll", small=True)
    d.path("M548,52 L548,34 L700,34 L700,52")
    d.word(624, 26, "in force until its expiry", "middle", small=True)
    d.arrow(640, 60, 700, 186)
    d.word(680, 170, "acknowledgement", "end", small=True)
    return d


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for make in (rooms, one_step, lanes, signs, message):
        path = folder / f"{make.__name__.replace('_', '-')}.svg"
        text = make().text()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
