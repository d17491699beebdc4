# SPDX-License-Identifier: Apache-2.0
"""Write docs/benchmarks.md from the results kept in benchmarks/results: every figure is theirs.

python benchmarks/report.py [--check]
"""

from __future__ import annotations

import json
import sys
from typing import Any

import cases
from cases.case import ROOT
from compare import EXACT_PU

RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

<!-- Written by benchmarks/report.py from benchmarks/results/*.json. Do not edit. -->

Ours and its peers in one run on one core, by turns, so that noise of the machine falls on both.
Each is timed (processor time) at the settings shown; what it reached is the largest |dV| (complex,
per unit) at all nodes of the sampled steps against OpenDSS at tolerance 1e-10. Beside each variant
of a peer stands ours at the loosest tolerance that is at least as accurate (below {floor:g} pu all
count as equal): *ratio* is the peer's best time over ours. How each is run:
[benchmarks/README.md](../benchmarks/README.md).
"""


def seconds(x: float) -> str:
    """A time with three digits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if x >= size:
            return f"{x / size:.3g} {unit}"
    return f"{x * 1e6:.3g} us"


def number(x: float) -> str:
    """A count with three digits."""
    return f"{x:,.0f}" if x >= 1000 else f"{x:.3g}"


def settings(its: dict[str, Any]) -> str:
    """What a variant was run with."""
    return " ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in its.values())


def table(result: dict[str, Any]) -> list[str]:
    """Ours and each variant of each peer."""
    lines = [
        "| contestant | settings | best | median | solves/s | reached, pu | ours | ratio |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, peer in result["peers"].items():
        for v in peer["variants"]:
            star = " *" if v["is_scaled"] else ""
            star += " (approximate)" if v["is_approximate"] else ""
            dv = "" if v["max_dv_pu"] is None else f"{v['max_dv_pu']:.1e}"
            best = "" if v.get("is_equal_accuracy", True) else " (our best)"
            lines.append(
                f"| {name} {peer['version']} | {settings(v['settings'])}{star}"
                f" | {seconds(v['seconds'])} | {seconds(v['median_seconds'])}"
                f" | {number(v['solves_per_second'])} | {dv}"
                f" | {seconds(v['ours_seconds'])} at {v['ours_max_dv_pu']:.1e}{best}"
                f" | **{v['ratio']:.1f}** |"
            )
    return lines


def ours_line(result: dict[str, Any]) -> str:
    """What is said of ours."""
    ours = result["ours"]
    parts = [
        f"**gridflock** at tolerance {ours['tolerance']:g}: {seconds(ours['seconds'])} (median"
        f" {seconds(ours['median_seconds'])}), {number(ours['solves_per_second'])} solves/s,"
        f" {ours['iterations']:.3g} iterations a solve"
    ]
    if ours.get("residual") is not None:
        parts.append(f"largest componentwise residual {ours['residual']:.0e}")
    parts.append(f"largest |dV| {result['max_dv_pu']:.1e} pu")
    return ", ".join(parts) + "."


def scaled(result: dict[str, Any]) -> list[str]:
    """What the star means."""
    ran = {
        name: v["solves_run"]
        for name, peer in result["peers"].items()
        for v in peer["variants"]
        if v["is_scaled"]
    }
    if not ran:
        return []
    counts = ", ".join(f"{n:,} ({name})" for name, n in ran.items())
    return ["", f"\\* timed on a part of the {result['solves']:,} solves and scaled: {counts}."]


def section(result: dict[str, Any]) -> list[str]:
    """One case."""
    m = result["machine"]
    lines = [f"## {result['case']}", "", f"{result['what']}.", "", ours_line(result), ""]
    lines += table(result) + scaled(result)
    left = result.get("reference", {}).get("twofold", 0)
    if left:
        lines += [
            "",
            f"{left} of {result['reference']['samples']} samples have two solutions (a"
            " load's law jumps at its voltage limits) and are left out of the comparison.",
        ]
    if "warm" in result:
        lines += ["", f"### {result['warm']['what']}", "", ours_line(result["warm"]), ""]
        lines += table(result["warm"])
    lines += [
        "",
        f"{result['date']}, {m['processor']} {m['family']}, L2 {m['l2']}, {m['cores']} cores,"
        f" load average at the start {m['load_average']}.",
        "",
    ]
    return lines


def unequal(peer: dict[str, Any]) -> str:
    """A remark where ours does not reach what the headline's variant reached."""
    head = next(v for v in peer["variants"] if v["settings"] == peer["headline"])
    if head.get("is_equal_accuracy", True):
        return ""
    return f" (ours reaches {head['ours_max_dv_pu']:.1e}, the peer {head['max_dv_pu']:.1e} pu)"


def page() -> str:
    """The whole page."""
    found = {p.stem: json.loads(p.read_text()) for p in RESULTS.glob("*.json")}
    lines = [HEAD.format(floor=EXACT_PU)]
    lines += ["| case | peer | ratio at equal accuracy |", "|---|---|---|"]
    for name in cases.NAMES:
        for peer, its in found.get(name, {"peers": {}})["peers"].items():
            lines.append(
                f"| [{name}](#{name}) | {peer} ({settings(its['headline'])})"
                f" | {its['ratio']:.1f}{unequal(its)} |"
            )
    lines.append("")
    for name in cases.NAMES:
        if name in found:
            lines += section(found[name])
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    """Write the page, or with --check say whether it is the one that the results give."""
    text = page()
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.exists() and PAGE.read_text() == text else 1
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
