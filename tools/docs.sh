#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the documentation into build/docs/html; every warning is an error.
#   tools/docs.sh          sets up first (tools/setup.sh), so that the pages describe this tree
#   tools/docs.sh --check  takes the package that .venv has; what CI runs after its build
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=.venv/bin/python

say() { printf '== %s\n' "$*"; }

# The extra `docs` alone: asking pip for the package would build it again.
requirements() {
    "$python" - <<'PY'
import pathlib, tomllib
project = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]
print("\n".join(project["optional-dependencies"]["docs"]))
PY
}

case "${1:-}" in
'') tools/setup.sh ;;
--check)
    [ -x .venv/bin/gridflock ] || {
        echo "docs: .venv has no gridflock; run tools/setup.sh" >&2
        exit 2
    }
    ;;
*)
    sed -n '3,5s/^# //p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
tools/setup.sh --environment tools/debian-packages-docs.txt
say "what Sphinx needs"
requirements | xargs "$python" -m pip install --quiet --disable-pip-version-check

say "CITATION.cff"
.venv/bin/cffconvert --validate

say "headers"
rm -rf build/docs/include build/docs/doxygen
mkdir -p build/docs
"$python" tools/docs/doxygen_filter.py include build/docs/include
doxygen tools/docs/Doxyfile

say "pages"
"$python" -m sphinx -E --fail-on-warning --keep-going --quiet -j auto -b html \
    -d build/docs/doctrees docs build/docs/html
say "build/docs/html/index.html"
