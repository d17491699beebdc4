# SPDX-License-Identifier: Apache-2.0
"""The wheel of tools/wheel.sh in an environment that has nothing else of gridflock.

python -m pytest tests/wheel --wheel dist/gridflock-*.whl
"""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Of the system's libraries the wheel may use those that every manylinux machine has.
SYSTEM = ("libstdc++.so", "libgcc_s.so", "libm.so", "libz.so", "libc.so", "ld-linux")


def run(*command, cwd, check=True):
    """A command with an environment that knows no build tree."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GRIDFLOCK", "PYTHON", "LD_"))}
    done = subprocess.run(
        [str(c) for c in command], cwd=cwd, env=kept, capture_output=True, text=True, timeout=900
    )
    if check and done.returncode != 0:
        pytest.fail(f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}", pytrace=False)
    return done


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """The interpreter of a fresh environment with the wheel and what it depends on."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", wheel, cwd=folder)
    return python


def test_the_wheel_names_the_oldest_c_library_and_holds_headers_and_cmake_files(wheel):
    minor = re.search(r"-manylinux_2_(\d+)_", wheel.name).group(1)
    assert wheel.name in (ROOT / "docs/install.md").read_text(encoding="utf-8")
    for page in ("docs/install.md", "SUPPORT.md"):
        assert f"glibc 2.{minor} or newer" in (ROOT / page).read_text(encoding="utf-8"), page
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in (
        "gridflock/include/gridflock/gridflock.hpp",
        "gridflock/include/gridflock/version.hpp",
        "gridflock/lib/libgridflock.so",
        "gridflock/lib/cmake/gridflock/gridflockConfig.cmake",
        "gridflock/scenarios/demo/demo.toml",
        "gridflock/py.typed",
    ):
        assert name in names
    libraries = [n for n in names if ".so" in n]
    assert not [n for n in libraries if "hdf5" in n or "curl" in n or "ssl" in n], libraries


@pytest.mark.parametrize("order", ["h5py, gridflock", "gridflock, h5py"])
def test_the_two_hdf5_live_beside_each_other_in_both_import_orders(python, tmp_path, order):
    code = f"""
import {order}
import gridflock as gf
import numpy as np
beside = h5py.File("beside.h5", "w")  # stays open while gridflock writes
beside["x"] = np.arange(10)
sc = gf.examples.suburb(feeder="ieee13", homes=10, pv=0.5, battery=0.5, seed=1)
sc.time.warmup, sc.time.duration = "0 s", "30 min"
res = sc.run(out="study.h5", progress=False)
beside["y"] = np.arange(5)
beside.close()
with h5py.File("study.h5") as study, h5py.File("beside.h5") as again:
    assert len(study["head"]["time"]) == 30
    assert again["x"][:].sum() == 45 and again["y"][:].sum() == 10
assert np.isfinite(res.head.p_kw.values).all()
print("done")
"""
    assert run(python, "-I", "-c", code, cwd=tmp_path).stdout.strip() == "done"


def test_nothing_of_the_system_is_loaded_but_the_run_time_libraries(python, tmp_path):
    code = """
import os, h5py, numpy, xarray, h5netcdf, click, rich
def mapped():
    return {line.split()[-1] for line in open("/proc/self/maps") if ".so" in line}
before = mapped()
import gridflock as gf
gf.powerflow.solve(str(gf._data.data_file("feeders", "ieee13", "IEEE13Nodeckt.dss")))
print(*sorted(mapped() - before), sep="\\n")
"""
    loaded = run(python, "-I", "-c", code, cwd=tmp_path).stdout.split()
    home = str(python.parents[1])
    assert any(Path(path).name == "libgridflock.so" for path in loaded)
    foreign = [p for p in loaded if not p.startswith(home) and "/python3" not in p]
    assert [p for p in foreign if not Path(p).name.startswith(SYSTEM)] == []


def test_the_self_test_passes(python, tmp_path):
    done = run(python.parent / "gridflock", "selftest", cwd=tmp_path)
    print(done.stdout)
    assert "FAILED" not in done.stdout
    assert "CMake files in" in done.stdout


def test_a_program_of_others_is_built_against_the_installed_package(python, tmp_path):
    found = run(python, "-m", "gridflock", "--cmakedir", cwd=tmp_path).stdout.strip()
    assert Path(found).is_relative_to(python.parents[1])
    source = tmp_path / "source"
    shutil.copytree(ROOT / "tests" / "consumer", source)
    shutil.copy(ROOT / "examples" / "cpp" / "evening.cpp", source)
    build = tmp_path / "build"
    run("cmake", "-G", "Ninja", "-S", source, "-B", build, f"-Dgridflock_DIR={found}", cwd=tmp_path)
    run("cmake", "--build", build, cwd=tmp_path)
    assert "2 of 2 errors caught" in run(build / "errors", cwd=tmp_path).stdout
    package = Path(found).parents[2]
    shutil.copy(package / "scenarios" / "suburb" / "suburb.toml", tmp_path / "evening.toml")
    power, unit = run(build / "evening", cwd=tmp_path).stdout.split()
    assert unit == "kW" and float(power) > 10
