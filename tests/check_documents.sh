#!/bin/sh
# SPDX-License-Identifier: ISC
# The documents say what is there: the sample file is the table's, every command has its verb, and
# every file that ARCHITECTURE names exists. What the manual names: check_manual.py.
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
for verb in $(sed -n 's/^    { "\([a-z]*\)", desk_word_.*/\1/p' src/desk/commands.c); do
    [ "$verb" = claim ] && continue # of programs that stay connected
    grep -q "{ \"$verb\"," src/ctl/verb_table.c || complain "offhookctl has no verb $verb"
done
for file in $(grep -ohE '(^|[^/A-Za-z])(src|tests|man|systemd|examples)/[A-Za-z0-9_./-]+\.(c|h|sh|py|mk|service|[0-9])\b' ARCHITECTURE README CONTRIBUTING |
    grep -oE '(src|tests|man|systemd|examples)/.*' | sort -u); do
    [ -e "$file" ] || complain "the documents name $file, which does not exist"
done
exit $status
