# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

import gridflock as gf
import pytest


def test_importing_loads_neither_xarray_nor_pandas_nor_matplotlib():
    code = (
        "import sys, gridflock\n"
        "print([m for m in ('xarray', 'pandas', 'matplotlib', 'h5netcdf') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_the_version_is_that_of_the_installed_package():
    try:
        installed = version("gridflock")
    except PackageNotFoundError:
        pytest.skip("not installed")
    assert gf.__version__ == installed


def test_errors_are_classes_with_fields_and_survive_pickling():
    import pickle

    with pytest.raises(gf.ScenarioError) as caught:
        gf.Scenario.parse("format = 1\n[coms]\nloss = 2\n")
    faults = caught.value.faults
    assert any("comms" in f.remedy and f.line == 2 for f in faults)
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.faults == faults

    with pytest.raises(gf.IoError) as io:
        gf.load_scenario("/nonexistent/evening.toml")
    assert io.value.path == "/nonexistent/evening.toml"
    assert isinstance(io.value, gf.Error) and isinstance(io.value, OSError)
