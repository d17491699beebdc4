# SPDX-License-Identifier: Apache-2.0
"""docs/events.md: its tables are those of the measurements. test_docs.py runs what it shows."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "events.md"


@pytest.mark.parametrize(
    "results", ["kernel/results.json", "messages/results.json", "messages/results-epyc.json"]
)
def test_the_tables_of_the_page_are_those_of_the_measurements(results):
    file = ROOT / "benchmarks" / results
    shown = subprocess.run(
        [sys.executable, file.parent / "run.py", "--from-json", file],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    assert shown in PAGE.read_text()
