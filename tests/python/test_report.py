# SPDX-License-Identifier: Apache-2.0
"""The report of the shipped demo, as a browser sees it."""

import pathlib
import re
import shutil
import subprocess

import gridflock as gf
import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("report")
    results = gf.examples.demo().run(out=folder / "demo.h5")
    path = folder / "demo.html"
    results.report(path)
    return path


def test_the_report_is_one_self_contained_page(page: pathlib.Path) -> None:
    text = page.read_text()
    assert not re.search(r"""(?:src|href)\s*=\s*["']https?:""", text)
    for heading in ("Feeder", "Dispatch", "Voltages", "Age of telemetry", "Prices", "Statement"):
        assert heading in text
    assert text.count("<svg") >= 5
    # the feeder is drawn: many lines and more than one colour
    assert len(set(re.findall(r"#[0-9a-f]{6}", text))) > 20


def test_the_report_opens_in_a_browser_without_an_error(page: pathlib.Path) -> None:
    browser = next((b for b in map(shutil.which, BROWSERS) if b), None)
    if browser is None:
        pytest.skip("no Chromium on this machine: the report was not opened in a browser")
    done = subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
            "--user-data-dir=" + str(page.parent / "profile"),
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "Score card" in done.stdout
    errors = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert errors == []
