#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes this machine ready and installs gridflock into .venv: Debian packages
# (tools/debian-packages.txt), the Python environment, the package with its `gridflock` command.
# Run it again after any change; what is there already is left alone. Root or a user with sudo.
#   tools/setup.sh [--config-settings NAME=VALUE ...]   settings of scikit-build-core beside our own
#   tools/setup.sh --environment [LIST]     all but gridflock itself; LIST names more packages
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

lists=(tools/debian-packages.txt)
package=1
if [ "${1:-}" = --environment ]; then
    package=0
    lists+=("${@:2}")
fi

say() { printf '== %s\n' "$*"; }

missing_packages() {
    local package
    while read -r package; do
        case "$package" in '' | '#'*) continue ;; esac
        dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' ||
            printf '%s\n' "$package"
    done < <(cat "${lists[@]}")
}

install_packages() {
    command -v apt-get >/dev/null || {
        echo "setup: no apt-get here; install the equivalents of ${lists[*]}" >&2
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
export PIP_DISABLE_PIP_VERSION_CHECK=1
.venv/bin/pip install --quiet "scikit-build-core>=0.10" "pybind11>=2.13"
[ "$package" = 1 ] || exit 0

jobs=$(nproc)
# Built with what .venv has, in build/wheel: the next build compiles only what has changed.
CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$jobs} .venv/bin/pip install --quiet \
    --no-build-isolation "$@" ".[plot,report,test]"

say "ready: $(.venv/bin/gridflock --version)"
