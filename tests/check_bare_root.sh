#!/bin/sh
# SPDX-License-Identifier: ISC
# The first thing that a newcomer types, on a machine that has nothing: in a bare root of a Debian
# release ./bootstrap installs what building needs, and builds; the suites of the core pass there.
#   tests/check_bare_root.sh bookworm|trixie FOLDER [WORDS OF bootstrap...]
# FOLDER is made; with words they are what bootstrap is given ("check", "demo"), and nothing else is
# run. Wants root and debootstrap, and takes packages from where this machine takes Debian's. Ends with
# 77 and the reason where the machine does not allow it.
set -eu
release=$1
root=$2
shift 2
top=$(cd "$(dirname "$0")/.." && pwd)

skip() {
    echo "SKIP: $1"
    exit "${2:-77}"
}
[ "$(id -u)" = 0 ] || skip "a bare root wants root"
command -v debootstrap >/dev/null || skip "debootstrap is not installed" $([ "${CI:-}" != true ] || echo 99)
unshare --mount --pid --fork true 2>/dev/null || skip "no namespaces may be made here"
# Not that of anybody else who is among the sources, nor one that debootstrap cannot read.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' |
    grep -E '^(https?|ftp|file):' | sort -u | head -n 1)
[ -d "$root/usr" ] || debootstrap --variant=minbase "$release" "$root" "${mirror:-http://deb.debian.org/debian}" \
    >"$root.log" 2>&1 || {
    tail -n 20 "$root.log"
    exit 1
}
cp /etc/resolv.conf "$root/etc/resolv.conf"
cp /etc/apt/apt.conf.d/*proxy* "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
rm -rf "$root/offhook"
mkdir "$root/offhook"
git -C "$top" archive HEAD | tar -x -C "$root/offhook"

# A process tree and mounts of its own: what is started there ends with it.
inside() {
    unshare --mount --pid --fork --kill-child sh -eu -c '
        mount -t proc proc "$1/proc"
        mount --rbind /dev "$1/dev"
        mount --rbind /sys "$1/sys"
        shift_root=$1
        shift
        exec env -u CI -u MAKEFLAGS -u MFLAGS chroot "$shift_root" sh -eu -c "$1"' inside "$root" "$1"
}

if [ $# -gt 0 ]; then
    inside "cd /offhook && exec ./bootstrap $*"
else
    inside "cd /offhook && ./bootstrap && exec make -s -j2 check TESTS='\$(check_PROGRAMS) tests/scenarios/run.sh'"
fi
