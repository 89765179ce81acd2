#!/bin/sh
# SPDX-License-Identifier: ISC
# make install DESTDIR= puts every file where a distribution expects it. Argument: the build folder.
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
make -C "$1" -s install DESTDIR="$root" prefix=/usr sysconfdir=/etc mandir=/usr/share/man || exit 1
status=0
for file in usr/sbin/offhookd usr/bin/offhookctl usr/libexec/offhookd/offhookctl-sound usr/share/man/man8/offhookd.8 \
    usr/share/man/man1/offhookctl.1 usr/share/man/man5/offhookd.conf.5 \
    usr/share/man/man7/offhook-hooks.7 usr/share/man/man7/offhook-audio.7 \
    usr/share/man/man7/offhook-protocol.7 usr/lib/systemd/system/offhookd.service \
    usr/lib/systemd/system/offhookd@.service usr/lib/sysusers.d/offhookd.conf \
    usr/lib/tmpfiles.d/offhookd.conf etc/offhookd/offhookd.conf etc/offhookd/hooks \
    etc/offhookd/sounds usr/share/doc/offhookd/examples/agent/agent \
    usr/share/doc/offhookd/examples/echo/incoming; do
    [ -e "$root/$file" ] || { echo "missing: $file"; status=1; }
done
[ "$(stat -c %a "$root/etc/offhookd/offhookd.conf")" = 640 ] || { echo "offhookd.conf is not 0640"; status=1; }
grep -q '^ExecStart=/.*/offhookd -c' "$root/usr/lib/systemd/system/offhookd.service" ||
    { echo "the unit does not start offhookd by its path"; status=1; }
# What its user has written outlives the program.
echo '# mine' >>"$root/etc/offhookd/offhookd.conf"
make -C "$1" -s uninstall DESTDIR="$root" prefix=/usr sysconfdir=/etc mandir=/usr/share/man >/dev/null
[ -e "$root/etc/offhookd/offhookd.conf" ] || { echo "make uninstall deletes the configuration"; status=1; }
[ ! -e "$root/usr/sbin/offhookd" ] || { echo "make uninstall leaves the daemon"; status=1; }
exit $status
