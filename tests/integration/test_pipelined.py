# SPDX-License-Identifier: ISC
"""Commands close behind each other, without end, or too late: each answer is that of its own
command, what a client leaves waiting is bounded, and a call whose end was told is over for every
verb although the far end has not confirmed it yet."""
import json
import os
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import BUILDDIR, Caller, Lab, Tally, wait_for

CTL = os.path.join(BUILDDIR, "offhookctl")
PENDING_MAX = 1024
CALLS = 30
tally = Tally()


class Client:
    """Sends many commands with one write, reads their answers by id."""

    def __init__(self, lab):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(lab.path("control"))
        self.file = self.socket.makefile("r", encoding="utf-8")

    def send(self, *commands):
        self.socket.sendall("".join(json.dumps(one) + "\n" for one in commands).encode())

    def answers(self, count):
        found = {}
        while len(found) < count:
            line = json.loads(self.file.readline() or '{"id":-1}')
            if "id" in line:
                found[line["id"]] = line
            if -1 in found:
                break
        return found

    def close(self):
        self.file.close()
        self.socket.close()


def begin(lab, **options):
    """A caller whose call is up, and the call's id."""
    caller = Caller(lab, **options)
    before = {call["call"] for call in lab.ask("calls")["calls"]}
    caller.invite()
    return caller, wait_for("the call", lambda: [
        call["call"] for call in lab.ask("calls")["calls"]
        if call["call"] not in before and call["state"] == "up"])[0]


def asks(lab):
    caller, call = begin(lab)
    first, second = Client(lab), Client(lab)
    watcher = Client(lab)
    watcher.send({"id": 1, "cmd": "watch"})
    watcher.answers(1)
    caller.press("1234")
    for _ in range(4):
        watcher.file.readline()
    watcher.close()
    ask = {"cmd": "ask", "call": call, "args": "--digits 1 --timeout 5"}
    first.send(dict(ask, id=1), dict(ask, id=2), dict(ask, id=3))
    second.send(dict(ask, id=4))
    found = {**first.answers(3), **second.answers(1)}
    digits = [found[id].get("digits") for id in sorted(found)]
    tally.check("each ask has digits of its own", sorted(digits) == list("1234"), digits)
    tally.check("in the order in which one client asked", digits[:3] == sorted(digits[:3]), digits)
    first.close()
    second.close()
    caller.bye()
    caller.close()


def speak(fd, stop):
    while not stop.is_set():
        os.write(fd, b"\x11\x01" * 80)


def drains(lab):
    """While somebody speaks without a pause."""
    caller, call = begin(lab)
    client = Client(lab)
    speaker = Client(lab)
    speaker.send({"id": 1, "cmd": "audio", "call": call})
    _, fds, _, _ = socket.recv_fds(speaker.socket, 4096, 2)
    stop = threading.Event()
    thread = threading.Thread(target=speak, args=(fds[1], stop))
    thread.start()
    count = PENDING_MAX + 200
    for start in range(0, count, 100):
        client.send(*({"id": id, "cmd": "drain", "call": call}
                      for id in range(start, min(count, start + 100))))
    refused = client.answers(200)
    tally.check("so many commands of one client wait, and no more",
                all(one.get("error") == "refused" for one in refused.values()),
                next(iter(refused.values())))
    stop.set()
    thread.join()
    for fd in fds:
        os.close(fd)
    done = client.answers(PENDING_MAX)
    tally.check("those come to their end",
                len(done) == PENDING_MAX and all(one.get("ok") for one in done.values()))
    client.close()
    speaker.close()
    caller.bye()
    caller.close()


def late(lab):
    """The far end does not answer our BYE."""
    caller, call = begin(lab)
    waiting = subprocess.Popen([CTL, "--call", call, "wait"], stderr=subprocess.DEVNULL,
                               env={"OFFHOOK_SOCKET": lab.path("control")})
    tally.check("a call is hung up", lab.ask("hangup", call=call)["ok"])
    tally.check("who waits for its end hears of it", waiting.wait(20) == 3)
    tally.check("it is still there, for its BYE is not answered",
                call in [one["call"] for one in lab.ask("calls")["calls"]])
    for verb, args in (("show", []), ("hold", []), ("flush", []), ("drain", []), ("mute", []),
                       ("audio", []), ("wait", ["5"]), ("watch", []), ("bridge", ["none"])):
        start = time.monotonic()
        code, _, err = lab.ctl("--call", call, verb, *args)
        tally.check("%s says that it is over" % verb, code == 3 and "over" in err,
                    (code, err, "%.1f s" % (time.monotonic() - start)))
    caller.wait_bye()
    wait_for("its end", lambda: not lab.ask("calls")["calls"])
    caller.close()


def long_names(lab):
    """Whoever calls with a name of several thousand bytes does not hide the calls."""
    lab.hook("incoming", "echo ring; sleep 60")
    callers = [Caller(lab, user="+49%d" % number + "0" * 6000) for number in range(CALLS)]
    for caller in callers:
        caller.invite(until=180)
    answer = lab.ask("calls") or {"calls": []}
    shown, left = len(answer["calls"]), answer.get("left_out", 0)
    tally.check("calls are listed as far as they fit, the others counted",
                0 < shown < CALLS and shown + left == CALLS, (shown, left))
    code, out, err = lab.ctl("calls")
    tally.check("offhookctl says so", code == 0 and len(out.splitlines()) == shown + 1 and
                "%d more" % left in err, (code, err))
    for caller in callers:
        caller.cancel()
        caller.close()


with Lab() as lab:
    lab.start_kamailio()
    lab.hook("incoming", "%s answer && %s wait" % (CTL, CTL))
    lab.start_daemon(scheme="sip", calls=64)
    asks(lab)
    drains(lab)
    late(lab)
    long_names(lab)
    tally.check("the daemon stops cleanly", lab.stop_daemon() == 0)
tally.end()
