#!/bin/sh
# SPDX-License-Identifier: ISC
# The last section of ARCHITECTURE shows the machines as the code has them; --write puts it there.
top=$(cd "${srcdir:-.}" && pwd) || exit 99
build=$(cd "${builddir:-.}" && pwd) || exit 99
head='The machines, as tests/machines/print_machines.c prints their tables.'
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
{
    awk -v head="$head" '$0 == head { exit } { print }' "$top/ARCHITECTURE"
    echo "$head"
    "$build/tests/machines/print_machines" || exit 99
} >"$work/ARCHITECTURE"
[ "$1" != --write ] || cp "$work/ARCHITECTURE" "$top/ARCHITECTURE"
diff "$top/ARCHITECTURE" "$work/ARCHITECTURE" && exit 0
echo "ARCHITECTURE shows other machines: tests/machines/check_machines.sh --write"
exit 1
