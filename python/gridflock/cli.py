# SPDX-License-Identifier: Apache-2.0
"""The program `gridflock`. Exit codes: 0 done, 1 ran but failed or stopped, 2 bad input."""

from __future__ import annotations

import functools
import os
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from . import __version__, examples
from ._data import cmake_dir
from ._write import write_whole
from .errors import Error, GridflockWarning, IoError, RunError, ScenarioError
from .powerflow import solve
from .results import Results
from .scenario import Scenario
from .shards import path_of

F = TypeVar("F", bound=Callable[..., Any])


def _say(text: str) -> None:
    click.echo(text, err=True)


def _guarded(f: F) -> F:
    """Turns errors into messages and exit codes."""

    @functools.wraps(f)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", GridflockWarning)
                result = f(*args, **kwargs)
            for w in caught:
                _say(f"warning: {w.message}")
            return result
        except ScenarioError as e:
            for fault in e.faults:
                _say(f"error: {fault}")
            if not e.faults:
                _say(f"error: {e}")
            count = len(e.faults)
            _say(f"{count} fault{'s' if count != 1 else ''}" if count else "bad input")
            sys.exit(2)
        except IoError as e:
            _say(f"error: {e}")
            sys.exit(2)
        except Error as e:
            _say(f"error: {e}")
            sys.exit(1 if isinstance(e, RunError) else 2)
        except OSError as e:
            _say(f"error: {e.filename}: {e.strerror}" if e.filename else f"error: {e}")
            sys.exit(2)

    return wrapper  # type: ignore[return-value]


def _overrides(pairs: tuple[str, ...]) -> dict[str, str]:
    out = {}
    for pair in pairs:
        path, sign, value = pair.partition("=")
        if not sign or not path:
            raise click.BadParameter(f"'{pair}': write path=value", param_hint="--set")
        out[path.strip()] = value.strip()
    return out


@_guarded
def _print_cmake_dir(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        click.echo(cmake_dir())
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gridflock")
@click.option(
    "--cmakedir",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_cmake_dir,
    help="Print the folder for CMake's -Dgridflock_DIR and exit.",
)
def main() -> None:
    """Simulate virtual power plants on distribution feeders."""


@main.command()
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--example", type=click.Choice(examples.names()), default="suburb", show_default=True)
@click.option("--force", is_flag=True, help="Replace an existing file.")
@_guarded
def new(file: str, example: str, force: bool) -> None:
    """Write a scenario FILE to begin with."""
    path = Path(file)
    if path.exists() and not force:
        raise IoError(f"{path}: exists; --force replaces it", file)
    write_whole(path, examples.text(example))
    _say(f"wrote {path}; next: gridflock run {path} -o {path.with_suffix('.h5')}")


@main.command()
@click.argument("file", type=click.Path())
@click.option("--set", "pairs", multiple=True, metavar="PATH=VALUE", help="Override a key.")
@_guarded
def validate(file: str, pairs: tuple[str, ...]) -> None:
    """Check a scenario FILE whole and tell every fault."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(file)))  # strategies beside the scenario
    sc = Scenario.load(file, _overrides(pairs))
    faults = sc.validate()
    if faults:
        raise ScenarioError(f"{file}: {len(faults)} faults", faults)
    for w in sc._core.warnings:
        _say(f"warning: {w}")
    click.echo(f"{file}: valid")


@main.command()
@click.argument("file", type=click.Path())
@click.option("-o", "--out", required=True, type=click.Path(dir_okay=False), help="Results file.")
@click.option("--set", "pairs", multiple=True, metavar="PATH=VALUE", help="Override a key.")
@click.option("--seed", type=click.IntRange(min=0), help="In place of the scenario's.")
@click.option("--threads", type=click.IntRange(min=1), help="Upper limit.")
@click.option("--variant", "variants", multiple=True, help="Run only these variants.")
@click.option("--worlds", type=click.IntRange(min=1), help="Run an ensemble of so many worlds.")
@click.option("--shard", metavar="I/N", help="Run one share of the worlds, for `merge`.")
@click.option("--width", type=click.IntRange(min=1), default=8, help="Lanes a block.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint of a stopped run.")
@click.option(
    "--checkpoint-every",
    type=click.FloatRange(min=0),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="Wall time between checkpoints; 0: after each step.",
)
@click.option(
    "--segment",
    metavar="LIMIT",
    help='A results file for each "1 day" or "2 GB"; in place of record.segment.',
)
@click.option("--quiet", is_flag=True, help="No progress bar.")
@_guarded
def run(
    file: str,
    out: str,
    pairs: tuple[str, ...],
    seed: int | None,
    threads: int | None,
    variants: tuple[str, ...],
    worlds: int | None,
    shard: str | None,
    width: int,
    resume: bool,
    checkpoint_every: float,
    segment: str | None,
    quiet: bool,
) -> None:
    """Run a scenario FILE. Ctrl-C or SIGTERM keep what is written, and leave a checkpoint."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(file)))  # strategies beside the scenario
    overrides: dict[str, Any] = dict(_overrides(pairs))
    if seed is not None:
        overrides["seed"] = str(seed)
    if segment is not None:
        overrides["record.segment"] = segment
    sc = Scenario.load(file, overrides)
    progress = False if quiet else None
    is_ensemble = worlds is not None or shard is not None
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends it as Ctrl-C does
    try:
        if is_ensemble:
            if variants:
                raise Error("--variant: an ensemble runs every variant of the scenario")
            path = _run_ensemble(sc, out, worlds, shard, threads or 1, width, resume, progress)
            _say(f"complete: {path}")
            return
        res = sc.run(
            out=out,
            threads=threads,
            variants=list(variants) or None,
            progress=progress,
            resume=resume,
            checkpoint_every=checkpoint_every,
        )
    except KeyboardInterrupt:
        how = "the same command with --resume goes on"
        where = out if shard is None else path_of(out, shard)
        if is_ensemble:
            _say(f"interrupted; finished blocks of lanes are in {where}.parts; {how}")
        else:
            _say(f"interrupted; what was simulated is in {out}; {how}")
        sys.exit(1)
    with res:
        _say(f"{res.status}: {out}")
        failed = bool(res.failures)
    if failed or res.status != "complete":
        sys.exit(1)


def _run_ensemble(
    sc: Scenario,
    out: str,
    worlds: int | None,
    shard: str | None,
    threads: int,
    width: int,
    resume: bool,
    progress: bool | None,
) -> Path:
    from .ensemble import Ensemble

    ensemble = Ensemble(sc, worlds)
    if shard is not None:
        return ensemble.run_shard(
            shard, out, threads=threads, width=width, resume=True, progress=progress
        )
    ensemble.run(out=out, threads=threads, width=width, resume=resume, progress=progress).close()
    return Path(out)


@main.command()
@click.argument("shards", nargs=-1, required=True, type=click.Path())
@click.option("-o", "--out", required=True, type=click.Path(dir_okay=False), help="Results file.")
@_guarded
def merge(shards: tuple[str, ...], out: str) -> None:
    """Merge SHARDS of `run --shard` into one results file; or the segments of one FILE.h5."""
    from ._segments import join, missing, segments_of
    from .shards import merge_shards

    shards = tuple(dict.fromkeys(shards))
    parts = segments_of(Path(shards[0])) if len(shards) == 1 else []
    if parts:
        if what := missing(parts):
            raise IoError(what, str(parts[-1]))
        if Path(out).resolve() in [p.resolve() for p in parts]:
            raise Error(f"{out}: is one of the segments; choose another name")
        join(parts, Path(out))
        _say(f"joined {len(parts)} segments: {out}")
        return
    merge_shards(shards, out)
    _say(f"merged {len(shards)} shards: {out}")


@main.command()
@click.argument("a", type=click.Path())
@click.argument("b", type=click.Path())
@click.option("--variant", help="Of A; by default every variant with the one of its name.")
@click.option("--against", help="The variant of B to compare it with.")
@click.option("--rerun", "again", is_flag=True, help="Run both again, to name what no file says.")
@_guarded
def diff(a: str, b: str, variant: str | None, against: str | None, again: bool) -> None:
    """Say where results A and B part: tick, rooms, entities. Exit code 0 equal, 1 different."""
    from .diff import diff as compare
    from .diff import only_in_one

    sys.path.insert(0, os.getcwd())  # strategies, for --rerun
    with Results(a) as x, Results(b) as y:
        found = compare(x, y, variant, against, again)
        apart = "" if variant or against else only_in_one(x, y)
    if found is None:
        click.echo(f"equal in what both hold; {apart}" if apart else "equal")
        return
    click.echo(found.text)
    sys.exit(1)


@main.command()
@click.argument("file", type=click.Path())
@click.option("-o", "--out", type=click.Path(dir_okay=False), help="Keep the new results here.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
@_guarded
def rerun(file: str, out: str | None, quiet: bool) -> None:
    """Repeat the run of a results FILE from the file alone. Exit code 0 equal, 1 different."""
    from .rerun import rerun as repeat

    sys.path.insert(0, os.getcwd())  # strategies
    with Results(file) as res:
        done = repeat(res, out, progress=False if quiet else None)
    if not done.is_equal:
        click.echo(f"different: {done.what}")
        sys.exit(1)
    click.echo(f"equal, {done.hashes} hashes among it" if done.hashes else "equal")


@main.command()
@click.argument("file", type=click.Path())
@click.argument("posting", type=click.IntRange(min=0))
@_guarded
def explain(file: str, posting: int) -> None:
    """Say where POSTING (a row of the table) of a results FILE comes from."""
    with Results(file) as res:
        click.echo(str(res.explain(posting)))


@main.command()
@click.argument("file", type=click.Path())
@_guarded
def info(file: str) -> None:
    """Say what a results FILE holds."""
    with Results(file) as res:
        for key in (
            "status",
            "status_reason",
            "created",
            "library_version",
            "git_hash",
            "seed",
            "scenario_sha256",
            "start",
            "end",
            "zone",
        ):
            if res.attrs.get(key, "") != "":
                click.echo(f"{key:16} {res.attrs[key]}")
        click.echo(f"{'variants':16} {', '.join(res.variants)}")
        with res._file() as f:
            for group in [*res.groups, *res.tables]:
                axis = "time" if group in res.groups else "row"
                names = [k for k in f[group] if k not in ("time", "world", "variant", "row")]
                click.echo(f"{group:16} {len(f[group][axis])} x {', '.join(names)}")
        for name, digest in res.inputs().items():
            click.echo(f"{'input':16} {name}  sha256 {digest}")


@main.command()
@click.argument("file", type=click.Path())
@click.option("-o", "--out", type=click.Path(dir_okay=False), help="By default FILE with .html.")
@_guarded
def report(file: str, out: str | None) -> None:
    """Write the report of a results FILE: one self-contained HTML page."""
    with Results(file) as res:
        target = Path(out or Path(file).with_suffix(".html"))
        if target.exists() and target.samefile(file):
            raise Error(f"{target}: is the results file; choose another name for the report")
        path = res.report(target)
    _say(f"wrote {path}")


@main.command()
@click.argument("file", type=click.Path())
@_guarded
def table(file: str) -> None:
    """Print the score card of a results FILE."""
    from rich.console import Console
    from rich.table import Table

    with Results(file) as res:
        card = res.table()
    grid = Table("figure", title=card.attrs["window"])
    for variant in card.columns:
        grid.add_column(str(variant), justify="right")
    for label, row in card.iterrows():
        grid.add_row(str(label).replace("[", "\\["), *map(str, row))
    width = None if sys.stdout.isatty() else 48 + 16 * len(card.columns)
    Console(width=width).print(grid)


@main.command()
@click.argument("file", type=click.Path())
@click.option("--tolerance", default=1e-10, show_default=True, help="Largest change, pu.")
@click.option("--controls", default="off", show_default=True, metavar="off|static")
@click.option("--taps", type=click.Path(dir_okay=False), help="CSV: transformer,winding,tap.")
@click.option("--export", type=click.Path(dir_okay=False), help="CSV of all node voltages.")
@click.option("--json", "summary", type=click.Path(dir_okay=False), help="Summary as JSON.")
@click.option("--report", type=click.Path(dir_okay=False), help="CSV: how each element was read.")
@_guarded
def powerflow(
    file: str,
    tolerance: float,
    controls: str,
    taps: str | None,
    export: str | None,
    summary: str | None,
    report: str | None,
) -> None:
    """Solve the circuit of a .dss FILE. Exit code 0 solved, 1 not solved, 2 bad input."""
    if controls != "off":
        fault = f"--controls {controls}: only 'off' exists"
        raise ScenarioError(fault)
    result = solve(file, tolerance=tolerance, controls=controls, taps=taps)
    for w in result.warnings:
        _say(f"warning: {w}")
    if summary:
        result.write_json(summary)
    if report:
        result.write_report(report)
    s = result.summary
    if not result.converged:
        _say(f"not solved: {result.failure}")
        if export:
            _say(f"{export}: not written, there is no solution")
        sys.exit(1)
    if export:
        result.write_csv(export)
    click.echo(
        f"solved: {s['buses']} buses, {s['nodes']} nodes, {s['iterations']} iterations, "
        f"residual {s['residual']:.1e}, {s['total_p_w'] / 1e3:.3f} kW, "
        f"losses {s['losses_w'] / 1e3:.3f} kW"
    )


@main.command()
@_guarded
def selftest() -> None:
    """Try what this installation must be able to do. Exit code 0 all of it, 1 not."""
    from . import selftest as checks

    def say(o: checks.Outcome) -> None:
        click.echo(f"{'ok' if o.is_ok else 'FAILED':7} {o.name:17} {o.seconds:5.1f} s  {o.text}")

    failed = [o for o in checks.run(say) if not o.is_ok]
    if failed:
        click.echo(f"{len(failed)} of {len(checks.CHECKS)} failed; report the table above with:")
        click.echo(checks.machine())
        sys.exit(1)
    click.echo(f"all {len(checks.CHECKS)} passed: {checks.machine()}")


if __name__ == "__main__":
    main()
