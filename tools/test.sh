#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Everything that must hold: set up, build with warnings as errors, every public header on its own,
# the C++ tests (with the outside consumer and the exported names), the architecture, and the
# installed Python package. Exit code 0 only if all of it passes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
jobs=$(nproc)
preset=${GRIDFLOCK_PRESET:-dev}

say() { printf '\n== %s\n' "$*"; }

tools/setup.sh

say "build ($preset)"
cmake --preset "$preset" -Wno-dev
cmake --build --preset "$preset" -j "$jobs"
if [ "$preset" = dev ]; then
    say "every public header compiles on its own"
    cmake --build --preset dev -j "$jobs" --target all_verify_interface_header_sets
fi

failed=0
say "C++ tests"
ctest --preset "$preset" -j "$jobs" || failed=1

say "architecture and Python tests"
# From an empty folder, so that the installed package is imported and not the source tree.
root=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
folders=("$root/tests/architecture")
[ -d "$root/tests/python" ] && folders+=("$root/tests/python")
(cd "$scratch" && "$root/.venv/bin/python" -m pytest -c "$root/pyproject.toml" --rootdir "$root" \
    "${folders[@]}") || failed=1

exit "$failed"
