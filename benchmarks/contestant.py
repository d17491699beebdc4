# SPDX-License-Identifier: Apache-2.0
"""Contestants as processes: an environment each, one core, questions and answers by pipe."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / "build" / "bench"
PEERS = {
    "dss-python": ("opendss.py", "opendss"),
    "power-grid-model": ("pgm.py", "power-grid-model"),
}


class Refusal(Exception):
    """A contestant answered with an error."""


class Contestant:
    """A running contestant."""

    def __init__(self, name: str, python: str, core: int) -> None:
        self.name = name
        self.core = core
        script = Path(__file__).parent / "peers" / (PEERS[name][0] if name in PEERS else "ours.py")
        self.process = subprocess.Popen(
            [python, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, what: str, **settings: Any) -> dict[str, Any]:
        """One question."""
        assert self.process.stdin and self.process.stdout
        request = {"do": what, "core": self.core, **settings}
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Refusal(f"{self.name} ended with code {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise Refusal(f"{self.name}: {answer['error']}")
        return answer

    def end(self) -> None:
        """Close its input and wait."""
        assert self.process.stdin
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait(timeout=60)


def python_of(peer: str) -> str:
    """The interpreter of a peer's environment, made from its requirements when first asked."""
    folder = WORK / f"venv-{peer}"
    python = folder / "bin" / "python"
    wanted = (ROOT / "tools" / "oracles" / PEERS[peer][1] / "requirements.txt").read_text()
    stamp = folder / "requirements.txt"
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *wanted.split()], check=True)
        stamp.write_text(wanted)
    return str(python)
