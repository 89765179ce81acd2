# SPDX-License-Identifier: ISC
"""The line stays registered: refreshes, a registrar killed, a connection cut silently; and a stop
that takes the registration back."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Caller, Lab, Tally, can_drop_packets, wait_for

tally = Tally()


def status(lab):
    return lab.ask("status") or {}


def count(lab, text):
    return lab.log("offhookd").count(text)


def check_refreshes(lab):
    pid = lab.daemon.pid
    before = status(lab)["registered_until"]
    seen = set()
    end = time.monotonic() + 95
    was_ever_off = False
    while len(seen) < 11 and time.monotonic() < end:
        answer = status(lab)
        was_ever_off = was_ever_off or not answer.get("registered")
        seen.add(answer.get("registered_until", before)[:19])
        time.sleep(0.2)
    tally.check("ten refreshes at 10 s expiry", len(seen) >= 11 and lab.daemon.pid == pid,
                "%d lifetimes seen" % len(seen))
    tally.check("never unregistered meanwhile", not was_ever_off)
    tally.check("online was said once", count(lab, "line is online") == 1)


def check_restart(lab):
    lab.stop_kamailio()
    wait_for("the loss to be seen", lambda: not status(lab).get("registered"), 5)
    line = status(lab).get("summary", "")
    tally.check("status says in plain words what is wrong", "no connection" in line, line)
    time.sleep(1)
    lab.start_kamailio()
    start = time.monotonic()
    lab.wait_online(40)
    tally.check("registered again after the registrar was killed",
                lab.daemon.poll() is None, "%.1f s" % (time.monotonic() - start))


def nft(*words):
    return subprocess.run(["nft", *words], capture_output=True, text=True, check=False)


def check_silent_cut(lab):
    if not can_drop_packets():
        return
    nft("add", "table", "inet", "offhooktest")
    try:
        connects = status(lab)["connects"]
        nft("add chain inet offhooktest input { type filter hook input priority 0 ; }")
        nft("add rule inet offhooktest input tcp dport %d drop" % lab.tls)
        nft("add rule inet offhooktest input tcp sport %d drop" % lab.tls)
        start = time.monotonic()
        wait_for("the dead flow to be seen", lambda: not status(lab).get("registered"), 40)
        seen = time.monotonic() - start
        tally.check("a silent cut is seen within keepalive + 10 s", seen <= 5 + 10 + 2, "%.1f s" % seen)
    finally:
        nft("delete", "table", "inet", "offhooktest")
    lab.wait_online(60)
    tally.check("registered again after the silent cut", status(lab)["connects"] > connects)


def check_stop(lab):
    tally.check("the daemon stops cleanly", lab.stop_daemon() == 0)
    caller = Caller(lab)
    final, _ = caller.invite(seconds=5)
    caller.close()
    tally.check("the registration was taken back", final == 404, final)


with Lab(expires=10) as lab:
    out = lab.make_folder("out")
    os.chmod(out, 0o777)
    for event in ("online", "offline"):
        lab.hook(event, 'echo "$OFFHOOK_EVENT $OFFHOOK_EXPIRES $OFFHOOK_REASON" >> %s/line' % out)
    lab.start_kamailio()
    lab.start_daemon(expires=10, keepalive=5)
    check_refreshes(lab)
    check_restart(lab)
    check_silent_cut(lab)
    with open(out + "/line") as file:
        events = [line.split()[0] for line in file]
    tally.check("online and offline hooks take turns",
                events[:3] == ["online", "offline", "online"] and
                all(a != b for a, b in zip(events, events[1:])), events)
    check_stop(lab)
tally.end()
