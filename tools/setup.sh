#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes this machine ready and installs gridflock into .venv: Debian packages
# (tools/debian-packages.txt), the Python environment, the package with its `gridflock` command.
# Run it again after any change; what is there already is left alone. Root or a user with sudo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '== %s\n' "$*"; }

missing_packages() {
    local package
    while read -r package; do
        case "$package" in '' | '#'*) continue ;; esac
        dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' ||
            printf '%s\n' "$package"
    done <tools/debian-packages.txt
}

install_packages() {
    command -v apt-get >/dev/null || {
        echo "setup: no apt-get here; install the equivalents of tools/debian-packages.txt" >&2
        return 1
    }
    local missing as_root=()
    mapfile -t missing < <(missing_packages)
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            echo "setup: needs root or sudo to install: ${missing[*]}" >&2
            return 1
        }
        as_root=(sudo)
    fi
    say "installing ${missing[*]}"
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends "${missing[@]}"
}

say "Debian packages"
install_packages

say "Python environment .venv"
[ -x .venv/bin/pip ] || /usr/bin/python3 -m venv --clear .venv
jobs=$(nproc)
CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$jobs} \
    .venv/bin/pip install --quiet --disable-pip-version-check ".[plot,report,test]"

say "ready: $(.venv/bin/gridflock --version)"
