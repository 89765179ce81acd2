#!/bin/sh
# SPDX-License-Identifier: ISC
# The hardening flags have arrived in the programs, and offhookctl is light.
cd "${builddir:-.}" || exit 99
if nm offhookd | grep -qE '__(asan|ubsan)_|__gcov_'; then
    echo "a sanitized or measured build is not hardened"
    exit 77
fi
status=0
for program in offhookd offhookctl offhookctl-sound; do
    readelf -h $program | grep 'DYN' >/dev/null || { echo "$program is not PIE"; status=1; }
    readelf -lW $program | grep -q 'GNU_RELRO' || { echo "$program has no RELRO"; status=1; }
    readelf -dW $program | grep -qE 'BIND_NOW|NOW' || { echo "$program binds lazily"; status=1; }
    nm -u $program | grep '__stack_chk_fail' >/dev/null || { echo "$program has no stack protector"; status=1; }
done
# A hook runs a verb for every step: what each of them loads is what every step waits for.
bad=$(readelf -dW offhookctl | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | grep -vE '^(lib(jansson|c)\.|ld-)')
[ -z "$bad" ] || { echo "offhookctl loads $bad: such verbs belong to offhookctl-sound"; status=1; }
exit $status
