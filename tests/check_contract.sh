#!/bin/sh
# SPDX-License-Identifier: ISC
# The table of the contract is well formed, and each test it names is there; each event, each verb
# and each key of the configuration has a row.
cd "${srcdir:-.}" || exit 1
rows=tests/contract/rows.tsv
status=0
names=$(mktemp)
trap 'rm -f "$names"' EXIT
need() { # kind
    while read -r name; do
        grep -qE "^$1-$name(-[0-9]+)?	" $rows || { echo "no row $1-$name in $rows"; status=1; }
    done
}
grep -o '\.name = "[^"]*"' src/daemon/config_table.c | cut -d '"' -f 2 >"$names"
need key <"$names"
sed -n '/^static const struct verb verbs/,/^};/p' src/ctl/verb_table.c | grep -o '^    { "[a-z-]*"' |
    cut -d '"' -f 2 >"$names"
need verb <"$names"
sed -n '/names\[EVENT_COUNT\]/,/^};/p' src/agent/event.c | grep -o '"[a-z]*"' | tr -d '"' >"$names"
need event <"$names"
"${PYTHON3:-python3}" tests/conformance/conformance.py --source . --names --tables tests/contract || status=1
exit $status
