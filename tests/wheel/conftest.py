# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest


def pytest_addoption(parser):
    parser.addoption("--wheel", help="the wheel of tools/wheel.sh")


@pytest.fixture(scope="session")
def wheel(request):
    path = request.config.getoption("--wheel")
    if path is None:
        pytest.fail("which wheel? --wheel dist/gridflock-*.whl", pytrace=False)
    return Path(path).resolve(strict=True)
