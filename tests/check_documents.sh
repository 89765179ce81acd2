#!/bin/sh
# SPDX-License-Identifier: ISC
# The documents say what is there: every key, event, variable, decision and verb has its place in
# the manual, the sample file is the table's, and every file that ARCHITECTURE names exists.
top=$(cd "${srcdir:-.}" && pwd) || exit 99
build=$(cd "${builddir:-.}" && pwd) || exit 99
cd "$top" || exit 99
status=0
complain() {
    echo "$*"
    status=1
}
"$build/offhookd" --sample | diff - etc/offhookd.conf ||
    complain "etc/offhookd.conf is not what offhookd --sample prints"
for key in $(sed -n 's/.*\.name = "\([^"]*\)".*/\1/p' src/daemon/config_table.c); do
    grep -qF "$key" man/offhookd.conf.5 || complain "man/offhookd.conf.5 does not name $key"
done
for name in $(sed -n 's/^    FIELD(\([a-z_]*\), .*\(TOLD\|KEPT\|EVENT_IN_HOOK\)).*/\1/p' src/agent/event.c |
    tr a-z A-Z) EVENT CALL RATE DIR SOCKET PATH LANG HOME; do
    grep -qw "$name" man/offhook-hooks.7 || complain "man/offhook-hooks.7 does not name $name"
done
for verb in $(sed -n 's/^    { "\([a-z]*\)", CONTROL_.*/\1/p' src/control/commands.c); do
    grep -qw "$verb" man/offhook-protocol.7 || complain "man/offhook-protocol.7 does not name $verb"
    [ "$verb" = claim ] && continue # of programs that stay connected
    grep -qw "$verb" man/offhookctl.1 || complain "man/offhookctl.1 does not name $verb"
    grep -q "{ \"$verb\"," src/ctl/verbs.c || complain "offhookctl has no verb $verb"
done
for word in ring progress answer reject redirect ignore; do
    grep -qw "$word" man/offhook-hooks.7 || complain "man/offhook-hooks.7 does not name $word"
done
for event in incoming answered hold resume ended online offline any; do
    grep -qw "$event" man/offhook-hooks.7 || complain "man/offhook-hooks.7 does not name $event"
done
for file in $(grep -ohE '(^|[^/A-Za-z])(src|tests|man|systemd|examples)/[A-Za-z0-9_./-]+\.(c|h|sh|py|mk|service|[0-9])\b' ARCHITECTURE README CONTRIBUTING |
    grep -oE '(src|tests|man|systemd|examples)/.*' | sort -u); do
    [ -e "$file" ] || complain "the documents name $file, which does not exist"
done
exit $status
