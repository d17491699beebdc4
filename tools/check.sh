#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What must hold beside tools/test.sh:
#   tools/check.sh            lint, wheel, docs, the touched rooms under sanitizers, and one of the
#                             rotation (asan+ubsan, tsan, clang, fuzz, kills) by number of commits
#   tools/check.sh --all      everything: tools/test.sh first, slow tests under sanitizers, 500 kills
#   tools/check.sh STEP ...   some of: test lint wheel docs touched headers asan+ubsan tsan clang tidy fuzz
#                             kills determinism
# Rooms are touched by the commits of the last GRIDFLOCK_HOURS (3) hours before the current one, or
# since GRIDFLOCK_BASE; their unit tests run. For sim that is a part of the loop, which needs every
# room; all of it runs when it is the turn of asan+ubsan. Exit code 0 only if every step passes; a
# failed step does not stop the others.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
jobs=$(nproc)
rotation=(asan+ubsan tsan clang fuzz kills)
is_all=0

say() { printf '\n== %s\n' "$*"; }

# The last commit that is not looked at, the empty tree when there is none.
base() {
    local head until commit
    if [ -n "${GRIDFLOCK_BASE:-}" ]; then
        echo "$GRIDFLOCK_BASE"
        return
    fi
    head=$(git show -s --format=%ct HEAD)
    until=$((head - ${GRIDFLOCK_HOURS:-3} * 3600))
    commit=$(git rev-list -1 --before="$until" HEAD)
    echo "${commit:-4b825dc642cb6eb9a060e54bf8d69288fbee4904}"
}

# Rooms with a changed file, one a line.
touched_rooms() {
    git diff --name-only "$(base)" HEAD -- include src tests/unit tests/loop |
        sed -nE -e 's#^(include/gridflock|src|tests/unit)/([a-z]+)/.*#\2#p' \
            -e 's#^tests/loop/.*#sim#p' | sort -u
}

build() { # preset target...
    cmake --preset "$1" -Wno-dev >/dev/null
    cmake --build --preset "$1" -j "$jobs" -- --quiet "${@:2}"
}

run_ctest() { # preset option...
    local slow=(-LE slow)
    if [ "$is_all" = 1 ]; then slow=(); fi
    ctest --preset "$1" -j "$jobs" "${slow[@]}" "${@:2}"
}

step_test() { tools/test.sh; }

step_lint() {
    .venv/bin/pip install --quiet ruff==0.8.4 mypy==1.14.0 codespell==2.3.0
    .venv/bin/ruff check
    .venv/bin/ruff format --check
    .venv/bin/mypy
    .venv/bin/codespell
    local file bad=0
    while read -r file; do
        clang-format "$file" | diff -u "$file" - || bad=1
    done < <(git ls-files '*.cpp' '*.hpp')
    return "$bad"
}

step_wheel() {
    tools/wheel.sh dist
    local wheel scratch
    wheel=$(ls "$root"/dist/gridflock-*.whl)
    scratch=$(mktemp -d)
    (cd "$scratch" && "$root/.venv/bin/python" -m pytest -c "$root/pyproject.toml" \
        --rootdir "$root" "$root/tests/wheel" --wheel "$wheel" -rP)
    rm -rf "$scratch"
}

step_docs() {
    if [ -f tools/docs.sh ]; then tools/docs.sh --check; else echo "no tools/docs.sh"; fi
}

step_touched() {
    local rooms targets=() room names=""
    rooms=$(touched_rooms)
    for room in $rooms; do
        if compgen -G "tests/unit/$room/*.cpp" >/dev/null; then
            targets+=("test_$room")
            names+="${names:+|}$room"
        elif [ "$room" = sim ] && [ "$turn" != tsan ]; then  # which runs it as well
            targets+=(test_loop)
            names+="${names:+|}loop_other"
        fi
    done
    if [ ${#targets[@]} -eq 0 ]; then
        echo "no room is touched"
        return
    fi
    echo "touched since $(base): ${targets[*]}"
    build asan+ubsan "${targets[@]}"
    run_ctest asan+ubsan -R "^($names)\$"
}

step_headers() { build dev all_verify_interface_header_sets; }

step_asan+ubsan() {
    build asan+ubsan
    run_ctest asan+ubsan
}

# Only what starts threads: lanes of power flows, the recorder, ensembles (loop_other).
step_tsan() {
    if [ "$is_all" = 1 ]; then
        build tsan
        run_ctest tsan
    else
        build tsan test_dss test_powerflow test_io test_loop
        run_ctest tsan -R '^(dss|powerflow|io|loop_other)$'
    fi
}

step_clang() {
    build clang
    run_ctest clang
}

step_tidy() { build tidy; }

step_fuzz() { tools/fuzz.sh; }

step_kills() {
    local trials=40
    if [ "$is_all" = 1 ]; then trials=500; fi
    if [ -f tools/kills.py ]; then
        .venv/bin/python tools/kills.py -n "$trials"
    else
        echo "no tools/kills.py"
    fi
}

step_determinism() { .venv/bin/python tools/determinism.py --quick; }

steps=("$@")
case "${1:-}" in
--all)
    is_all=1
    steps=(test lint wheel docs headers "${rotation[@]}" determinism tidy)
    ;;
'')
    count=$(git rev-list --count HEAD)
    turn=${rotation[count % ${#rotation[@]}]}
    steps=(lint wheel docs touched "$turn")
    if [ "$turn" = asan+ubsan ]; then steps=(lint wheel docs "$turn"); fi  # it has the touched ones
    ;;
esac
for step in "${steps[@]}"; do
    declare -F "step_$step" >/dev/null || {
        sed -n '3,13s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
        exit 2
    }
done

tools/setup.sh --environment tools/debian-packages-check.txt
failed=()
table=""
for step in "${steps[@]}"; do
    say "$step"
    started=$SECONDS
    # A subshell of its own, so that the first command that fails ends the step.
    if bash -c "$(declare -f); set -euo pipefail; root='$root' jobs=$jobs is_all=$is_all turn='${turn:-}'; step_$step"; then
        outcome=passed
    else
        outcome=FAILED
        failed+=("$step")
    fi
    table+=$(printf '%-12s %-7s %5d s' "$step" "$outcome" $((SECONDS - started)))$'\n'
done
say "checks"
printf '%s' "$table"
[ ${#failed[@]} -eq 0 ]
