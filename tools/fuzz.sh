#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fuzzes the interpreter of scripts: tools/fuzz.sh [executions]. A short run by default; what is
# found lies in build/fuzz/findings and ends the script with code 1. New inputs that reach new code
# stay in build/fuzz/corpus; tools/fuzz.sh --merge takes the smallest set into tests/fuzz/corpus.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
runs=${1:-20000}
[ "$runs" = --merge ] || [[ "$runs" =~ ^[0-9]+$ ]] || { echo "usage: $0 [executions | --merge]" >&2; exit 2; }

cmake --preset fuzz -Wno-dev
cmake --build --preset fuzz --target dss_fuzz dss_dictionary
program=build/fuzz/tests/fuzz/dss_fuzz
build/fuzz/tests/fuzz/dss_dictionary > build/fuzz/dss.dict
mkdir -p build/fuzz/corpus build/fuzz/findings

if [ "$runs" = --merge ]; then
    fresh=$(mktemp -d)
    trap 'rm -rf "$fresh"' EXIT
    "$program" -merge=1 -max_len=1024 "$fresh" tests/fuzz/corpus build/fuzz/corpus
    rm -f tests/fuzz/corpus/*
    cp "$fresh"/* tests/fuzz/corpus/
    exit
fi
"$program" -dict=build/fuzz/dss.dict -max_len=4096 -timeout=5 -rss_limit_mb=2048 -runs="$runs" \
    -print_final_stats=1 -artifact_prefix=build/fuzz/findings/ build/fuzz/corpus tests/fuzz/corpus
