#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tools/bare.sh FOLDER [MIRROR]: proves the two commands of README.md on a bare Debian 12.
# Lays a minimal bookworm into FOLDER (debootstrap; reused when it is there already), puts a clean
# clone of the current commit into it, and runs tools/demo.sh and tools/test.sh in a chroot. How
# this machine reaches its package sources (proxies, certificates, apt and pip settings) is carried
# over. Root, or a user with sudo.
set -euo pipefail
[ $# -ge 1 ] || {
    sed -n '3,7s/^# //p' "${BASH_SOURCE[0]}" >&2
    exit 2
}
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mkdir -p "$1"
root=$(cd "$1" && pwd)
mirror=${2:-http://deb.debian.org/debian}
[ "$root" != / ] || {
    echo "bare: FOLDER must not be /" >&2
    exit 2
}
if [ "$(id -u)" -ne 0 ]; then
    exec sudo --preserve-env "$0" "$root" "$mirror"
fi
command -v debootstrap >/dev/null || {
    echo "bare: debootstrap is missing (apt-get install debootstrap)" >&2
    exit 2
}

say() { printf '\n== %s\n' "$*"; }

if [ ! -e "$root/.bare-ready" ]; then
    say "bare Debian in $root"
    debootstrap --variant=minbase --include=ca-certificates bookworm "$root" "$mirror"
    touch "$root/.bare-ready"
fi

say "the settings of this machine"
cp -L /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
[ -e /etc/hosts ] && cp -L /etc/hosts "$root/etc/hosts"
for path in /etc/pip.conf /etc/apt/auth.conf /etc/apt/auth.conf.d /etc/apt/keyrings \
    /etc/ssl/certs/ca-certificates.crt /usr/local/share/ca-certificates "${PIP_FIND_LINKS:-}"; do
    if [ -n "$path" ] && [ -e "$path" ]; then
        mkdir -p "$root$(dirname "$path")"
        cp -aL "$path" "$root$(dirname "$path")/"
    fi
done
grep -lsEi 'proxy|acquire' /etc/apt/apt.conf /etc/apt/apt.conf.d/* 2>/dev/null |
    while read -r path; do cp -aL "$path" "$root$path"; done || true
printf 'deb %s bookworm main\ndeb %s bookworm-updates main\n' "$mirror" "$mirror" \
    >"$root/etc/apt/sources.list"
variables=(HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8)
while IFS= read -r -d '' pair; do
    case "${pair%%=*}" in
    *_proxy | *_PROXY | PIP_* | SSL_CERT_* | REQUESTS_CA_BUNDLE | CURL_CA_BUNDLE | OPENBLAS_*)
        variables+=("$pair")
        ;;
    esac
done < <(env -0)

say "a clean clone"
rm -rf "$root/root/gridflock"
git clone -q --no-hardlinks "$source_dir" "$root/root/gridflock"
git -C "$root/root/gridflock" remote remove origin

# In a mount namespace of its own /proc and /dev can be lent to the chroot and vanish with it; where
# that is not allowed, the folders of the bare system must do.
# shellcheck disable=SC2016  # expanded by the inner shell
enter='for folder in proc sys dev; do mount --rbind "/$folder" "$0/$folder"; done; exec "$@"'
if unshare --mount --propagation private true 2>/dev/null; then
    lend=(unshare --mount --propagation private bash -ec "$enter" "$root")
else
    lend=()
fi
within() {
    "${lend[@]}" chroot "$root" /usr/bin/env -i "${variables[@]}" \
        bash -c "cd /root/gridflock && $1"
}

say "tools/demo.sh"
within "bash tools/demo.sh"
say "what it made"
ls -l "$root/root/gridflock/out"
say "tools/test.sh"
within "bash tools/test.sh"
