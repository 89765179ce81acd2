# SPDX-License-Identifier: ISC
"""One telephone, one binding: after reconnects of every kind a real registrar has exactly one Contact
of ours, whether it knows RFC 5626 or not. The registrar would keep a hundred."""
import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab as laboratory
from lab import Caller, Lab, Tally, can_drop_packets, enter_private_network, run, wait_for

ROUNDS = 3
tally = Tally()
PLAIN = laboratory.KAMAILIO.replace('"max_contacts", 1)', '"max_contacts", 100)')
# RFC 5626 and 5627 as they are meant: a GRUU within a call leads to the flow of today.
OUTBOUND = PLAIN.replace('loadmodule "auth.so"', 'loadmodule "path.so"\nloadmodule "outbound.so"\n'
                         'loadmodule "auth.so"\nmodparam("registrar", "outbound_mode", 1)\n'
                         'modparam("registrar", "gruu_enabled", 1)').replace(
    "        if (loose_route()) {{\n", "        if (loose_route()) {{\n"
    "            if (is_gruu()) lookup(\"location\");\n")


def need_outbound():
    return any(os.path.exists(folder + "/outbound.so") for folder in (
        "/usr/lib/x86_64-linux-gnu/kamailio/modules", "/usr/lib/aarch64-linux-gnu/kamailio/modules",
        "/usr/lib/kamailio/modules"))


def bindings(lab):
    found = wait_for("an answer", lambda: (lab.ask("bindings") or {}).get("bindings"), 10)
    return [one["contact"] for one in found]


def our_port(lab):
    """Of the connection, as the kernel knows it."""
    out = run("ss", "-Htnp", "dport", "=", ":%d" % lab.tls).stdout
    match = re.search(r"127\.0\.0\.1:(\d+) +127\.0\.0\.1:%d .*pid=%d," % (lab.tls, lab.daemon.pid), out)
    return int(match.group(1)) if match else 0


def connects(lab):
    return (lab.ask("status") or {}).get("connects", 0)


def lose(lab, cut):
    before = connects(lab)
    cut()
    wait_for("another connection", lambda: connects(lab) > before and lab.is_online(), 60)


def by_reset(lab):
    lose(lab, lambda: run("ss", "-K", "dst", "127.0.0.1", "dport", "=", ":%d" % lab.tls))


def by_silence(lab):
    def cut():
        run("nft", "add table inet t; add chain inet t o { type filter hook output priority 0 ; }; "
            "add rule inet t o tcp sport %d drop; add rule inet t o tcp dport %d drop"
            % (our_port(lab), our_port(lab)))
    lose(lab, cut)
    run("nft", "delete", "table", "inet", "t")


def by_reload(lab):
    def cut():
        path = lab.path("offhookd.conf")
        text = open(path, encoding="ascii").read()
        is_on = "wildcard = true" in text
        lab.write("offhookd.conf", text.replace("wildcard = true; ", "") if is_on else
                  text.replace("tls = { ", "tls = { wildcard = true; "), 0o640)
        lab.ctl("reload")
    lose(lab, cut)


def by_stop(lab):
    lab.stop_daemon()
    restart(lab)


def by_kill(lab):
    lab.daemon.send_signal(signal.SIGKILL)
    lab.daemon.wait(5)
    lab.processes.remove(lab.daemon)
    restart(lab)


def by_reregister(lab):
    lab.ctl("reregister")
    time.sleep(0.3)
    lab.wait_online()


def restart(lab):
    lab.daemon = lab.start("offhookd", os.path.join(laboratory.BUILDDIR, "offhookd"), "-c",
                           lab.path("offhookd.conf"))
    lab.wait_online()


WAYS = [("a reset", by_reset), ("a silent cut", by_silence), ("a reload", by_reload), ("a stop and start",
        by_stop), ("offhookctl reregister", by_reregister)]


def check_way(lab, fact, name, way):
    ways = 1 if way is by_silence else ROUNDS
    for _ in range(ways):
        way(lab)
    found = bindings(lab)
    tally.check("%s: after %s one binding, that of this connection" % (fact, name),
                len(found) == 1 and ":%d;" % our_port(lab) in found[0], found)
    caller = Caller(lab)
    final, _ = caller.invite(seconds=10)
    caller.close()
    tally.check("%s: after %s a call arrives" % (fact, name), final == 480, final)


def check_gruu(lab):
    """A call that outlives its connection is ended by the far end, over the new one."""
    lab.hook("incoming", "echo answer /bin/cat")
    caller = Caller(lab)
    final, _ = caller.invite(seconds=10)
    tally.check("RFC 5627: the Contact of the answer is the GRUU", final == 200 and
                ";gr=urn:uuid:" in caller.request_uri, caller.request_uri)
    by_reset(lab)
    tally.check("RFC 5627: a BYE finds us over another connection", caller.bye(10) == 200)
    wait_for("no calls", lambda: lab.ask("status")["calls"] == 0, 10)
    caller.close()
    os.remove(lab.path("hooks/incoming"))


def check(fact, config, options, ways, **extra):
    laboratory.KAMAILIO = config
    with Lab(expires=600) as lab:
        lab.start_kamailio()
        lab.start_daemon(keepalive=2, **extra)
        path = lab.path("offhookd.conf")
        text = open(path, encoding="ascii").read()
        lab.stop_daemon()
        lab.write("offhookd.conf", text.replace("retry = 1;", "retry = 1; " + options), 0o640)
        restart(lab)
        for name, way in ways:
            check_way(lab, fact, name, way)
        if config is OUTBOUND:
            check_gruu(lab)
        lab.stop_daemon()
        caller = Caller(lab)
        final, _ = caller.invite(seconds=10)
        caller.close()
        tally.check("%s: after the end there is none" % fact, final == 404, final)


enter_private_network()
laboratory.need("ss")
if not can_drop_packets():
    WAYS = [way for way in WAYS if way[1] is not by_silence]
check("no RFC 5626 at either end", PLAIN, "outbound = false;", WAYS)
check("RFC 5626 is offered in vain", PLAIN, "", WAYS + [("a kill -9", by_kill)])
if need_outbound():
    check("RFC 5626 is agreed on", OUTBOUND, "", WAYS + [("a kill -9", by_kill)])
else:
    print("SKIP: no kamailio-outbound-modules here, RFC 5626 is not tried with a registrar that has it")
    tally.check("CI has kamailio-outbound-modules", os.environ.get("CI") != "true")
tally.end()
