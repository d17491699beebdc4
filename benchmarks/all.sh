#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every case into benchmarks/results, then the page. Arguments go to run.py (--core 1, --repeat 5).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
for case in pgm-grid eu-lv ieee123-year ieee8500-year ckt5 ckt7 first-answer; do
    "${PYTHON:-python3}" benchmarks/run.py --case "$case" --json "benchmarks/results/$case.json" "$@"
done
"${PYTHON:-python3}" benchmarks/report.py
