#!/bin/bash
# SPDX-License-Identifier: ISC
# A real systemd, booted in namespaces of its own over an overlay of this machine, starts the installed
# unit: READY, status, socket, credential, hook, reload, restart after a kill, a clean stop, a wrong configuration.
. "${srcdir:-.}/tests/integration/booted.sh"
passed=0
failed=0

fact() { # text, command
    local text=$1
    shift
    if "$@" >"$work/said" 2>&1; then
        passed=$((passed + 1))
        echo "ok   $text"
    else
        failed=$((failed + 1))
        echo "FAIL $text: $(tail -3 "$work/said")"
    fi
}

boot
within sh -s <<'SETUP'
mkdir -p /etc/offhookd/hooks /etc/systemd/system/offhookd.service.d
cat >/etc/offhookd/offhookd.conf <<CONF
aor = "sip:alice@lab.example";
outbound_proxy = "127.0.0.1:5999";
CONF
echo secret >/etc/offhookd/offhookd.secret
chmod 600 /etc/offhookd/offhookd.secret
printf '[Service]\nLoadCredential=sip-password:/etc/offhookd/offhookd.secret\n' \
    >/etc/systemd/system/offhookd.service.d/credential.conf
systemctl daemon-reload
SETUP
main_pid() { within systemctl show -p MainPID --value offhookd; }
fact "the unit starts and says READY" within systemctl start offhookd
fact "STATUS tells what is wrong in plain words" say \
    "systemctl show -p StatusText offhookd | grep 'no connection'"
fact "offhookctl reaches it" within offhookctl --socket /run/offhookd/control status
fact "the control socket is the group's" say \
    "stat -c %a:%G /run/offhookd/control | grep 660:offhook"
fact "it runs as its own user" say \
    "ps -o user= -C offhookd | grep offhookd"
fact "no Landlock warning under the strict unit" say \
    "! journalctl -u offhookd --no-pager | grep Landlock"
within sed -i '$adial = { allow = [ "+49*" ]; };' /etc/offhookd/offhookd.conf
fact "a reload applies what has changed, and systemd hears of it" say \
    "systemctl reload offhookd &&
    journalctl -u offhookd --no-pager | grep 'configuration changed.*dial.allow' &&
    systemctl is-active offhookd"
within sed -i 's/allow/alow/' /etc/offhookd/offhookd.conf
fact "the reload of a broken configuration fails, says why, and changes nothing" say \
    "! systemctl reload offhookd &&
    journalctl -u offhookd --no-pager | grep 'did you mean dial.allow' &&
    systemctl is-active offhookd"
within sed -i 's/alow/allow/' /etc/offhookd/offhookd.conf
before=$(main_pid)
within kill -9 "$before"
fact "systemd starts it again after a kill" say "
    for i in \$(seq 60); do sleep .2; pid=\$(systemctl show -p MainPID --value offhookd)
    [ \$pid -gt 0 ] && [ \$pid != $before ] && exit 0; done; exit 1"
fact "it stops cleanly" within systemctl stop offhookd
fact "the stop was a success" say \
    "systemctl show -p Result offhookd | grep success"
within sed -i 's/aor/aro/' /etc/offhookd/offhookd.conf
within systemctl start offhookd 2>/dev/null
fact "a wrong configuration is exit 78, said in one line, and does not loop" say \
    "systemctl show -p ExecMainStatus offhookd | grep 78 &&
    journalctl -u offhookd --no-pager | grep 'did you mean aor'"

# Three lines of one machine: the plain unit and two of the template. How they restart beside each
# other, with calls: test_unit_lines.py.
within sed -i 's/aro/aor/' /etc/offhookd/offhookd.conf
within sh -s <<'SETUP'
mkdir -p /etc/systemd/system/offhookd@.service.d
printf '[Service]\nLoadCredential=sip-password:/etc/offhookd/%%i.secret\n' \
    >/etc/systemd/system/offhookd@.service.d/credential.conf
for line in a b; do
    printf 'aor = "sip:%s@lab.example";\noutbound_proxy = "127.0.0.1:5999";\n' $line >/etc/offhookd/$line.conf
    chgrp offhook /etc/offhookd/$line.conf
    chmod 640 /etc/offhookd/$line.conf
    echo secret of $line >/etc/offhookd/$line.secret
    chmod 600 /etc/offhookd/$line.secret
done
systemctl daemon-reload
systemctl reset-failed
SETUP
answer() { # all three, by their sockets
    for line in offhookd offhookd-a offhookd-b; do
        within offhookctl --socket /run/$line/control status || return 1
    done
}
fact "two lines start beside the plain unit" within systemctl start offhookd offhookd@a offhookd@b
fact "each with its socket" answer
within systemctl stop offhookd
fact "the plain unit is stopped, the lines go on" within offhookctl --socket /run/offhookd-a/control status
within systemctl start offhookd
within rm /run/offhookd-a/control
fact "a socket that somebody has removed is made again" say '
    for i in $(seq 100); do sleep .2; offhookctl --socket /run/offhookd-a/control status && exit 0; done; exit 1'
fact "and that is said" say 'journalctl -u offhookd@a --no-pager | grep "control socket had vanished"'
fact "the state of the lines cannot collide" say '[ -d /var/lib/offhookd-a/calls ] && [ ! -e /var/lib/offhookd/a ]'

# What the hooks of line a can read: nothing that is secret, by no spelling.
within sh -s <<'SETUP'
ln -s /run/credentials /srv/shortcut
b=$(systemctl show -p MainPID --value offhookd@b)
a=$(systemctl show -p MainPID --value offhookd@a)
own=/run/credentials/offhookd@a.service/sip-password
cat >/etc/offhookd/hooks/incoming <<HOOK
#!/bin/sh
for file in $own /$own /run/./credentials/offhookd@a.service/sip-password \
    /run/../run/credentials/offhookd@a.service//sip-password /srv/shortcut/offhookd@a.service/sip-password \
    /proc/self/root$own /proc/\$PPID/root$own /proc/$a/root$own /var/run/credentials/offhookd@a.service/sip-password \
    ../../../../..$own /proc/\$PPID/cwd/$own \
    /etc/offhookd/a.secret /etc/offhookd/b.secret /etc/offhookd/b.conf /etc/offhookd/../offhookd/b.conf \
    /run/credentials/offhookd@b.service/sip-password /proc/$b/root/etc/offhookd/b.conf /proc/$b/environ \
    /etc/offhookd/offhookd.secret /var/lib/offhookd-b/instance /var/lib/offhookd/* /var/lib/offhookd-b/*/*; do
    [ -d "\$file" ] && continue
    cat "\$file" >/dev/null 2>&1 && echo "reject 433 \$file"
done
echo "reject 480 nothing"
HOOK
chmod 755 /etc/offhookd/hooks/incoming
echo state >/var/lib/offhookd-b/instance
echo state >/var/lib/offhookd/state
chown offhookd:offhook /var/lib/offhookd-b/instance /var/lib/offhookd/state
SETUP
fact "hooks read no secret, and nothing of another line" say \
    'offhookctl --socket /run/offhookd-a/control test incoming | tee /dev/stderr | grep "reject 480 nothing"'
fact "but their own configuration's neighbours" say '
    echo 1234 >/etc/offhookd/gate-pin; chgrp offhook /etc/offhookd/gate-pin; chmod 640 /etc/offhookd/gate-pin
    printf "#!/bin/sh\necho reject 480 \$(cat /etc/offhookd/gate-pin)\n" >/etc/offhookd/hooks/incoming
    offhookctl --socket /run/offhookd-a/control test incoming | grep "reject 480 1234"'
within systemctl stop offhookd offhookd@a offhookd@b
within sh -c 'echo "password = \"x\";" >>/etc/offhookd/a.conf; systemctl start offhookd@a' 2>/dev/null
fact "a password that the group offhook may read is refused" say \
    'journalctl -u offhookd@a --no-pager | grep "the group offhook can read it"'
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
