#!/bin/bash
# SPDX-License-Identifier: ISC
# A machine of its own: a real systemd, booted in namespaces over an overlay of this machine, with
# what has been built installed as `make install` does. Sourced, it gives `boot`, `within` and `say`;
# run, it boots, runs its words there and ends as they do:
#   tests/integration/booted.sh python3 /srv/source/tests/integration/test_examples.py
# There /srv/source and /srv/build are this tree; OFFHOOK_BOOTED is yes.

skip() {
    echo "SKIP: $1"
    exit "${2:-77}"
}

# What ./bootstrap check installs must be there in CI; what a container forbids is nobody's fault.
boot_needs() {
    local program missing=77
    [ "$CI" != true ] || missing=99
    for program in systemd-analyze dbus-daemon nsenter unshare ip runuser; do
        PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null || skip "$program is not installed" $missing
    done
    [ -x /lib/systemd/systemd ] || skip "systemd is not installed" $missing
    [ "$(id -u)" = 0 ] || skip "a machine of its own cannot be booted: root is needed"
    unshare -fpmuinC true 2>/dev/null ||
        skip "a machine of its own cannot be booted: no namespaces may be made here"
    if nm "${builddir:-.}/offhookd" | grep -qE '__(asan|ubsan)_|__gcov_'; then
        skip "an instrumented build does not run under the strict unit"
    fi
}

inner() { # becomes the init of the new machine
    set -e
    root=$work/r
    mkdir -p "$root"
    mount -t tmpfs tmpfs "$root"
    mkdir "$root"/{up,wk,root}
    mount -t overlay overlay -o lowerdir=/,upperdir="$root/up",workdir="$root/wk" "$root/root"
    cd "$root/root"
    mount -t proc proc proc
    mount -t sysfs sysfs sys
    mount -t cgroup2 cgroup2 sys/fs/cgroup
    mount -t tmpfs -o mode=755 tmpfs dev
    for device in null zero full random urandom tty; do
        : >dev/$device
        mount --bind /dev/$device dev/$device
    done
    mkdir dev/pts dev/shm
    mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
    ln -s pts/ptmx dev/ptmx
    mount -t tmpfs tmpfs dev/shm
    ln -s /proc/self/fd dev/fd
    mount -t tmpfs -o mode=755 tmpfs run
    mount -t tmpfs -o mode=1777 tmpfs tmp
    mount -t tmpfs -o mode=755 tmpfs srv
    mkdir srv/source srv/build
    mount --bind "$boot_source" srv/source
    mount --bind "$boot_build" srv/build
    for unit in systemd-{udevd,udev-trigger,logind,timesyncd,networkd,resolved,firstboot,modules-load}.service \
        systemd-{sysctl,remount-fs,hwdb-update,machine-id-commit}.service sys-kernel-{debug,tracing}.mount \
        dev-{hugepages,mqueue}.mount proc-sys-fs-binfmt_misc.automount; do
        ln -sf /dev/null etc/systemd/system/$unit
    done
    : >etc/fstab
    echo uninitialized >etc/machine-id
    printf '[Unit]\nRequires=basic.target systemd-journald.service dbus.socket\nAfter=basic.target\n' \
        >etc/systemd/system/test.target
    mkdir .old
    pivot_root . .old
    cd /
    umount -l /.old
    mount --make-rshared /
    ip link set lo up
    echo "the machine is made"
    exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system \
        --unit=test.target --log-target=console --show-status=no </dev/null
}
export -f inner

within() { # a command on the new machine
    nsenter -t "$(pgrep -P "$outer")" -p -m -u -i -n -C -r -w /usr/bin/env -i \
        PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin timeout "${boot_seconds:-30}" "$@"
}

say() { # a script, on the new machine
    within sh -c "$1"
}

boot_stop() {
    kill -9 "$outer" 2>/dev/null
    wait "$outer" 2>/dev/null
    rm -rf "$work"
}

boot() { # with `bare`: nothing of ours is there
    boot_needs
    boot_source=$(cd "${srcdir:-.}" && pwd) boot_build=$(cd "${builddir:-.}" && pwd) work=$(mktemp -d)
    export boot_source boot_build work
    mkdir "$work/image"
    [ "$1" = bare ] || make -s -C "$boot_build" install DESTDIR="$work/image" >"$work/log" 2>&1 || {
        tail "$work/log"
        exit 99
    }
    unshare -fpmuinC --propagation private --kill-child bash -c inner >"$work/log" 2>&1 &
    outer=$!
    trap boot_stop EXIT
    for _ in $(seq 400); do
        case $(within systemctl is-system-running 2>/dev/null) in running | degraded) break ;; esac
        kill -0 $outer 2>/dev/null || break
        sleep .05
    done
    grep -q '^the machine is made' "$work/log" ||
        skip "a machine of its own cannot be booted: $(grep -v dmesg "$work/log" | tail -n 1)"
    tar -C "$work/image" -cf - . | within tar -C / -xf -
    [ "$1" = bare ] || within sh -c 'systemd-sysusers; systemd-tmpfiles --create 2>/dev/null; systemctl daemon-reload' >"$work/log" 2>&1
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    boot
    boot_seconds=300 within env OFFHOOK_BOOTED=yes CI="$CI" srcdir=/srv/source builddir=/srv/build "$@"
    exit
fi
