#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Sets up, builds with warnings as errors, installs, and runs the C++ tests (with the outside
# consumer and the exported names), the architecture and the tests of the installed Python package.
# Exit code 0 only if all of it passes. One build in build/wheel makes both the tests and the
# package; tools/check.sh does the rest that must hold.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
jobs=$(nproc)

say() { printf '\n== %s\n' "$*"; }

say "set up, build, install"
tools/setup.sh --config-settings build.targets=all \
    --config-settings cmake.define.GRIDFLOCK_WERROR=ON \
    --config-settings cmake.define.GRIDFLOCK_TESTS=ON \
    --config-settings cmake.define.GRIDFLOCK_EXAMPLES=ON

failed=0
say "C++ tests"
ctest --test-dir build/wheel --output-on-failure --no-tests=error -j "$jobs" || failed=1

say "architecture and Python tests"
# From an empty folder, so that the installed package is imported and not the source tree.
root=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
(cd "$scratch" && "$root/.venv/bin/python" -m pytest -c "$root/pyproject.toml" --rootdir "$root" \
    -n "$jobs" --dist loadfile "$root/tests/architecture" "$root/tests/python") || failed=1

exit "$failed"
