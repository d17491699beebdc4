#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Sets up what is missing and runs the demo scenario: results in out/results.h5, report in
# out/report.html, the table on screen.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
gridflock=.venv/bin/gridflock
tools/setup.sh
mkdir -p out
"$gridflock" run scenarios/demo/demo.toml -o out/results.h5 "$@"
"$gridflock" report out/results.h5 -o out/report.html
"$gridflock" table out/results.h5
printf '\nresults: out/results.h5\nreport:  out/report.html\n'
