#!/bin/sh
# SPDX-License-Identifier: ISC
# The units are sound, and strict: exposure at most 1.5.
cd "${srcdir:-.}/systemd" || exit 99
command -v systemd-analyze >/dev/null || { echo "systemd-analyze is not installed"; exit 77; }
status=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for unit in offhookd.service offhookd@.service; do
    sed 's#@sbindir@#/usr/sbin#; s#@bindir@#/usr/bin#' $unit.in >"$work/$unit"
    sed -i 's#/usr/sbin/offhookd#/bin/true#; s#/usr/bin/offhookctl#/bin/true#' "$work/$unit"
done
systemd-analyze verify --man=no "$work/offhookd.service" "$work/offhookd@.service" >"$work/said" 2>&1
grep -E "offhookd" "$work/said" && status=1
for unit in offhookd.service offhookd@.service; do
    systemd-analyze security --offline=true --threshold=15 "$work/$unit" >"$work/said" 2>&1 ||
        { tail -3 "$work/said"; status=1; }
done
exit $status
