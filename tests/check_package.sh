#!/bin/bash
# SPDX-License-Identifier: ISC
# The Debian package, as `make deb` has made it: lintian finds nothing; on a machine that has nothing of
# ours it installs, starts nothing by itself, and its line starts when it is configured; remove keeps
# what its user has written, purge leaves nothing.
#   tests/check_package.sh PACKAGE.deb
package=$1
. "$(dirname "$0")/integration/booted.sh"
command -v lintian >/dev/null || skip "lintian is not installed" "$([ "$CI" = true ] && echo 99 || echo 77)"
status=0
fact() { # text, script
    if say "$2" >"$work/said" 2>&1; then
        echo "ok   $1"
    else
        echo "FAIL $1: $(tail -3 "$work/said")"
        status=1
    fi
}

found=$(lintian --pedantic --display-info --fail-on none "$package" 2>/dev/null)
[ -z "$found" ] || { echo "FAIL lintian: $found"; status=1; }
boot bare
within sh -c 'cat >/srv/offhookd.deb; rm -f /usr/sbin/policy-rc.d' <"$package"
fact "it installs" "DEBIAN_FRONTEND=noninteractive dpkg -i /srv/offhookd.deb"
fact "the user, the group and the folders are there" \
    "id offhookd && [ \$(stat -c %a:%U:%G /etc/offhookd/offhookd.conf) = 640:root:offhook ] &&
    [ \$(stat -c %a:%U:%G /etc/offhookd) = 750:root:offhook ] && [ -d /etc/offhookd/hooks ]"
fact "without a configuration nothing is started" \
    "! systemctl is-enabled offhookd && [ \$(systemctl is-active offhookd) = inactive ]"
fact "the line starts when it is configured" "
    printf 'aor = \"sip:a@lab.example\";\noutbound_proxy = \"127.0.0.1:5999\";\n' >/etc/offhookd/offhookd.conf
    install -m 600 /dev/null /etc/offhookd/offhookd.secret; echo secret >/etc/offhookd/offhookd.secret
    mkdir -p /etc/systemd/system/offhookd.service.d
    printf '[Service]\nLoadCredential=sip-password:/etc/offhookd/offhookd.secret\n' \
        >/etc/systemd/system/offhookd.service.d/credential.conf
    systemctl daemon-reload; systemctl enable --now offhookd && offhookctl status"
fact "the same version again: it is running afterwards" \
    "DEBIAN_FRONTEND=noninteractive dpkg --force-confold -i /srv/offhookd.deb && systemctl is-active offhookd"
fact "remove keeps what was written, and stops it" \
    "echo '#!/bin/sh' >/etc/offhookd/hooks/incoming; dpkg -r offhookd && ! systemctl is-active offhookd &&
    grep -q lab.example /etc/offhookd/offhookd.conf && [ -e /etc/offhookd/hooks/incoming ] &&
    [ ! -e /usr/sbin/offhookd ]"
fact "purge leaves nothing" "dpkg -P offhookd && rm -r /etc/systemd/system/offhookd.service.d &&
    ! find /etc /usr /var /run -xdev -name '*offhook*' | grep ."
exit $status
