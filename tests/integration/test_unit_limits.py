# SPDX-License-Identifier: ISC
"""What hooks may not do under the unit that ships (offhook-hooks(7)): each is tried by a hook of the booted
unit, is refused, and works with the drop-in that the manual prints for it. Each row is a line of its own,
so that the units start side by side."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import SRCDIR, Tally, need, run, wait_for
from unit_lab import UnitLab, enter_booted_machine, write

STATE = "/var/lib/offhookd-%s"
tally = Tally()


class Row:
    """What a hook does (its success says that it works), and what allows it."""

    def __init__(self, line, fact, script, *drop_in, outside=None):
        self.line = line
        self.fact = fact
        self.script = script
        self.drop_in = drop_in
        self.outside = outside  # somebody else looks at what the hook has done


PYTHON = "exec python3 -c '%s'"
ROWS = (
    Row("jit", "a program that makes code while it runs (node)", "node -e 0",
        "MemoryDenyWriteExecute=no"),
    Row("home", "what is in a home", "grep -q hello /home/anna/greetings/hello",
        "ProtectHome=tmpfs", "BindReadOnlyPaths=/home/anna/greetings"),
    Row("write", "writing outside of the state directory", "echo yes >/srv/recordings/file",
        "ReadWritePaths=/srv/recordings"),
    Row("tmp", "what others have put into /tmp", "grep -q hello /tmp/hello", "PrivateTmp=no"),
    Row("device", "a device", ": >/dev/gpiochip0", "PrivateDevices=no",
        "DeviceAllow=/dev/gpiochip0 rw"),
    Row("sys", "writing to /sys", "grep -q ' /sys rw' /proc/self/mountinfo",
        "ProtectKernelTunables=no"),
    # Allowed, it is for root; not allowed, it is as if the kernel did not have it.
    Row("family", "sockets of other families", PYTHON % "import socket\ntry: "
        "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)\nexcept PermissionError: pass",
        "RestrictAddressFamilies=AF_PACKET"),
    Row("port", "a port below 1024",
        PYTHON % 'import socket; socket.create_server(("127.0.0.1", 80))', "PrivateUsers=no",
        "CapabilityBoundingSet=CAP_NET_BIND_SERVICE", "AmbientCapabilities=CAP_NET_BIND_SERVICE"),
    Row("processes", "processes of others", "ps -e -o comm | grep -q systemd-journal",
        "ProtectProc=default"),
    Row("proc", "what /proc says of the machine", "free >/dev/null", "ProcSubset=all"),
    Row("nice", "another priority", PYTHON % "import os; os.nice(5)", "SystemCallFilter=@resources"),
    Row("namespace", "namespaces", "unshare --user true", "RestrictNamespaces=no",
        "SystemCallFilter=@mount"),
    Row("shown", "files that others may read", "cd $OFFHOOK_STATE_DIR; umask 022; rm -f file; echo yes >file",
        "StateDirectoryMode=0755", outside="cat /var/lib/offhookd-shown/file"),
)
NEVER = Row("root", "rights of another user, by sudo or any other setuid program",
            'test "$(/usr/local/bin/rootly -u)" = 0', "NoNewPrivileges=no", "PrivateUsers=no",
            "RestrictSUIDSGID=no", "CapabilityBoundingSet=~")
# What hooks may.
MAY = (
    Row("may", "the network", PYTHON % 'import socket; socket.create_server(("127.0.0.1", 0))'),
    Row("may", "their own /tmp", "echo yes >/tmp/file && grep -q yes /tmp/file"),
    Row("may", "the state directory", "cd $OFFHOOK_STATE_DIR && mkdir own && echo yes >own/file"),
)


def furnish(rows):
    run("useradd", "--create-home", "anna")
    for folder in ("/home/anna/greetings", "/srv/recordings", "/etc/offhookd/rows"):
        os.makedirs(folder)
    os.chmod("/home/anna", 0o755)
    for place in ("/home/anna/greetings/hello", "/tmp/hello"):
        write(place, "hello\n")
    run("chown", "offhookd", "/srv/recordings")
    run("mknod", "/dev/gpiochip0", "c", "1", "11")  # none that all may use
    os.chmod("/dev/gpiochip0", 0o666)
    run("install", "-m", "4755", "/usr/bin/id", "/usr/local/bin/rootly")
    write("/etc/offhookd/hooks/online", '#!/bin/sh\nsh /etc/offhookd/rows/$OFFHOOK_LINE\n'
          "echo $? >$OFFHOOK_STATE_DIR/new && mv $OFFHOOK_STATE_DIR/new $OFFHOOK_STATE_DIR/result\n",
          0o755)
    write("/etc/offhookd/lines.secret", "secret\n", 0o600)
    UnitLab.drop_in("offhookd@", "credential", "LoadCredential=sip-password:/etc/offhookd/lines.secret")
    for row in rows:
        write("/etc/offhookd/%s.conf" % row.line, 'aor = "sip:%s@lab.example";\n'
              'outbound_proxy = "127.0.0.1:5999";\n' % row.line, 0o640, "offhook")


def units(rows):
    return ["offhookd@" + line for line in sorted({row.line for row in rows})]


def works(row):
    """As the hook says, run by `offhookctl test`."""
    result = STATE % row.line + "/result"
    if os.path.exists(result):
        os.remove(result)
    write("/etc/offhookd/rows/" + row.line, row.script + "\n")
    said = UnitLab.unit_ask("offhookd@" + row.line, "test", "online")
    wait_for("the hook of %s: %s" % (row.line, said), lambda: os.path.exists(result))
    with open(result) as file:
        is_done = file.read() == "0\n"
    if is_done and row.outside:
        is_done = subprocess.run(["runuser", "-u", "anna", "--", "sh", "-c", row.outside],
                                 check=False, capture_output=True).returncode == 0
    return is_done


def printed_drop_ins():
    """The lines of the manual's section, one text."""
    with open(os.path.join(SRCDIR, "man", "offhook-hooks.7")) as file:
        section = file.read().split(".Sh WHAT HOOKS MAY NOT DO UNDER THE UNIT")[1].split("\n.Sh ")[0]
    return re.findall(r"^\.Dl (.*)$", section, re.M)


def check_helper():
    """What wants root is done by a unit of its own, which a file calls."""
    printed = printed_drop_ins()
    write("/etc/systemd/system/gate.path", "[Path]\n%s\n" % next(
        line for line in printed if line.startswith("PathExists=")).replace(
            "/var/lib/offhookd/", STATE % "root" + "/"))
    write("/etc/systemd/system/gate.service", "[Service]\nType=oneshot\nExecStart=/bin/sh -c "
          "'rm %s/open-gate; id -u >/srv/gate'\n" % (STATE % "root"))
    run("systemctl", "daemon-reload")
    run("systemctl", "start", "gate.path")
    works(Row("root", "", ": >$OFFHOOK_STATE_DIR/open-gate"))
    tally.comes("but a unit of root's can be called by a file",
                lambda: os.path.exists("/srv/gate") and open("/srv/gate").read() == "0\n")


enter_booted_machine()
need("node")
everything = ROWS + (NEVER,) + MAY
furnish(everything)
run("systemctl", "start", *units(everything))
for row in ROWS + (NEVER,):
    tally.check("%s: not in the unit that ships" % row.fact, not works(row))
for row in MAY:
    tally.check("%s: in the unit that ships" % row.fact, works(row))
for row in ROWS + (NEVER,):
    UnitLab.drop_in("offhookd@" + row.line, "more", *row.drop_in, is_loaded=False)
run("systemctl", "daemon-reload")
run("systemctl", "restart", *units(ROWS + (NEVER,)))
for row in ROWS:
    tally.check("%s: with %s" % (row.fact, ", ".join(row.drop_in)), works(row))
    missing = [line for line in row.drop_in if line not in printed_drop_ins()]
    tally.check("which the manual prints", not missing, missing)
tally.check("%s: with no drop-in" % NEVER.fact, not works(NEVER))
check_helper()
limits = run("systemctl", "show", "-p", "MemoryMax,TasksMax", "offhookd@may").stdout
tally.check("memory and processes are bounded as the manual says",
            limits.split() == ["MemoryMax=268435456", "TasksMax=256"], limits.split())
tally.end()
