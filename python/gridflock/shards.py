# SPDX-License-Identifier: Apache-2.0
"""Shards: shares of an ensemble's worlds that run anywhere, and are merged later.

A shard is a results file of its own and a manifest beside it, which says whose it is and holds the
file's SHA-256: a finished shard is not run again, and a damaged or foreign one is not merged.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._hdf5 import require_hdf5, require_replaceable
from ._merge import gather, merge
from ._write import write_whole
from .errors import Error, IoError

if TYPE_CHECKING:
    from .ensemble import Ensemble


def parse(text: str) -> tuple[int, int]:
    """ "2/4" is (2, 4). Raises Error."""
    match = re.fullmatch(r"(\d+)/(\d+)", str(text).strip())
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise Error(f"shard {text!r}: write it i/n with i from 1 to n, e.g. 1/4")
    return int(match[1]), int(match[2])


def path_of(out: str | os.PathLike[str], shard: str) -> Path:
    """Where a shard of `out` lies: day.h5 -> day.2-of-4.h5."""
    i, n = parse(shard)
    out = Path(out)
    return out.with_name(f"{out.stem}.{i}-of-{n}{out.suffix}")


def manifest_of(path: str | os.PathLike[str]) -> Path:
    """The manifest beside a shard."""
    return Path(f"{os.fspath(path)}.json")


def run(
    ensemble: Ensemble,
    shard: str,
    out: str | os.PathLike[str],
    duration: Any,
    step: Any,
    threads: int,
    width: int,
    resume: bool,
    progress: Any,
) -> Path:
    """See `Ensemble.run_shard`."""
    from . import ensemble as _ensemble

    i, n = parse(shard)
    sc = _ensemble._timed(ensemble.scenario, duration, step)
    worlds = _ensemble.shares(ensemble.worlds, n)[i - 1]
    path = path_of(out, shard)
    entry = {
        "format": 1,
        "shard": f"{i}/{n}",
        "worlds": list(worlds),
        "of": ensemble.worlds,
        "scenario_sha256": hashlib.sha256(sc.to_toml().encode()).hexdigest(),
        "run_digest": _ensemble._digest(sc),
    }
    if resume and is_finished(path, entry):
        return path
    if read_manifest(path) is None:
        require_replaceable(path)
    with _ensemble.folder_of_parts(path) as folder:
        if not resume:
            _ensemble.clear(folder)
        parts = _ensemble._run_parts(sc, worlds, folder, width, threads, progress)
        gather(parts, path)
        _ensemble.clear(folder)
    entry |= {"file": path.name, "sha256": _sha256(path)}
    write_whole(manifest_of(path), json.dumps(entry, indent=1) + "\n")
    return path


def is_finished(path: Path, entry: dict[str, Any]) -> bool:
    """Whether a shard is there, whole, and of this run."""
    manifest = read_manifest(path)
    if manifest is None or not path.exists():
        return False
    same = all(manifest.get(key) == value for key, value in entry.items())
    return same and manifest.get("sha256") == _sha256(path)


def read_manifest(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """The manifest of a shard; None when there is none."""
    try:
        return dict(json.loads(manifest_of(path).read_text()))
    except OSError:
        return None
    except (ValueError, TypeError) as e:
        raise IoError(f"{manifest_of(path)}: is no manifest: {e}", str(manifest_of(path))) from e


def merge_shards(paths: Iterable[str | os.PathLike[str]], out: str | os.PathLike[str]) -> None:
    """Check every shard against its manifest, and merge them into one results file."""
    paths = list(paths)
    for path in paths:
        manifest = read_manifest(path)
        require_hdf5(path)
        if manifest is None:
            raise Error(f"{path}: has no manifest {manifest_of(path).name}; run the shard again")
        if Path(path).exists() and manifest.get("sha256") != _sha256(path):
            raise IoError(f"{path}: is not what its manifest says; run the shard again", str(path))
    merge(paths, out)


def _sha256(path: str | os.PathLike[str]) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
